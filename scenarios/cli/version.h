#pragma once

#include <string>

namespace orrery::cli {

// "0.1.0".
std::string version();

// The version and what tells this build from others of it. Equal for equal sources, whatever the compiler.
std::string build_id();

// Of the program of this name that is running. One that is not the tool itself has code of its own, so its file
// counts.
std::string build_of(const std::string& program);

}  // namespace orrery::cli
