// A scenario is a lesson: object classes, clients and faults, as a template with parameters. One file each.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "core/object/object_class.h"
#include "scenarios/experiment.h"
#include "scenarios/settings.h"

namespace orrery::scenarios {

struct Scenario {
  std::string name;
  std::string teaches;  // one sentence
  std::vector<ObjectClass> classes;
  std::vector<Parameter> parameters;
  Experiment (*make)(const Settings& settings);       // all but the seed
  std::vector<properties::OwnProperty> properties{};  // beside those that every run is judged by
};

// What a scenario's `make` threw, with the scenario's name: a mistake of whoever wrote it.
class BrokenScenario : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace orrery::scenarios
