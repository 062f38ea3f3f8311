#include "scenarios/search/check_seeds.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/catalogue.h"
#include "scenarios/search/batch.h"
#include "scenarios/search/generate.h"

namespace orrery::scenarios {
namespace {

std::optional<std::string> refusal(const Experiment& first, const Code& code,
                                   const std::vector<std::string>& properties, Seeds seeds) {
  if (seeds.count == 0) return "no seed was asked for";
  if (seeds.first > UINT64_MAX - (seeds.count - 1))
    return fmt::format("there are no {} seeds from {} on: seeds have 64 bits", seeds.count, seeds.first);
  if (const std::optional<FileError> mistake = mistake_in(first, code)) return mistake->message;
  for (const std::string& each : properties)
    if (std::ranges::find(first.properties, each) == first.properties.end())
      return fmt::format("{} is not judged by {}; there are {}", first.scenario, each,
                         fmt::join(first.properties, ", "));
  return std::nullopt;
}

}  // namespace

std::expected<reports::CheckSummary, std::string> check_seeds(const Scenario& scenario, const Settings& settings,
                                                              std::vector<std::string> properties, Seeds seeds) try {
  const Code code = code_of({scenario});
  const Experiment first = experiment_of(scenario, settings, seeds.first);
  if (std::optional<std::string> sentence = refusal(first, code, properties, seeds))
    return std::unexpected(std::move(*sentence));
  Batch batch(scenario.name, std::move(properties), seeds.first, seeds.count, 1);
  for (std::uint64_t seed = seeds.first; !batch.is_done(); ++seed)
    batch.take(result_of(run(drawn_experiment(scenario, settings, seed), code).outcome));
  return std::move(batch.summary());
} catch (const BrokenScenario& broken) { return std::unexpected(std::string(broken.what())); }

std::optional<std::string> failure_of(const Scenario& scenario, const Settings& settings, const std::string& property,
                                      Seeds seeds) {
  const auto check = check_seeds(scenario, settings, {property}, seeds);
  if (!check) return check.error();
  const reports::PropertySummary& judged = check->properties.front();
  if (!judged.violations.empty())
    return fmt::format("{}  Alone   in place of its seeds: orrery::seeds(1).from({})",
                       reports::violation_text(judged, judged.violations.front(), reports::Style{}),
                       judged.violations.front().seed);
  const std::string tried = fmt::format("{} seeds of {} from {} on", seeds.count, scenario.name, seeds.first);
  if (judged.seeds_unknown > 0)
    return fmt::format("{}: no answer in {} of {}: {}", property, judged.seeds_unknown, tried, judged.note);
  if (judged.tested == 0) return fmt::format("{}: untested, none of {} put it to the test", property, tried);
  return std::nullopt;
}

properties::Verdict verdict_of(const Experiment& experiment, const Scenario& scenario, const std::string& property) {
  const Run made = run(experiment, code_of({scenario}));
  const auto found = std::ranges::find(made.outcome.verdicts, property, &reports::PropertyVerdict::property);
  PRECONDITION(found != made.outcome.verdicts.end(), "{} is not judged by {}", experiment.scenario, property);
  return found->verdict;
}

}  // namespace orrery::scenarios
