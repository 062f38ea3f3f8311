#include "core/base/decimal.h"

#include <fmt/format.h>

#include <limits>

#include "core/base/invariant.h"

namespace orrery {

namespace {

__extension__ using Wide = __int128;
constexpr Wide count_max = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t whole_digits_max = 19;     // of any number that fits
constexpr std::size_t fraction_digits_max = 13;  // 3.6e12 = 2^13 * 3^2 * 5^11: finer is never a whole number of parts

bool all_digits(std::string_view text) {
  for (const char c : text)
    if (c < '0' || c > '9') return false;
  return !text.empty();
}

Wide number_in(std::string_view digits) {
  Wide number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

}  // namespace

std::expected<std::int64_t, DecimalError> parse_decimal(std::string_view text, std::int64_t parts) {
  PRECONDITION(parts >= 1 && parts <= 3'600'000'000'000, "parts {}", parts);
  const std::size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? "0" : text.substr(point + 1);
  if (!all_digits(whole) || !all_digits(fraction)) return std::unexpected(DecimalError::malformed);
  while (!whole.empty() && whole.front() == '0') whole.remove_prefix(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);

  if (whole.size() > whole_digits_max) return std::unexpected(DecimalError::too_large);
  const Wide from_whole = number_in(whole) * parts;
  if (from_whole > count_max) return std::unexpected(DecimalError::too_large);
  if (fraction.size() > fraction_digits_max) return std::unexpected(DecimalError::too_fine);
  Wide scale = 1;
  for (std::size_t i = 0; i < fraction.size(); ++i) scale *= 10;
  const Wide from_fraction = number_in(fraction) * parts;
  if (from_fraction % scale != 0) return std::unexpected(DecimalError::too_fine);
  const Wide count = from_whole + from_fraction / scale;
  if (count > count_max) return std::unexpected(DecimalError::too_large);
  return static_cast<std::int64_t>(count);
}

std::string decimal_text(std::int64_t count, int places) {
  // The magnitude is taken as unsigned: the least int64 has no negation.
  const std::uint64_t magnitude =
      count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  std::uint64_t scale = 1;
  for (int i = 0; i < places; ++i) scale *= 10;
  std::string text = fmt::format("{}{}", count < 0 ? "-" : "", magnitude / scale);
  if (magnitude % scale == 0) return text;
  text += fmt::format(".{:0{}}", magnitude % scale, places);
  while (text.back() == '0') text.pop_back();
  return text;
}

}  // namespace orrery
