// The settings that every scenario has: how long it runs, the network, the disks, crashes. And the usual kinds of
// settings of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/experiment.h"
#include "scenarios/settings.h"

namespace orrery::scenarios {

// How long a scenario runs, its own settings, then those of the world.
std::vector<Parameter> with_world_settings(Duration usual_duration, std::vector<Parameter> own);

// Settings::get gives what stands in brackets.
inline Parameter number_setting(std::string path, std::string help, std::int64_t usual, std::int64_t least,
                                std::int64_t most) {  // [std::int64_t]
  return {std::move(path), std::move(help), usual, least, most};
}
inline Parameter rate_setting(std::string path, std::string help, std::string_view usual) {  // [Rate] such as "20/s"
  return {std::move(path), std::move(help), parse_rate(usual).value(), parse_rate("1/h").value(),
          parse_rate("1000000/s").value()};
}
inline Parameter latency_setting(std::string path, std::string help, Distribution usual) {  // [Distribution]
  return {std::move(path), std::move(help), usual, usual, usual};
}
inline Parameter share_setting(std::string path, std::string help, Decimal usual) {  // [Decimal] from 0 to 1
  return {std::move(path), std::move(help), usual, Decimal{0}, Decimal{1'000'000}};
}

// An experiment in the world that these settings ask for, judged by all properties. It has no classes, clients,
// services, workload and faults yet.
Experiment experiment_in_world(std::string scenario, const Settings& settings);

// The cities of that world. Tables that cannot be read are for mistake_in() to report: they give the measured world.
std::vector<sim::City> cities_of(const Experiment& experiment);

// One group of clients in each of the first cities; the calls of each group come at this rate.
std::vector<ClientGroup> groups_in_cities(const std::vector<sim::City>& cities, std::size_t groups_max,
                                          std::uint32_t clients, Rate rate);

// Of a call in a mix, by the path of its setting.
std::uint32_t weight_of(const Settings& settings, std::string_view path);

// What the settings of `faults` ask for: crashes and partitions of the machines of the objects 0, 1, 2, ... of the
// first class in turn, datagrams that are lost everywhere, and clocks that drift. If they are more than an experiment
// may have, mistake_in() will say so.
std::vector<FaultPlan> faults_of(const Experiment& experiment, const Settings& settings);

}  // namespace orrery::scenarios
