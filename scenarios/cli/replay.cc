#include <fmt/format.h>

#include "reports/text.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/show_run.h"
#include "scenarios/cli/version.h"
#include "sim/fingerprint.h"

namespace orrery::cli {
namespace {

std::string place_of_difference(const sim::Checkpoints& expected, const scenarios::Run& run) {
  using reports::with_separators;
  if (const auto window = sim::window_of_first_difference(expected, run.checkpoints))
    return fmt::format("first difference between record {} and {}", with_separators(window->first),
                       with_separators(window->second));
  const std::uint64_t known = expected.values.size() * expected.interval;
  return fmt::format("first difference after record {}", with_separators(std::min(known, run.outcome.events)));
}

// Compares the run with what the file tells of it. Returns the exit code that this asks for.
int compare(const scenarios::ExperimentFile& file, const scenarios::Run& run, const Program& program,
            const Console& console) {
  const scenarios::ExperimentStamp& stamp = file.stamp;
  if (!stamp.fingerprint) return exit_green;
  if (file.edited) {
    console.err << "note: the experiment was edited after it was stored, so its fingerprint is not compared\n";
    return exit_green;
  }
  if (*stamp.fingerprint == run.outcome.fingerprint) return exit_green;
  const std::string where = place_of_difference(stamp.checkpoints, run);
  if (stamp.build != program.build()) {
    console.err << fmt::format("note: stored by build {}, this is {}: not the same run, {}\n", stamp.build,
                               program.build(), where);
    return exit_green;
  }
  console.err << fmt::format("orrery: the replay is not the run that was stored: fingerprint {}, not {}\n  {}\n",
                             reports::fingerprint_text(run.outcome.fingerprint),
                             reports::fingerprint_text(*stamp.fingerprint), where);
  return exit_diverged;
}

}  // namespace

int replay_command(const Program& program, const Options& options, const Console& console) {
  if (options.names.size() != 1)
    refuse(exit_usage, options.names.empty() ? "replay needs a file" : "replay takes one file",
           "orrery check writes one for each failure");
  const std::string& path = options.names.front();
  if (!names_a_file(path))
    refuse(exit_usage, fmt::format("replay takes a file, and \"{}\" is a name", path),
           fmt::format("./{} would be a file; orrery run {} runs a scenario", path, path));
  const scenarios::ExperimentFile file = load_experiment(path, program.code);

  const Chosen chosen{
      .argument = path, .name = file.experiment.scenario, .experiment = file.experiment, .sets = {}, .tables = {}};
  Output output(options, console);
  const ShownRun shown = run_and_show(chosen, file.experiment, program, {}, invocation_of(options, path, nullptr),
                                      options, console, output);
  const int exit_code = graver(shown.exit_code, compare(file, shown.run, program, console));
  output.complete();
  return exit_code;
}

}  // namespace orrery::cli
