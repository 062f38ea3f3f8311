// Parts of a workload as they stand in experiment files and designs alike, read strictly.
//
//   arrivals = { process = "poisson", rate = "50/s" }                 arrivals.h has the others
//   retry = { on = ["timeout", "error"], timeout = "5s", max = 2, backoff = "200ms..2s" }
//   [trace]       file, columns, operations, unit, speed, spread, late, interval; digest in experiments only
//                                                                     design/trace.h
//   [objectives]  p99 = "500ms", "us.p99" = "300ms"                   reports/objectives.h
//   [counted.charged_once]  kind = "at-most-once", event = "payments", of = "Venue.book"    properties/counted.h
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/objectives.h"
#include "scenarios/arrivals.h"
#include "scenarios/design/trace.h"
#include "scenarios/experiment.h"
#include "scenarios/toml_reader.h"

namespace orrery::scenarios {

Arrivals read_arrivals(TomlTable& owner, std::string_view key);
RetryPlan read_retry(TomlTable& owner, std::string_view key);
TracePlan read_trace(TomlTable& owner, std::string_view key);
FaultPlan read_fault(TomlTable& table);  // an element of [[faults]]
std::vector<reports::Objective> read_objectives(TomlTable& owner, std::string_view key);

std::vector<CountedPlan> read_counted(TomlTable& owner, std::string_view key);

// Inline tables; of the recording and the objectives whole sections, which are empty where there is nothing to say.
std::string to_toml(const Arrivals& arrivals);
std::string to_toml(const RetryPlan& retry);
std::string section_of(const TracePlan& trace);
std::string section_of(const std::vector<reports::Objective>& objectives);
std::string section_of(const std::vector<CountedPlan>& counted);

}  // namespace orrery::scenarios
