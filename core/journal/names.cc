#include "core/journal/names.h"

#include <fmt/format.h>

namespace orrery::journal {

std::string client_text(const Names& names, ClientId client) {
  for (const GroupNames& group : names.groups)
    if (client.value >= group.first_client && client.value - group.first_client < group.clients)
      return fmt::format("{}#{}", group.name, client.value - group.first_client + 1);
  return fmt::format("client {}", client.value);
}

std::string fault_text(const Names& names, std::uint64_t number) {
  const std::string text = fmt::format("fault {}", number + 1);
  return number < names.faults.size() ? fmt::format("{} ({})", text, names.faults[number]) : text;
}

}  // namespace orrery::journal
