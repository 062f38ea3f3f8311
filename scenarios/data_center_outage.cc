#include "scenarios/data_center_outage.h"

#include "scenarios/replicated_counters.h"

namespace orrery::scenarios {
namespace {

// All machines of one data center crash, and stay away: owners of objects, and followers of others. No data center
// holds two followers of one object, so a quorum is left of each.
// Tests durability and liveness.
Experiment make_data_center_outage(const Settings& settings) {
  Experiment experiment = replicated_counters("data_center_outage", settings);
  experiment.world.machines_per_data_center = 2;
  for (const char* machine : {"dfw-1-1", "dfw-1-2"})
    experiment.faults.push_back({.kind = sim::FaultKind::crash,
                                 .at = experiment.lasts / 3,
                                 .target = machine,
                                 .lasts = settings.get<Duration>("outage.lasts")});
  return experiment;
}

}  // namespace

Scenario data_center_outage() {
  return {.name = "data_center_outage",
          .teaches = "A whole data center is gone, for good as far as anyone can tell: its objects live on elsewhere.",
          .classes = {},  // the counter's
          .parameters = replicated_counter_settings(
              {{"outage.lasts", "how long the machines are away", Duration(60s), Duration(1ms), Duration(24h)}}),
          .make = make_data_center_outage};
}

}  // namespace orrery::scenarios
