#pragma once

#include "scenarios/scenario.h"

namespace orrery::scenarios {

// The smallest object: it counts, durably. Later lessons build on it.
Scenario counter();

}  // namespace orrery::scenarios
