// Texts as TOML writes them.
#pragma once

#include <string>
#include <string_view>

namespace orrery::scenarios {

// In quotes, with escapes.
std::string quoted(std::string_view text);

}  // namespace orrery::scenarios
