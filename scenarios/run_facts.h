// What the findings of one run are derived from (findings.h), and how they are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/finding.h"
#include "reports/objectives.h"
#include "reports/outcome.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {

struct RunFacts {
  const Experiment& experiment;
  const reports::Outcome& outcome;
  const std::vector<reports::Judged>& objectives;
  const std::string& design;
  std::uint64_t seeds = 1;
  bool only_severe = false;  // no objective was missed
  reports::Band tail{};      // the slowest 1 %; of few requests all

  Duration lasted() const { return experiment.lasts * static_cast<std::int64_t>(seeds); }
  // Nothing if the experiment has no class of this name.
  const ClassPlan* class_named(const std::string& name) const;
  // "orrery sweep booking.toml --set ARGUMENTS"; empty without a design.
  std::string command(const std::string& verb, const std::string& arguments) const;
};

// Overload, bursts, hot-object, one-key and gate-held: at most one for each class.
std::vector<reports::Finding> findings_of_objects(const RunFacts& facts);
// Distance, at most one for each class, and first-call.
std::vector<reports::Finding> findings_of_distance(const RunFacts& facts);

// A request that makes so many calls to other objects is slow because of them.
inline constexpr std::uint64_t calls_per_request_min = 5;

Duration in(const reports::StageTimes& stages, reports::Stage stage);
// Time that is spent in the object is one part here.
reports::Stage largest_of(const reports::StageTimes& stages);
bool is_missed(const reports::Judged& judged);

// A mean, and a stage as part of one.
Duration per(Duration sum, std::uint64_t count);
std::uint64_t unsigned_of(Duration duration);
// "12.3 ms"
std::string ms_text(Duration duration);
// part of whole: "88.6 %"
std::string share_text(Duration part, Duration whole);
// So many in such a time: "426", "9.5".
std::string number_per_second(std::uint64_t count, Duration time);
// "426 a second"
std::string rate_text(std::uint64_t count, Duration time);

}  // namespace orrery::scenarios
