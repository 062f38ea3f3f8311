#pragma once

#include "scenarios/scenario.h"

namespace orrery::scenarios {

Scenario birth_race();

}  // namespace orrery::scenarios
