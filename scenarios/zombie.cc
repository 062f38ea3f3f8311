#include "scenarios/zombie.h"

#include "scenarios/replicated_counters.h"

namespace orrery::scenarios {
namespace {

// The machine of counter 0 stands still for longer than its lease lasts, as in a long stop of its process, and then
// goes on. It has not noticed. What it was about to do comes first: before each event it looks at its lease, which has
// run out. What it may still have on its way to the followers is refused by them: they have promised a higher epoch.
// Tests no_late_effects, global_uniqueness and durability.
Experiment make_zombie(const Settings& settings) {
  Experiment experiment = replicated_counters("zombie", settings);
  experiment.faults.push_back({.kind = sim::FaultKind::pause,
                               .at = experiment.lasts / 3,
                               .target = "Counter/0",
                               .lasts = settings.get<Duration>("pause.lasts")});
  return experiment;
}

}  // namespace

Scenario zombie() {
  return {.name = "zombie",
          .teaches = "An owner stands still for longer than its lease, and goes on: nobody hears of it any more.",
          .classes = {},  // the counter's
          .parameters = replicated_counter_settings(
              {{"pause.lasts", "how long the machine stands still", Duration(12s), Duration(1ms), Duration(24h)}}),
          .make = make_zombie};
}

}  // namespace orrery::scenarios
