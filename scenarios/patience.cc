#include "scenarios/patience.h"

#include <algorithm>

#include "core/base/config.h"
#include "properties/liveness.h"
#include "scenarios/design/estimate.h"
#include "scenarios/design/popularity.h"

namespace orrery::scenarios {
namespace {

// Hardly any sample is longer. Nobody waits for a day.
Duration longest_of(const Distribution& distribution) {
  return std::min<Duration>(quantile_of(distribution, 999'900), 24h);
}

// What handlers wait for outside, in steps; code in the binary may ask any service.
Duration waits_of(const Experiment& experiment) {
  Duration sum{};
  for (const ServicePlan& service : experiment.services) sum += longest_of(service.latency);
  for (const ClassPlan& plan : experiment.classes)
    for (const HandlerPlan& handler : plan.handlers)
      for_each_step(handler.steps, [&](const Step& step, std::int64_t) {
        if (const auto* wait = std::get_if<WaitStep>(&step.what)) sum += longest_of(wait->lasts);
        const auto* fetch = std::get_if<FetchStep>(&step.what);
        if (!fetch) return;
        const auto service = std::ranges::find(experiment.services, fetch->service, &ServicePlan::name);
        if (service != experiment.services.end()) sum += longest_of(service->latency);
      });
  return sum;
}

}  // namespace

Duration patience_of(const Experiment& experiment) {
  if (!experiment.objectives.empty()) return Duration::max();
  return std::max(properties::LivenessOptions{}.answer_within, 2 * waits_of(experiment));
}

Duration takeover_of(const Experiment& experiment) {
  if (experiment.world.acceptors == 0) return {};
  constexpr Duration changes = 4s;  // of registers, with the lookups that wait for them
  constexpr Duration log = 2s;      // to be fenced, fetched and marked
  return config::lease_lasts + changes + log;
}

}  // namespace orrery::scenarios
