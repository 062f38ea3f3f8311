#include "reports/sweep.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/interrupts.h"
#include "scenarios/cli/simulate.h"

namespace orrery::cli {
namespace {

constexpr std::size_t points_max = 1'000;

std::uint64_t requests_of(const reports::SweepSummary& sweep) {
  std::uint64_t requests = 0;
  for (const reports::SweepPoint& point : sweep.points) requests += point.run.outcome.all.completed;
  return requests;
}

// What shapes the result: the grid as it was typed.
reports::Invocation called(const Options& options, const Chosen& first, SeedRange seeds) {
  Chosen named = first;
  named.sets.clear();
  reports::Invocation invocation = invocation_of(options, first.argument, &named);
  for (const auto& [path, values] : with_common_sets(options, options.sets))
    invocation.command.insert(invocation.command.end(), {"--set", path + "=" + values});
  invocation.command.insert(invocation.command.end(), {"--seeds", fmt::to_string(seeds.count)});
  return invocation;
}

}  // namespace

int sweep_command(const Program& program, const Options& options, const Console& console) try {
  const std::string name = asked_scenario(options, program);
  if (options.sets.empty())
    refuse(exit_usage, "sweep needs what varies", fmt::format("as in orrery sweep {} --set PATH=1,2,4", name));
  const std::vector<GridPoint> grid = grid_of(options.sets);
  if (grid.size() > points_max)
    refuse(exit_usage, fmt::format("the grid has {} points: at most {} are possible", grid.size(), points_max));
  const std::string variant = only_variant(options);
  std::vector<Chosen> designs;
  for (const GridPoint& point : grid)
    designs.push_back(choose(name, variant, with_common_sets(options, point.sets), program));
  const SeedRange seeds = seeds_of(options, designs.front());
  if (options.seed_is_drawn) console.err << fmt::format("seed {}\n", options.seed) << std::flush;

  const Interrupts interrupts;
  Output output(options, console);
  const auto start = std::chrono::steady_clock::now();
  const auto with_number = [&](std::uint64_t number) {
    return designs[number / seeds.count].with_seed(seeds.first + number % seeds.count);
  };
  std::vector<reports::Seeds> points;
  const auto take = [&](const reports::Outcome& outcome) {
    if (points.empty() || points.back().count() == seeds.count) points.push_back(no_seeds_of(designs[points.size()]));
    points.back().add(outcome);
  };
  for_each_outcome(designs.size() * seeds.count, with_number, designs.front().name, program, options, console, take);
  if (!points.empty() && points.back().count() < seeds.count) points.pop_back();

  reports::SweepSummary sweep{.design = name, .paths = {}, .points = {}, .wall = {}};
  for (const auto& [path, values] : options.sets) sweep.paths.push_back(path);
  for (std::size_t i = 0; i < points.size(); ++i)
    sweep.points.push_back({grid[i].values, summary_of(designs[i], points[i], program, Advice::none)});
  if (sweep.points.empty()) throw Interrupted{};
  const Duration wall = std::chrono::steady_clock::now() - start;
  if (!options.no_wall) sweep.wall = wall;
  if (options.format == Format::json)
    output.put(reports::sweep_json(sweep, called(options, designs.front(), seeds),
                                   host_of(options, options.jobs, requests_of(sweep), wall))
                   .dump(2) +
               "\n");
  else
    output.put(as_typed(reports::sweep_text(sweep, style_of(options, console)), program));
  output.complete();
  if (sweep.points.size() < designs.size()) return Interrupts::exit_code();
  const auto answer = reports::answer_of(sweep);
  return answer ? reports::exit_code(*answer) : exit_green;
} catch (const Interrupted&) { return Interrupts::exit_code(); }

}  // namespace orrery::cli
