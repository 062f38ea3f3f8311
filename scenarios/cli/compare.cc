#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/base/bytes.h"
#include "core/base/decimal.h"
#include "reports/sweep.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/interrupts.h"
#include "scenarios/cli/simulate.h"
#include "scenarios/cli/version.h"

namespace orrery::cli {
namespace {

// The requests of one run.
struct Measured {
  explicit Measured(const journal::Names& names, Duration warmup) : requests(names, Time(warmup)), ledger(requests) {}
  reports::Requests requests;
  reports::StageLedger ledger;
};

// The designs in their order: as they are, their variants, and with what --set says.
std::vector<Chosen> designs_of(const Options& options, const Program& program) {
  if (options.names.empty())
    refuse(exit_usage, "compare needs a design", "as in orrery compare booking.toml --all-variants");
  std::vector<Chosen> designs;
  const auto add = [&](const std::string& name, const std::string& variant, const Sets& sets) {
    designs.push_back(choose(name, variant, with_common_sets(options, sets), program));
  };
  for (const std::string& name : options.names) {
    add(name, "", {});
    std::vector<std::string> variants = options.variants;
    if (options.all_variants && names_a_file(name)) variants = read_design(name).variants();
    for (const std::string& variant : variants) add(name, variant, {});
    if (options.sets.empty()) continue;
    for (const GridPoint& point : grid_of(options.sets)) {
      add(name, "", point.sets);
      for (const auto& [path, value] : point.sets) {
        designs.back().name += fmt::format(" {}={}", path.substr(path.rfind('.') + 1), value);
        designs.back().differs.push_back(path);
      }
    }
  }
  if (designs.size() < 2)
    refuse(exit_usage, "compare needs two designs at least",
           "another file, --variant, --all-variants, or --set PATH=VALUE");
  return designs;
}

// Of one seed: the outcomes of all designs, and each later one paired with the first.
struct Compared {
  std::vector<reports::Outcome> outcomes;
  std::vector<reports::Paired> pairs;
};

Bytes packed(const Compared& compared) {
  Writer writer;
  for (const reports::Outcome& each : compared.outcomes) writer.put(reports::pack(each));
  for (const reports::Paired& each : compared.pairs) writer.put(reports::pack(each));
  return writer.take();
}

Compared unpacked(const Bytes& bytes, std::size_t designs) {
  Compared compared;
  Reader reader(bytes);
  for (std::size_t i = 0; i < designs; ++i)
    compared.outcomes.push_back(reports::unpack_outcome(reader.next<std::string>()));
  for (std::size_t i = 1; i < designs; ++i)
    compared.pairs.push_back(reports::unpack_paired(reader.next<std::string>()));
  return compared;
}

Compared compare_seed(const std::vector<Chosen>& designs, std::uint64_t seed, const Program& program) {
  Compared compared;
  std::unique_ptr<Measured> first;
  for (const Chosen& design : designs) {
    const scenarios::Experiment experiment = design.with_seed(seed);
    auto run = std::make_unique<Measured>(scenarios::names_of(experiment, program.code), experiment.warmup);
    compared.outcomes.push_back(scenarios::run(experiment, program.code, {.more_sinks = {&run->ledger}}).outcome);
    if (first)
      compared.pairs.push_back(reports::paired(first->requests, run->requests));
    else
      first = std::move(run);
  }
  return compared;
}

std::vector<std::string> paths_that_differ(const Chosen& design, const Chosen& first) {
  if (design.argument != first.argument) return {};
  if (design.variant.empty()) return design.differs;
  return read_design(design.argument).paths_of_variant(design.variant);
}

reports::Invocation called(const Options& options, SeedRange seeds) {
  reports::Invocation invocation{version(), {"orrery", "compare"}};
  std::vector<std::string>& command = invocation.command;
  command.insert(command.end(), options.names.begin(), options.names.end());
  command.insert(command.end(), {"--seed", fmt::to_string(seeds.first), "--seeds", fmt::to_string(seeds.count)});
  command.insert(command.end(), {"--tolerance", decimal_text(options.tolerance_millionths, 6)});
  for (const std::string& variant : options.variants) command.insert(command.end(), {"--variant", variant});
  if (options.all_variants) command.emplace_back("--all-variants");
  for (const auto& [path, value] : with_common_sets(options, options.sets))
    command.insert(command.end(), {"--set", path + "=" + value});
  return invocation;
}

}  // namespace

int compare_command(const Program& program, const Options& options, const Console& console) try {
  const std::vector<Chosen> designs = designs_of(options, program);
  const SeedRange seeds = seeds_of(options, designs.front());
  if (options.seed_is_drawn) console.err << fmt::format("seed {}\n", options.seed) << std::flush;
  const Interrupts interrupts;
  Output output(options, console);
  const auto start = std::chrono::steady_clock::now();

  std::vector<reports::Seeds> outcomes;
  for (const Chosen& design : designs) outcomes.push_back(no_seeds_of(design));
  std::vector<std::vector<reports::Paired>> pairs(designs.size() - 1);
  std::uint64_t requests = 0;
  const auto work = [&](std::uint64_t number) {
    return packed(compare_seed(designs, seeds.first + number, program));
  };
  for_each_result(seeds.count, work, designs.front().name, options, console, [&](const Bytes& bytes) {
    Compared of_seed = unpacked(bytes, designs.size());
    for (std::size_t i = 0; i < designs.size(); ++i) {
      requests += of_seed.outcomes[i].all.completed;
      outcomes[i].add(of_seed.outcomes[i]);
      if (i > 0) pairs[i - 1].push_back(std::move(of_seed.pairs[i - 1]));
    }
  });

  reports::Comparison comparison{
      .designs = {}, .pairs = {}, .tolerance_millionths = options.tolerance_millionths, .wall = {}};
  for (std::size_t i = 0; i < designs.size(); ++i) {
    comparison.designs.push_back({designs[i].name, summary_of(designs[i], outcomes[i], program, Advice::none),
                                  paths_that_differ(designs[i], designs.front())});
    if (i > 0) comparison.pairs.push_back(reports::merged(pairs[i - 1]));
  }
  const Duration wall = std::chrono::steady_clock::now() - start;
  if (!options.no_wall) comparison.wall = wall;

  if (options.format == Format::json)
    output.put(
        reports::comparison_json(comparison, called(options, seeds), host_of(options, options.jobs, requests, wall))
            .dump(2) +
        "\n");
  else
    output.put(as_typed(reports::comparison_text(comparison, style_of(options, console)), program));
  output.complete();
  if (pairs.front().size() < seeds.count) return Interrupts::exit_code();
  return reports::is_worse(comparison) ? exit_red : exit_green;
} catch (const Interrupted&) { return Interrupts::exit_code(); }

}  // namespace orrery::cli
