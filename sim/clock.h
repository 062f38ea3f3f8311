// What the steady clock of a machine shows.
//
// It begins with the world, never jumps, and runs on through a pause or a restart of its machine. It runs at the pace
// of true time, or by a rate faster or slower that is known from the plan before the run: so the instant at which it
// will show a time is known too, and a timer never has to be set anew.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/time.h"

namespace orrery::sim {

class SteadyClock {
 public:
  // From that instant on the clock is fast by this rate; slow, if it is negative.
  struct Drift {
    Time from;
    std::int64_t rate_millionths;  // above -1'000'000
  };

  SteadyClock() = default;
  // In the order of their instants; of several at one instant the last counts.
  explicit SteadyClock(const std::vector<Drift>& drifts);

  bool drifts() const { return !paces_.empty(); }
  LocalTime at(Time now) const;
  // The first instant at which it shows this time, or a later one.
  Time when(LocalTime shown) const;

 private:
  struct Pace {
    Time from;
    LocalTime shown;          // then
    std::int64_t millionths;  // of the pace of true time
  };
  std::vector<Pace> paces_;  // nothing: always that of true time
};

}  // namespace orrery::sim
