// When a group of clients sends: one law for all of it.
//
// A group of n clients that share a rate is as busy as one client with that rate; but each of them has its own stubs,
// and each its own order of calls.
//
//   { process = "poisson", rate = "50/s" }
//   { process = "constant", rate = "50/s" }
//   { process = "bursty", base = "80/s", peak = "400/s", on = "5s", off = "55s" }
//   { process = "ramp", from = "10/s", to = "500/s", over = "5m" }
//   { process = "closed", think = "exponential 2s" }
//   { process = "trace" }                                the rows of the experiment's recording (design/trace.h)
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "core/base/distributions.h"
#include "core/base/duration_text.h"
#include "core/base/time.h"

namespace orrery::scenarios {

// Without memory.
struct PoissonArrivals {
  Rate rate;
  friend bool operator==(const PoissonArrivals&, const PoissonArrivals&) = default;
};

// Evenly spaced; the clients take turns.
struct ConstantArrivals {
  Rate rate;
  friend bool operator==(const ConstantArrivals&, const ConstantArrivals&) = default;
};

// Poisson at `peak` for as long as `on`, then at `base` for as long as `off`, and again.
struct BurstyArrivals {
  Rate base;
  Rate peak;
  Duration on{};
  Duration off{};
  friend bool operator==(const BurstyArrivals&, const BurstyArrivals&) = default;
};

// Poisson, from one rate to the other in a straight line, and then on at that.
struct RampArrivals {
  Rate from;
  Rate to;
  Duration over{};
  friend bool operator==(const RampArrivals&, const RampArrivals&) = default;
};

// A loop whose calls fail at once would go round for ever without it.
inline constexpr Duration think_min = 1us;

// Each client sends its next operation so long after the answer to the one before: never sooner than think_min.
struct ClosedLoop {
  Distribution think;
  friend bool operator==(const ClosedLoop&, const ClosedLoop&) = default;
};

struct TraceArrivals {
  friend bool operator==(const TraceArrivals&, const TraceArrivals&) = default;
};

using Arrivals =
    std::variant<PoissonArrivals, ConstantArrivals, BurstyArrivals, RampArrivals, ClosedLoop, TraceArrivals>;

// By the place in Arrivals.
inline constexpr std::array<std::string_view, std::variant_size_v<Arrivals>> arrival_names{
    "poisson", "constant", "bursty", "ramp", "closed", "trace"};

inline Arrivals poisson(Rate rate) { return PoissonArrivals{rate}; }

inline bool is_closed(const Arrivals& arrivals) { return std::holds_alternative<ClosedLoop>(arrivals); }

// Of the whole group, at this time from the start; 0 for those that have no rate of their own.
Rate rate_at(const Arrivals& arrivals, Duration at);
// The highest that it ever has, and its mean over so long.
Rate peak_rate(const Arrivals& arrivals);
Rate mean_rate(const Arrivals& arrivals, Duration over);

// When client `place` of an open loop's group sends: the time of its operation `number`, which follows the one at
// `before`. `bits(n)` is the n-th draw of this operation. 292 years stand for whatever is longer.
class ArrivalDraws {
 public:
  // The arrivals must outlive this.
  ArrivalDraws(const Arrivals& arrivals, std::uint32_t clients);

  // A time from `end` on may be any.
  template <class Bits>
  Duration next(Duration before, std::uint64_t number, std::uint32_t place, Duration end, const Bits& bits) const {
    if (is_constant_) return constant(number, place);
    Duration at = before;
    for (std::uint64_t draw = 0;; draw += 2) {
      at = later(at, bits(draw));
      if (!varies_ || at >= end || is_kept(at, bits(draw + 1))) return at;
    }
  }
  bool sends() const { return peak_.millionths_per_hour > 0; }

 private:
  Duration constant(std::uint64_t number, std::uint32_t place) const;
  Duration later(Duration before, std::uint64_t bits) const;
  // Thinning: a moment drawn at the peak rate is kept with the chance that the rate has there.
  bool is_kept(Duration at, std::uint64_t bits) const;

  const Arrivals& arrivals_;
  std::uint32_t clients_;
  Rate peak_;
  Duration gap_{};  // mean, between the operations of one client, at the peak rate
  bool is_constant_ = false;
  bool varies_ = false;
};

}  // namespace orrery::scenarios
