// A design: a workload described in a TOML file, for people who write no C++. It is read strictly and becomes an
// experiment, as a scenario does.
//
//   orrery = 1
//   name = "booking"                              without it, the file's name
//   include = "base.toml"                         one file or a list, beside this one; this one's values win
//   run = { duration = "10m", warmup = "10s", seeds = 5 }
//   rate = "x1.5"                                 all rates of arrivals times so much; of a recording, its speed
//   mix = { book = 0.3, view = 0.7 }              of every group without its own; "book" or "Venue.book"
//   properties = ["durability"]                   by which it is judged; without it, all that need no model
//   [[clients]]      name; region or city; clients; arrivals; mix; retry
//   [objects.NAME]   key = { dist, n, s, share, affinity }, shards, place, holds
//   [objects.NAME.handlers]                       their steps: design/steps.h
//   [services.NAME]  region or city; latency; refusals
//   [[faults]]  [trace]  [objectives]             as in an experiment's file (experiment_file.h)
//   [network]        access, jitter; matrix and cities: names of files beside this one
//   [disk]  sync     [world]  data_centers_per_city, machines_per_data_center
//   [costs]          turn, storage_operation, spread: what steps without a time of their own cost
//   [counted.NAME]   kind, event, of: what must happen at most, at least or exactly once for each operation, a property
//                    of this name (properties/counted.h)
//   [variant.NAME]   the same keys: laid over the rest
//
// The order of laying over: included files, the file, a variant, then what --set says (design_layers.h). Tables are laid
// over key by key; anything else is replaced. An element of [[clients]] is found by its name, one of [[faults]] by its
// number: "clients.eu.arrivals.rate", "faults.1.at"; in --set a * stands for all: "clients.*.arrivals.rate".
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
  bool names_properties = false;          // it says by which it is judged
  std::vector<std::string> files;         // that it was read from, and those that it names
  std::optional<TraceFacts> trace{};      // of its recording
  // Where a part stands, "objects.Venue.shards", or else what it would stand in: an error for whoever finds fault with
  // it later. Its message, which is empty or begins with a --set, is to be completed.
  FileError at(std::string_view path) const;
  std::map<std::string, FileError, std::less<>> places{};
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
  // The paths of what a variant lays over the rest; none if there is no such variant.
  std::vector<std::string> paths_of_variant(std::string_view variant) const;

  // The first mistake is the error, with its place in the file that has it; one in a value of --set names that.
  // What is wrong with the experiment as a whole (mistake_in) is for the caller to find.
  std::expected<Design, FileError> choose(const DesignChoice& choice) const;

  // The design as it is when all is laid over, as one text that can be read as this file was. Files that it names stand
  // as they were named.
  std::string to_toml(const DesignChoice& choice) const;

  // The value at this path as --set would take it: in TOML, but a text without its quotes. Empty: it is not there.
  std::string value_at(std::string_view path, const DesignChoice& choice) const;

 private:
  friend std::vector<std::string> paths_of(const DesignFile& file);
  struct Inside;
  explicit DesignFile(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

// The keys of a design that --set and sweep take, for completions and messages: "objects.Venue.shards".
std::vector<std::string> paths_of(const DesignFile& file);

}  // namespace orrery::scenarios
