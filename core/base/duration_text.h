// Durations and rates as people write them: 8ms, 1.5s, 4m30s; 2.5/s, 10/m.
//
// Both directions are exact: what is printed reads back as the same value.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace orrery {

// Whole hours or minutes where that is exact, else the largest of s, ms, us, ns that gives 1 or more:
// 2h, 90m, 90s, 1.5s, 250us, 17ns, 0s.
std::string to_text(Duration duration);

// One or more numbers, each with a unit out of h, m, s, ms, us, ns, the largest unit first; only the last
// number may have a point. The error is a sentence for the person who wrote the text.
std::expected<Duration, std::string> parse_duration(std::string_view text);

// How often something happens. Counted per hour, because then so many per second, per minute and per hour
// are all exact.
struct Rate {
  std::int64_t millionths_per_hour = 0;
  friend constexpr auto operator<=>(Rate, Rate) = default;

  // The mean time from one event to the next, to the nearest nanosecond and never 0. The rate must not be 0.
  Duration mean_gap() const;
};

// The shortest of so many per second, per minute and per hour: 2.5/s, 10/m, 100/h.
std::string to_text(Rate rate);

// A number, a slash and s, m or h. 0/s is a rate: never.
std::expected<Rate, std::string> parse_rate(std::string_view text);

}  // namespace orrery
