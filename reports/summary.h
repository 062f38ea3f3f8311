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
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/base/value.h"
#include "core/journal/names.h"
#include "properties/property.h"
#include "reports/finding.h"
#include "reports/objectives.h"
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

// What one seed of several gave: a value for each row of the latency table, and each percentile that is shown.
struct SeedOutcome {
  std::uint64_t seed = 0;
  std::uint64_t fingerprint = 0;
  std::vector<std::vector<std::optional<Duration>>> percentiles{};  // by row as in rows_of(), by shown_percentiles
};

struct RunSummary {
  std::string scenario;
  Duration duration{};  // that was asked for, in virtual time
  Duration warmup{};    // at its beginning, not counted
  Outcome outcome;      // of several seeds: all of them laid over each other, merged()
  journal::Names names;
  std::optional<Duration> wall;
  std::vector<SeedOutcome> seeds{};  // in their order; empty: there was one
  std::vector<Judged> objectives{};
  std::vector<Finding> findings{};
  std::optional<ClosedLoopView> closed_loop{};
  std::vector<std::string> trace_lines{};  // about the recording that was sent again, a sentence a line
  // Properties that nobody named: if they were not put to the test, that leaves nothing unsure.
  std::vector<std::string> unasked{};
};

// How long it was, all seeds together. What trails behind its end is not part of it.
Duration length_of(const RunSummary& run);

// The rows of the latency table: all, groups, and operations that had requests.
std::vector<const Latencies*> rows_of(const Outcome& outcome);

// The seeds' outcomes as one: requests, histograms, work and objects added up, the worst verdict of each property,
// the busiest objects and keys of all, the notes of the first; the fingerprint is folded over the seeds. An object or
// key that was not among the busiest of a seed counts nothing there. All are of one experiment, and there is at least
// one; one stays as it is.
Outcome merged(const std::vector<Outcome>& by_seed);
// The same for RunSummary::seeds; empty for one seed. Rows are those of all seeds merged.
std::vector<SeedOutcome> seed_outcomes(const std::vector<Outcome>& by_seed);
// Each seed judged by itself; of each objective the median over the seeds that could tell, if most could. `counted`
// is of one seed.
std::vector<Judged> judge(const std::vector<Objective>& objectives, const std::vector<Outcome>& by_seed,
                          Duration counted);

// A percentile of one row: of one seed its own, of several the median over the seeds that could tell it, if most
// could. Of an even number it is the worse of the two in the middle, so that it agrees with the objectives.
struct ShownValue {
  std::optional<Duration> value;
  std::optional<std::pair<Duration, Duration>> range;  // over the seeds; nothing if there was one
};
ShownValue shown_value(const RunSummary& run, std::size_t row, std::size_t shown_percentile);

// From one process to another.
Bytes pack(const Outcome& outcome);
Outcome unpack_outcome(const Bytes& bytes);

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
// Of its properties and objectives together. Where it has objectives it need not have properties.
Answer answer_of(const RunSummary& run);

std::string run_text(const RunSummary& run, const Style& style);
std::string check_text(const CheckSummary& check, const Style& style);
// What was violated, by which rule, where and when.
std::string violation_text(const PropertySummary& property, const PropertySummary::Found& found, const Style& style);

// One schema: a key that both have means the same in both. `host` is put in as it is; null leaves it out.
nlohmann::ordered_json run_json(const RunSummary& run, const Invocation& invocation,
                                const nlohmann::ordered_json& host);
nlohmann::ordered_json check_json(const CheckSummary& check, const Invocation& invocation,
                                  const nlohmann::ordered_json& host);

// The last line of both: the answer in one sentence, and the fingerprint. Of a run it may be followed by the command
// to try next, and the fingerprint has a line of its own where there is no room.
std::string verdict_line(const Tally& tally, std::uint64_t fingerprint, const Style& style);
std::string verdict_line(const RunSummary& run, const Style& style);
// The same for any sentence.
std::string verdict_line(Answer answer, std::string_view sentence, std::uint64_t fingerprint, const Style& style);

}  // namespace orrery::reports
