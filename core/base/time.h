// Time in whole nanoseconds.
//
// Two kinds of instants exist and cannot be mixed up. `Time` is the true time of the world: the event
// queue, the recorder and the checkers use it. `LocalTime` is what a node's own steady clock shows: it
// may drift from true time, and everything in core that waits or compares uses it.
// No clock here can be asked for "now": whoever runs the world passes it in.
#pragma once

#include <chrono>
#include <cstdint>

namespace orrery {

using namespace std::chrono_literals;

using Duration = std::chrono::duration<std::int64_t, std::nano>;

// The clocks are names only: none has a now().
using Time = std::chrono::time_point<struct TrueClock, Duration>;       // since the world began
using LocalTime = std::chrono::time_point<struct NodeClock, Duration>;  // since the node's clock read zero

constexpr std::int64_t nanoseconds(Duration duration) { return duration.count(); }
constexpr std::int64_t nanoseconds(Time time) { return time.time_since_epoch().count(); }
constexpr std::int64_t nanoseconds(LocalTime time) { return time.time_since_epoch().count(); }

}  // namespace orrery
