// Where cities are, and how long a round trip between two of them takes if nobody has measured it.
//
// Everything is integer arithmetic, so the same two places are equally far apart on every machine.
//
// Cables do not follow great circles: a round trip from Europe to Japan takes 25 ns per metre of
// distance, one across the Atlantic 13. Detours belong to a part of the world, so the estimate of a pair
// takes its speed from the measured pairs whose ends lie near it:
//
//   path(d) = 50 km + d + 300 km * d / (d + 300 km)          short routes wind more than long ones
//   pace    = mean of round_trip / path(distance) over the measured pairs, each weighted by
//             1 / (100 km + how far its ends lie from the ends of the pair that is asked for)^3
//   rtt     = pace * path(distance), but never below the speed of light in glass, 200,000 km/s
//
// Error over the 13 measured cities, each in turn taken out and estimated from the other 12: median 4.6 %,
// 90th percentile 24 %, largest 58 % (Montreal to Toronto). With both cities of a pair taken out: median
// 5.5 %, 90th percentile 32 %. A new city near none of the others fares worst: Sydney's median is 23 %.
// The constants were chosen by the first pair of errors; half or double any of the lengths changes neither by
// a point. The best straight line over the distance, 4 ms + 15 ns per metre, has 11 % and 37 %.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/time.h"

namespace orrery::sim {

struct Coordinates {
  std::int32_t latitude = 0;   // in 1e-6 degrees, north positive, at most 90 degrees
  std::int32_t longitude = 0;  // in 1e-6 degrees, east positive, at most 180 degrees
  friend constexpr auto operator<=>(const Coordinates&, const Coordinates&) = default;
};

// Along the great circle, on a sphere of the Earth's mean radius. Off by less than 10 m up to 15,000 km, by
// less than 200 m up to 19,900 km.
std::int64_t distance_metres(Coordinates a, Coordinates b);

struct MeasuredPair {
  Coordinates a;
  Coordinates b;
  Duration round_trip;
};

class RoundTripModel {
 public:
  // Both directions of each pair count alike. With no pairs at all, a round trip takes 15 ns
  // per metre of path.
  explicit RoundTripModel(const std::vector<MeasuredPair>& measured);

  // In whole microseconds, the same in both directions, at least 0.6 ms: two cities are no nearer than two
  // data centers of one.
  Duration round_trip(Coordinates a, Coordinates b) const;

 private:
  struct Sample {
    std::size_t a, b;   // places
    std::int64_t pace;  // 1e-6 ns per metre of path
  };

  std::vector<Coordinates> places_;
  std::vector<Sample> samples_;
};

}  // namespace orrery::sim
