#include "core/journal/names.h"

#include <fmt/format.h>

namespace orrery::journal {

std::string client_text(const Names& names, ClientId client) {
  for (const GroupNames& group : names.groups)
    if (client.value >= group.first_client && client.value - group.first_client < group.clients)
      return fmt::format("{}#{}", group.name, client.value - group.first_client + 1);
  return fmt::format("client {}", client.value);
}

}  // namespace orrery::journal
