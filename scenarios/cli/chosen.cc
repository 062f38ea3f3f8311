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
         options.names.empty() ? fmt::format("{} needs the name of a scenario, or a design", options.command)
                               : fmt::format("{} takes one scenario or design", options.command),
         "orrery list shows all of them");
}

namespace {

[[noreturn]] void refuse_mistake(FileError mistake, const Chosen& chosen) {
  if (mistake.file.empty() && chosen.design) {
    FileError placed = chosen.design->at(mistake.part);
    placed.message += mistake.message;
    placed.note = mistake.note;
    refuse(placed);
  }
  if (mistake.file.empty()) refuse(exit_usage, mistake.message, mistake.note);
  const auto table = chosen.tables.find(mistake.file.substr(0, mistake.file.find('.')));
  if (table != chosen.tables.end()) mistake.file = table->second;
  refuse(mistake);
}

// A file that --set names.
scenarios::FileText read_setting(const std::string& name) {
  std::string text = name.empty() ? "" : read_file(name);
  if (!name.empty() && text.empty())
    refuse(exit_usage, name + " is empty", "orrery list rtt shows what a matrix holds");
  return {name, std::move(text)};
}

Chosen chosen_scenario(const std::string& name, const Sets& sets, const Program& program) {
  const scenarios::Scenario& scenario = scenario_named(name, program);
  scenarios::Settings settings(scenario.parameters);
  Chosen chosen{.argument = name, .name = name, .experiment = {}, .sets = {}, .tables = {}};
  for (const auto& [path, value] : sets) {
    const auto set = settings.set(path, value);
    if (!set)
      refuse(exit_usage, fmt::format("--set {}={}: {}", path, value, set.error()),
             fmt::format("orrery list {} shows its settings", name));
    if (settings.is_file(path)) {
      settings.set_file(path, read_setting(value));
      chosen.tables[path.substr(path.rfind('.') + 1)] = value;
    }
    chosen.sets[path] = to_text(settings.at(path));
  }
  chosen.experiment = scenarios::experiment_of(scenario, settings, 1);
  return chosen;
}

Chosen chosen_design(const std::string& path, const std::string& variant, const Sets& sets) {
  const scenarios::DesignFile file = read_design(path);
  auto design = file.choose({variant, sets});
  if (!design) refuse(design.error());
  Chosen chosen{.argument = path,
                .name = design->name,
                .variant = variant,
                .experiment = design->experiment,
                .seeds = design->seeds,
                .sets = {},
                .tables = {}};
  for (const auto& [set, value] : sets) chosen.sets[set] = value;
  for (const char* table : {"matrix", "cities"}) {
    const std::string name = file.value_at(fmt::format("network.{}", table), {variant, sets});
    if (!name.empty()) chosen.tables[table] = name;
  }
  chosen.design = std::move(*design);
  return chosen;
}

}  // namespace

scenarios::Experiment Chosen::with_seed(std::uint64_t seed) const {
  scenarios::Experiment its = experiment;
  its.seed = seed;
  return its;
}

scenarios::DesignFile read_design(const std::string& path) {
  auto file = scenarios::DesignFile::read(path, [](const std::string& name) { return read_file(name); });
  if (file) return std::move(*file);
  refuse(file.error());
}

Chosen choose(const std::string& argument, const std::string& variant, const Sets& sets, const Program& program) {
  if (!names_a_file(argument) && !variant.empty())
    refuse(exit_usage, fmt::format("--variant goes with a design, and {} is a scenario", argument),
           "orrery init booking -o booking.toml writes a design");
  if (names_a_file(argument) && scenarios::read_experiment(read_file(argument), argument))
    refuse(exit_usage, fmt::format("{} is an experiment, not a design", argument),
           fmt::format("orrery replay {} runs it", argument));
  Chosen chosen =
      names_a_file(argument) ? chosen_design(argument, variant, sets) : chosen_scenario(argument, sets, program);
  if (auto mistake = scenarios::mistake_in(chosen.experiment, program.code))
    refuse_mistake(std::move(*mistake), chosen);
  return chosen;
}

std::string only_variant(const Options& options) {
  if (options.variants.size() > 1) refuse(exit_usage, fmt::format("{} takes one --variant", options.command));
  return options.variants.empty() ? "" : options.variants.front();
}

Sets with_common_sets(const Options& options, const Sets& sets) {
  Sets all = options.common_sets;
  all.insert(all.end(), sets.begin(), sets.end());
  return all;
}

Chosen choose(const std::string& argument, const Options& options, const Program& program) {
  return choose(argument, only_variant(options), with_common_sets(options, options.sets), program);
}

scenarios::ExperimentFile load_experiment(const std::string& path, const scenarios::Code& code) {
  auto file = scenarios::read_experiment(read_file(path), path);
  if (!file) refuse(file.error());
  if (std::optional<FileError> mistake = scenarios::mistake_in(file->experiment, code)) {
    const std::string table = mistake->file.substr(0, mistake->file.find('.'));
    mistake->file = table.empty() ? path : fmt::format("{}, network.{}", path, table);
    refuse(*mistake);
  }
  if (const auto* law = std::get_if<scenarios::Law>(&file->experiment.workload); law && law->trace)
    if (const auto scanned = scenarios::scan_trace(*law->trace); !scanned) refuse(scanned.error());
  return std::move(*file);
}

reports::Invocation invocation_of(const Options& options, const std::string& name, const Chosen* chosen) {
  reports::Invocation invocation{version(), {"orrery", options.command, name}};
  if (!chosen) return invocation;
  auto& command = invocation.command;
  if (!chosen->variant.empty()) command.insert(command.end(), {"--variant", chosen->variant});
  command.insert(command.end(), {"--seed", fmt::to_string(options.seed)});
  if (options.command == "check") {
    command.insert(command.end(), {"--seeds", fmt::to_string(options.seeds)});
    for (const std::string& property : options.properties) command.insert(command.end(), {"--property", property});
    if (options.faults == scenarios::DrawnFaults::off) command.insert(command.end(), {"--faults", "off"});
    if (options.keep_going > 1) command.insert(command.end(), {"--keep-going", fmt::to_string(options.keep_going)});
  }
  for (const auto& [path, value] : chosen->sets) command.insert(command.end(), {"--set", path + "=" + value});
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
