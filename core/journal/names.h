// The names behind the numbers in a journal. A reader that prints needs them; a checker seldom does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/ids.h"

namespace orrery::journal {

struct ClassNames {
  std::string name;
  std::vector<std::string> methods;       // by MethodId; methods[0] is "fetch"
  std::vector<std::string> invariants{};  // by their place
};

struct GroupNames {
  std::string name;  // such as "london"
  std::string city;  // such as "London"
  std::uint32_t first_client = 0;
  std::uint32_t clients = 0;  // ClientIds first_client .. first_client + clients - 1
};

struct Names {
  std::vector<ClassNames> classes;   // by ClassId
  std::vector<GroupNames> groups;    // in order of their clients
  std::vector<std::string> nodes{};  // by NodeId: "iad" for an edge, "iad-1-1" for a machine, a service by its name
};

// "fra#2": the second client of that group; by its number if no group has it.
std::string client_text(const Names& names, ClientId client);

}  // namespace orrery::journal
