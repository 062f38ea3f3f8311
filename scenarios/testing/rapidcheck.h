// Drawn experiments as values that RapidCheck draws and shrinks.
//
//   rc::check([] {
//     const auto experiment = *orrery::drawn_experiments(booking());
//     const auto verdict = orrery::scenarios::verdict_of(experiment, booking(), "one_ticket_per_seat");
//     RC_ASSERT(!verdict.violation);
//   });
//
// The seed is drawn and stays: a smaller seed is no smaller experiment. What shrinks are the faults and the list of
// operations. What is shown of an experiment is the file that `replay` reads.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <ostream>
#include <utility>
#include <variant>
#include <vector>

#include "scenarios/catalogue.h"
#include "scenarios/experiment_file.h"
#include "scenarios/search/check_seeds.h"
#include "scenarios/search/generate.h"

namespace orrery {
namespace detail {

// First the same experiment with its operations listed, which is the same run, then what has fewer of them.
inline rc::Seq<scenarios::Experiment> smaller(const scenarios::Experiment& experiment, const scenarios::Code& code) {
  using scenarios::Experiment;
  using scenarios::FaultPlan;
  using Operations = std::vector<scenarios::Operation>;
  const auto* operations = std::get_if<Operations>(&experiment.workload);
  if (!operations) return rc::seq::just(scenarios::explicit_form(experiment, code));
  auto with_faults = rc::seq::map(rc::shrink::removeChunks(experiment.faults), [=](std::vector<FaultPlan> kept) {
    Experiment fewer = experiment;
    fewer.faults = std::move(kept);
    return fewer;
  });
  auto with_operations = rc::seq::map(rc::shrink::removeChunks(*operations), [=](Operations kept) {
    Experiment fewer = experiment;
    fewer.workload = std::move(kept);
    return fewer;
  });
  return rc::seq::concat(std::move(with_faults), std::move(with_operations));
}

}  // namespace detail

inline rc::Gen<scenarios::Experiment> drawn_experiments(scenarios::Scenario scenario, scenarios::Settings settings) {
  const scenarios::Code code = scenarios::code_of({scenario});
  return [=](const rc::Random& random, int) {
    const std::uint64_t seed = rc::Random(random).next();
    return rc::shrinkable::shrinkRecur(
        scenarios::drawn_experiment(scenario, settings, seed),
        [code](const scenarios::Experiment& experiment) { return detail::smaller(experiment, code); });
  };
}
inline rc::Gen<scenarios::Experiment> drawn_experiments(scenarios::Scenario scenario) {
  scenarios::Settings usual(scenario.parameters);
  return drawn_experiments(std::move(scenario), std::move(usual));
}

namespace scenarios {

inline void showValue(const Experiment& experiment, std::ostream& out) { out << '\n' << to_toml(experiment); }

}  // namespace scenarios
}  // namespace orrery
