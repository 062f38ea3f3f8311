#include "sim/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "core/base/decimal.h"
#include "core/base/invariant.h"
#include "core/base/nearest.h"
#include "sim/data/measured.h"
#include "sim/tables.h"

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

std::vector<Site> Topology::follower_data_centers(const Site& owner) const {
  constexpr int of_one_city_max = 2;
  std::vector<Site> all;
  for (std::size_t city = 0; city < cities.size(); ++city)
    for (int data_center = 0; data_center < data_centers_per_city; ++data_center)
      if (city != owner.city || data_center != owner.data_center) all.push_back({city, data_center, 0});
  std::ranges::stable_sort(all, {}, [&](const Site& each) { return one_way(owner, each); });
  std::vector<Site> chosen;
  std::vector<Site> left;
  std::vector<int> of_city(cities.size());
  for (const Site& each : all) (++of_city[each.city] <= of_one_city_max ? chosen : left).push_back(each);
  chosen.insert(chosen.end(), left.begin(), left.end());
  chosen.resize(std::min(chosen.size(), static_cast<std::size_t>(followers)));
  return chosen;
}

std::vector<Site> Topology::acceptor_sites() const {
  constexpr std::string_view usual[] = {"Dallas", "London", "Tokyo", "Mumbai", "Sao Paulo"};
  std::vector<std::size_t> chosen;
  for (const std::string_view name : usual)
    if (const auto city = std::ranges::find(cities, name, &City::name); city != cities.end())
      chosen.push_back(static_cast<std::size_t>(city - cities.begin()));
  const auto distance = [&](std::size_t city) {
    Duration least = Duration::max();
    for (const std::size_t each : chosen) least = std::min(least, round_trips.one_way(city, each));
    return least;
  };
  const auto count = static_cast<std::size_t>(acceptors);
  while (chosen.size() < std::min(count, cities.size())) {
    std::size_t farthest = 0;
    for (std::size_t city = 1; city < cities.size(); ++city)
      if (distance(city) > distance(farthest)) farthest = city;
    chosen.push_back(farthest);
  }
  std::vector<Site> sites;
  for (std::size_t i = 0; i < count; ++i)
    sites.push_back({.city = chosen[i % chosen.size()],
                     .data_center = 0,
                     .machine = machines_per_data_center + static_cast<int>(i / chosen.size())});
  return sites;
}

std::string name_of(const Topology& topology, const Site& machine) {
  PRECONDITION(machine.data_center != Site::edge, "the edge of {} has no name", topology.cities[machine.city].name);
  return fmt::format("{}-{}-{}", topology.cities[machine.city].code, machine.data_center + 1, machine.machine + 1);
}

std::optional<std::size_t> machine_named(const Topology& topology, std::string_view name) {
  const std::string_view code = name.substr(0, name.find('-'));
  const auto city = std::ranges::find(topology.cities, code, &City::code);
  if (city == topology.cities.end()) return std::nullopt;
  int data_center = 0;
  int machine = 0;
  const char* rest = code.data() + code.size();
  for (int* number : {&data_center, &machine}) {
    if (rest == name.data() + name.size() || *rest != '-') return std::nullopt;
    rest = std::from_chars(rest + 1, name.data() + name.size(), *number).ptr;
  }
  if (data_center < 1 || data_center > topology.data_centers_per_city) return std::nullopt;
  if (machine < 1 || machine > topology.machines_per_data_center) return std::nullopt;
  const Site site{static_cast<std::size_t>(city - topology.cities.begin()), data_center - 1, machine - 1};
  if (name_of(topology, site) != name) return std::nullopt;  // no other way to write the numbers
  const auto data_centers = static_cast<std::size_t>(topology.data_centers_per_city);
  const auto machines = static_cast<std::size_t>(topology.machines_per_data_center);
  return (site.city * data_centers + static_cast<std::size_t>(site.data_center)) * machines +
         static_cast<std::size_t>(site.machine);
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
