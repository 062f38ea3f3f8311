#include "scenarios/cli/simulate.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/decimal.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/interrupts.h"
#include "scenarios/cli/workers.h"
#include "scenarios/findings.h"

namespace orrery::cli {
namespace {

std::string skipped_line(const std::string& reason, const scenarios::TraceSkips::Reason& which) {
  return fmt::format("{} {} skipped, the first is line {}: {}", reports::counted(which.lines, "line", "lines"),
                     which.lines == 1 ? "was" : "were", which.first_line, reason);
}

// What the recording is like, and what of it could not be used.
std::vector<std::string> trace_lines_of(const scenarios::Design& design, const reports::Outcome& outcome) {
  if (!design.trace) return {};
  const scenarios::TraceFacts& facts = *design.trace;
  const auto& plan = *std::get<scenarios::Law>(design.experiment.workload).trace;
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{}: {} over {}{}", plan.file, reports::counted(facts.requests, "request", "requests"),
                              reports::length_text(facts.lasts),
                              plan.speed_millionths == 1'000'000
                                  ? ""
                                  : fmt::format(", sent {} times as fast", decimal_text(plan.speed_millionths, 6))));
  lines.push_back(fmt::format("the busiest second has {}, {} after the first one",
                              reports::counted(facts.peak, "request", "requests"),
                              reports::length_text(facts.peak_at)));
  if (facts.busiest_key_requests > 0)
    lines.push_back(fmt::format("{}, the busiest is {} with {}",
                                reports::counted(facts.keys, "different key", "different keys"), facts.busiest_key,
                                reports::percent_text(facts.busiest_key_requests, facts.requests)));
  for (const auto& [reason, which] : facts.skipped.reasons) lines.push_back(skipped_line(reason, which));
  lines.insert(lines.end(), outcome.notes.begin(), outcome.notes.end());
  return lines;
}

}  // namespace

SeedRange seeds_of(const Options& options, const Chosen& chosen) {
  const SeedRange range{options.seed, options.seeds == 0 ? chosen.seeds : options.seeds};
  if (range.first > UINT64_MAX - (range.count - 1))
    refuse(exit_usage, fmt::format("there are no {} seeds from {} on: seeds have 64 bits", range.count, range.first));
  return range;
}

std::vector<reports::Outcome> outcomes_of(const std::vector<scenarios::Experiment>& experiments,
                                          const std::string& name, const Program& program, const Options& options,
                                          const Console& console) {
  if (experiments.size() == 1) return {scenarios::run(experiments.front(), program.code).outcome};
  Progress progress(options, console, name, experiments.size());
  console.out.flush();
  Workers workers(options.jobs, experiments.size(), [&](std::uint64_t number) {
    return reports::pack(scenarios::run(experiments[number], program.code).outcome);
  });
  std::vector<reports::Outcome> outcomes;
  while (outcomes.size() < experiments.size()) {
    if (Interrupts::exit_code() != 0) throw Interrupted{};
    try {
      if (const auto bytes = workers.next(std::chrono::milliseconds(100)))
        outcomes.push_back(reports::unpack_outcome(*bytes));
    } catch (const WorkerLost& lost) {
      progress.clear();
      refuse(exit_bug, fmt::format("bug: seed {} of {} could not be run: {}", experiments[lost.number()].seed, name,
                                   lost.what()));
    }
    progress.show(outcomes.size(), 0);
  }
  return outcomes;
}

reports::RunSummary summary_of(const Chosen& chosen, const std::vector<reports::Outcome>& by_seed,
                               const Program& program, Advice advice) {
  const scenarios::Experiment& experiment = chosen.experiment;
  const reports::Outcome& first = by_seed.front();
  reports::RunSummary summary{.scenario = chosen.name,
                              .duration = experiment.lasts,
                              .warmup = experiment.warmup,
                              .outcome = reports::merged(by_seed),
                              .names = scenarios::names_of(experiment, program.code),
                              .wall = {}};
  if (by_seed.size() > 1) summary.seeds = reports::seed_outcomes(by_seed);
  summary.objectives = reports::judge(experiment.objectives, by_seed, experiment.lasts - experiment.warmup);
  if (chosen.design) summary.trace_lines = trace_lines_of(*chosen.design, first);
  if (advice == Advice::none || !chosen.design) return summary;

  summary.findings = scenarios::findings_of(experiment, first, summary.objectives, chosen.argument);
  if (!summary.findings.empty() && scenarios::wants_closed_loop_view(first)) {
    scenarios::Experiment loop = scenarios::closed_loop_of(experiment, first);
    loop.seed = first.seed;
    const reports::Latencies seen = scenarios::run(loop, program.code).outcome.all;
    if (seen.completed > 0)
      summary.closed_loop = {scenarios::client_count(loop), seen.completed, seen.histogram.percentile({50'000}),
                             seen.histogram.percentile({99'000})};
  }
  return summary;
}

std::vector<GridPoint> grid_of(const Sets& sets) {
  std::vector<GridPoint> points{{}};
  for (const auto& [path, values] : sets) {
    std::vector<GridPoint> wider;
    for (const GridPoint& point : points)
      for (std::size_t at = 0; at <= values.size();) {
        const std::size_t comma = std::min(values.find(',', at), values.size());
        GridPoint next = point;
        next.values.push_back(values.substr(at, comma - at));
        next.sets.emplace_back(path, next.values.back());
        wider.push_back(std::move(next));
        at = comma + 1;
      }
    points = std::move(wider);
  }
  return points;
}

}  // namespace orrery::cli
