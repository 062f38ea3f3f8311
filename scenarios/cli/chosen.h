// From names on the command line to experiments.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reports/summary.h"
#include "scenarios/cli/options.h"
#include "scenarios/cli/program.h"
#include "scenarios/design/design.h"
#include "scenarios/experiment_file.h"

namespace orrery::cli {

using Sets = std::vector<std::pair<std::string, std::string>>;  // of --set: path and value

// A scenario or a design, with what was set.
struct Chosen {
  std::string argument;                       // as it was asked for: "counter", "booking.toml"
  std::string name;                           // "counter", "booking/shards"
  std::string variant{};                      // of a design; may be empty
  scenarios::Experiment experiment;           // for any seed: its own is not set
  std::uint64_t seeds = 1;                    // that a run has, if nothing else is asked for
  std::map<std::string, std::string> sets;    // as the experiment has them
  std::map<std::string, std::string> tables;  // "matrix" and "cities": the names of the files behind them
  std::optional<scenarios::Design> design{};
  std::vector<std::string> differs{};  // paths that --set gave this one of several designs

  scenarios::Experiment with_seed(std::uint64_t seed) const;
};

std::vector<std::string> scenario_names(const Program& program);

// Those of every run, then the authors' own.
std::vector<std::string> property_names(const Program& program);

// All of these throw Refusal.
const scenarios::Scenario& scenario_named(const std::string& name, const Program& program);
// The one name that the command was given; of a program's only scenario nobody needs to say the name.
std::string asked_scenario(const Options& options, const Program& program);
// Nothing is mistaken in what it gives.
Chosen choose(const std::string& argument, const std::string& variant, const Sets& sets, const Program& program);
Chosen choose(const std::string& argument, const Options& options, const Program& program);
// Empty: none was asked for.
std::string only_variant(const Options& options);
// What --duration, --warmup and --rate say, then these.
Sets with_common_sets(const Options& options, const Sets& sets);
scenarios::DesignFile read_design(const std::string& path);
scenarios::ExperimentFile load_experiment(const std::string& path, const scenarios::Code& code);

// Whether an argument is a file and not a name.
bool names_a_file(const std::string& argument);

// What was called, without what does not shape the result. Names, seeds and settings are added by each command.
reports::Invocation invocation_of(const Options& options, const std::string& name, const Chosen* chosen);

// The machine, for JSON; null with --no-wall.
nlohmann::ordered_json host_of(const Options& options, int jobs, std::uint64_t requests, Duration wall);

}  // namespace orrery::cli
