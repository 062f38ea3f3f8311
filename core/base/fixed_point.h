// Logarithms, powers and the normal curve in integers.
//
// The C library's log and exp give other last bits on other processors, and a last bit that reaches a
// decision makes two runs of one seed differ. Everything here is integer arithmetic over tables that the
// compiler fills with integers or with plain + - * /, so every build gives the same bits. Between two
// entries of a table the functions are straight lines, hence monotone without exception.
#pragma once

#include <cstdint>

namespace orrery {

using Fixed = std::int64_t;  // counts 2^-40ths

constexpr int fixed_bits = 40;
constexpr Fixed fixed_one = Fixed{1} << fixed_bits;

// The logarithm to base 2; `x` is at least 1. Off by less than 2e-7.
Fixed fixed_log2(std::uint64_t x);

// The natural logarithm of 1/u for u = (2^64 - bits) / 2^64, so that uniform bits give an exponential
// variable of mean 1. It grows with the bits, from 0 to about 44.4.
Fixed fixed_exponential(std::uint64_t bits);

// The logarithm to base 2 of the same 1/u: from 0 to 64.
Fixed fixed_log2_tail(std::uint64_t bits);

// value * 2^power, to the nearest integer, but at most `most`. `value` and `most` are at least 0.
// Relative error below 1e-7, and the rounding.
std::int64_t times_exp2(std::int64_t value, Fixed power, std::int64_t most);

// The standard normal variable that uniform bits give: the quantile at (bits + 1/2) / 2^64. It grows with
// the bits from -9.2 to 9.2 and is off by less than 2e-5 everywhere, in the tails too: the table has 64
// entries for each halving of the probability.
Fixed fixed_normal(std::uint64_t bits);

// number * millionths / 10^6, for numbers such as a sigma of 0.3 held as 300'000. Rounded towards zero.
Fixed times_millionths(Fixed number, std::int64_t millionths);

}  // namespace orrery
