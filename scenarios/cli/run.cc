#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "reports/summary.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/show_run.h"

namespace orrery::cli {

ShownRun run_and_show(const scenarios::Experiment& experiment, const Program& program,
                      std::vector<journal::Sink*> more_sinks, const reports::Invocation& invocation,
                      const Options& options, const Console& console, Output& output) {
  const auto start = std::chrono::steady_clock::now();
  ShownRun shown{scenarios::run(experiment, program.code, {.witness = true, .more_sinks = std::move(more_sinks)}), 0};
  const Duration wall = std::chrono::steady_clock::now() - start;

  reports::RunSummary summary{.scenario = experiment.scenario,
                              .duration = experiment.lasts,
                              .warmup = experiment.warmup,
                              .outcome = shown.run.outcome,
                              .names = scenarios::names_of(experiment, program.code),
                              .wall = {}};
  if (!options.no_wall) summary.wall = wall;
  shown.exit_code = reports::exit_code(reports::answer_of(reports::tally_of(summary)));
  if (options.format == Format::json) {
    const auto host = host_of(options, 1, shown.run.outcome.all.completed, wall);
    output.put(reports::run_json(summary, invocation, host).dump(2) + "\n");
  } else {
    const std::string text = as_typed(reports::run_text(summary, style_of(options, console)), program);
    output.put(options.quiet ? last_line(text) : text);
  }
  return shown;
}

int run_command(const Program& program, const Options& options, const Console& console) {
  if (options.names.size() != 1)
    refuse(exit_usage, options.names.empty() ? "run needs the name of a scenario" : "run takes one scenario",
           "orrery list shows all of them");
  const Chosen chosen = choose(options.names.front(), options, program);
  const scenarios::Code& code = program.code;
  const scenarios::Experiment experiment = scenarios::experiment_of(chosen.scenario, chosen.settings, options.seed);
  refuse_mistakes(experiment, code, chosen);
  if (options.seed_is_drawn) console.err << fmt::format("seed {}\n", options.seed) << std::flush;

  Output output(options, console);
  std::optional<HistoryFile> history;
  std::vector<journal::Sink*> sinks;
  if (!options.history.empty()) sinks.push_back(&history.emplace(options.history));
  const ShownRun shown =
      run_and_show(experiment, program, std::move(sinks), invocation_of(options, chosen.scenario.name, &chosen),
                   options, console, output);
  if (history) history->complete();
  output.complete();
  return shown.exit_code;
}

}  // namespace orrery::cli
