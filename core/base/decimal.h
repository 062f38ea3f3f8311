// Decimal numbers in text, as exact integers.
//
// A number such as 1.5 is held as a count of some unit's smallest part (1'500'000 millionths), so that
// nothing is rounded on the way in or out.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace orrery {

enum class DecimalError {
  malformed,  // not digits, or digits, a point and digits
  too_fine,   // not a whole number of parts
  too_large,  // more than an int64 holds
};

// The number times `parts`: parse_decimal("1.5", 1000) is 1500. Digits are needed on both sides of a point;
// signs, spaces and exponents are malformed. `parts` is at least 1 and at most 3.6e12, an hour in nanoseconds.
std::expected<std::int64_t, DecimalError> parse_decimal(std::string_view text, std::int64_t parts);

// `count` / 10^places without needless zeros: decimal_text(1500, 3) is "1.5", decimal_text(2000, 3) is "2".
std::string decimal_text(std::int64_t count, int places);

}  // namespace orrery
