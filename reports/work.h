// What was done for requests: the figures behind "101 queries in one turn, or 101 calls".
#pragma once

#include <cstdint>

#include "core/base/time.h"

namespace orrery::reports {

// Of one request, or the sum over several. What was done in the turns of calls that an object made for the request
// counts, too.
struct Work {
  std::uint64_t turns = 0;
  std::uint64_t operations = 0;  // of storage
  Duration storage{};            // what they took
  std::uint64_t calls = 0;       // that objects made to other objects; the user's own is none of them
  std::uint64_t fetches = 0;
  std::uint64_t commits = 0;

  Work& operator+=(const Work& other) {
    turns += other.turns;
    operations += other.operations;
    storage += other.storage;
    calls += other.calls;
    fetches += other.fetches;
    commits += other.commits;
    return *this;
  }
  friend bool operator==(const Work&, const Work&) = default;
};

}  // namespace orrery::reports
