#pragma once

#include "scenarios/scenario.h"

namespace orrery::scenarios {

Scenario zombie();

}  // namespace orrery::scenarios
