#include "scenarios/owner_crash.h"

#include "scenarios/replicated_counters.h"

namespace orrery::scenarios {
namespace {

// The machine under counter 0 crashes, and stays away for longer than its lease lasts. Whoever calls next finds it
// gone, and another machine takes over: it waits until the lease has run out for sure, seals it, becomes the owner of
// the next epoch, has a quorum of followers refuse the old one, and reads from them what was confirmed. No count is
// lost.
// Tests durability, global_uniqueness and serialization.
Experiment make_owner_crash(const Settings& settings) {
  Experiment experiment = replicated_counters("owner_crash", settings);
  experiment.faults.push_back({.kind = sim::FaultKind::crash,
                               .at = experiment.lasts / 3,
                               .target = "Counter/0",
                               .lasts = settings.get<Duration>("crash.lasts")});
  return experiment;
}

}  // namespace

Scenario owner_crash() {
  return {.name = "owner_crash",
          .teaches = "The machine under an object is gone: another takes over, and nothing that was confirmed is lost.",
          .classes = {},  // the counter's
          .parameters = replicated_counter_settings(
              {{"crash.lasts", "how long the machine is away", Duration(15s), Duration(1ms), Duration(24h)}}),
          .make = make_owner_crash};
}

}  // namespace orrery::scenarios
