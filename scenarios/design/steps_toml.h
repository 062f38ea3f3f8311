// Steps as they stand in a file (steps.h), read strictly.
#pragma once

#include <string_view>
#include <vector>

#include "scenarios/design/steps.h"
#include "scenarios/toml_reader.h"

namespace orrery::scenarios {

// The handlers of a table { view = [steps], book = [steps] }, in their order; none if the key is not there.
std::vector<HandlerPlan> read_handlers(TomlTable& owner, std::string_view key);

}  // namespace orrery::scenarios
