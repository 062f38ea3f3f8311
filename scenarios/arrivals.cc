#include "scenarios/arrivals.h"

#include <algorithm>
#include <limits>

#include "core/base/fixed_point.h"
#include "core/base/mix.h"

namespace orrery::scenarios {
namespace {

__extension__ using Wide = __int128;
constexpr Wide millionths_of_hours = Wide{3'600'000'000'000} * 1'000'000;

template <class... F>
struct Overload : F... {
  using F::operator()...;
};

Duration at_most_max(Wide ns) {
  return Duration{static_cast<std::int64_t>(std::min<Wide>(ns, std::numeric_limits<std::int64_t>::max()))};
}

Wide per_hour(Rate rate) { return rate.millionths_per_hour; }
Rate rate_of(Wide millionths_per_hour) { return {static_cast<std::int64_t>(millionths_per_hour)}; }

// How much of the time up to `over` is spent at the peak.
Duration time_on(const BurstyArrivals& bursty, Duration over) {
  const Duration period = bursty.on + bursty.off;
  return bursty.on * (over / period) + std::min(bursty.on, over % period);
}

}  // namespace

Rate rate_at(const Arrivals& arrivals, Duration at) {
  return std::visit(Overload{[](const PoissonArrivals& each) { return each.rate; },
                             [](const ConstantArrivals& each) { return each.rate; },
                             [at](const BurstyArrivals& each) {
                               return at % (each.on + each.off) < each.on ? each.peak : each.base;
                             },
                             [at](const RampArrivals& each) {
                               if (at >= each.over) return each.to;
                               const Wide rise = per_hour(each.to) - per_hour(each.from);
                               return rate_of(per_hour(each.from) + rise * nanoseconds(at) / nanoseconds(each.over));
                             },
                             [](const auto&) { return Rate{}; }},
                    arrivals);
}

Rate peak_rate(const Arrivals& arrivals) {
  return std::visit(Overload{[](const PoissonArrivals& each) { return each.rate; },
                             [](const ConstantArrivals& each) { return each.rate; },
                             [](const BurstyArrivals& each) { return std::max(each.base, each.peak); },
                             [](const RampArrivals& each) { return std::max(each.from, each.to); },
                             [](const auto&) { return Rate{}; }},
                    arrivals);
}

Rate mean_rate(const Arrivals& arrivals, Duration over) {
  if (over <= Duration::zero()) return rate_at(arrivals, Duration::zero());
  if (const auto* bursty = std::get_if<BurstyArrivals>(&arrivals)) {
    const Wide on = nanoseconds(time_on(*bursty, over));
    return rate_of((per_hour(bursty->peak) * on + per_hour(bursty->base) * (nanoseconds(over) - on)) /
                   nanoseconds(over));
  }
  if (const auto* ramp = std::get_if<RampArrivals>(&arrivals)) {
    const Duration rising = std::min(over, ramp->over);
    const Wide rise = (per_hour(ramp->from) + per_hour(rate_at(arrivals, rising))) * nanoseconds(rising) / 2;
    return rate_of((rise + per_hour(ramp->to) * nanoseconds(over - rising)) / nanoseconds(over));
  }
  return rate_at(arrivals, Duration::zero());
}

ArrivalDraws::ArrivalDraws(const Arrivals& arrivals, std::uint32_t clients)
    : arrivals_(arrivals),
      clients_(clients),
      peak_(peak_rate(arrivals)),
      is_constant_(std::holds_alternative<ConstantArrivals>(arrivals)),
      varies_(std::holds_alternative<BurstyArrivals>(arrivals) || std::holds_alternative<RampArrivals>(arrivals)) {
  if (sends()) gap_ = at_most_max(static_cast<Wide>(nanoseconds(peak_.mean_gap())) * clients);
}

Duration ArrivalDraws::constant(std::uint64_t number, std::uint32_t place) const {
  return at_most_max((static_cast<Wide>(number) * clients_ + place) * millionths_of_hours / per_hour(peak_));
}

// Exponential, but for no bound on the mean: one call an hour by 10,000 clients is rarer than once a year.
Duration ArrivalDraws::later(Duration before, std::uint64_t bits) const {
  const Wide gap = (static_cast<Wide>(nanoseconds(gap_)) * fixed_exponential(bits) + fixed_one / 2) >> fixed_bits;
  return at_most_max(nanoseconds(before) + gap);
}

bool ArrivalDraws::is_kept(Duration at, std::uint64_t bits) const {
  return scaled(bits, static_cast<std::uint64_t>(peak_.millionths_per_hour)) <
         static_cast<std::uint64_t>(rate_at(arrivals_, at).millionths_per_hour);
}

}  // namespace orrery::scenarios
