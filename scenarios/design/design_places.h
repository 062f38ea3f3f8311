// Where the parts of a design are: its world, and the cities and regions that they name.
#pragma once

#include <optional>
#include <string>

#include "scenarios/design/design.h"
#include "scenarios/toml_reader.h"
#include "sim/topology.h"

namespace orrery::scenarios {

// [network], [disk] and [world]. Nothing, if there is no such world: that is a mistake.
std::optional<sim::Topology> read_world(TomlTable& root, const ReadText& read_text, Design& design);

// The name of the city: city = "London", or the one nearest to region = "weur".
std::string read_city(TomlTable& table, const sim::Topology& topology);

// place = a location hint, a city, "home" or "first-request"; as in ClassPlan.
std::string read_place(TomlTable& object, const sim::Topology& topology);

// The path of the file that a text names.
std::string named_file(const TomlText& text, const toml::node& name);

}  // namespace orrery::scenarios
