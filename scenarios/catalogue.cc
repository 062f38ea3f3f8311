#include "scenarios/catalogue.h"

#include "scenarios/counter.h"
#include "scenarios/lost_update.h"
#include "scenarios/notes.h"

namespace orrery::scenarios {

std::vector<Scenario> built_in_scenarios() { return {counter(), notes(), lost_update()}; }

Code code_of(const std::vector<Scenario>& scenarios) {
  Code code;
  for (const Scenario& scenario : scenarios)
    code.classes.insert(code.classes.end(), scenario.classes.begin(), scenario.classes.end());
  return code;
}

Experiment experiment_of(const Scenario& scenario, const Settings& settings, std::uint64_t seed) {
  Experiment experiment = scenario.make(settings);
  experiment.seed = seed;
  return experiment;
}

}  // namespace orrery::scenarios
