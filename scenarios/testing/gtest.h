// Properties as assertions of GoogleTest.
//
//   TEST(Booking, SellsEachSeatOnce) { EXPECT_PROPERTY(booking(), "one_ticket_per_seat", orrery::seeds(200)); }
//
// Runs the experiments that `check` draws from these seeds, in this process; the first violation ends it. A property
// that was not put to the test has not passed. A fourth argument, Settings, changes the scenario.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "scenarios/search/check_seeds.h"

namespace orrery {

inline testing::AssertionResult property_holds(const scenarios::Scenario& scenario, const std::string& property,
                                               Seeds seeds, const scenarios::Settings& settings) {
  const auto failure = scenarios::failure_of(scenario, settings, property, seeds);
  return failure ? testing::AssertionFailure() << *failure : testing::AssertionSuccess();
}
inline testing::AssertionResult property_holds(const scenarios::Scenario& scenario, const std::string& property,
                                               Seeds seeds = {}) {
  return property_holds(scenario, property, seeds, scenarios::Settings(scenario.parameters));
}

}  // namespace orrery

// A failure shows what `check` prints of a violation, and how to run its seed alone.
#define EXPECT_PROPERTY(...)                                                                 \
  GTEST_AMBIGUOUS_ELSE_BLOCKER_                                                              \
  if (const ::testing::AssertionResult orrery_holds = ::orrery::property_holds(__VA_ARGS__)) \
    ;                                                                                        \
  else                                                                                       \
    ADD_FAILURE() << orrery_holds.message()
