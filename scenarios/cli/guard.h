// A run under guard: it may compute and use memory, and whatever else it asks of the system is caught and named.
//
// A filter of system calls is on during the work, reading the time stamp counter faults, and so does the page from
// which the clock is read without a call. None of these can be taken off again, so the work is done by a fork.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace orrery::cli {

struct GuardReport {
  std::string why_not;  // there is no guard here; empty: there is
  std::uint64_t done = 0;
  // What step `done` asked for: "clock (rdtsc)", "openat". Or how its process ended.
  std::optional<std::string> asked;
};

// Whether this build has sanitizers: they bring their own allocator, and ask the system for much.
bool has_sanitizers();

// Does steps 0 to steps - 1, until one asks for something.
GuardReport run_guarded(std::uint64_t steps, const std::function<void(std::uint64_t step)>& work);

}  // namespace orrery::cli
