// Many seeds of one scenario, one after the other in this process: what `check` does, for tests that somebody else
// runs. The experiments are those that `check` draws from the same seeds.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "properties/property.h"
#include "reports/summary.h"
#include "scenarios/scenario.h"

namespace orrery {

struct Seeds {
  std::uint64_t count = 200;
  std::uint64_t first = 1;
  Seeds from(std::uint64_t seed) const { return {count, seed}; }
};

// orrery::seeds(200), orrery::seeds(1).from(4311).
inline Seeds seeds(std::uint64_t count) { return {.count = count}; }

namespace scenarios {

// Looks for one violation of each of the properties. The error is a sentence: a property that the scenario's
// experiments are not judged by, what mistake_in() says of them, or what making them threw.
std::expected<reports::CheckSummary, std::string> check_seeds(const Scenario& scenario, const Settings& settings,
                                                              std::vector<std::string> properties, Seeds seeds);

// What a test should print if the property does not hold: the block of `check`, and how to run that seed alone; or
// that it was not put to the test in any seed, or why no answer could be given. Nothing if it holds.
std::optional<std::string> failure_of(const Scenario& scenario, const Settings& settings, const std::string& property,
                                      Seeds seeds);

// Of one experiment. PRECONDITION: nothing is mistaken in it, and it is judged by this property.
properties::Verdict verdict_of(const Experiment& experiment, const Scenario& scenario, const std::string& property);

}  // namespace scenarios
}  // namespace orrery
