// The command line, read: which command, and what was asked of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "scenarios/search/generate.h"
#include "sim/log.h"

namespace orrery::cli {

enum class When : std::uint8_t { automatic, always, never };
enum class Format : std::uint8_t { text, json, toml };
enum class TraceForm : std::uint8_t { perfetto, story, history };

// A flag that the command does not have keeps its value from here; the usual values of those that it has stand in the
// manual (manual.h).
struct Options {
  std::string command;             // "run"; empty: none was given
  std::vector<std::string> names;  // its arguments

  bool help = false;
  bool version = false;
  bool quiet = false;
  bool verbose = false;
  bool no_wall = false;
  When color = When::automatic;
  When progress = When::automatic;
  Format format = Format::text;
  std::string output = "-";

  std::uint64_t seed = 1;
  bool seed_is_drawn = false;
  std::uint64_t seeds = 1;  // 0: as many as the design has
  int jobs = 1;
  std::vector<std::string> properties;                    // names and globs
  std::uint64_t keep_going = 1;                           // violations of one property to look for
  std::vector<std::pair<std::string, std::string>> sets;  // path and value
  // The same for --duration, --warmup and --rate, which change all that is run alike.
  std::vector<std::pair<std::string, std::string>> common_sets;
  std::vector<std::string> variants;                      // of a design
  bool all_variants = false;
  std::int64_t tolerance_millionths = 0;  // of compare
  bool no_run = false;                    // of lint
  std::string design;                     // of list: whose world; empty: the measured one
  scenarios::DrawnFaults faults = scenarios::DrawnFaults::on;
  std::string history;                     // a file; empty: none
  sim::LogLevel log = sim::LogLevel::off;  // of run and replay

  std::string handler;                 // of bench; empty: the first that the scenario calls
  std::vector<std::uint32_t> clients;  // of bench: the rungs of its ladder
  bool real = false;                   // bench on real files and in real time too

  TraceForm trace{};
  Duration from{};  // of trace: what happens before, and from `until` on, is left out
  Duration until{};
  std::uint64_t limit = 0;  // of trace: events
};

// The commands there are, without hidden ones.
std::vector<std::string> command_names();

// Throws Refusal.
Options parse_options(std::span<const std::string> args);

}  // namespace orrery::cli
