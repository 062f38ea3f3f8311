#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "properties/catalogue.h"
#include "reports/text.h"
#include "scenarios/cli/chosen.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "sim/faults.h"
#include "sim/topology.h"

namespace orrery::cli {
namespace {

using Json = nlohmann::ordered_json;
using reports::Style;
using reports::Table;

// A list in both of its forms.
struct Listing {
  std::string text;
  Json json;
};

bool has_range(const scenarios::Parameter& parameter) {
  return !std::holds_alternative<Distribution>(parameter.usual) &&
         !std::holds_alternative<scenarios::FileText>(parameter.usual);
}

Listing list_scenarios(const Program& program, const Style& style) {
  Table table({{.head = "scenario", .left = true}, {.head = "teaches", .left = true}});
  Json json = Json::array();
  for (const scenarios::Scenario& each : program.scenarios) {
    table.row({each.name, each.teaches});
    json.push_back({{"name", each.name}, {"teaches", each.teaches}});
  }
  return {table.text(style) + "\norrery list NAME shows the settings of one\n", {{"scenarios", std::move(json)}}};
}

Listing list_properties(const Program& program, const Style& style) {
  Table table({{.head = "property", .left = true}, {.head = "promise", .left = true}});
  Json json = Json::array();
  const auto add = [&](std::string_view name, std::string_view promise) {
    table.row({std::string(name), std::string(promise)});
    json.push_back({{"name", name}, {"promise", promise}});
  };
  for (const properties::PropertyInfo& each : properties::all_properties()) add(each.name, each.promise);
  for (const properties::OwnProperty& each : program.code.properties) add(each.name, each.promise);
  for (const ObjectClass& each : program.code.classes)
    for (const ObjectClass::Invariant& invariant : each.invariants())
      add(invariant.name, fmt::format("Holds of every {} after each of its turns.", each.name()));
  return {table.text(style), {{"properties", std::move(json)}}};
}

Listing list_faults(const Program&, const Style& style) {
  constexpr std::string_view kinds[] = {
      "the machine loses its memory and what its disk had not made durable, and starts anew",
      "the machine stands still, then goes on", "the platform wants the memory of the object",
      "the next sync of the machine's disk fails", "the machine's disk takes no more bytes",
      "a crash that takes the disk with it; never drawn by check, since objects have no second copy yet",
      "nothing gets from the target to all others, or nothing back, or neither",
      "datagrams that the target sends or is sent are lost, at a rate", "they arrive twice", "they arrive later",
      "from then on the clocks of the target are fast, or slow, by a rate"};
  constexpr std::string_view points[] = {
      "a time from the start", "a turn has begun", "a fetch, or a call to another object, has left",
      "a commit was made, and is not durable yet", "a commit is durable, but the machine does not know yet"};
  static_assert(std::size(kinds) == sim::fault_kind_names.size() &&
                std::size(points) == sim::fault_point_names.size());
  Table what({{.head = "fault", .left = true}, {.head = "what it is", .left = true}});
  Table when({{.head = "when", .left = true}, {.head = "what it is", .left = true}});
  Json json{{"faults", Json::array()}, {"when", Json::array()}};
  for (std::size_t i = 0; i < std::size(kinds); ++i) {
    what.row({std::string(sim::fault_kind_names[i]), std::string(kinds[i])});
    json["faults"].push_back({{"name", sim::fault_kind_names[i]}, {"what", kinds[i]}});
  }
  for (std::size_t i = 0; i < std::size(points); ++i) {
    when.row({std::string(sim::fault_point_names[i]), std::string(points[i])});
    json["when"].push_back({{"name", sim::fault_point_names[i]}, {"what", points[i]}});
  }
  return {what.text(style) + "\n" + when.text(style) +
              "\nA fault strikes a machine, iad-1-1, or the one that an object lives on, Counter/12.\n"
              "From partition on it may be all that stands in some cities, fra,lhr, or all.\n",
          std::move(json)};
}

Listing list_round_trips(const sim::Topology& world, const Style& style) {
  Table table({{.head = "city", .left = true},
               {.head = "city", .left = true},
               {.head = "round trip ms"},
               {.head = "", .left = true}});
  Json json = Json::array();
  for (std::size_t a = 0; a < world.cities.size(); ++a)
    for (std::size_t b = a + 1; b < world.cities.size(); ++b) {
      const Duration round_trip = 2 * world.round_trips.one_way(a, b);
      const bool is_measured = world.round_trips.source(a, b) == sim::Source::measured;
      const char* source = is_measured ? "measured" : "model";
      table.row({world.cities[a].name, world.cities[b].name, reports::milliseconds_text(round_trip), source});
      json.push_back({{"between", {world.cities[a].name, world.cities[b].name}},
                      {"round_trip_ns", nanoseconds(round_trip)},
                      {"source", source}});
    }
  return {table.text(style), {{"round_trips", std::move(json)}}};
}

Listing list_regions(const sim::Topology& world, const Style& style) {
  Table table({{.head = "hint", .left = true}, {.head = "city", .left = true}});
  Json json = Json::array();
  for (const sim::LocationHint& hint : sim::location_hints()) {
    const std::string& city = world.cities[sim::city_for_hint(world, hint.name)].name;
    table.row({std::string(hint.name), city});
    json.push_back({{"hint", hint.name}, {"city", city}});
  }
  return {table.text(style), {{"regions", std::move(json)}}};
}

Listing list_data_centers(const sim::Topology& world, const Style& style) {
  Table table(
      {{.head = "city", .left = true}, {.head = "region", .left = true}, {.head = "data centers", .left = true}});
  Json json = Json::array();
  for (const sim::City& city : world.cities) {
    std::vector<std::string> names;
    for (int i = 1; i <= world.data_centers_per_city; ++i) names.push_back(fmt::format("{}-{}", city.code, i));
    table.row({city.name, city.region, fmt::format("{}", fmt::join(names, " "))});
    json.push_back({{"city", city.name}, {"code", city.code}, {"region", city.region}, {"data_centers", names}});
  }
  return {table.text(style), {{"data_centers", std::move(json)}}};
}

Listing list_settings(const scenarios::Scenario& scenario, const Style& style) {
  Table table({{.head = "setting", .left = true}, {.head = "usual", .left = true}, {.head = "range", .left = true}});
  Json json = Json::array();
  for (const scenarios::Parameter& each : scenario.parameters) {
    const std::string usual = scenarios::to_text(each.usual);
    Json entry{{"path", each.path}, {"help", each.help}, {"usual", usual}};
    std::string range;
    if (has_range(each)) {
      range = fmt::format("{} to {}", scenarios::to_text(each.least), scenarios::to_text(each.most));
      entry["least"] = scenarios::to_text(each.least);
      entry["most"] = scenarios::to_text(each.most);
    }
    table.row({each.path, usual.empty() ? "-" : usual, range});
    table.lines(reports::wrapped(each.help, 4, style));
    json.push_back(std::move(entry));
  }
  std::string text = reports::wrapped(scenario.name + ": " + scenario.teaches, 0, style) + "\n" + table.text(style);
  if (!scenario.parameters.empty()) {
    const scenarios::Parameter& first = scenario.parameters.front();
    text += fmt::format("\norrery run {} --set {}={}\n", scenario.name, first.path, scenarios::to_text(first.usual));
  }
  const auto usual = scenarios::experiment_of(scenario, scenarios::Settings(scenario.parameters), 1);
  return {std::move(text),
          {{"name", scenario.name},
           {"teaches", scenario.teaches},
           {"properties", usual.properties},
           {"settings", std::move(json)}}};
}

Listing list_design(const std::string& path, const Style& style) {
  const scenarios::DesignFile file = read_design(path);
  Table table({{.head = "setting", .left = true}, {.head = "value", .left = true}});
  Json settings = Json::array();
  for (const std::string& each : scenarios::paths_of(file)) {
    const std::string value = file.value_at(each, {});
    table.row({each, value.empty() ? "-" : value});
    settings.push_back({{"path", each}, {"value", value}});
  }
  const std::vector<std::string> variants = file.variants();
  std::string text = table.text(style);
  if (!variants.empty()) text += fmt::format("\nvariants: {}\n", fmt::join(variants, ", "));
  return {std::move(text), {{"name", file.name()}, {"variants", variants}, {"settings", std::move(settings)}}};
}

// The settings as a table of TOML for each first part of a path.
std::string settings_as_toml(const scenarios::Scenario& scenario) {
  std::string text =
      fmt::format("# {}: {}\n# Each of these can be given as --set PATH=VALUE.\n", scenario.name, scenario.teaches);
  std::vector<std::string> tables;
  const auto table_of = [](const std::string& path) { return path.substr(0, path.rfind('.')); };
  for (const scenarios::Parameter& each : scenario.parameters)
    if (std::ranges::find(tables, table_of(each.path)) == tables.end()) tables.push_back(table_of(each.path));
  for (const std::string& table : tables) {
    text += fmt::format("\n[{}]\n", table);
    for (const scenarios::Parameter& each : scenario.parameters) {
      if (table_of(each.path) != table) continue;
      const std::string range =
          has_range(each) ? fmt::format("; {} to {}", scenarios::to_text(each.least), scenarios::to_text(each.most))
                          : "";
      text += fmt::format("{} = {}  # {}{}\n", each.path.substr(each.path.rfind('.') + 1),
                          scenarios::to_toml(each.usual), each.help, range);
    }
  }
  return text;
}

struct Topic {
  std::string_view name;
  Listing (*list)(const Program& program, const Style& style);
};
struct WorldTopic {
  std::string_view name;
  Listing (*list)(const sim::Topology& world, const Style& style);
};

constexpr Topic topics[] = {{"scenarios", list_scenarios}, {"properties", list_properties}, {"faults", list_faults}};
constexpr WorldTopic world_topics[] = {
    {"rtt", list_round_trips}, {"regions", list_regions}, {"datacenters", list_data_centers}};

sim::Topology world_of(const Options& options, const Program& program) {
  if (options.design.empty()) return sim::measured_world();
  return *scenarios::topology_of(choose(options.design, "", {}, program).experiment.world);
}

Listing listing_of(const std::string& asked, const Options& options, const Program& program, const Style& style) {
  for (const WorldTopic& topic : world_topics)
    if (topic.name == asked) return topic.list(world_of(options, program), style);
  if (!options.design.empty())
    refuse(exit_usage, fmt::format("--design goes with rtt, regions and datacenters, not with {}", asked));
  for (const Topic& topic : topics)
    if (topic.name == asked) return topic.list(program, style);
  if (names_a_file(asked)) return list_design(asked, style);
  std::vector<std::string> known = scenario_names(program);
  if (std::ranges::find(known, asked) == known.end()) {
    for (const Topic& topic : topics) known.emplace_back(topic.name);
    for (const WorldTopic& topic : world_topics) known.emplace_back(topic.name);
    refuse_name("list or scenario", asked, known, fmt::format("known: {}", fmt::join(known, ", ")));
  }
  return list_settings(scenario_named(asked, program), style);
}

}  // namespace

int list_command(const Program& program, const Options& options, const Console& console) {
  if (options.names.size() > 1) refuse(exit_usage, "list takes one name", "orrery help list says which there are");
  const std::string asked = options.names.empty() ? "scenarios" : options.names.front();
  std::string text;
  if (options.format == Format::toml) {
    text = names_a_file(asked) ? read_design(asked).to_toml({}) : settings_as_toml(scenario_named(asked, program));
  } else {
    const Listing listing = listing_of(asked, options, program, style_of(options, console));
    text = options.format == Format::json ? listing.json.dump(2) + "\n" : as_typed(listing.text, program);
  }
  Output output(options, console);
  output.put(text);
  output.complete();
  return exit_green;
}

}  // namespace orrery::cli
