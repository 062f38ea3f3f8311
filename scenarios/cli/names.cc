// Names for completion, one a line: what the scripts of `completions` ask while somebody types.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/cli/chosen.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/manual.h"
#include "scenarios/design/templates.h"
#include "scenarios/rules.h"

namespace orrery::cli {
namespace {

// Of all scenarios, if none is named.
std::vector<std::string> settings_of(const std::string& scenario, const Program& program) {
  const bool is_any = scenario.empty() || scenario == "all";
  std::vector<std::string> paths;
  for (const scenarios::Scenario& each : program.scenarios)
    if (is_any || each.name == scenario)
      for (const scenarios::Parameter& parameter : each.parameters)
        if (std::ranges::find(paths, parameter.path) == paths.end()) paths.push_back(parameter.path);
  return paths;
}

}  // namespace

int names_command(const Program& program, const Options& options, const Console& console) {
  const std::string kind = options.names.empty() ? "" : options.names.front();
  std::vector<std::string> names;
  if (kind == "scenarios")
    names = scenario_names(program);
  else if (kind == "properties")
    names = property_names(program);
  else if (kind == "settings")
    names = settings_of(options.names.size() > 1 ? options.names[1] : "", program);
  else if (kind == "templates")
    for (const scenarios::DesignTemplate& each : scenarios::design_templates()) names.emplace_back(each.name);
  else if (kind == "rules")
    for (const scenarios::Rule& each : scenarios::rules()) names.emplace_back(each.id);
  else if (kind == "topics")
    names.assign(command_called("list")->words.begin(), command_called("list")->words.end());
  else
    refuse(exit_usage, fmt::format("there are no names of \"{}\"", kind));
  Output output(options, console);
  for (const std::string& name : names) output.put(name + "\n");
  output.complete();
  return exit_green;
}

}  // namespace orrery::cli
