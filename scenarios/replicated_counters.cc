#include "scenarios/replicated_counters.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "scenarios/world_settings.h"

namespace orrery::scenarios {

Experiment replicated_counters(std::string scenario, const Settings& settings) {
  Experiment experiment = experiment_in_world(std::move(scenario), settings);
  experiment.world.acceptors = 5;
  experiment.world.followers = 5;
  experiment.properties.emplace_back("no_late_effects");
  const auto counters = static_cast<std::uint64_t>(settings.get<std::int64_t>("objects.Counter.key.n"));
  experiment.classes = {{.name = "Counter", .model = "counter", .keys = counters}};
  experiment.clients = groups_in_cities(cities_of(experiment), 3, 2, settings.get<Rate>("clients.rate"));
  experiment.services = {{"permits", experiment.clients.front().city, Distribution::constant(20ms)}};
  experiment.workload = Law{{{"Counter", "increment", 2, {Value(std::int64_t{1})}}, {"Counter", "read", 1, {}}}};
  experiment.faults = faults_of(experiment, settings);
  return experiment;
}

std::vector<Parameter> replicated_counter_settings(std::vector<Parameter> own, const CountersAndCalls& usual) {
  std::vector<Parameter> all = {
      {"clients.rate", "calls of both clients of one city together", *parse_rate(usual.rate), *parse_rate("1/h"),
       *parse_rate("10000/s")},
      {"objects.Counter.key.n", "how many counters there are", usual.counters, std::int64_t{1},
       std::int64_t{1'000'000}}};
  std::ranges::move(own, std::back_inserter(all));
  return with_world_settings(usual.lasts, std::move(all));
}

}  // namespace orrery::scenarios
