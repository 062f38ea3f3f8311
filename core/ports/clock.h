// What a node may know of time.
#pragma once

#include <cstdint>

#include "core/base/draws.h"
#include "core/base/ids.h"
#include "core/base/time.h"

namespace orrery::ports {

// Steady time drifts within the stated bound, never jumps, and runs on through a pause of the node.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual LocalTime steady() const = 0;
};

using TimerId = Id<struct TimerTag>;

// Calls the node back, once, no earlier than `after` from now by its own clock; `token` is the node's own.
class Timers {
 public:
  virtual ~Timers() = default;
  virtual TimerId set(Duration after, std::uint64_t token, Cause cause) = 0;
  // For upkeep that nobody waits for: a world in which nothing else is left to happen may end before.
  virtual void set_upkeep(Duration after, std::uint64_t token, Cause cause) = 0;
  // Does nothing if the timer has run out already.
  virtual void cancel(TimerId timer) = 0;
};

}  // namespace orrery::ports
