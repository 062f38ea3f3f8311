#include "sim/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "core/base/decimal.h"
#include "core/base/invariant.h"
#include "core/base/nearest.h"
#include "sim/data/measured.h"

namespace orrery::sim {
namespace {

// Places of much traffic in each part of the world. Africa's is on the coast whose cables run to Europe.
constexpr std::array<LocationHint, 11> hints{{
    {"wnam", "Los Angeles", {34'050'000, -118'240'000}},
    {"enam", "Washington DC", {38'900'000, -77'040'000}},
    {"sam", "Sao Paulo", {-23'550'000, -46'630'000}},
    {"weur", "Paris", {48'860'000, 2'350'000}},
    {"eeur", "Warsaw", {52'230'000, 21'010'000}},
    {"apac", "Hong Kong", {22'320'000, 114'170'000}},
    {"apac-ne", "Tokyo", {35'680'000, 139'690'000}},
    {"apac-se", "Singapore", {1'350'000, 103'820'000}},
    {"oc", "Sydney", {-33'870'000, 151'210'000}},
    {"afr", "Lagos", {6'450'000, 3'390'000}},
    {"me", "Dubai", {25'200'000, 55'270'000}},
}};

constexpr std::int64_t rtt_ns_max = 60'000'000'000;

// --- Lines and fields ---

struct Field {
  std::string_view text;
  int column;  // from 1
};

struct Line {
  int number;  // from 1
  std::string_view text;
  std::vector<Field> fields;
};

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

FileError mistake(std::string_view file, const Line& line, const Field& field, std::string message,
                  std::string hint = {}) {
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

// The lines below the header. `columns` are the names the header may have, of which the first `needed` must be there.
std::expected<std::vector<Line>, FileError> rows_of(std::string_view text, std::string_view file,
                                                    std::span<const std::string_view> columns, std::size_t needed) {
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

struct GivenRoundTrip {
  std::string from;
  std::string to;
  std::int64_t ns;
  Line line;
};

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
  for (const LocationHint& hint : hints) names.emplace_back(hint.name);
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

// --- The world of both ---

struct Tables {
  std::vector<City> cities;
  std::vector<GivenRoundTrip> matrix;
};

std::expected<Tables, FileError> read_tables(std::string_view rtt_text, std::string_view rtt_file,
                                             std::string_view cities_text, std::string_view cities_file) {
  auto matrix = read_matrix(rtt_text, rtt_file);
  if (!matrix) return std::unexpected(matrix.error());
  auto cities = read_cities(cities_text, cities_file);
  if (!cities) return std::unexpected(cities.error());
  return Tables{.cities = std::move(*cities), .matrix = std::move(*matrix)};
}

const City* find_city(const std::vector<City>& cities, std::string_view name) {
  const auto found = std::find_if(cities.begin(), cities.end(), [&](const City& city) { return city.name == name; });
  return found == cities.end() ? nullptr : &*found;
}

std::string region_near(Coordinates at) {
  auto far = [at](const LocationHint& hint) { return distance_metres(hint.at, at); };
  return std::string(std::ranges::min_element(hints, {}, far)->name);
}

// The first three letters of the name, else a number.
std::string derived_code(std::string_view name, std::size_t index, const std::set<std::string>& taken) {
  std::string code;
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') code += c;
    if (c >= 'A' && c <= 'Z') code += static_cast<char>(c - 'A' + 'a');
    if (code.size() == 3) break;
  }
  if (code.size() < 3) code = fmt::format("c{}", index + 1);
  for (std::size_t number = index + 1; taken.contains(code); ++number) code = fmt::format("c{}", number);
  return code;
}

std::vector<City> cities_of(const Tables& own, const Tables& known) {
  std::vector<City> cities;
  std::set<std::string> seen;
  auto add = [&](const std::string& name) {
    if (!seen.insert(name).second) return;
    const City* given = find_city(own.cities, name);
    if (!given) given = find_city(known.cities, name);
    cities.push_back(given ? *given : City{.name = name, .code = {}, .at = {}, .region = {}});
  };
  for (const GivenRoundTrip& round_trip : own.matrix) {
    add(round_trip.from);
    add(round_trip.to);
  }
  for (const City& city : own.cities) add(city.name);

  // A code that the user chose is never given to another city.
  std::set<std::string> taken;
  for (const City& city : own.cities)
    if (!city.code.empty()) taken.insert(city.code);
  for (std::size_t i = 0; i < cities.size(); ++i) {
    City& city = cities[i];
    if (city.region.empty() && city.at) city.region = region_near(*city.at);
    const City* chosen = find_city(own.cities, city.name);
    if (chosen && !chosen->code.empty()) continue;
    if (city.code.empty() || taken.contains(city.code)) city.code = derived_code(city.name, i, taken);
    taken.insert(city.code);
  }
  return cities;
}

// Round trips by direction, in ns; none if not given.
using Directions = std::map<std::pair<std::string_view, std::string_view>, std::int64_t>;

Directions directions_of(const std::vector<GivenRoundTrip>& matrix) {
  Directions directions;
  for (const GivenRoundTrip& each : matrix) directions[{each.from, each.to}] = each.ns;
  return directions;
}

// The sum over both directions, in which a missing one counts as the other; nothing, if both are missing.
std::optional<std::int64_t> both_ways(const Directions& directions, std::string_view a, std::string_view b) {
  const auto there = directions.find({a, b});
  const auto back = directions.find({b, a});
  if (there == directions.end() && back == directions.end()) return std::nullopt;
  return (there == directions.end() ? back : there)->second + (back == directions.end() ? there : back)->second;
}

void add_measured(std::vector<MeasuredPair>& measured, const Directions& directions, const std::vector<City>& cities,
                  const Directions& except) {
  for (std::size_t a = 0; a < cities.size(); ++a)
    for (std::size_t b = a + 1; b < cities.size(); ++b) {
      if (!cities[a].at || !cities[b].at || both_ways(except, cities[a].name, cities[b].name)) continue;
      const std::optional<std::int64_t> sum = both_ways(directions, cities[a].name, cities[b].name);
      if (sum) measured.push_back({.a = *cities[a].at, .b = *cities[b].at, .round_trip = Duration((*sum + 1) / 2)});
    }
}

FileError nowhere(std::string_view file, const Tables& own, const Tables& known, const std::string& lost,
                  const std::string& other) {
  std::vector<std::string> placed;
  for (const Tables* tables : {&own, &known})
    for (const City& city : tables->cities) placed.push_back(city.name);
  const auto row = std::find_if(own.matrix.begin(), own.matrix.end(),
                                [&](const GivenRoundTrip& each) { return each.from == lost || each.to == lost; });
  INVARIANT(row != own.matrix.end(), "city {} has neither coordinates nor a round trip", lost);
  const Field& field = row->line.fields[row->from == lost ? 0 : 1];
  FileError error =
      mistake(file, row->line, field,
              fmt::format("no round trip between \"{}\" and \"{}\", and no coordinates of \"{}\" to estimate it",
                          lost, other, lost),
              did_you_mean(lost, placed));
  error.note = "add the pair to the matrix, or the city to a table of cities";
  return error;
}

std::expected<Topology, FileError> world_of(const Tables& own, std::string_view file, const Tables& known) {
  Topology topology;
  topology.cities = cities_of(own, known);
  const std::vector<City>& cities = topology.cities;
  if (cities.empty())
    return std::unexpected(FileError{
        .file = std::string(file), .message = "there is no city in it", .line_text = {}, .hint = {}, .note = {}});

  const Directions given = directions_of(own.matrix);
  topology.round_trips = RoundTrips(cities.size());
  std::optional<RoundTripModel> model;
  for (std::size_t a = 0; a < cities.size(); ++a)
    for (std::size_t b = a + 1; b < cities.size(); ++b) {
      if (const std::optional<std::int64_t> sum = both_ways(given, cities[a].name, cities[b].name)) {
        topology.round_trips.set(a, b, Duration((*sum + 2) / 4), Source::measured);
        continue;
      }
      if (!cities[a].at) return std::unexpected(nowhere(file, own, known, cities[a].name, cities[b].name));
      if (!cities[b].at) return std::unexpected(nowhere(file, own, known, cities[b].name, cities[a].name));
      if (!model) {
        std::vector<MeasuredPair> measured;
        add_measured(measured, given, cities, {});
        add_measured(measured, directions_of(known.matrix), known.cities, given);
        model.emplace(measured);
      }
      topology.round_trips.set(a, b, model->round_trip(*cities[a].at, *cities[b].at) / 2, Source::model);
    }
  return topology;
}

Tables measured_tables() {
  auto tables = read_tables(rtt_csv, "sim/data/rtt.csv", cities_csv, "sim/data/cities.csv");
  INVARIANT(tables.has_value(), "{}", to_text(tables.error()));
  return std::move(*tables);
}

}  // namespace

void RoundTrips::set(std::size_t a, std::size_t b, Duration one_way, Source source) {
  PRECONDITION(a != b && a < city_count_ && b < city_count_, "cities {} and {} of {}", a, b, city_count_);
  entries_[a * city_count_ + b] = {.one_way = one_way, .source = source};
  entries_[b * city_count_ + a] = {.one_way = one_way, .source = source};
}

Duration Topology::one_way(const Site& from, const Site& to) const {
  if (from.city != to.city) return round_trips.one_way(from.city, to.city);
  if (from.data_center != to.data_center) return between_data_centers / 2;
  return from.machine == to.machine ? Duration::zero() : within_data_center / 2;
}

std::vector<Site> Topology::machines() const {
  std::vector<Site> sites;
  for (std::size_t city = 0; city < cities.size(); ++city)
    for (int data_center = 0; data_center < data_centers_per_city; ++data_center)
      for (int machine = 0; machine < machines_per_data_center; ++machine)
        sites.push_back({.city = city, .data_center = data_center, .machine = machine});
  return sites;
}

Topology measured_world() {
  const Tables tables = measured_tables();
  auto world = world_of(tables, "sim/data/rtt.csv", tables);
  INVARIANT(world.has_value(), "{}", to_text(world.error()));
  return std::move(*world);
}

std::expected<Topology, FileError> read_topology(std::string_view rtt_csv_text, std::string_view file_name,
                                                 std::string_view cities_csv_text,
                                                 std::string_view cities_file_name) {
  const auto own = read_tables(rtt_csv_text, file_name, cities_csv_text, cities_file_name);
  if (!own) return std::unexpected(own.error());
  return world_of(*own, file_name, measured_tables());
}

std::span<const LocationHint> location_hints() { return hints; }

std::size_t city_for_hint(const Topology& topology, std::string_view hint) {
  PRECONDITION(!topology.cities.empty(), "a world without cities");
  const auto wanted = std::ranges::find(hints, hint, &LocationHint::name);
  PRECONDITION(wanted != hints.end(), "unknown location hint {}", hint);
  std::size_t nearest = 0;
  std::int64_t shortest = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < topology.cities.size(); ++i) {
    if (!topology.cities[i].at) continue;
    const std::int64_t distance = distance_metres(*topology.cities[i].at, wanted->at);
    if (distance >= shortest) continue;
    shortest = distance;
    nearest = i;
  }
  return nearest;
}

}  // namespace orrery::sim
