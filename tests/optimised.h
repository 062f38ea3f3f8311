// For tests that take minutes of virtual time: those are for the release build.
#pragma once

namespace orrery::tests {

#ifdef NDEBUG
inline constexpr bool is_optimised = true;
#else
inline constexpr bool is_optimised = false;
#endif

}  // namespace orrery::tests
