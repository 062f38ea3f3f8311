#include "sim/geography.h"

#include <algorithm>
#include <array>

#include "core/base/invariant.h"

namespace orrery::sim {
namespace {

__extension__ using Wide = __int128;

// Angles are whole microdegrees, sines are multiples of 2^-30.
constexpr std::int64_t degree = 1'000'000;
constexpr int sine_bits = 30;
constexpr std::int64_t sine_one = std::int64_t{1} << sine_bits;

constexpr std::int64_t step = degree / 16;
constexpr std::size_t steps = 90 * 16;

// The sine of 0 to 90 degrees by Taylor's series, on multiples of 2^-60.
constexpr std::int64_t exact_sine(std::int64_t angle) {
  constexpr std::int64_t pi = 3'622'009'729'038'561'421;  // * 2^-60
  const Wide x = static_cast<Wide>(pi) * angle / (180 * degree);
  const Wide x_squared = (x * x) >> 60;
  Wide term = x;
  Wide sum = x;
  for (int k = 2; k <= 22; k += 2) {
    term = -((term * x_squared) >> 60) / (k * (k + 1));
    sum += term;
  }
  return static_cast<std::int64_t>((sum + (Wide{1} << 29)) >> 30);
}

constexpr std::array<std::int64_t, steps + 1> sine_table = [] {
  std::array<std::int64_t, steps + 1> table{};
  for (std::size_t i = 0; i <= steps; ++i) table[i] = exact_sine(static_cast<std::int64_t>(i) * step);
  return table;
}();
static_assert(sine_table.front() == 0 && sine_table[steps / 3] == sine_one / 2 && sine_table.back() == sine_one);

// Of 0 to 180 degrees.
std::int64_t sine(std::int64_t angle) {
  if (angle > 90 * degree) angle = 180 * degree - angle;
  const std::size_t i = std::min(static_cast<std::size_t>(angle / step), steps - 1);
  const std::int64_t beyond = angle - static_cast<std::int64_t>(i) * step;
  return sine_table[i] + (sine_table[i + 1] - sine_table[i]) * beyond / step;
}

// 0 to 90 degrees: the inverse of what `sine` interpolates.
std::int64_t arc_sine(std::int64_t value) {
  if (value >= sine_one) return 90 * degree;
  const auto above = std::upper_bound(sine_table.begin(), sine_table.end(), value);
  const std::int64_t i = above - sine_table.begin() - 1;
  const std::int64_t below = *(above - 1);
  return i * step + (value - below) * step / (*above - below);
}

std::int64_t square_root(std::uint64_t value) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1) {
    const std::uint64_t larger = root | bit;
    if (larger <= value / larger) root = larger;
  }
  return static_cast<std::int64_t>(root);
}

std::int64_t magnitude(std::int64_t number) { return number < 0 ? -number : number; }

constexpr std::int64_t metres_of_ninety_degrees = 10'007'557;  // mean radius 6,371,009 m
constexpr std::int64_t km = 1'000;
constexpr std::int64_t pace_one = 1'000'000;  // 1 ns per metre
constexpr std::int64_t pace_of_light = 10;    // ns of round trip per metre of glass
constexpr std::int64_t pace_unmeasured = 15 * pace_one;
constexpr std::int64_t round_trip_min_ns = 600'000;

std::int64_t path_metres(std::int64_t distance) {
  return 50 * km + distance + 300 * km * distance / (distance + 300 * km);
}

// Falls with the cube of how far apart the ends are: 1e15 where they are the same, 1.6e7 at the antipodes.
Wide weight(std::int64_t metres_apart) {
  const Wide far = metres_apart + 100 * km;
  constexpr Wide scale = static_cast<Wide>(1'000'000'000'000'000) * 1'000'000'000'000'000;
  return scale / (far * far * far);
}

}  // namespace

std::int64_t distance_metres(Coordinates a, Coordinates b) {
  const std::int64_t between_latitudes = sine(magnitude(std::int64_t{a.latitude} - b.latitude) / 2);
  const std::int64_t between_longitudes = sine(magnitude(std::int64_t{a.longitude} - b.longitude) / 2);
  const Wide cosines =
      static_cast<Wide>(sine(90 * degree - magnitude(a.latitude))) * sine(90 * degree - magnitude(b.latitude));
  const Wide haversine =
      static_cast<Wide>(between_latitudes) * between_latitudes +
      ((cosines * (static_cast<Wide>(between_longitudes) * between_longitudes)) >> (2 * sine_bits));
  const std::int64_t half_angle = arc_sine(square_root(static_cast<std::uint64_t>(haversine)));
  return (2 * half_angle * metres_of_ninety_degrees + 45 * degree) / (90 * degree);
}

RoundTripModel::RoundTripModel(const std::vector<MeasuredPair>& measured) {
  auto place = [this](Coordinates at) {
    const auto found = std::find(places_.begin(), places_.end(), at);
    const auto index = static_cast<std::size_t>(found - places_.begin());
    if (found == places_.end()) places_.push_back(at);
    return index;
  };
  for (const MeasuredPair& pair : measured) {
    PRECONDITION(pair.round_trip > Duration::zero(), "a round trip of {} ns", pair.round_trip.count());
    const std::int64_t path = path_metres(distance_metres(pair.a, pair.b));
    const Wide pace = static_cast<Wide>(pair.round_trip.count()) * pace_one / path;
    const std::size_t a = place(pair.a);
    const std::size_t b = place(pair.b);
    samples_.push_back({.a = a, .b = b, .pace = static_cast<std::int64_t>(pace)});
  }
}

Duration RoundTripModel::round_trip(Coordinates a, Coordinates b) const {
  std::vector<std::int64_t> from_a;
  std::vector<std::int64_t> from_b;
  for (const Coordinates place : places_) {
    from_a.push_back(distance_metres(a, place));
    from_b.push_back(distance_metres(b, place));
  }
  Wide weighted = 0;
  Wide weights = 0;
  for (const Sample& sample : samples_) {
    const Wide here = weight(from_a[sample.a] + from_b[sample.b]) + weight(from_a[sample.b] + from_b[sample.a]);
    weighted += here * sample.pace;
    weights += here;
  }
  const Wide pace = weights > 0 ? weighted / weights : pace_unmeasured;

  const std::int64_t distance = distance_metres(a, b);
  const Wide estimate = (pace * path_metres(distance) / pace_one + 500) / 1000;
  const std::int64_t light = (distance * pace_of_light + 999) / 1000;
  const std::int64_t microseconds = std::max({static_cast<std::int64_t>(estimate), light, round_trip_min_ns / 1000});
  return std::chrono::microseconds(microseconds);
}

}  // namespace orrery::sim
