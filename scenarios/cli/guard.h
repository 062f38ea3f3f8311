// A run under guard: it may compute and use memory. The system calls it makes and the clocks it reads are caught and
// named.
//
// A filter of system calls is on during the work, reading the time stamp counter faults, and so does the page from
// which the clock is read without a call. None of these can be taken off again, so the work is done by a fork.
//
// What a process learns without a call passes: from instructions such as rdrand (and so std::random_device), cpuid
// and rdpid (and so sched_getcpu), from what the kernel left in its memory (environment, AT_RANDOM, addresses). And
// what serves memory and locks is allowed: brk, anonymous mmap, madvise, futex without a timeout, and the like.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace orrery::cli {

struct GuardReport {
  std::string why_not;  // there is no guard here, or none that is complete; empty: there is
  std::uint64_t done = 0;
  // At most one of these, and one if not all steps were done.
  std::optional<std::string> asked;  // what step `done` asked for: "clock (rdtsc)", "openat"
  std::optional<std::string> ended;  // how step `done` ended the process: "by abort", "with exit code 0"
};

// Whether this build has sanitizers: they bring their own allocator, and ask the system for much.
bool has_sanitizers();

// Does steps 0 to steps - 1, until one asks for something. One that takes longer than `patience` is killed.
GuardReport run_guarded(std::uint64_t steps, const std::function<void(std::uint64_t step)>& work,
                        std::chrono::seconds patience = std::chrono::seconds{60});

}  // namespace orrery::cli
