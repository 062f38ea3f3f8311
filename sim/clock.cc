#include "sim/clock.h"

#include <algorithm>

#include "core/base/invariant.h"

namespace orrery::sim {
namespace {

constexpr std::int64_t million = 1'000'000;

// duration x by / of, rounded down or up, without ever holding the whole product.
Duration scaled_down(Duration duration, std::int64_t by, std::int64_t of) {
  const std::int64_t whole = nanoseconds(duration) / of;
  return Duration(whole * by + nanoseconds(duration) % of * by / of);
}
Duration scaled_up(Duration duration, std::int64_t by, std::int64_t of) {
  const std::int64_t whole = nanoseconds(duration) / of;
  return Duration(whole * by + (nanoseconds(duration) % of * by + of - 1) / of);
}

}  // namespace

SteadyClock::SteadyClock(const std::vector<Drift>& drifts) {
  if (drifts.empty()) return;
  paces_.push_back({Time{}, LocalTime{}, million});
  for (const Drift& each : drifts) {
    PRECONDITION(each.rate_millionths > -million, "a clock that is slow by {} millionths", -each.rate_millionths);
    const Pace pace{each.from, at(each.from), million + each.rate_millionths};
    if (paces_.back().from == each.from) paces_.pop_back();
    paces_.push_back(pace);
  }
}

LocalTime SteadyClock::at(Time now) const {
  if (paces_.empty()) return LocalTime(now.time_since_epoch());
  const Pace* pace = &paces_.back();
  while (pace->from > now) --pace;
  return pace->shown + scaled_down(now - pace->from, pace->millionths, million);
}

Time SteadyClock::when(LocalTime shown) const {
  if (paces_.empty()) return Time(shown.time_since_epoch());
  const Pace* pace = &paces_.back();
  while (pace != &paces_.front() && pace->shown >= shown) --pace;
  const Time at_this_pace = pace->from + scaled_up(shown - pace->shown, million, pace->millionths);
  const bool is_last = pace == &paces_.back();
  return is_last ? at_this_pace : std::min(at_this_pace, pace[1].from);
}

}  // namespace orrery::sim
