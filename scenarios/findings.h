// Why the run of an experiment was slow, and what would help: each finding is a rule that this run broke, with the
// numbers that show it.
//
// A finding is true of the run, not of the text of the design, and it goes away when its cause is removed: the test
// of each runs the design without the cause. There are none of a run that met all its objectives. Where nobody said
// what is fast enough, only those that no design would want.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/finding.h"
#include "reports/objectives.h"
#include "reports/outcome.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {

// The worst first; as many as there are: whoever shows them takes reports::findings_shown_max. `design` is what the
// commands in Finding::next name: "booking.toml"; if it is empty there are none. The outcome is that of so many seeds
// laid over each other.
std::vector<reports::Finding> findings_of(const Experiment& experiment, const reports::Outcome& outcome,
                                          const std::vector<reports::Judged>& objectives, const std::string& design,
                                          std::uint64_t seeds = 1);

// Whether the tail is so much waiting that a closed-loop test would not have seen it.
bool wants_closed_loop_view(const reports::Outcome& outcome);

// The experiment that such a load test is: for each group with a rate, connections that each wait for an answer
// before they send again, at the same mean rate if answers came as fast as they do without waiting. It counts requests
// for two minutes at most. The outcome is that of so many seeds laid over each other.
Experiment closed_loop_of(const Experiment& experiment, const reports::Outcome& outcome, std::uint64_t seeds = 1);

}  // namespace orrery::scenarios
