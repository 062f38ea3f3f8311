// From names on the command line to experiments.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "reports/summary.h"
#include "scenarios/cli/options.h"
#include "scenarios/cli/program.h"
#include "scenarios/experiment_file.h"

namespace orrery::cli {

// A scenario with the values of --set.
struct Chosen {
  scenarios::Scenario scenario;
  scenarios::Settings settings;
};

std::vector<std::string> scenario_names(const Program& program);

// Those of every run, then the authors' own.
std::vector<std::string> property_names(const Program& program);

// All of these throw Refusal.
const scenarios::Scenario& scenario_named(const std::string& name, const Program& program);
// The one name that the command was given; of a program's only scenario nobody needs to say the name.
std::string asked_scenario(const Options& options, const Program& program);
Chosen choose(const std::string& name, const Options& options, const Program& program);
void refuse_mistakes(const scenarios::Experiment& experiment, const scenarios::Code& code, const Chosen& chosen);
scenarios::ExperimentFile load_experiment(const std::string& path, const scenarios::Code& code);

// Whether an argument is a file and not a name.
bool names_a_file(const std::string& argument);

// What was called, without what does not shape the result. Names, seeds and settings are added by each command.
reports::Invocation invocation_of(const Options& options, const std::string& name, const Chosen* chosen);

// The machine, for JSON; null with --no-wall.
nlohmann::ordered_json host_of(const Options& options, int jobs, std::uint64_t requests, Duration wall);

}  // namespace orrery::cli
