// A program that has the commands of this tool: its name, and the scenarios that it brings along.
//
// The tool `orrery` brings those of scenarios/catalogue.h; whoever links orrery::main brings their own.
#pragma once

#include <string>
#include <vector>

#include "scenarios/catalogue.h"

namespace orrery::cli {

struct Program {
  std::string name;        // as it is called, without directories
  std::string (*build)();  // what tells this build from others (version.h)
  std::vector<scenarios::Scenario> scenarios;
  scenarios::Code code;
};

// Throws Refusal for names that stand twice, or that are taken: of scenarios, object classes and properties.
Program program_of(std::string name, std::string (*build)(), std::vector<scenarios::Scenario> scenarios);
Program built_in_program();

// The whole of a program: its exit code.
int run_program(int argc, char** argv, std::string (*build)(), std::vector<scenarios::Scenario> scenarios);

// The text with commands as they are typed for this program: "orrery replay F" becomes "booking replay F".
std::string as_typed(std::string text, const Program& program);

}  // namespace orrery::cli
