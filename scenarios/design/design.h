// A design: a workload described in a TOML file, for people who write no C++. It is read strictly and becomes an
// experiment, as a scenario does.
//
//   orrery = 1
//   name = "booking"                              without it, the file's name
//   include = "base.toml"                         one file or a list, beside this one; this one's values win
//   run = { duration = "10m", warmup = "10s", seeds = 5 }
//   mix = { book = 0.3, view = 0.7 }              of every group without its own; "book" or "Venue.book"
//   properties = ["durability"]                   by which it is judged; without it, all of list properties
//   [[clients]]      name; region or city; clients; arrivals; mix; retry
//   [objects.NAME]   key = { dist, n, s, share, affinity }, shards, place, holds
//   [objects.NAME.handlers]                       their steps: design/steps.h
//   [services.NAME]  region or city; latency; refusals
//   [[faults]]  [trace]  [objectives]             as in an experiment's file (experiment_file.h)
//   [network]        access, jitter; matrix and cities: names of files beside this one
//   [disk]  sync     [world]  data_centers_per_city, machines_per_data_center
//   [costs]          turn, storage_operation, spread: what steps without a time of their own cost
//   [counted.NAME]   what must happen at most, at least or exactly once for each operation (design/counted.h)
//   [variant.NAME]   the same keys: laid over the rest
//
// The order of laying over: included files, the file, a variant, then what --set says. Tables are laid over key by
// key; anything else is replaced. An element of [[clients]] is found by its name: "clients.eu.arrivals.rate".
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/file_error.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {

// The text of a file, or the system's refusal.
using ReadText = std::function<std::expected<std::string, FileError>(const std::string& path)>;

// What was asked for beside the file.
struct DesignChoice {
  std::string variant{};                                    // empty: none
  std::vector<std::pair<std::string, std::string>> sets{};  // path and value, as in --set
};

struct Design {
  std::string name;       // "booking", "booking/shards"
  Experiment experiment;  // its seed is still to be set
  std::uint64_t seeds = 1;
  std::vector<std::string> files;  // that it was read from, and those that it names
  // Where its parts stand in the files, for whoever finds fault with them later: path ("objects.Venue.shards") and
  // an error that lacks only its message.
  FileError at(std::string_view path) const;
  std::vector<std::pair<std::string, FileError>> places;
};

class DesignFile {
 public:
  // Reads the file and what it includes.
  static std::expected<DesignFile, FileError> read(const std::string& path, const ReadText& read_text);
  DesignFile(DesignFile&&) noexcept;
  DesignFile& operator=(DesignFile&&) noexcept;
  ~DesignFile();

  std::string name() const;
  std::vector<std::string> variants() const;  // in the order of the file

  // The first mistake is the error, with its place in the file that has it; one in a value of --set names that.
  // What is wrong with the experiment as a whole (mistake_in) is for the caller to find.
  std::expected<Design, FileError> choose(const DesignChoice& choice) const;

  // The value at this path as it would stand in TOML, or nothing.
  std::string value_at(std::string_view path, const DesignChoice& choice) const;

 private:
  struct Inside;
  explicit DesignFile(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

// The keys of a design that --set and sweep take, for completions and messages: "objects.Venue.shards".
std::vector<std::string> paths_of(const DesignFile& file);

}  // namespace orrery::scenarios
