// Handlers that call each other in a circle, each in every one of its runs: such a call never ends.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/experiment.h"

namespace orrery::scenarios {

struct CallCycle {
  std::string text;  // "V.a calls V.b calls V.a"
  // The handler where it begins and ends.
  std::string object_class;
  std::string handler;
};

// The first one, in the order of the classes and their handlers. Calls that are made in some runs only, inside of a
// `when`, are no part of one. Names that nobody has are left out.
std::optional<CallCycle> call_cycle_in(const std::vector<ClassPlan>& classes);

}  // namespace orrery::scenarios
