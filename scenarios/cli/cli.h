// The tool.
//
// What is asked for goes to `out`, everything else to `err`. Returns the exit code (errors.h).
#pragma once

#include <ostream>
#include <span>
#include <string>

namespace orrery::cli {

int main(int argc, char** argv);

// `args` are those after the name of the program.
int run_cli(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace orrery::cli
