// The parts a request's time is split into.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/time.h"

namespace orrery::reports {

// They sum to the request's latency exactly, and there is no stage "other".
enum class Stage : std::uint8_t { access, network, queue, cpu, storage, commit, fetch, retry };
inline constexpr std::size_t stage_count = 8;

// Of times that are not negative. Waiting is summed over calls, and many that wait for long are beyond what a
// Duration holds: then it is the longest there is.
constexpr Duration saturated_sum(Duration a, Duration b) { return a > Duration::max() - b ? Duration::max() : a + b; }

// By Stage.
using StageTimes = std::array<Duration, stage_count>;

constexpr std::string_view to_text(Stage stage) {
  constexpr std::array<std::string_view, stage_count> names{"access",  "network", "queue", "cpu",
                                                            "storage", "commit",  "fetch", "retry"};
  return names[static_cast<std::size_t>(stage)];
}

constexpr Duration& time_in(StageTimes& times, Stage stage) { return times[static_cast<std::size_t>(stage)]; }

constexpr Duration sum_of(const StageTimes& times) {
  Duration sum{};
  for (const Duration time : times) sum = saturated_sum(sum, time);
  return sum;
}

}  // namespace orrery::reports
