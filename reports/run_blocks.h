// The blocks that the report of a run is made of, and words that other reports say in the same way.
//
// A block begins with an empty line, and is empty where it has nothing to say. What decides nothing is left out
// unless Style::verbose asks for it; of a run that meets all its objectives that is most.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "reports/summary.h"

namespace orrery::reports {

std::string latency_block(const RunSummary& run, const Style& style);
std::string stages_block(const Outcome& outcome, const Style& style);
std::string work_block(const RunSummary& run, const Style& style);
std::string objects_block(const RunSummary& run, const Style& style);
std::string findings_block(const RunSummary& run, const Style& style);
std::string recording_block(const RunSummary& run, const Style& style);
std::string properties_block(const RunSummary& run, const Style& style);

// There are objectives, and all are met.
bool meets_all_objectives(const RunSummary& run);
// The command that tries the first remedy; nothing where no finding has one, or none is shown.
std::optional<std::string> next_command(const RunSummary& run, const Style& style);

// How many columns may be used.
std::size_t columns_of(const Style& style);
// "seed 42", "seeds 1..5", "seeds 3, 7".
std::string seeds_text(const RunSummary& run);
// "10m virtual"; of several seeds "10m virtual each".
std::string length_asked_text(const RunSummary& run);
// "88.6 %" of the run, and at most all of it.
std::string busy_text(const ObjectUse& use, const RunSummary& run);
// "52 % of the slowest 1 % is network", if one stage makes up more than half of it.
std::string largest_stage_text(const Band& slowest);

// Whether it was met.
std::string mark_of(Judged::Kind kind, const Style& style);
// In milliseconds and exactly: "500", "1,500", "0.25".
std::string limit_in_ms(const Objective& objective);
// The place of its percentile in shown_percentiles, if it is there.
std::optional<std::size_t> shown_percentile_of(const Objective& objective);
// With its unit: "612.4 ms", "0.02 %", "248.0/s"; "-" if it is not known.
std::string value_text(const Judged& judged);

}  // namespace orrery::reports
