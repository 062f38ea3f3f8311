#include "scenarios/design/design_places.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/nearest.h"
#include "scenarios/design/design_layers.h"

namespace orrery::scenarios {
namespace {

constexpr std::int64_t millionths = 1'000'000;
constexpr std::int64_t data_centers_max = 1'000;
constexpr std::string_view place_of_first_request = "first-request";

// The text of the file that this key names; nothing if the key is not there.
struct NamedText {
  std::string path;
  std::string text;
};
NamedText read_named(TomlTable& table, std::string_view key, const ReadText& read_text, Design& design) {
  NamedText named;
  const toml::node* name = table.node(key);
  if (!name || !name->is_string()) {
    table.text(key, "");  // which is no text, or nothing
    return named;
  }
  named.path = named_file(table.file(), *name);
  design.files.push_back(named.path);
  auto read = read_text(named.path);
  if (!read)
    table.refuse(key, fmt::format("{}: {}", named.path, read.error().message));
  else if (read->empty())
    table.refuse(key, fmt::format("{} is empty", named.path));
  else
    named.text = std::move(*read);
  return named;
}

std::vector<std::string> hint_names() {
  std::vector<std::string> names;
  for (const sim::LocationHint& hint : sim::location_hints()) names.emplace_back(hint.name);
  return names;
}

std::vector<std::string> city_names(const sim::Topology& topology) {
  std::vector<std::string> names;
  for (const sim::City& city : topology.cities) names.push_back(city.name);
  return names;
}

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// `more` may be meant too, and is told of by `note`.
FileError unknown_hint(std::string_view name, const std::vector<std::string>& more, std::string_view note) {
  std::vector<std::string> known = hint_names();
  const std::string hints = fmt::format("known: {}{}", fmt::join(known, " "), note);
  known.insert(known.end(), more.begin(), more.end());
  FileError error = unknown_name("location hint", name, known);
  error.note = hints;
  return error;
}

}  // namespace

std::string named_file(const TomlText& text, const toml::node& name) {
  return beside(text.file_of(name.source()), name.as_string()->get());
}

std::optional<sim::Topology> read_world(TomlTable& root, const ReadText& read_text, Design& design) {
  Experiment& experiment = design.experiment;
  TomlTable network = root.table("network");
  experiment.link.access = network.distribution("access", experiment.link.access);
  experiment.link.jitter_millionths =
      network.millionths("jitter", 0, millionths, experiment.link.jitter_millionths);
  NamedText matrix = read_named(network, "matrix", read_text, design);
  NamedText cities = read_named(network, "cities", read_text, design);
  network.end();

  TomlTable disk = root.table("disk");
  experiment.disk.sync = disk.distribution("sync", experiment.disk.sync);
  disk.end();

  WorldShape& shape = experiment.world;
  TomlTable world = root.table("world");
  shape.data_centers_per_city =
      static_cast<int>(world.whole("data_centers_per_city", 1, data_centers_max, shape.data_centers_per_city));
  shape.machines_per_data_center =
      static_cast<int>(world.whole("machines_per_data_center", 1, data_centers_max, shape.machines_per_data_center));
  world.end();

  if (root.file().mistake()) return std::nullopt;
  shape.rtt_csv = std::move(matrix.text);
  shape.cities_csv = std::move(cities.text);
  auto topology = topology_of(shape, matrix.path, cities.path);
  if (topology) return std::move(*topology);
  root.file().refuse(topology.error());
  return std::nullopt;
}

std::string read_city(TomlTable& table, const sim::Topology& topology) {
  if (table.has("region") && table.has("city"))
    table.refuse_key("city", "either \"region\" or \"city\" says where, not both");
  if (table.node("city")) {
    const std::string name = table.text("city");
    const std::vector<std::string> known = city_names(topology);
    if (!is_among(known, name)) table.refuse("city", unknown_name("city", name, known));
    return name;
  }
  const std::string hint = table.text("region");
  if (is_among(hint_names(), hint)) return topology.cities[sim::city_for_hint(topology, hint)].name;
  table.refuse("region", unknown_hint(hint, {}, ""));
  return "";
}

std::string read_place(TomlTable& object, const sim::Topology& topology) {
  const std::string place = object.text("place", std::string(place_of_first_request));
  if (place == place_of_first_request) return "";
  std::vector<std::string> more = city_names(topology);
  if (place == place_home || is_among(hint_names(), place) || is_among(more, place)) return place;
  more.emplace_back(place_home);
  more.emplace_back(place_of_first_request);
  object.refuse("place", unknown_hint(place, more, ", \"first-request\", \"home\", or a city"));
  return "";
}

}  // namespace orrery::scenarios
