#include "core/base/duration_text.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "core/base/decimal.h"
#include "core/base/invariant.h"

namespace orrery {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t parts;  // nanoseconds, or millionths per hour
};

constexpr std::array<Unit, 6> duration_units = {{{"h", 3'600'000'000'000},
                                                 {"m", 60'000'000'000},
                                                 {"s", 1'000'000'000},
                                                 {"ms", 1'000'000},
                                                 {"us", 1'000},
                                                 {"ns", 1}}};

constexpr std::array<Unit, 3> rate_units = {{{"s", 3'600'000'000}, {"m", 60'000'000}, {"h", 1'000'000}}};

std::unexpected<std::string> not_a_duration(std::string_view text) {
  return std::unexpected(
      fmt::format("\"{}\" is not a duration: write a number and a unit, as in 5ms, 1.5s or 10m", text));
}

std::unexpected<std::string> too_long(std::string_view text) {
  return std::unexpected(fmt::format("\"{}\" is too long: a duration is at most 2562047h", text));
}

std::unexpected<std::string> not_a_rate(std::string_view text) {
  return std::unexpected(
      fmt::format("\"{}\" is not a rate: write a number, a slash and s, m or h, as in 2.5/s, 10/m or 100/h", text));
}

bool is_numeric(char c) { return (c >= '0' && c <= '9') || c == '.'; }

}  // namespace

std::string to_text(Duration duration) {
  const std::int64_t count = nanoseconds(duration);
  if (count == 0) return "0s";
  if (count % duration_units[0].parts == 0) return fmt::format("{}h", count / duration_units[0].parts);
  if (count % duration_units[1].parts == 0) return fmt::format("{}m", count / duration_units[1].parts);
  const auto reaches = [&](std::int64_t parts) { return count >= parts || count <= -parts; };
  if (reaches(1'000'000'000)) return decimal_text(count, 9) + "s";
  if (reaches(1'000'000)) return decimal_text(count, 6) + "ms";
  if (reaches(1'000)) return decimal_text(count, 3) + "us";
  return fmt::format("{}ns", count);
}

std::expected<Duration, std::string> parse_duration(std::string_view text) {
  if (text.size() > 1 && text.front() == '-' && is_numeric(text[1]))
    return std::unexpected(fmt::format("\"{}\" is negative: a duration is 0 or more", text));
  if (text.empty()) return not_a_duration(text);

  std::int64_t total = 0;
  std::size_t units_used = 0;  // the next number's unit must come from duration_units[units_used] on
  for (std::string_view rest = text; !rest.empty();) {
    std::size_t number_end = 0;
    while (number_end < rest.size() && is_numeric(rest[number_end])) ++number_end;
    std::size_t unit_end = number_end;
    while (unit_end < rest.size() && !is_numeric(rest[unit_end])) ++unit_end;
    const std::string_view number = rest.substr(0, number_end);
    const std::string_view name = rest.substr(number_end, unit_end - number_end);
    rest.remove_prefix(unit_end);

    std::size_t unit = 0;
    while (unit < duration_units.size() && duration_units[unit].name != name) ++unit;
    if (unit == duration_units.size()) return not_a_duration(text);
    if (!rest.empty() && number.contains('.')) return not_a_duration(text);
    const auto parsed = parse_decimal(number, duration_units[unit].parts);
    if (!parsed && parsed.error() == DecimalError::malformed) return not_a_duration(text);
    if (unit < units_used)
      return std::unexpected(
          fmt::format("\"{}\" has its units out of order: write the largest first and each once, as in 4m30s", text));
    if (!parsed && parsed.error() == DecimalError::too_fine)
      return std::unexpected(fmt::format("\"{}\" is not a whole number of nanoseconds", text));
    if (!parsed || *parsed > std::numeric_limits<std::int64_t>::max() - total) return too_long(text);
    total += *parsed;
    units_used = unit + 1;
  }
  return Duration{total};
}

Duration Rate::mean_gap() const {
  PRECONDITION(millionths_per_hour > 0, "a rate of {} millionths per hour has no gap", millionths_per_hour);
  constexpr std::int64_t hour_in_millionths_of_ns = 3'600'000'000'000 * 1'000'000;
  const std::int64_t gap = hour_in_millionths_of_ns / millionths_per_hour;
  const std::int64_t rest = hour_in_millionths_of_ns % millionths_per_hour;
  const std::int64_t rounded = gap + (rest >= millionths_per_hour - rest ? 1 : 0);
  return Duration{rounded == 0 ? 1 : rounded};
}

std::string to_text(Rate rate) {
  std::string shortest;
  for (const Unit& unit : rate_units) {
    const std::int64_t millionths_in_unit = unit.parts / 1'000'000;
    if (rate.millionths_per_hour % millionths_in_unit != 0) continue;
    std::string text =
        fmt::format("{}/{}", decimal_text(rate.millionths_per_hour / millionths_in_unit, 6), unit.name);
    if (shortest.empty() || text.size() < shortest.size()) shortest = std::move(text);
  }
  return shortest;
}

std::expected<Rate, std::string> parse_rate(std::string_view text) {
  if (text.size() > 1 && text.front() == '-' && is_numeric(text[1]))
    return std::unexpected(fmt::format("\"{}\" is negative: a rate is 0 or more", text));
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return not_a_rate(text);
  for (const Unit& unit : rate_units) {
    if (text.substr(slash + 1) != unit.name) continue;
    const auto parsed = parse_decimal(text.substr(0, slash), unit.parts);
    if (parsed) return Rate{*parsed};
    if (parsed.error() == DecimalError::too_fine)
      return std::unexpected(fmt::format("\"{}\" is not a whole number of millionths per hour", text));
    if (parsed.error() == DecimalError::too_large)
      return std::unexpected(fmt::format("\"{}\" is too often: a rate is at most 2562047788/s", text));
  }
  return not_a_rate(text);
}

}  // namespace orrery
