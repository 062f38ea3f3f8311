// Experiments drawn from a seed, for `check`: small ones, around a scenario, many of them with unlucky timing and
// with faults.
//
// Half keep their timing; a quarter round times to a grid and rank what falls together; a quarter hold single
// deliveries back. Half have no faults, the others one to three: mostly crashes, at a time or at a point in the story
// of an object. One in eight has slow disks, so that commits are under way when things happen. All last a second at
// most, and of many groups of clients three stay at most. What was drawn stands in the experiment, so it prints,
// replays and shrinks.
#pragma once

#include <cstdint>

#include "scenarios/scenario.h"

namespace orrery::scenarios {

enum class DrawnFaults : std::uint8_t { on, off };

// Around this experiment, whatever its own seed. PRECONDITION: nothing is mistaken in it. Without faults it is the same
// experiment otherwise; those that it has itself are left out too.
Experiment drawn_experiment(const Experiment& base, const Code& code, std::uint64_t seed,
                            DrawnFaults faults = DrawnFaults::on);
Experiment drawn_experiment(const Scenario& scenario, const Settings& settings, std::uint64_t seed,
                            DrawnFaults faults = DrawnFaults::on);

}  // namespace orrery::scenarios
