#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "reports/story.h"
#include "reports/summary.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/show_run.h"

namespace orrery::cli {
namespace {

// What -v tells before the report.
class StoryBefore {
 public:
  StoryBefore(const scenarios::Experiment& experiment, const Program& program, const Options& options)
      : story_(scenarios::names_of(experiment, program.code), {.limit = options.command == "replay" ? 1'000u : 100u},
               [this](std::string_view text) { text_ += text; }) {}

  journal::Sink& sink() { return story_; }

  // `told_in_full` is the command that has all of it.
  std::string text(const reports::Style& style, const std::string& told_in_full) {
    story_.finish();
    if (story_.is_cut()) text_ += fmt::format("{} {} tells all of it\n", style.utf8 ? "…" : "...", told_in_full);
    return text_ + "\n";
  }

 private:
  std::string text_;
  reports::Story story_;
};

// As a shell takes it.
std::string quoted(const std::string& word) {
  const bool is_plain = word.find_first_not_of(
                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                            "_-+=./:,%@") == word.npos;
  if (is_plain) return word;
  std::string text;
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return "'" + text + "'";
}

// The command that was called, as `trace` would take it.
std::string trace_command_for(const reports::Invocation& invocation) {
  std::string text = invocation.command[0] + " trace";
  for (std::size_t i = 2; i < invocation.command.size(); ++i) text += " " + quoted(invocation.command[i]);
  return text + " --format story";
}

}  // namespace

ShownRun run_and_show(const scenarios::Experiment& experiment, const Program& program,
                      std::vector<journal::Sink*> more_sinks, const reports::Invocation& invocation,
                      const Options& options, const Console& console, Output& output) {
  std::optional<StoryBefore> story;
  if (options.verbose && !options.quiet && options.format == Format::text)
    more_sinks.push_back(&story.emplace(experiment, program, options).sink());
  const auto start = std::chrono::steady_clock::now();
  const scenarios::RunOptions how{.more_sinks = std::move(more_sinks), .log = {options.log, &console.err}};
  ShownRun shown{scenarios::run(experiment, program.code, how), 0};
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
    const reports::Style style = style_of(options, console);
    if (story) output.put(as_typed(story->text(style, trace_command_for(invocation)), program));
    const std::string text = as_typed(reports::run_text(summary, style), program);
    output.put(options.quiet ? last_line(text) : text);
  }
  return shown;
}

int run_command(const Program& program, const Options& options, const Console& console) {
  const Chosen chosen = choose(asked_scenario(options, program), options, program);
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
