#pragma once

#include "scenarios/scenario.h"

namespace orrery::scenarios {

// Money that is moved between two objects, and neither made nor lost.
Scenario transfers();

}  // namespace orrery::scenarios
