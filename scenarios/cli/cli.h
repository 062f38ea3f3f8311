// The tool.
//
// What is asked for goes to `out`, everything else to `err`. Returns the exit code (errors.h). A program of somebody
// else's, with scenarios of their own, begins at scenarios/main.h.
#pragma once

#include <ostream>
#include <span>
#include <string>

#include "scenarios/cli/program.h"

namespace orrery::cli {

// `args` are those after the name of the program.
int run_cli(const Program& program, std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace orrery::cli
