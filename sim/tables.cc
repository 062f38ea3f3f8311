#include "sim/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "core/base/decimal.h"
#include "core/base/nearest.h"
#include "core/base/utf8.h"

namespace orrery::sim {

FileError mistake(std::string_view file, const Line& line, const Field& field, std::string message,
                  std::string hint) {
  return {.file = std::string(file),
          .line = line.number,
          .column = field.column,
          .message = std::move(message),
          .line_text = std::string(line.text),
          .hint = std::move(hint),
          .width = static_cast<int>(std::max<std::size_t>(field.text.size(), 1)),
          .note = {}};
}

std::string did_you_mean(std::string_view wrong, std::span<const std::string> known) {
  const std::optional<std::string> nearest = nearest_name(wrong, known);
  return nearest ? fmt::format("did you mean \"{}\"?", *nearest) : "";
}

namespace {

constexpr std::int64_t rtt_ns_max = 60'000'000'000;

// --- Lines and fields ---

Field trimmed(std::string_view line, std::size_t begin, std::size_t end) {
  auto is_blank = [&](std::size_t at) { return line[at] == ' ' || line[at] == '\t'; };
  while (begin < end && is_blank(begin)) ++begin;
  while (end > begin && is_blank(end - 1)) --end;
  return {.text = line.substr(begin, end - begin), .column = static_cast<int>(begin) + 1};
}

std::vector<Field> fields_of(std::string_view line) {
  std::vector<Field> fields;
  for (std::size_t begin = 0;;) {
    const std::size_t comma = std::min(line.find(',', begin), line.size());
    fields.push_back(trimmed(line, begin, comma));
    if (comma == line.size()) return fields;
    begin = comma + 1;
  }
}

// Without comments and blank lines, without carriage returns and the mark that some editors put first.
std::vector<Line> lines_of(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::vector<Line> lines;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view content = trimmed(line, 0, line.size()).text;
    if (content.empty() || content.starts_with('#')) continue;
    lines.push_back({.number = number, .text = line, .fields = fields_of(line)});
  }
  return lines;
}

// The lines below the header. `columns` are the names the header may have, of which the first `needed` must be there.
std::expected<std::vector<Line>, FileError> rows_of(std::string_view text, std::string_view file,
                                                    std::span<const std::string_view> columns, std::size_t needed) {
  if (!is_utf8(text))  // comments count: experiments hold the whole text
    return std::unexpected(FileError{.file = std::string(file),
                                     .message = "this is not UTF-8 text",
                                     .line_text = {},
                                     .hint = {},
                                     .note = "save it as UTF-8"});
  std::vector<Line> lines = lines_of(text);
  if (lines.empty()) return lines;
  const Line header = lines.front();
  lines.erase(lines.begin());
  const std::string expected = fmt::format("expected the header {}", fmt::join(columns.first(needed), ","));
  for (std::size_t i = 0; i < std::max(needed, header.fields.size()); ++i) {
    if (i >= header.fields.size()) return std::unexpected(mistake(file, header, header.fields.back(), expected));
    if (i >= columns.size() || header.fields[i].text != columns[i])
      return std::unexpected(mistake(file, header, header.fields[i], expected));
  }
  const std::size_t most = header.fields.size();
  const std::string wanted = needed == most ? fmt::format("{}", needed) : fmt::format("{} to {}", needed, most);
  for (const Line& line : lines) {
    const std::size_t found = line.fields.size();
    if (found >= needed && found <= most) continue;
    const Field& where = line.fields[std::min(found - 1, most)];
    return std::unexpected(mistake(file, line, where, fmt::format("expected {} fields, found {}", wanted, found)));
  }
  return lines;
}

// --- The matrix ---

std::expected<std::int64_t, FileError> round_trip_in(std::string_view file, const Line& line, const Field& field) {
  auto wrong = [&](std::string_view what) {
    return std::unexpected(mistake(file, line, field, fmt::format("\"{}\" {}", field.text, what)));
  };
  constexpr std::string_view not_positive = "is not a round trip: it must be above 0 ms";
  if (field.text.starts_with('-') && parse_decimal(field.text.substr(1), 1'000'000)) return wrong(not_positive);
  const std::expected<std::int64_t, DecimalError> ns = parse_decimal(field.text, 1'000'000);
  if (!ns && ns.error() == DecimalError::malformed) return wrong("is not a number of milliseconds");
  if (!ns && ns.error() == DecimalError::too_fine)
    return wrong("has more than 6 decimals: nanoseconds are the finest");
  if (!ns || *ns > rtt_ns_max) return wrong("is longer than a minute");
  if (*ns == 0) return wrong(not_positive);
  return *ns;
}

std::expected<std::vector<GivenRoundTrip>, FileError> read_matrix(std::string_view text, std::string_view file) {
  static constexpr std::array<std::string_view, 3> columns{"from", "to", "rtt_ms"};
  const auto rows = rows_of(text, file, columns, 3);
  if (!rows) return std::unexpected(rows.error());
  std::vector<GivenRoundTrip> matrix;
  std::map<std::pair<std::string_view, std::string_view>, int> line_of;
  for (const Line& row : *rows) {
    const Field& from = row.fields[0];
    const Field& to = row.fields[1];
    for (const Field& name : {from, to})
      if (name.text.empty()) return std::unexpected(mistake(file, row, name, "a city without a name"));
    if (from.text == to.text)
      return std::unexpected(mistake(file, row, to, fmt::format("from \"{}\" to itself", to.text)));
    const auto [earlier, is_new] = line_of.try_emplace({from.text, to.text}, row.number);
    if (!is_new)
      return std::unexpected(
          mistake(file, row, from,
                  fmt::format("\"{}\" to \"{}\" was given before, on line {}", from.text, to.text, earlier->second)));
    const auto ns = round_trip_in(file, row, row.fields[2]);
    if (!ns) return std::unexpected(ns.error());
    matrix.push_back({.from = std::string(from.text), .to = std::string(to.text), .ns = *ns, .line = row});
  }
  return matrix;
}

// --- The cities ---

std::expected<std::int32_t, FileError> angle_in(std::string_view file, const Line& line, const Field& field,
                                                std::int64_t degrees_max) {
  constexpr std::int64_t per_microdegree = 1'000'000;
  const bool is_negative = field.text.starts_with('-');
  const auto size = parse_decimal(field.text.substr(is_negative ? 1 : 0), 1'000'000 * per_microdegree);
  if (!size && size.error() == DecimalError::malformed)
    return std::unexpected(mistake(file, line, field, fmt::format("\"{}\" is not a number of degrees", field.text)));
  if (!size && size.error() == DecimalError::too_fine)
    return std::unexpected(mistake(file, line, field, fmt::format("\"{}\" has more than 12 decimals", field.text)));
  if (!size || *size > degrees_max * 1'000'000 * per_microdegree)
    return std::unexpected(
        mistake(file, line, field, fmt::format("\"{}\" is beyond {} degrees", field.text, degrees_max)));
  const auto angle = static_cast<std::int32_t>((*size + per_microdegree / 2) / per_microdegree);
  return is_negative ? -angle : angle;
}

std::vector<std::string> hint_names() {
  std::vector<std::string> names;
  for (const LocationHint& hint : location_hints()) names.emplace_back(hint.name);
  return names;
}

bool is_code(std::string_view text) {
  auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return text.size() <= 8 && std::all_of(text.begin(), text.end(), fits);
}

std::expected<City, FileError> city_in(std::string_view file, const Line& row) {
  const Field& name = row.fields[0];
  if (name.text.empty()) return std::unexpected(mistake(file, row, name, "a city without a name"));
  const auto latitude = angle_in(file, row, row.fields[1], 90);
  if (!latitude) return std::unexpected(latitude.error());
  const auto longitude = angle_in(file, row, row.fields[2], 180);
  if (!longitude) return std::unexpected(longitude.error());
  City city{.name = std::string(name.text), .code = {}, .at = Coordinates{*latitude, *longitude}, .region = {}};
  if (row.fields.size() > 3) city.region = row.fields[3].text;
  if (row.fields.size() > 4) city.code = row.fields[4].text;

  const std::vector<std::string> regions = hint_names();
  if (!city.region.empty() && std::find(regions.begin(), regions.end(), city.region) == regions.end()) {
    FileError error = mistake(file, row, row.fields[3], fmt::format("unknown location hint \"{}\"", city.region),
                              did_you_mean(city.region, regions));
    error.note = fmt::format("known: {}", fmt::join(regions, " "));
    return std::unexpected(error);
  }
  if (!is_code(city.code))
    return std::unexpected(mistake(file, row, row.fields[4], fmt::format("\"{}\" is not a code", city.code),
                                   "at most 8 lower-case letters and digits"));
  return city;
}

std::expected<std::vector<City>, FileError> read_cities(std::string_view text, std::string_view file) {
  static constexpr std::array<std::string_view, 5> columns{"city", "latitude_deg", "longitude_deg", "region", "code"};
  const auto rows = rows_of(text, file, columns, 3);
  if (!rows) return std::unexpected(rows.error());
  std::vector<City> cities;
  std::map<std::string, int> line_of_name;
  std::map<std::string, int> line_of_code;
  for (const Line& row : *rows) {
    const auto city = city_in(file, row);
    if (!city) return std::unexpected(city.error());
    const auto [same_name, name_is_new] = line_of_name.try_emplace(city->name, row.number);
    if (!name_is_new)
      return std::unexpected(
          mistake(file, row, row.fields[0],
                  fmt::format("\"{}\" was given before, on line {}", city->name, same_name->second)));
    if (!city->code.empty()) {
      const auto [same_code, code_is_new] = line_of_code.try_emplace(city->code, row.number);
      if (!code_is_new)
        return std::unexpected(
            mistake(file, row, row.fields[4],
                    fmt::format("code \"{}\" was given before, on line {}", city->code, same_code->second)));
    }
    cities.push_back(*city);
  }
  return cities;
}

}  // namespace

std::expected<Tables, FileError> read_tables(std::string_view rtt_text, std::string_view rtt_file,
                                             std::string_view cities_text, std::string_view cities_file) {
  auto matrix = read_matrix(rtt_text, rtt_file);
  if (!matrix) return std::unexpected(matrix.error());
  auto cities = read_cities(cities_text, cities_file);
  if (!cities) return std::unexpected(cities.error());
  return Tables{.cities = std::move(*cities), .matrix = std::move(*matrix)};
}

}  // namespace orrery::sim
