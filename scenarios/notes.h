#pragma once

#include "scenarios/scenario.h"

namespace orrery::scenarios {

// A hundred queries next to the data, against a hundred calls to it.
Scenario notes();

}  // namespace orrery::scenarios
