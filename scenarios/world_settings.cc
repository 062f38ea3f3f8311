#include "scenarios/world_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

#include "properties/catalogue.h"

namespace orrery::scenarios {

std::vector<Parameter> with_world_settings(Duration usual_duration, std::vector<Parameter> own) {
  const Setting any_distribution = Distribution::constant(0ms);
  std::vector<Parameter> all = {
      {"run.duration", "how long the clients go on sending", usual_duration, Duration(1ms), Duration(24h)},
      {"run.warmup", "requests meant for earlier are left out of latencies", Duration(0s), Duration(0s),
       Duration(24h)}};
  std::ranges::move(own, std::back_inserter(all));
  std::vector<Parameter> world = {
      {"network.access", "round trip between a user and the edge", Distribution::lognormal(8ms, 300'000),
       any_distribution, any_distribution},
      {"network.jitter", "varying part of the time between two nodes", Decimal{20'000}, Decimal{0},
       Decimal{1'000'000}},
      {"network.matrix", "file with round trips of your own: from,to,rtt_ms", FileText{}, FileText{}, FileText{}},
      {"network.cities", "file with cities of your own: city,latitude_deg,longitude_deg", FileText{}, FileText{},
       FileText{}},
      {"disk.sync", "how long a machine's disk takes to make durable what was written", sim::DiskPlan{}.sync,
       any_distribution, any_distribution},
      {"faults.crash_every", "time between crashes, of the machines of objects 0, 1, 2, ... in turn; 0s: none",
       Duration(0s), Duration(0s), Duration(24h)},
      {"faults.crash_lasts", "how long a crashed machine is away", Duration(1s), Duration(0s), Duration(24h)},
      {"faults.partition_every", "time between partitions, of the same machines in turn from all others; 0s: none",
       Duration(0s), Duration(0s), Duration(24h)},
      {"faults.partition_lasts", "how long they last", Duration(5s), Duration(0s), Duration(24h)},
      {"faults.drop", "share of all datagrams that is lost", Decimal{0}, Decimal{0}, Decimal{1'000'000}},
      {"faults.drift", "how fast and slow clocks are, city by city in turn", Decimal{0}, Decimal{0}, Decimal{500'000}}};
  std::ranges::move(world, std::back_inserter(all));
  return all;
}

Experiment experiment_in_world(std::string scenario, const Settings& settings) {
  Experiment experiment;
  experiment.scenario = std::move(scenario);
  experiment.lasts = settings.get<Duration>("run.duration");
  experiment.warmup = settings.get<Duration>("run.warmup");
  experiment.world.rtt_csv = settings.get<FileText>("network.matrix").text;
  experiment.world.cities_csv = settings.get<FileText>("network.cities").text;
  experiment.link.access = settings.get<Distribution>("network.access");
  experiment.link.jitter_millionths = settings.get<Decimal>("network.jitter").millionths;
  experiment.disk.sync = settings.get<Distribution>("disk.sync");
  for (const std::string_view name : properties::usual_property_names()) experiment.properties.emplace_back(name);
  return experiment;
}

std::vector<sim::City> cities_of(const Experiment& experiment) {
  return topology_of(experiment.world).value_or(*topology_of({})).cities;
}

std::vector<ClientGroup> groups_in_cities(const std::vector<sim::City>& cities, std::size_t groups_max,
                                          std::uint32_t clients, Rate rate) {
  std::vector<ClientGroup> groups;
  for (const sim::City& city : std::span(cities).first(std::min(groups_max, cities.size())))
    groups.push_back({.name = city.code, .city = city.name, .clients = clients, .arrivals = poisson(rate)});
  return groups;
}

std::uint32_t weight_of(const Settings& settings, std::string_view path) {
  return static_cast<std::uint32_t>(settings.get<std::int64_t>(path));
}

namespace {

// Of the kind and as long as that, each so long after the one before, on the machines of the objects 0, 1, 2, ... of
// the first class in turn.
void add_faults(std::vector<FaultPlan>& faults, sim::FaultKind kind, Duration every, Duration lasts,
                const Experiment& experiment) {
  if (every == Duration::zero()) return;
  const ClassPlan& first = experiment.classes.front();
  std::uint64_t object = 0;
  for (Duration at = every; at <= experiment.lasts && faults.size() <= Experiment::faults_max; at += every)
    faults.push_back(
        {.kind = kind, .at = at, .target = fmt::format("{}/{}", first.name, object++ % first.keys), .lasts = lasts});
}

}  // namespace

std::vector<FaultPlan> faults_of(const Experiment& experiment, const Settings& settings) {
  std::vector<FaultPlan> faults;
  const auto add = [&](sim::FaultKind kind, const char* every, const char* lasts) {
    add_faults(faults, kind, settings.get<Duration>(every), settings.get<Duration>(lasts), experiment);
  };
  add(sim::FaultKind::crash, "faults.crash_every", "faults.crash_lasts");
  add(sim::FaultKind::partition, "faults.partition_every", "faults.partition_lasts");
  const std::int64_t dropped = settings.get<Decimal>("faults.drop").millionths;
  if (dropped > 0)
    faults.push_back(
        {.kind = sim::FaultKind::drop, .target = "all", .lasts = experiment.lasts, .rate_millionths = dropped});
  std::int64_t rate = settings.get<Decimal>("faults.drift").millionths;
  for (const sim::City& city : cities_of(experiment)) {
    if (rate == 0) break;
    faults.push_back({.kind = sim::FaultKind::drift, .target = city.code, .rate_millionths = rate});
    rate = -rate;
  }
  return faults;
}

}  // namespace orrery::scenarios
