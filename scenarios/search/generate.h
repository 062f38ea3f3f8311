// Experiments drawn from a seed, for `check`: small ones, around a scenario, many of them with unlucky timing.
//
// Half keep their timing; a quarter round times to a grid and rank what falls together; a quarter hold single
// deliveries back. Most are short. What was drawn stands in the experiment, so it prints, replays and shrinks.
#pragma once

#include "scenarios/scenario.h"

namespace orrery::scenarios {

Experiment drawn_experiment(const Scenario& scenario, const Settings& settings, std::uint64_t seed);

}  // namespace orrery::scenarios
