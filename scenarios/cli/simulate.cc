#include "scenarios/cli/simulate.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/decimal.h"
#include "properties/catalogue.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/interrupts.h"
#include "scenarios/cli/workers.h"
#include "scenarios/findings.h"
#include "scenarios/object_names.h"

namespace orrery::cli {
namespace {

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
    lines.push_back(fmt::format("{}{}, the busiest is {} with {}{}", facts.keys_are_all ? "" : "more than ",
                                reports::counted(facts.keys, "different key", "different keys"), facts.busiest_key,
                                facts.busiest_key_error == 0 ? "" : "about ",
                                reports::percent_text(facts.busiest_key_requests, facts.requests)));
  for (std::string& text : scenarios::to_texts(facts.skipped, "line", "skipped")) lines.push_back(std::move(text));
  lines.insert(lines.end(), outcome.notes.begin(), outcome.notes.end());
  return lines;
}

}  // namespace

reports::Seeds no_seeds_of(const Chosen& chosen) {
  const scenarios::Experiment& experiment = chosen.experiment;
  return {experiment.objectives, experiment.lasts - experiment.warmup};
}

SeedRange seeds_of(const Options& options, const Chosen& chosen) {
  const SeedRange range{options.seed, options.seeds == 0 ? chosen.seeds : options.seeds};
  if (range.first > UINT64_MAX - (range.count - 1))
    refuse(exit_usage, fmt::format("there are no {} seeds from {} on: seeds have 64 bits", range.count, range.first));
  return range;
}

void for_each_result(std::uint64_t count, const Workers::Work& work, const std::string& name, const Options& options,
                     const Console& console, const std::function<void(const Bytes&)>& take) {
  if (count == 1) return take(work(0));
  Progress progress(options, console, name, count);
  console.out.flush();
  Workers workers(options.jobs, count, work);
  while (workers.taken() < count) {
    if (Interrupts::exit_code() != 0) {
      if (workers.taken() == 0) throw Interrupted{};
      return;
    }
    try {
      if (const auto bytes = workers.next(std::chrono::milliseconds(100))) take(*bytes);
    } catch (const WorkerLost& lost) {
      progress.clear();
      refuse(exit_bug, fmt::format("bug: run {} of {} of {} could not be made: {}", lost.number() + 1, count, name,
                                   lost.what()));
    }
    progress.show(workers.taken(), 0);
  }
}

void for_each_outcome(std::uint64_t count, const ExperimentNumber& experiment, const std::string& name,
                      const Program& program, const Options& options, const Console& console,
                      const std::function<void(const reports::Outcome&)>& take) {
  const auto work = [&](std::uint64_t number) {
    return reports::pack(scenarios::run(experiment(number), program.code).outcome);
  };
  for_each_result(count, work, name, options, console,
                  [&](const Bytes& bytes) { take(reports::unpack_outcome(bytes)); });
}

namespace {

// Another run, of the first seed.
reports::ClosedLoopView closed_loop_view(const scenarios::Experiment& experiment, const reports::Outcome& outcome,
                                         std::uint64_t seeds, const Program& program) {
  scenarios::Experiment loop = scenarios::closed_loop_of(experiment, outcome, seeds);
  loop.seed = outcome.seed;
  const reports::Latencies seen = scenarios::run(loop, program.code).outcome.all;
  if (seen.completed == 0) return {};
  return {scenarios::client_count(loop), seen.completed, loop.lasts - loop.warmup,
          seen.histogram.percentile({50'000}), seen.histogram.percentile({99'000})};
}

}  // namespace

reports::RunSummary summary_of(const Chosen& chosen, const reports::Seeds& seeds, const Program& program,
                               Advice advice) {
  const scenarios::Experiment& experiment = chosen.experiment;
  reports::RunSummary summary{.scenario = chosen.name,
                              .duration = experiment.lasts,
                              .warmup = experiment.warmup,
                              .outcome = seeds.merged(),
                              .names = scenarios::names_of(experiment, program.code),
                              .wall = {},
                              .seeds = seeds.seed_outcomes(),
                              .objectives = seeds.judged()};
  const reports::Outcome& outcome = summary.outcome;
  scenarios::name_objects(summary.outcome, experiment);
  if (!chosen.design) return summary;
  if (!chosen.design->names_properties)
    for (const std::string_view name : properties::usual_property_names()) summary.unasked.emplace_back(name);
  summary.trace_lines = trace_lines_of(*chosen.design, outcome);
  if (advice == Advice::none) return summary;

  summary.findings = scenarios::findings_of(experiment, outcome, summary.objectives, chosen.argument, seeds.count());
  if (summary.findings.empty() || !scenarios::wants_closed_loop_view(outcome)) return summary;
  const reports::ClosedLoopView view = closed_loop_view(experiment, outcome, seeds.count(), program);
  if (view.requests > 0) summary.closed_loop = view;
  return summary;
}

reports::RunSummary summary_of(const Chosen& chosen, const std::vector<reports::Outcome>& by_seed,
                               const Program& program, Advice advice) {
  reports::Seeds seeds = no_seeds_of(chosen);
  for (const reports::Outcome& each : by_seed) seeds.add(each);
  return summary_of(chosen, seeds, program, advice);
}

namespace {

// The values between the commas, but for those in quotes, braces and brackets: "{dist="zipf",n=100}" is one.
std::vector<std::string> values_in(const std::string& list) {
  std::vector<std::string> values(1);
  char quote = 0;
  int depth = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const char c = list[i];
    if (quote == '"' && c == '\\' && i + 1 < list.size()) {
      values.back() += list.substr(i++, 2);
      continue;
    }
    if (quote != 0)
      quote = c == quote ? 0 : quote;
    else if ((c == '"' || c == '\'') && (depth > 0 || values.back().empty()))
      quote = c;
    else if (c == '{' || c == '[')
      ++depth;
    else if (c == '}' || c == ']')
      --depth;
    else if (c == ',' && depth <= 0) {
      values.emplace_back();
      continue;
    }
    values.back() += c;
  }
  return values;
}

}  // namespace

std::vector<GridPoint> grid_of(const Sets& sets) {
  std::vector<GridPoint> points{{}};
  for (const auto& [path, values] : sets) {
    std::vector<GridPoint> wider;
    for (const GridPoint& point : points)
      for (const std::string& value : values_in(values)) {
        GridPoint next = point;
        next.values.push_back(value);
        next.sets.emplace_back(path, value);
        wider.push_back(std::move(next));
      }
    points = std::move(wider);
  }
  return points;
}

}  // namespace orrery::cli
