#include "core/base/fixed_point.h"

#include <array>
#include <bit>

#include "core/base/invariant.h"

namespace orrery {

namespace {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

constexpr int steps_bits = 10;  // of the tables of logarithms and powers
constexpr std::size_t steps = std::size_t{1} << steps_bits;

constexpr std::uint64_t ln2_64 = 0xb17217f7d1cf79ac;    // ln 2 in 2^-64ths
constexpr std::uint64_t log2e_63 = 0xb8aa3b295c17f0bc;  // log2 e in 2^-63rds

// log2(1 + i / steps), by adding up ln((k + 1) / k) = 2 (1/d + 1/(3 d^3) + 1/(5 d^5) + ...), d = 2 k + 1.
constexpr std::array<Fixed, steps + 1> make_log2_table() {
  std::array<Fixed, steps + 1> table{};
  std::uint64_t half_ln = 0;  // in 2^-62nds
  for (std::size_t i = 0; i < steps; ++i) {
    const std::uint64_t d = 2 * (steps + i) + 1;
    const std::uint64_t first = (std::uint64_t{1} << 62) / d;
    const std::uint64_t third = first / (d * d);
    const std::uint64_t fifth = third / (d * d);
    half_ln += first + third / 3 + fifth / 5;
    // 62 + 63 bits behind the point, less one for the half.
    const UnsignedWide log2 = static_cast<UnsignedWide>(half_ln) * log2e_63;
    table[i + 1] = static_cast<Fixed>((log2 >> (62 + 63 - 1 - fixed_bits - 1)) + 1) >> 1;
  }
  return table;
}

// 2^(i / steps) in 2^-62nds, by repeated multiplication with e^(ln 2 / steps).
constexpr std::array<std::uint64_t, steps + 1> make_exp2_table() {
  constexpr std::uint64_t x = ln2_64 >> (steps_bits + 2);  // in 2^-62nds
  std::uint64_t factor = std::uint64_t{1} << 62;
  std::uint64_t term = factor;
  for (std::uint64_t k = 1; k <= 6; ++k) {
    term = static_cast<std::uint64_t>((static_cast<UnsignedWide>(term) * x) >> 62) / k;
    factor += term;
  }
  std::array<std::uint64_t, steps + 1> table{};
  table[0] = std::uint64_t{1} << 62;
  for (std::size_t i = 1; i < steps; ++i)
    table[i] = static_cast<std::uint64_t>((static_cast<UnsignedWide>(table[i - 1]) * factor) >> 62);
  table[steps] = std::uint64_t{1} << 63;
  return table;
}

constexpr int normal_steps_bits = 6;
constexpr std::size_t normal_steps = std::size_t{1} << normal_steps_bits;
constexpr std::size_t octaves = 64;
constexpr int normal_bits = 27;  // behind the point of a table entry

constexpr double root(double square) {
  double guess = square < 1 ? 1 : square;
  for (int i = 0; i < 12; ++i) guess = (guess + square / guess) / 2;
  return guess;
}

// ln(1 + x) for x in [0, 1], by the series of the inverse hyperbolic tangent.
constexpr double ln_one_plus(double x) {
  const double z = x / (2 + x);
  double power = z;
  double sum = 0;
  for (int k = 1; k < 36; k += 2) {
    sum = sum + power / k;
    power = power * z * z;
  }
  return 2 * sum;
}

// How far below the mean the normal quantile at p <= 1/2 lies, given -ln p: M. J. Wichura's algorithm AS 241,
// routine PPND7, relative error about 1e-7.
constexpr double below_mean(double p, double minus_ln_p) {
  const double q = 0.5 - p;
  if (q <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179) /
           (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1);
  }
  const double r = root(minus_ln_p);
  if (r <= 5) {
    const double s = r - 1.6;
    return (((0.17023821103 * s + 1.3067284816) * s + 2.7568153900) * s + 1.4234372777) /
           ((0.12021132975 * s + 0.73700164250) * s + 1);
  }
  const double s = r - 5;
  return (((0.017337203997 * s + 0.42868294337) * s + 3.0812263860) * s + 6.6579051150) /
         ((0.012258202635 * s + 0.24197894225) * s + 1);
}

// Entry o * normal_steps + j belongs to p = (1 + j / normal_steps) * 2^o / 2^65; the last one to p = 1/2.
constexpr std::array<std::int32_t, octaves * normal_steps + 1> make_normal_table() {
  constexpr double ln2 = 0.693147180559945309417;
  std::array<double, normal_steps> ln_mantissa{};
  for (std::size_t j = 0; j < normal_steps; ++j)
    ln_mantissa[j] = ln_one_plus(static_cast<double>(j) / static_cast<double>(normal_steps));
  std::array<std::int32_t, octaves * normal_steps + 1> table{};
  double octave_start = 0.5;
  for (std::size_t o = octaves; o-- > 0;) {
    octave_start = octave_start / 2;
    for (std::size_t j = 0; j < normal_steps; ++j) {
      const double p = octave_start * (1 + static_cast<double>(j) / static_cast<double>(normal_steps));
      const double minus_ln_p = static_cast<double>(octaves + 1 - o) * ln2 - ln_mantissa[j];
      const double scaled = below_mean(p, minus_ln_p) * static_cast<double>(1 << normal_bits) + 0.5;
      table[o * normal_steps + j] = static_cast<std::int32_t>(scaled);
    }
  }
  return table;
}

constexpr std::array<Fixed, steps + 1> log2_table = make_log2_table();
constexpr std::array<std::uint64_t, steps + 1> exp2_table = make_exp2_table();
constexpr std::array<std::int32_t, octaves* normal_steps + 1> normal_table = make_normal_table();

static_assert(log2_table[steps] == fixed_one);

// A word as the place of its leading bit, a step in that octave, and what is left of the step: `rest` counts
// 2^-(63 - step_bits)ths of one.
struct Split {
  std::size_t octave;
  std::size_t step;
  std::uint64_t rest;
};

Split split(std::uint64_t word, int step_bits) {
  const int zeros = std::countl_zero(word);
  const std::uint64_t mantissa = (word << zeros) & ~(std::uint64_t{1} << 63);
  const int rest_bits = 63 - step_bits;
  return {static_cast<std::size_t>(63 - zeros), static_cast<std::size_t>(mantissa >> rest_bits),
          mantissa & ((std::uint64_t{1} << rest_bits) - 1)};
}

}  // namespace

Fixed fixed_log2(std::uint64_t x) {
  PRECONDITION(x >= 1, "the logarithm of 0");
  const Split at = split(x, steps_bits);
  const Fixed from = log2_table[at.step];
  const Wide rise = static_cast<Wide>(log2_table[at.step + 1] - from) * static_cast<Wide>(at.rest);
  return static_cast<Fixed>(at.octave) * fixed_one + from + static_cast<Fixed>(rise >> (63 - steps_bits));
}

Fixed fixed_log2_tail(std::uint64_t bits) {
  const std::uint64_t left = 0 - bits;  // 2^64 - bits, where 0 stands for 2^64
  return left == 0 ? 0 : 64 * fixed_one - fixed_log2(left);
}

Fixed fixed_exponential(std::uint64_t bits) {
  const UnsignedWide product = static_cast<UnsignedWide>(static_cast<std::uint64_t>(fixed_log2_tail(bits))) * ln2_64;
  return static_cast<Fixed>(product >> 64);
}

std::int64_t times_exp2(std::int64_t value, Fixed power, std::int64_t most) {
  PRECONDITION(value >= 0 && most >= 0, "value {}, most {}", value, most);
  if (value == 0) return 0;
  const std::int64_t whole = power >> fixed_bits;  // towards minus infinity
  if (whole > 62) return most;
  if (whole < -64) return 0;
  constexpr int rest_bits = fixed_bits - steps_bits;
  const std::uint64_t fraction = static_cast<std::uint64_t>(power) & static_cast<std::uint64_t>(fixed_one - 1);
  const std::size_t step = static_cast<std::size_t>(fraction >> rest_bits);
  const std::uint64_t rest = fraction & ((std::uint64_t{1} << rest_bits) - 1);
  const std::uint64_t from = exp2_table[step];
  const UnsignedWide rise = static_cast<UnsignedWide>(exp2_table[step + 1] - from) * rest;
  const std::uint64_t mantissa = from + static_cast<std::uint64_t>(rise >> rest_bits);
  const UnsignedWide product = static_cast<UnsignedWide>(static_cast<std::uint64_t>(value)) * mantissa;
  const int shift = static_cast<int>(62 - whole);  // 0 to 126
  const UnsignedWide half = shift == 0 ? 0 : UnsignedWide{1} << (shift - 1);
  const UnsignedWide rounded = (product + half) >> shift;
  return rounded > static_cast<UnsignedWide>(most) ? most : static_cast<std::int64_t>(rounded);
}

Fixed fixed_normal(std::uint64_t bits) {
  const bool is_upper = (bits >> 63) != 0;
  const std::uint64_t into_tail = is_upper ? ~bits : bits;  // the curve is symmetric: below 2^63
  const Split at = split(2 * into_tail + 1, normal_steps_bits);
  const std::size_t entry = at.octave * normal_steps + at.step;
  constexpr int widen = fixed_bits - normal_bits;
  const Fixed from = Fixed{normal_table[entry]} << widen;
  const Fixed fall = from - (Fixed{normal_table[entry + 1]} << widen);
  const Wide part = static_cast<Wide>(fall) * static_cast<Wide>(at.rest);
  const Fixed below = from - static_cast<Fixed>(part >> (63 - normal_steps_bits));
  return is_upper ? below : -below;
}

Fixed times_millionths(Fixed number, std::int64_t millionths) {
  std::int64_t product = 0;  // nearly always fits, and then saves a division of 128 bits
  if (!__builtin_mul_overflow(number, millionths, &product)) return product / 1'000'000;
  return static_cast<Fixed>(static_cast<Wide>(number) * millionths / 1'000'000);
}

}  // namespace orrery
