#pragma once

#include "scenarios/scenario.h"

namespace orrery::scenarios {

// A mistake in an object's own code, for the tool to find: it writes what it read before an await.
Scenario lost_update();

}  // namespace orrery::scenarios
