// The names behind the numbers in a journal. A reader that prints needs them; a checker seldom does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/ids.h"

namespace orrery::journal {

struct ClassNames {
  std::string name;
  std::vector<std::string> methods;  // by MethodId; methods[0] is "fetch"
};

struct GroupNames {
  std::string name;  // such as "london"
  std::string city;  // such as "London"
  std::uint32_t first_client = 0;
  std::uint32_t clients = 0;  // ClientIds first_client .. first_client + clients - 1
};

struct Names {
  std::vector<ClassNames> classes;  // by ClassId
  std::vector<GroupNames> groups;   // in order of their clients
};

}  // namespace orrery::journal
