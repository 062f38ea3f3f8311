#pragma once

#include "scenarios/scenario.h"

namespace orrery::scenarios {

Scenario data_center_outage();

}  // namespace orrery::scenarios
