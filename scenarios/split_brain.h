#pragma once

#include "scenarios/scenario.h"

namespace orrery::scenarios {

Scenario split_brain();

}  // namespace orrery::scenarios
