// Random programs, for which nobody wrote down what should happen: workerd says it.
#pragma once

#include <cstdint>
#include <string>

#include "tests/conformance/program.h"

namespace orrery::tests::conformance {

// The same for the same seed. What it does by itself (timers, services, events) is at least 50 ms apart, so that a real
// clock can run it, and it is over in less than a second. What FORMAT.md does not promise, it does not show.
Json random_program(std::uint64_t seed, const std::string& name);

}  // namespace orrery::tests::conformance
