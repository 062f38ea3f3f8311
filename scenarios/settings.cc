#include "scenarios/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <optional>
#include <type_traits>

#include "core/base/decimal.h"
#include "core/base/nearest.h"
#include "core/base/value.h"

namespace orrery::scenarios {
namespace {

using Parsed = std::expected<Setting, std::string>;

struct AsText {
  std::string operator()(Duration duration) const { return orrery::to_text(duration); }
  std::string operator()(Rate rate) const { return orrery::to_text(rate); }
  std::string operator()(std::int64_t number) const { return fmt::to_string(number); }
  std::string operator()(Decimal decimal) const { return decimal_text(decimal.millionths, 6); }
  std::string operator()(const Distribution& distribution) const { return distribution.to_text(); }
  std::string operator()(const FileText& file) const { return file.name; }
};

template <class T>
Parsed as_setting(std::expected<T, std::string> parsed) {
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return Setting(std::move(*parsed));
}

Parsed parse_whole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range)
    return std::unexpected(fmt::format("\"{}\" is more than 64 bits hold", text));
  if (error != std::errc() || end != text.data() + text.size())
    return std::unexpected(fmt::format("\"{}\" is not a whole number: write digits only, such as 1000", text));
  return Setting(number);
}

Parsed parse_decimal_setting(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto millionths = parse_decimal(text.substr(negative ? 1 : 0), 1'000'000);
  if (millionths) return Setting(Decimal{negative ? -*millionths : *millionths});
  switch (millionths.error()) {
    case DecimalError::malformed: break;
    case DecimalError::too_fine: return std::unexpected(fmt::format("\"{}\" has more than six decimals", text));
    case DecimalError::too_large: return std::unexpected(fmt::format("\"{}\" is too large", text));
  }
  return std::unexpected(fmt::format("\"{}\" is not a number: write it as in 0.99", text));
}

Parsed parse_as(const Setting& type, std::string_view text) {
  return std::visit(
      [text]<class T>(const T&) -> Parsed {
        if constexpr (std::is_same_v<T, Duration>)
          return as_setting(parse_duration(text));
        else if constexpr (std::is_same_v<T, Rate>)
          return as_setting(parse_rate(text));
        else if constexpr (std::is_same_v<T, std::int64_t>)
          return parse_whole(text);
        else if constexpr (std::is_same_v<T, Decimal>)
          return parse_decimal_setting(text);
        else if constexpr (std::is_same_v<T, Distribution>)
          return as_setting(parse_distribution(text));
        else
          return Setting(FileText{std::string(text), {}});
      },
      type);
}

// Both have the parameter's type.
bool in_range(const Setting& value, const Parameter& parameter) {
  return std::visit(
      [&parameter]<class T>(const T& held) {
        if constexpr (std::is_same_v<T, Distribution> || std::is_same_v<T, FileText>)
          return true;
        else
          return std::get<T>(parameter.least) <= held && held <= std::get<T>(parameter.most);
      },
      value);
}

std::string unknown_path(std::string_view path, const std::vector<Parameter>& parameters) {
  std::vector<std::string> known;
  for (const Parameter& parameter : parameters) known.push_back(parameter.path);
  if (const auto nearest = nearest_name(path, known))
    return fmt::format("no setting is called \"{}\": did you mean \"{}\"?", path, *nearest);
  if (known.empty()) return fmt::format("no setting is called \"{}\": there are none", path);
  return fmt::format("no setting is called \"{}\": there are {}", path, fmt::join(known, ", "));
}

}  // namespace

std::string to_text(const Setting& setting) { return std::visit(AsText{}, setting); }

std::string to_toml(const Setting& setting) {
  const bool is_number = std::holds_alternative<std::int64_t>(setting) || std::holds_alternative<Decimal>(setting);
  return is_number ? to_text(setting) : orrery::to_text(Value(to_text(setting)));
}

std::expected<std::uint64_t, std::string> parse_seed(std::string_view text) {
  const bool is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = text.substr(is_hexadecimal ? 2 : 0);
  std::uint64_t seed = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), seed, is_hexadecimal ? 16 : 10);
  if (error == std::errc() && end == digits.data() + digits.size()) return seed;
  if (error == std::errc::result_out_of_range)
    return std::unexpected(fmt::format("\"{}\" is not a seed: it has more than 64 bits", text));
  return std::unexpected(fmt::format("\"{}\" is not a seed: write a number such as 7 or 0x2a", text));
}

Settings::Settings(const std::vector<Parameter>& parameters) : parameters_(parameters) {
  for (const Parameter& parameter : parameters_) {
    const std::size_t type = parameter.usual.index();
    const bool has_range =
        !std::holds_alternative<Distribution>(parameter.usual) && !std::holds_alternative<FileText>(parameter.usual);
    PRECONDITION(!has_range || (parameter.least.index() == type && parameter.most.index() == type),
                 "the bounds of {} are of another type", parameter.path);
    PRECONDITION(in_range(parameter.usual, parameter), "the usual {} is out of range", parameter.path);
    const bool is_new = values_.emplace(parameter.path, parameter.usual).second;
    PRECONDITION(is_new, "two parameters are called {}", parameter.path);
  }
}

std::expected<void, std::string> Settings::set(std::string_view path, std::string_view text) {
  const auto found = values_.find(path);
  if (found == values_.end()) return std::unexpected(unknown_path(path, parameters_));
  Parsed parsed = parse_as(found->second, text);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  for (const Parameter& parameter : parameters_)
    if (parameter.path == path && !in_range(*parsed, parameter))
      return std::unexpected(fmt::format("{} must be between {} and {}, not {}", path, to_text(parameter.least),
                                         to_text(parameter.most), text));
  found->second = std::move(*parsed);
  return {};
}

void Settings::set_file(std::string_view path, FileText file) {
  PRECONDITION(is_file(path), "{} names no file", path);
  values_.find(path)->second = std::move(file);
}

bool Settings::is_file(std::string_view path) const {
  const auto found = values_.find(path);
  return found != values_.end() && std::holds_alternative<FileText>(found->second);
}

}  // namespace orrery::scenarios
