// The scenarios that are built in, in reading order, written out.
#pragma once

#include <vector>

#include "scenarios/scenario.h"

namespace orrery::scenarios {

std::vector<Scenario> built_in_scenarios();

// The object classes and own properties of all these scenarios.
Code code_of(const std::vector<Scenario>& scenarios);

// The scenario's experiment for this seed: what `run` runs. Throws BrokenScenario for what its `make` throws.
Experiment experiment_of(const Scenario& scenario, const Settings& settings, std::uint64_t seed);

}  // namespace orrery::scenarios
