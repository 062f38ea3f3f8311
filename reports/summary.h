// What `run` and `check` tell: to people as text, to programs as JSON.
//
// Both are functions of the run alone. Text is the same to the byte for the same summary and style, except for
// the time on the wall, which is left out where the summary has none. In JSON everything that depends on
// the machine is in "wall_ns" and "host"; times are integers in nanoseconds; seeds and fingerprints, which
// have 64 bits, are strings; keys have a fixed order and readers must ignore those they do not know.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/journal/names.h"
#include "properties/property.h"
#include "reports/outcome.h"
#include "reports/text.h"
#include "reports/verdict.h"

namespace orrery::reports {

inline constexpr std::string_view result_schema = "orrery/result/1";

// What was called, for the head of a JSON result. Only what shapes the result belongs into `command`.
struct Invocation {
  std::string tool;                  // its version
  std::vector<std::string> command;  // such as {"orrery", "run", "counter"}
};

struct RunSummary {
  std::string scenario;
  Duration duration{};  // that was asked for, in virtual time
  Duration warmup{};    // at its beginning, not counted
  Outcome outcome;
  journal::Names names;
  std::optional<Duration> wall;
};

// One property, over all seeds of a check.
struct PropertySummary {
  struct Found {
    std::uint64_t seed = 0;
    properties::Violation violation;
    std::string file;  // the experiment written for `replay`, or empty
  };

  std::string property;
  std::uint64_t tested = 0;         // how many times, over all seeds
  std::uint64_t seeds_tested = 0;   // in how many seeds at least once
  std::uint64_t seeds_unknown = 0;  // in how many no answer could be given
  std::string note;                 // why, of the first of these
  std::vector<Found> violations;    // in order of their seeds
};

struct CheckSummary {
  std::string scenario;
  std::uint64_t first_seed = 1;
  std::uint64_t seeds_asked = 0;
  std::uint64_t seeds_done = 0;  // first_seed and those after it
  bool interrupted = false;
  std::vector<PropertySummary> properties;
  std::map<std::string, std::uint64_t> reached;  // marks of rare paths, and in how many seeds
  std::map<std::string, std::uint64_t> met;      // what faults met (coverage.h), and how often over all seeds
  std::uint64_t requests = 0;                    // over all seeds, as the next
  Duration virtual_time{};
  std::optional<Duration> wall;
  std::uint64_t fingerprint = 0;  // folded over the seeds, see fold_fingerprint
};

// The fingerprint of a check: starts at 0 and takes in that of each seed, in order of the seeds.
std::uint64_t fold_fingerprint(std::uint64_t folded, std::uint64_t of_next_seed);

// Takes in Outcome::reached of one more seed.
void add_reached(CheckSummary& check, const std::map<std::string, std::uint64_t>& of_seed);

Tally tally_of(const RunSummary& run);
Tally tally_of(const CheckSummary& check);

std::string run_text(const RunSummary& run, const Style& style);
std::string check_text(const CheckSummary& check, const Style& style);
// What was violated, by which rule, where and when.
std::string violation_text(const PropertySummary& property, const PropertySummary::Found& found, const Style& style);

// One schema: a key that both have means the same in both. `host` is put in as it is; null leaves it out.
nlohmann::ordered_json run_json(const RunSummary& run, const Invocation& invocation,
                                const nlohmann::ordered_json& host);
nlohmann::ordered_json check_json(const CheckSummary& check, const Invocation& invocation,
                                  const nlohmann::ordered_json& host);

// The last line of both: the answer in one sentence, and the fingerprint.
std::string verdict_line(const Tally& tally, std::uint64_t fingerprint, const Style& style);

}  // namespace orrery::reports
