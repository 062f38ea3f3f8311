#include "scenarios/search/generate.h"

#include <algorithm>

#include "core/base/draws.h"
#include "scenarios/catalogue.h"

namespace orrery::scenarios {
namespace {

// Draws made before the run, one after the other; each has a place of its own.
class Choices {
 public:
  explicit Choices(std::uint64_t seed) : draws_(seed) {}
  std::uint64_t below(std::uint64_t n) { return draws_.below(n, Purpose::experiment, Cause{}, place_++); }
  // Between both, spread over the orders of magnitude; where they are few, often `most`.
  Duration skewed(Duration least, Duration most) {
    Duration limit = least;
    for (std::uint64_t doublings = below(64); doublings > 0 && limit < most; --doublings)
      if (below(2) == 0) limit *= 2;
    return std::min(limit, most);
  }

 private:
  Draws draws_;
  std::uint64_t place_ = 0;
};

}  // namespace

Experiment drawn_experiment(const Scenario& scenario, const Settings& settings, std::uint64_t seed) {
  Experiment experiment = experiment_of(scenario, settings, seed);
  Choices choose(seed);
  experiment.lasts = std::min(experiment.lasts, Duration(250ms) * static_cast<std::int64_t>(1 + choose.below(4)));
  for (ClassPlan& each : experiment.classes) each.keys = std::min<std::uint64_t>(each.keys, 1 + choose.below(50));

  const std::uint64_t timing = choose.below(4);
  if (timing == 2) {
    experiment.adversary.grid = choose.skewed(1us, 50ms);
    experiment.adversary.ranked = true;
  } else if (timing == 3) {
    const std::uint64_t clients = client_count(experiment);
    for (std::uint64_t count = 1 + choose.below(3); count > 0; --count) {
      const ClientId client{static_cast<std::uint32_t>(choose.below(clients))};
      const std::uint64_t number = choose.below(10);
      const auto hop = static_cast<std::uint32_t>(choose.below(4));
      experiment.adversary.postponed.push_back({client, number, hop, choose.skewed(1ms, 1s)});
    }
  }
  return experiment;
}

}  // namespace orrery::scenarios
