#pragma once

#include <string_view>

namespace orrery {

// Whether the text is well-formed UTF-8 (Unicode 15, table 3-7). What is to stand in a TOML file must be.
bool is_utf8(std::string_view text);

}  // namespace orrery
