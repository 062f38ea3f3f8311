// The scenarios that come with Orrery, and their classes: made once for a test program.
#pragma once

#include <vector>

#include "scenarios/catalogue.h"

namespace orrery::tests {

inline const std::vector<scenarios::Scenario>& built_in() {
  static const std::vector<scenarios::Scenario> all = scenarios::built_in_scenarios();
  return all;
}
inline const scenarios::Code& built_in_code() {
  static const scenarios::Code all = scenarios::code_of(built_in());
  return all;
}

}  // namespace orrery::tests
