#include "scenarios/cli/cli.h"

#include <fmt/format.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <vector>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/console.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/version.h"

namespace orrery::cli {
namespace {

int dispatch(const Options& options, const Console& console) {
  if (options.version && options.command.empty()) return version_command(options, console);
  if (options.help) {
    console.out << help_text(options.command);
    return exit_green;
  }
  if (options.command == "run") return run_command(options, console);
  if (options.command == "check") return check_command(options, console);
  if (options.command == "replay") return replay_command(options, console);
  if (options.command == "list") return list_command(options, console);
  if (options.command == "help") return help_command(options, console);
  if (options.command == "version") return version_command(options, console);
  console.err << help_text("");
  return exit_usage;
}

std::string bug_text(std::span<const std::string> args, const std::string& what) {
  return fmt::format(
      "orrery: a bug in orrery itself: {}\n  please report it, with this text, the command and the build:\n"
      "  orrery {}\n  build {}\n",
      what, fmt::join(args, " "), build_id());
}

}  // namespace

int run_cli(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const Console console{.out = out,
                        .err = err,
                        .out_is_screen = &out == &std::cout && isatty(STDOUT_FILENO) == 1,
                        .err_is_screen = &err == &std::cerr && isatty(STDERR_FILENO) == 1};
  try {
    return dispatch(parse_options(args), console);
  } catch (const Refusal& refusal) {
    err << refusal.what();
    return refusal.code();
  } catch (const std::exception& bug) {
    err << bug_text(args, bug.what());
    return exit_bug;
  }
}

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  const int code = run_cli(args, std::cout, std::cerr);
  std::cout.flush();
  return code;
}

}  // namespace orrery::cli
