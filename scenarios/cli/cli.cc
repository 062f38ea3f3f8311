#include "scenarios/cli/cli.h"

#include <fmt/format.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <map>
#include <vector>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/console.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/version.h"
#include "scenarios/main.h"

namespace orrery::cli {
namespace {

using Command = int (*)(const Program& program, const Options& options, const Console& console);

const std::map<std::string, Command, std::less<>> commands = {
    {"run", run_command},         {"sweep", sweep_command},
    {"compare", compare_command}, {"lint", lint_command},
    {"init", init_command},       {"check", check_command},
    {"replay", replay_command},   {"bench", bench_command},
    {"trace", trace_command},     {"list", list_command},
    {"doctor", doctor_command},   {"help", help_command},
    {"version", version_command}, {"completions", completions_command},
    {"man", man_command},         {"names", names_command}};

int dispatch(const Program& program, const Options& options, const Console& console) {
  if (options.version && options.command.empty()) return version_command(program, options, console);
  if (options.help) {
    Output output(options, console);
    output.put(as_typed(help_text(options.command), program));
    output.complete();
    return exit_green;
  }
  const auto found = commands.find(options.command);
  if (found != commands.end()) return found->second(program, options, console);
  console.err << as_typed(help_text(""), program);
  return exit_usage;
}

std::string bug_text(const Program& program, std::span<const std::string> args, const std::string& what) {
  return fmt::format(
      "orrery: a bug in orrery itself: {}\n  please report it, with this text, the command and the build:\n"
      "  {} {}\n  build {}\n",
      what, program.name, fmt::join(args, " "), program.build());
}

}  // namespace

int run_cli(const Program& program, std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const Console console{.out = out,
                        .err = err,
                        .out_is_screen = &out == &std::cout && isatty(STDOUT_FILENO) == 1,
                        .err_is_screen = &err == &std::cerr && isatty(STDERR_FILENO) == 1};
  try {
    return dispatch(program, parse_options(args), console);
  } catch (const Refusal& refusal) {
    err << as_typed(refusal.what(), program);
    return refusal.code();
  } catch (const scenarios::BrokenScenario& broken) {
    err << fmt::format("orrery: {}\n", broken.what());
    return exit_usage;
  } catch (const std::exception& bug) {
    err << bug_text(program, args, bug.what());
    return exit_bug;
  }
}

int run_program(int argc, char** argv, std::string (*build)(), std::vector<scenarios::Scenario> scenarios) {
  const std::string called = argc > 0 ? argv[0] : "orrery";
  const std::string name = called.substr(called.rfind('/') + 1);
  try {
    const Program program = program_of(name, build, std::move(scenarios));
    const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
    const int code = run_cli(program, args, std::cout, std::cerr);
    std::cout.flush();
    return code;
  } catch (const Refusal& refusal) {
    std::cerr << refusal.what();
    return refusal.code();
  }
}

}  // namespace orrery::cli

int orrery::main(int argc, char** argv, std::vector<scenarios::Scenario> scenarios) {
  return cli::run_program(argc, argv, cli::own_build_id, std::move(scenarios));
}
