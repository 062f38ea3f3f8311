#include "scenarios/split_brain.h"

#include "scenarios/replicated_counters.h"

namespace orrery::scenarios {
namespace {

// The machine of counter 0 is cut off from the rest of the world, with the users of its city. They still reach it, but it
// cannot renew its lease: when that has run out, by its own clock, it ends all that it runs. Users elsewhere give their
// connections to it up after 20 s. Then another machine takes over, which waits for a little longer than the lease, by
// its own clock, and needs nothing from the old owner. When the partition heals, that one finds its lease sealed. At no
// time are there two.
// Tests global_uniqueness and no_late_effects.
Experiment make_split_brain(const Settings& settings) {
  Experiment experiment = replicated_counters("split_brain", settings);
  experiment.faults.push_back({.kind = sim::FaultKind::partition,
                               .at = experiment.lasts / 8,
                               .target = "Counter/0",
                               .lasts = settings.get<Duration>("partition.lasts"),
                               .with_users = true});
  return experiment;
}

}  // namespace

Scenario split_brain() {
  return {.name = "split_brain",
          .teaches = "An owner is cut off with its users: it stops by itself before another begins.",
          .classes = {},  // the counter's
          .parameters = replicated_counter_settings(
              {{"partition.lasts", "how long the city is cut off", Duration(40s), Duration(1ms), Duration(24h)}},
              {.lasts = 80s}),
          .make = make_split_brain};
}

}  // namespace orrery::scenarios
