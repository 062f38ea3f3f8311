#include "scenarios/owner_crash.h"

#include <fmt/format.h>

#include "scenarios/world_settings.h"

namespace orrery::scenarios {
namespace {

// The machine under counter 0 crashes, and stays away for longer than its lease lasts. Whoever calls next finds it gone,
// and another machine takes over: it waits until the lease has run out for sure, seals it, becomes the owner of the next
// epoch, has a quorum of followers refuse the old one, and reads from them what was confirmed. No count is lost.
// Tests durability, global_uniqueness and serialization.
Experiment make_owner_crash(const Settings& settings) {
  Experiment experiment = experiment_in_world("owner_crash", settings);
  experiment.world.acceptors = 5;
  experiment.world.followers = 5;
  const auto counters = static_cast<std::uint64_t>(settings.get<std::int64_t>("objects.Counter.key.n"));
  experiment.classes = {{.name = "Counter", .model = "counter", .keys = counters}};
  experiment.clients = groups_in_cities(cities_of(experiment), 3, 2, settings.get<Rate>("clients.rate"));
  experiment.services = {{"permits", experiment.clients.front().city, Distribution::constant(20ms)}};
  experiment.workload = Law{{{"Counter", "increment", 2, {Value(std::int64_t{1})}}, {"Counter", "read", 1, {}}}};
  experiment.faults = faults_of(experiment, settings);
  experiment.faults.push_back(
      {.kind = sim::FaultKind::crash, .at = 10s, .target = "Counter/0", .lasts = settings.get<Duration>("crash.lasts")});
  return experiment;
}

}  // namespace

Scenario owner_crash() {
  const auto integer = [](std::int64_t value) { return Setting(value); };
  return {.name = "owner_crash",
          .teaches = "The machine under an object is gone: another takes over, and nothing that was confirmed is lost.",
          .classes = {},  // the counter's
          .parameters = with_world_settings(
              30s, {{"clients.rate", "calls of both clients of one city together", *parse_rate("2/s"),
                     *parse_rate("1/h"), *parse_rate("10000/s")},
                    {"crash.lasts", "how long the machine is away", Duration(15s), Duration(1ms), Duration(24h)},
                    {"objects.Counter.key.n", "how many counters there are", integer(2), integer(1),
                     integer(1'000'000)}}),
          .make = make_owner_crash};
}

}  // namespace orrery::scenarios
