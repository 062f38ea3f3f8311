// The tables of this directory, compiled in. Their text, comments and all, is what the files hold.
#pragma once

#include <string_view>

namespace orrery::sim {

extern const std::string_view rtt_csv;
extern const std::string_view cities_csv;

}  // namespace orrery::sim
