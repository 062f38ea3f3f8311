// What can stand in a design, for people: `orrery help design-file`.
#pragma once

#include <string>

namespace orrery::cli {

std::string design_file_text();

}  // namespace orrery::cli
