#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "reports/sweep.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/simulate.h"
#include "scenarios/cli/version.h"

namespace orrery::cli {
namespace {

// A run of one design, with all of its requests.
struct Measured {
  explicit Measured(const journal::Names& names, Duration warmup) : requests(names, Time(warmup)), ledger(requests) {}
  reports::Requests requests;
  reports::StageLedger ledger;
  reports::Outcome outcome;
};

// The designs in their order: as they are, their variants, and with what --set says.
std::vector<Chosen> designs_of(const Options& options, const Program& program) {
  if (options.names.empty())
    refuse(exit_usage, "compare needs a design", "as in orrery compare booking.toml --all-variants");
  std::vector<Chosen> designs;
  for (const std::string& name : options.names) {
    designs.push_back(choose(name, "", {}, program));
    std::vector<std::string> variants = options.variants;
    if (options.all_variants && names_a_file(name)) variants = read_design(name).variants();
    for (const std::string& variant : variants) designs.push_back(choose(name, variant, {}, program));
    if (options.sets.empty()) continue;
    for (const GridPoint& point : grid_of(options.sets)) {
      Chosen design = choose(name, "", point.sets, program);
      for (const auto& [path, value] : point.sets)
        design.name += fmt::format(" {}={}", path.substr(path.rfind('.') + 1), value);
      designs.push_back(std::move(design));
    }
  }
  if (designs.size() < 2)
    refuse(exit_usage, "compare needs two designs at least",
           "another file, --variant, --all-variants, or --set PATH=VALUE");
  return designs;
}

std::unique_ptr<Measured> measured(const Chosen& design, std::uint64_t seed, const Program& program) {
  const scenarios::Experiment experiment = design.with_seed(seed);
  auto run = std::make_unique<Measured>(scenarios::names_of(experiment, program.code), experiment.warmup);
  run->outcome = scenarios::run(experiment, program.code, {.more_sinks = {&run->ledger}}).outcome;
  return run;
}

std::vector<std::string> paths_that_differ(const Chosen& design, const Chosen& first) {
  std::vector<std::string> paths;
  if (design.argument != first.argument) return paths;
  if (design.design && !design.variant.empty()) paths = read_design(design.argument).paths_of_variant(design.variant);
  for (const auto& [path, value] : design.sets) paths.push_back(path);
  return paths;
}

}  // namespace

int compare_command(const Program& program, const Options& options, const Console& console) {
  const std::vector<Chosen> designs = designs_of(options, program);
  if (options.seed_is_drawn) console.err << fmt::format("seed {}\n", options.seed) << std::flush;
  Output output(options, console);
  const auto start = std::chrono::steady_clock::now();

  reports::Comparison comparison{
      .designs = {}, .pairs = {}, .tolerance_millionths = options.tolerance_millionths, .wall = {}};
  std::unique_ptr<Measured> first;
  std::uint64_t requests = 0;
  for (const Chosen& design : designs) {
    auto run = measured(design, options.seed, program);
    requests += run->outcome.all.completed;
    comparison.designs.push_back({design.name, summary_of(design, {run->outcome}, program, Advice::none),
                                  paths_that_differ(design, designs.front())});
    if (first)
      comparison.pairs.push_back(reports::paired(first->requests, run->requests));
    else
      first = std::move(run);
  }
  const Duration wall = std::chrono::steady_clock::now() - start;
  if (!options.no_wall) comparison.wall = wall;

  if (options.format == Format::json) {
    reports::Invocation invocation{version(), {"orrery", "compare"}};
    invocation.command.insert(invocation.command.end(), options.names.begin(), options.names.end());
    invocation.command.insert(invocation.command.end(), {"--seed", fmt::to_string(options.seed)});
    for (const std::string& variant : options.variants)
      invocation.command.insert(invocation.command.end(), {"--variant", variant});
    if (options.all_variants) invocation.command.emplace_back("--all-variants");
    for (const auto& [path, value] : options.sets)
      invocation.command.insert(invocation.command.end(), {"--set", path + "=" + value});
    output.put(reports::comparison_json(comparison, invocation, host_of(options, 1, requests, wall)).dump(2) + "\n");
  } else {
    output.put(as_typed(reports::comparison_text(comparison, style_of(options, console)), program));
  }
  output.complete();
  return reports::is_worse(comparison) ? exit_red : exit_green;
}

}  // namespace orrery::cli
