#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "reports/story.h"
#include "reports/summary.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/interrupts.h"
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

void put_run(const reports::RunSummary& summary, const Program& program, const reports::Invocation& invocation,
             const nlohmann::ordered_json& host, const Options& options, const Console& console, Output& output) {
  if (options.format == Format::json) return output.put(reports::run_json(summary, invocation, host).dump(2) + "\n");
  const reports::Style style = style_of(options, console);
  output.put(
      as_typed(options.quiet ? reports::verdict_line(summary, style) : reports::run_text(summary, style), program));
}

ShownRun run_and_show(const Chosen& chosen, const scenarios::Experiment& experiment, const Program& program,
                      std::vector<journal::Sink*> more_sinks, const reports::Invocation& invocation,
                      const Options& options, const Console& console, Output& output) {
  std::optional<StoryBefore> story;
  if (options.verbose && !options.quiet && options.format == Format::text)
    more_sinks.push_back(&story.emplace(experiment, program, options).sink());
  const auto start = std::chrono::steady_clock::now();
  const scenarios::RunOptions how{.more_sinks = std::move(more_sinks), .log = {options.log, &console.err}};
  ShownRun shown{scenarios::run(experiment, program.code, how), 0};

  reports::RunSummary summary = summary_of(chosen, {shown.run.outcome}, program, Advice::wanted);
  const Duration wall = std::chrono::steady_clock::now() - start;
  if (!options.no_wall) summary.wall = wall;
  shown.exit_code = reports::exit_code(reports::answer_of(summary));
  if (story) output.put(as_typed(story->text(style_of(options, console), trace_command_for(invocation)), program));
  put_run(summary, program, invocation, host_of(options, 1, shown.run.outcome.all.completed, wall), options, console,
          output);
  return shown;
}

namespace {

reports::Invocation invocation_over(SeedRange seeds, const Options& options, const Chosen& chosen) {
  reports::Invocation invocation = invocation_of(options, chosen.argument, &chosen);
  if (seeds.count != 1 || chosen.seeds != 1)
    invocation.command.insert(invocation.command.end(), {"--seeds", fmt::to_string(seeds.count)});
  return invocation;
}

int run_over_seeds(const Chosen& chosen, SeedRange seeds, const Program& program, const Options& options,
                   const Console& console, Output& output) {
  if (!options.history.empty()) refuse(exit_usage, "--history keeps the records of one seed", "add --seeds 1");
  if (options.log != sim::LogLevel::off) refuse(exit_usage, "--log tells of one seed", "add --seeds 1");
  const Interrupts interrupts;
  const auto start = std::chrono::steady_clock::now();
  const auto with_number = [&](std::uint64_t number) { return chosen.with_seed(seeds.first + number); };
  reports::Seeds all = no_seeds_of(chosen);
  for_each_outcome(seeds.count, with_number, chosen.name, program, options, console,
                   [&](const reports::Outcome& outcome) { all.add(outcome); });
  reports::RunSummary summary = summary_of(chosen, all, program, Advice::wanted);
  const Duration wall = std::chrono::steady_clock::now() - start;
  if (!options.no_wall) summary.wall = wall;
  const reports::Invocation invocation = invocation_over(seeds, options, chosen);
  put_run(summary, program, invocation, host_of(options, options.jobs, summary.outcome.all.completed, wall), options,
          console, output);
  if (all.count() < seeds.count) return Interrupts::exit_code();
  return reports::exit_code(reports::answer_of(summary));
}

}  // namespace

int run_command(const Program& program, const Options& options, const Console& console) try {
  const Chosen chosen = choose(asked_scenario(options, program), options, program);
  const SeedRange seeds = seeds_of(options, chosen);
  if (options.seed_is_drawn) console.err << fmt::format("seed {}\n", options.seed) << std::flush;

  Output output(options, console);
  int exit_code = exit_green;
  if (seeds.count > 1) {
    exit_code = run_over_seeds(chosen, seeds, program, options, console, output);
  } else {
    std::optional<HistoryFile> history;
    std::vector<journal::Sink*> sinks;
    if (!options.history.empty()) sinks.push_back(&history.emplace(options.history));
    exit_code = run_and_show(chosen, chosen.with_seed(seeds.first), program, std::move(sinks),
                             invocation_over(seeds, options, chosen), options, console, output)
                    .exit_code;
    if (history) history->complete();
  }
  output.complete();
  return exit_code;
} catch (const Interrupted&) { return Interrupts::exit_code(); }

}  // namespace orrery::cli
