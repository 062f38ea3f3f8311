#pragma once

#include "scenarios/scenario.h"

namespace orrery::scenarios {

Scenario owner_crash();

}  // namespace orrery::scenarios
