#include "scenarios/design/trace_time.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace orrery::scenarios {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t epoch_ns_min = 1'000'000'000'000'000;
constexpr std::uint64_t whole_number_max = 1'000'000'000'000'000;
constexpr std::uint64_t digits_max = 1'000'000'000'000'000'000;  // one more digit still fits

constexpr std::array<std::uint64_t, 20> powers_of_ten = [] {
  std::array<std::uint64_t, 20> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes what it wants from the front of a text.
class Front {
 public:
  explicit Front(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool at_digit() const { return !text_.empty() && is_digit(text_.front()); }

  bool take(std::string_view wanted) {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(wanted.size());
    return true;
  }
  char take_digit() {
    const char digit = text_.front();
    text_.remove_prefix(1);
    return digit;
  }
  // So many digits, or -1.
  int take_number(std::size_t digits) {
    int number = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!at_digit()) return -1;
      number = number * 10 + (take_digit() - '0');
    }
    return number;
  }

 private:
  std::string_view text_;
};

// --- Numbers ---

// digits * 10^exponent, and a little more if it is cut.
struct Number {
  std::uint64_t digits = 0;
  int exponent = 0;
  bool is_negative = false;
  bool is_cut = false;
};

void take_digits(Front& front, Number& number, bool after_point) {
  while (front.at_digit()) {
    const auto digit = static_cast<std::uint64_t>(front.take_digit() - '0');
    if (number.digits < digits_max) {
      number.digits = number.digits * 10 + digit;
      number.exponent -= after_point ? 1 : 0;
    } else {
      number.exponent += after_point ? 0 : 1;
      number.is_cut = number.is_cut || digit != 0;
    }
  }
}

std::optional<Number> number_in(std::string_view text) {
  Front front(text);
  Number number;
  number.is_negative = front.take("-");
  if (!front.at_digit()) return std::nullopt;
  take_digits(front, number, false);
  if (front.take(".")) {
    if (!front.at_digit()) return std::nullopt;
    take_digits(front, number, true);
  }
  if (front.take("e") || front.take("E")) {
    const bool is_negative = front.take("-");
    if (!is_negative) front.take("+");
    if (!front.at_digit()) return std::nullopt;
    int exponent = 0;
    while (front.at_digit() && exponent < 1'000'000) exponent = exponent * 10 + (front.take_digit() - '0');
    number.exponent += is_negative ? -exponent : exponent;
  }
  if (!front.at_end()) return std::nullopt;
  return number;
}

struct Parts {
  std::uint64_t whole = 0;
  bool has_rest = false;
};

// number * parts, its sign left aside; nothing above `most`, which is less than 2^63.
std::optional<Parts> parts_of(const Number& number, std::uint64_t parts, std::uint64_t most) {
  Wide product = Wide{number.digits} * parts;
  bool has_rest = number.is_cut;
  int exponent = number.exponent;
  for (; exponent > 0 && product != 0 && product <= most; --exponent) product *= 10;
  while (exponent < 0 && product != 0) {
    const int step = std::min(-exponent, static_cast<int>(powers_of_ten.size()) - 1);
    const std::uint64_t power = powers_of_ten[static_cast<std::size_t>(step)];
    const Wide quotient = product / power;
    has_rest = has_rest || quotient * power != product;
    product = quotient;
    exponent += step;
  }
  if (product > most) return std::nullopt;
  return Parts{static_cast<std::uint64_t>(product), has_rest};
}

std::optional<std::int64_t> number_of_units_in(std::string_view text, const TimeForm& form) {
  const auto number = number_in(text);
  if (!number) return std::nullopt;
  const bool is_epoch_ns = form.may_be_epoch_ns && number->exponent == 0 && number->digits >= epoch_ns_min;
  const auto unit = static_cast<std::uint64_t>(is_epoch_ns ? 1 : nanoseconds(form.unit));
  const auto parts = parts_of(*number, unit, recorded_ns_max);
  if (!parts) return std::nullopt;
  const auto ns = static_cast<std::int64_t>(parts->whole);
  return number->is_negative ? -ns : ns;
}

// --- Dates ---

constexpr std::int64_t day_s = 86'400;

// Days from 1970 to the date in front; nothing if there is no such day.
std::optional<std::int64_t> take_date(Front& front) {
  const int year = front.take_number(4);
  const int month = front.take("-") ? front.take_number(2) : -1;
  const int day = front.take("-") ? front.take_number(2) : -1;
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

// Seconds since midnight. A leap second is the next minute's first.
std::optional<std::int64_t> take_time_of_day(Front& front) {
  const int hour = front.take_number(2);
  const int minute = front.take(":") ? front.take_number(2) : -1;
  const int second = front.take(":") ? front.take_number(2) : -1;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  return hour * 3600 + minute * 60 + second;
}

// Nanoseconds; nothing if no digit follows the point.
std::optional<std::int64_t> take_fraction(Front& front) {
  if (!front.take(".")) return 0;
  if (!front.at_digit()) return std::nullopt;
  std::int64_t ns = 0;
  for (std::int64_t worth = 100'000'000; front.at_digit(); worth /= 10) ns += worth * (front.take_digit() - '0');
  return ns;
}

// Seconds that the clock is ahead of Z. Nothing, if there is something else.
std::optional<std::int64_t> take_offset(Front& front) {
  if (front.at_end() || front.take("Z") || front.take("z")) return 0;
  front.take(" ");
  if (front.take("UTC") || front.take("Z")) return 0;
  const bool is_behind = front.take("-");
  if (!is_behind && !front.take("+")) return std::nullopt;
  const int hours = front.take_number(2);
  front.take(":");
  const int minutes = front.at_end() ? 0 : front.take_number(2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const std::int64_t offset_s = hours * 3600 + minutes * 60;
  return is_behind ? -offset_s : offset_s;
}

std::optional<std::int64_t> instant_in(std::string_view text) {
  Front front(text);
  const auto days = take_date(front);
  if (!days) return std::nullopt;
  std::int64_t seconds = *days * day_s;
  std::int64_t ns = 0;
  if (!front.at_end()) {
    if (!front.take("T") && !front.take("t") && !front.take(" ")) return std::nullopt;
    const auto time_of_day = take_time_of_day(front);
    const auto fraction = take_fraction(front);
    const auto offset = take_offset(front);
    if (!time_of_day || !fraction || !offset || !front.at_end()) return std::nullopt;
    seconds += *time_of_day - *offset;
    ns = *fraction;
  }
  constexpr std::int64_t second_ns = 1'000'000'000;
  constexpr std::int64_t seconds_max = recorded_ns_max / second_ns;
  if (seconds >= seconds_max || seconds <= -seconds_max) return std::nullopt;
  return seconds * second_ns + ns;
}

}  // namespace

TimeForm usual_time_form(std::string_view column) {
  if (column.ends_with("_ms")) return {.unit = 1ms};
  if (column.ends_with("_us")) return {.unit = 1us};
  if (column.ends_with("_ns")) return {.unit = 1ns};
  return {.unit = 1s, .may_be_epoch_ns = column == "EdgeStartTimestamp"};
}

std::optional<std::int64_t> time_in(std::string_view text, const TimeForm& form) {
  const bool is_date = text.size() >= 10 && text[4] == '-';
  return is_date ? instant_in(text) : number_of_units_in(text, form);
}

std::optional<std::uint64_t> whole_number_in(std::string_view text) {
  if (text.empty() || text == "-") return 0;
  const auto number = number_in(text);
  if (!number || (number->is_negative && number->digits > 0)) return std::nullopt;
  const auto parts = parts_of(*number, 1, whole_number_max);
  if (!parts || parts->has_rest) return std::nullopt;
  return parts->whole;
}

}  // namespace orrery::scenarios
