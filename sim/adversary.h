// Legal but unlucky timing, as data.
//
// What would merely come close is made to fall on the same instant, by rounding the times of deliveries and of
// turns' ends up to a grid; the order within the instant is then a keyed draw. And single deliveries can be held
// back. All of it is written in the experiment, so that a search can take it away piece by piece.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/draws.h"
#include "core/base/ids.h"
#include "core/base/invariant.h"
#include "core/base/time.h"
#include "core/journal/event.h"

namespace orrery::sim {

// The `hop`-th delivery (from 0) on the way of operation `number` of `client` arrives `by` later. The way is the
// chain of first children of the operation's cause (draws.h).
struct Postponement {
  ClientId client;
  std::uint64_t number = 0;
  std::uint32_t hop = 0;
  Duration by{};
  friend bool operator==(const Postponement&, const Postponement&) = default;
};

struct AdversaryPlan {
  Duration grid{};      // 0: times stay as they are
  bool ranked = false;  // deliveries of one instant, and timers of one instant, come in a drawn order
  std::vector<Postponement> postponed;
  friend bool operator==(const AdversaryPlan&, const AdversaryPlan&) = default;
};

// The first multiple of `grid` that is not before `time`; a time on the grid stays. `time` is not before the
// world began and `grid` is more than 0. Where no multiple can be held any more, `time` itself.
constexpr Time rounded_up(Time time, Duration grid) {
  PRECONDITION(nanoseconds(time) >= 0 && nanoseconds(grid) > 0, "time {}, grid {}", nanoseconds(time),
               nanoseconds(grid));
  const Duration past = Duration{nanoseconds(time) % nanoseconds(grid)};
  if (past == Duration::zero()) return time;
  return time > Time::max() - (grid - past) ? time : time + (grid - past);
}

class Adversary {
 public:
  Adversary(const AdversaryPlan& plan, const Draws& draws) : plan_(plan), draws_(draws) {
    for (const Postponement& each : plan.postponed) {
      Cause cause = Cause::operation(each.client, each.number).child(0);
      for (std::uint32_t hop = 0; hop < each.hop; ++hop) cause = cause.child(0);
      held_back_.push_back({cause, each.by});
    }
  }

  // When something that `cause` makes happen, and that would happen at `at`, happens instead.
  Time moved(Time at, Cause cause) const {
    for (const HeldBack& each : held_back_)
      if (each.cause == cause) at += each.by;
    return plan_.grid > Duration::zero() ? rounded_up(at, plan_.grid) : at;
  }
  // Its place among what happens at the same instant: 0 if the order of arrival is to stand, else below 2^20.
  std::uint32_t rank(Cause cause) const {
    if (!plan_.ranked) return 0;
    return 1 + static_cast<std::uint32_t>(draws_.below((1u << 20) - 1, Purpose::rank, cause));
  }

 private:
  struct HeldBack {
    Cause cause;
    Duration by;
  };

  const AdversaryPlan plan_;
  const Draws& draws_;
  std::vector<HeldBack> held_back_;  // at most a few
};

}  // namespace orrery::sim
