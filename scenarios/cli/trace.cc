#include <fmt/format.h>

#include <optional>
#include <string>

#include "reports/neutral_history.h"
#include "reports/story.h"
#include "reports/text.h"
#include "reports/trace.h"
#include "scenarios/cli/chosen.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/files.h"
#include "scenarios/cli/version.h"

namespace orrery::cli {
namespace {

using reports::NeutralHistory;
using reports::PerfettoTrace;
using reports::Story;

// What was asked for: a scenario with its settings, or a file.
scenarios::Experiment experiment_of(const Options& options, const Program& program) {
  const std::string& name = options.names.front();
  if (!names_a_file(name) || !scenarios::read_experiment(read_file(name), name))
    return choose(name, options, program).with_seed(options.seed);
  if (!options.sets.empty())
    refuse(exit_usage, fmt::format("--set goes with a scenario or a design, and {} is an experiment", name),
           "what is set stands in the file");
  return load_experiment(name, program.code).experiment;
}

// What became of it, for the person who waits.
std::string last_words(std::uint64_t written, std::optional<Time> cut_at, const Options& options) {
  using reports::counted;
  const bool is_picture = options.trace == TraceForm::perfetto;
  std::string text = is_picture ? counted(written, "event", "events") : counted(written, "line", "lines");
  if (cut_at)
    text += fmt::format(", cut at {}: --from, --until or --limit change that", reports::instant_text(*cut_at));
  if (is_picture && options.output != "-")
    text += fmt::format("   open {} in https://ui.perfetto.dev", options.output);
  return text + "\n";
}

// Runs the experiment in the sight of one of the sinks of reports/.
template <class Sink>
std::string run_before(Sink& sink, const scenarios::Experiment& experiment, const Program& program,
                       const Options& options) {
  scenarios::run(experiment, program.code, {.more_sinks = {&sink}});
  sink.finish();
  return last_words(sink.written(), sink.cut_at(), options);
}

}  // namespace

// A trace tells what happened and judges nothing: its exit code does not depend on verdicts.
int trace_command(const Program& program, const Options& options, const Console& console) {
  if (options.names.size() != 1)
    refuse(exit_usage,
           options.names.empty() ? "trace needs the name of a scenario, or a file" : "trace takes one run",
           "orrery list shows all scenarios");
  if (options.from >= options.until) refuse(exit_usage, "there is nothing to trace: --from is not before --until");
  const scenarios::Experiment experiment = experiment_of(options, program);
  if (options.seed_is_drawn) console.err << fmt::format("seed {}\n", experiment.seed) << std::flush;

  const reports::TraceBounds bounds{Time(options.from), Time(options.until), options.limit};
  const journal::Names names = scenarios::names_of(experiment, program.code);
  Output output(options, console);
  const auto write = [&](std::string_view text) { output.put(text); };
  std::string words;
  if (options.trace == TraceForm::perfetto) {
    PerfettoTrace trace(names, {"orrery " + version(), experiment.scenario, experiment.seed}, bounds, write);
    words = run_before(trace, experiment, program, options);
  } else if (options.trace == TraceForm::story) {
    Story story(names, bounds, write);
    words = run_before(story, experiment, program, options);
  } else {
    NeutralHistory history(names, bounds, write);
    words = run_before(history, experiment, program, options);
  }
  output.complete();
  if (!options.quiet) console.err << words << std::flush;
  return exit_green;
}

}  // namespace orrery::cli
