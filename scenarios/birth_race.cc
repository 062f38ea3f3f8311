#include "scenarios/birth_race.h"

#include "scenarios/replicated_counters.h"

namespace orrery::scenarios {
namespace {

// Nobody owns any of many counters. Users of three cities call them for the first time, some of them at the same moment
// from two places: two machines change one register, and one of them finds the other in it.
// Tests global_uniqueness and serialization.
Experiment make_birth_race(const Settings& settings) {
  return replicated_counters("birth_race", settings);
}

}  // namespace

Scenario birth_race() {
  return {.name = "birth_race",
          .teaches = "An object is called for the first time from many places at once: it is born once.",
          .classes = {},  // the counter's
          .parameters = replicated_counter_settings({}, {.counters = 20, .rate = "5/s"}),
          .make = make_birth_race};
}

}  // namespace orrery::scenarios
