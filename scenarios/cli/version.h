#pragma once

#include <string>

namespace orrery::cli {

// "0.1.0".
std::string version();

// The version and what tells this build from others of it. Equal for equal sources, whatever the compiler.
std::string build_id();

// Of a program with code of its own: its file counts too. It is read now, so ask only when it is needed.
std::string own_build_id();

}  // namespace orrery::cli
