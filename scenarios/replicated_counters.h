// What the lessons about owners share: users of three cities call a few counters, on a platform with five acceptors and
// five followers. The class is the counter's (counter.cc).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "scenarios/scenario.h"

namespace orrery::scenarios {

// Without faults but those that the settings ask for.
Experiment replicated_counters(std::string scenario, const Settings& settings);

struct CountersAndCalls {
  std::int64_t counters = 2;
  std::string_view rate = "2/s";  // of the users of one city together
  Duration lasts = 30s;
};
// `own` are the lesson's.
std::vector<Parameter> replicated_counter_settings(std::vector<Parameter> own, const CountersAndCalls& usual = {});

}  // namespace orrery::scenarios
