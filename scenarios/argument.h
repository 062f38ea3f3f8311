// What a law passes to a call: always the same, or drawn for each operation.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/base/value.h"

namespace orrery::scenarios {

// A whole number; both bounds are included.
struct Between {
  std::int64_t least = 0;
  std::int64_t most = 0;
  friend bool operator==(const Between&, const Between&) = default;
};

using Argument = std::variant<Value, Between>;

}  // namespace orrery::scenarios
