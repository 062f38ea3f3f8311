#include "scenarios/cli/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "properties/catalogue.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/options.h"
#include "scenarios/cli/version.h"

namespace orrery::cli {
namespace {

void add_name(std::set<std::string>& taken, const std::string& what, const std::string& name) {
  if (!taken.insert(name).second) refuse(exit_usage, fmt::format("two {} of this program are called {}", what, name));
}

// Not a capital: the manual page has "\\fBorrery run".
bool is_of_a_name(char c) {
  return std::islower(static_cast<unsigned char>(c)) != 0 || std::isdigit(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-_./").find(c) != std::string_view::npos;
}

void refuse_doubled_names(const Program& program) {
  std::set<std::string> scenarios{"all"};
  for (const scenarios::Scenario& each : program.scenarios) add_name(scenarios, "scenarios", each.name);
  std::set<std::string> properties;
  for (const std::string_view name : properties::property_names()) properties.emplace(name);
  std::set<std::string> classes;
  for (const ObjectClass& each : program.code.classes) {
    add_name(classes, "object classes", each.name());
    for (const ObjectClass::Invariant& invariant : each.invariants())
      add_name(properties, "properties", invariant.name);
  }
  for (const properties::OwnProperty& each : program.code.properties) add_name(properties, "properties", each.name);
}

}  // namespace

Program program_of(std::string name, std::string (*build)(), std::vector<scenarios::Scenario> scenarios) {
  scenarios::Code code = scenarios::code_of(scenarios);
  Program program{std::move(name), build, std::move(scenarios), std::move(code)};
  refuse_doubled_names(program);
  return program;
}

Program built_in_program() { return program_of("orrery", build_id, scenarios::built_in_scenarios()); }

std::string as_typed(std::string text, const Program& program) {
  if (program.name == "orrery") return text;
  std::vector<std::string> commands = command_names();
  commands.emplace_back("COMMAND");  // as help writes it
  for (const std::string& command : commands) {
    const std::string written = "orrery " + command;
    for (std::size_t at = text.find(written); at != text.npos; at = text.find(written, at)) {
      const bool is_a_word = at == 0 || !is_of_a_name(text[at - 1]);
      if (is_a_word) text.replace(at, std::string_view("orrery").size(), program.name);
      at += is_a_word ? program.name.size() : written.size();
    }
  }
  return text;
}

}  // namespace orrery::cli
