#include "scenarios/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "scenarios/birth_race.h"
#include "scenarios/counter.h"
#include "scenarios/data_center_outage.h"
#include "scenarios/lost_update.h"
#include "scenarios/notes.h"
#include "scenarios/owner_crash.h"
#include "scenarios/split_brain.h"
#include "scenarios/transfers.h"
#include "scenarios/zombie.h"

namespace orrery::scenarios {

std::vector<Scenario> built_in_scenarios() {
  return {counter(),     notes(),  lost_update(),          transfers(),  owner_crash(),
          split_brain(), zombie(), data_center_outage(), birth_race()};
}

Code code_of(const std::vector<Scenario>& scenarios) {
  Code code;
  for (const Scenario& scenario : scenarios) {
    code.classes.insert(code.classes.end(), scenario.classes.begin(), scenario.classes.end());
    code.properties.insert(code.properties.end(), scenario.properties.begin(), scenario.properties.end());
  }
  return code;
}

namespace {

Experiment made_by(const Scenario& scenario, const Settings& settings) try {
  return scenario.make(settings);
} catch (const std::exception& error) {
  throw BrokenScenario(fmt::format("scenario {} makes no experiment: it threw: {}", scenario.name, error.what()));
}

}  // namespace

Experiment experiment_of(const Scenario& scenario, const Settings& settings, std::uint64_t seed) {
  Experiment experiment = made_by(scenario, settings);
  experiment.seed = seed;
  if (std::ranges::all_of(experiment.classes, [](const ClassPlan& each) { return each.model.empty(); }))
    std::erase(experiment.properties, "serialization");  // it judges classes that have a model
  for (const properties::OwnProperty& own : scenario.properties) experiment.properties.push_back(own.name);
  for (const ObjectClass& each : scenario.classes)
    for (const ObjectClass::Invariant& invariant : each.invariants()) experiment.properties.push_back(invariant.name);
  return experiment;
}

}  // namespace orrery::scenarios
