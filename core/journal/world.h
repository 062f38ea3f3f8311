// What happened to the world that the runtime lives in, and what the run loop saw of itself.
#pragma once

#include <tuple>

#include "core/base/fields.h"
#include "core/base/value.h"

namespace orrery::journal {

// A mistake in our own code ended the run.
struct InternalError {
  static constexpr std::string_view name = "internal_error";
  Value what;
  static constexpr auto fields() { return std::tuple{field("what", &InternalError::what)}; }
};

}  // namespace orrery::journal
