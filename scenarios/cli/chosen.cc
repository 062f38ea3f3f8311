#include "scenarios/cli/chosen.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "properties/catalogue.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/files.h"
#include "scenarios/cli/version.h"

namespace orrery::cli {

std::vector<std::string> scenario_names(const Program& program) {
  std::vector<std::string> names;
  for (const scenarios::Scenario& each : program.scenarios) names.push_back(each.name);
  return names;
}

std::vector<std::string> property_names(const Program& program) {
  std::vector<std::string> names;
  for (const std::string_view name : properties::property_names()) names.emplace_back(name);
  for (const properties::OwnProperty& each : program.code.properties) names.push_back(each.name);
  for (const ObjectClass& each : program.code.classes)
    for (const ObjectClass::Invariant& invariant : each.invariants()) names.push_back(invariant.name);
  return names;
}

const scenarios::Scenario& scenario_named(const std::string& name, const Program& program) {
  const auto found = std::ranges::find(program.scenarios, name, &scenarios::Scenario::name);
  if (found == program.scenarios.end())
    refuse_name("scenario", name, scenario_names(program), "orrery list shows all of them");
  return *found;
}

bool names_a_file(const std::string& argument) {
  return argument.find('/') != argument.npos || argument.ends_with(".toml");
}

std::string asked_scenario(const Options& options, const Program& program) {
  if (options.names.empty() && program.scenarios.size() == 1) return program.scenarios.front().name;
  if (options.names.size() == 1) return options.names.front();
  refuse(exit_usage,
         options.names.empty() ? fmt::format("{} needs the name of a scenario", options.command)
                               : fmt::format("{} takes one scenario", options.command),
         "orrery list shows all of them");
}

Chosen choose(const std::string& name, const Options& options, const Program& program) {
  if (names_a_file(name))
    refuse(exit_usage, fmt::format("{} takes the name of a scenario, and {} is a file", options.command, name),
           fmt::format("orrery replay {} runs an experiment from a file", name));
  const scenarios::Scenario& scenario = scenario_named(name, program);
  Chosen chosen{scenario, scenarios::Settings(scenario.parameters)};
  for (const auto& [path, value] : options.sets) {
    const auto set = chosen.settings.set(path, value);
    if (!set)
      refuse(exit_usage, fmt::format("--set {}={}: {}", path, value, set.error()),
             fmt::format("orrery list {} shows its settings", name));
    if (!chosen.settings.is_file(path)) continue;
    const std::string text = value.empty() ? "" : read_file(value);
    if (!value.empty() && text.empty())
      refuse(exit_usage, value + " is empty", "orrery list rtt shows what a matrix holds");
    chosen.settings.set_file(path, {value, text});
  }
  return chosen;
}

void refuse_mistakes(const scenarios::Experiment& experiment, const scenarios::Code& code, const Chosen& chosen) {
  std::optional<FileError> mistake = scenarios::mistake_in(experiment, code);
  if (!mistake) return;
  if (mistake->file.empty()) refuse(exit_usage, mistake->message, mistake->note);
  const std::string table = mistake->file.substr(0, mistake->file.find('.'));
  for (const scenarios::Parameter& parameter : chosen.settings.parameters())
    if (chosen.settings.is_file(parameter.path) && parameter.path.ends_with("." + table))
      mistake->file = chosen.settings.get<scenarios::FileText>(parameter.path).name;
  refuse(*mistake);
}

scenarios::ExperimentFile load_experiment(const std::string& path, const scenarios::Code& code) {
  auto file = scenarios::read_experiment(read_file(path), path);
  if (!file) refuse(file.error());
  if (std::optional<FileError> mistake = scenarios::mistake_in(file->experiment, code)) {
    const std::string table = mistake->file.substr(0, mistake->file.find('.'));
    mistake->file = table.empty() ? path : fmt::format("{}, network.{}", path, table);
    refuse(*mistake);
  }
  return std::move(*file);
}

reports::Invocation invocation_of(const Options& options, const std::string& name, const Chosen* chosen) {
  reports::Invocation invocation{version(), {"orrery", options.command, name}};
  if (!chosen) return invocation;
  auto& command = invocation.command;
  command.insert(command.end(), {"--seed", fmt::to_string(options.seed)});
  if (options.command == "check") {
    command.insert(command.end(), {"--seeds", fmt::to_string(options.seeds)});
    for (const std::string& property : options.properties) command.insert(command.end(), {"--property", property});
    if (options.faults == scenarios::DrawnFaults::off) command.insert(command.end(), {"--faults", "off"});
    if (options.keep_going > 1) command.insert(command.end(), {"--keep-going", fmt::to_string(options.keep_going)});
  }
  std::map<std::string, std::string> sets;
  for (const auto& [path, value] : options.sets) sets[path] = to_text(chosen->settings.at(path));
  for (const auto& [path, value] : sets) command.insert(command.end(), {"--set", path + "=" + value});
  return invocation;
}

nlohmann::ordered_json host_of(const Options& options, int jobs, std::uint64_t requests, Duration wall) {
  if (options.no_wall) return nullptr;
  utsname system{};
  uname(&system);
  nlohmann::ordered_json host{{"os", fmt::format("{} {}", system.sysname, system.machine)},
                              {"cpus", sysconf(_SC_NPROCESSORS_ONLN)},
                              {"jobs", jobs}};
  const double seconds = std::chrono::duration<double>(wall).count();
  if (seconds > 0) host["requests_per_second"] = static_cast<std::uint64_t>(static_cast<double>(requests) / seconds);
  return host;
}

}  // namespace orrery::cli
