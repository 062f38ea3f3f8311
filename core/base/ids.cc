#include "core/base/ids.h"

#include <fmt/format.h>

namespace orrery {

std::string to_hex(const ObjectId& id) {
  return fmt::format("{:016x}{:016x}{:016x}{:016x}", id.words[0], id.words[1], id.words[2], id.words[3]);
}

}  // namespace orrery
