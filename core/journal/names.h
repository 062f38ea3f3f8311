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
  std::vector<std::string> faults{};  // by their number: "crash of Counter/0, in_turn 3", "pause of iad-1-1, at 2s"
};

// "fra#2": the second client of that group; by its number if no group has it.
std::string client_text(const Names& names, ClientId client);
// "fault 2 (pause of iad-1-1, at 2s)": what it is and when it was to strike. The first is fault 1.
std::string fault_text(const Names& names, std::uint64_t number);

}  // namespace orrery::journal
