// All that one crash can leave behind.
//
// A crash decides about each sector that was written and not yet synced: it is kept, dropped or torn. A run draws
// one such fate for each; here they are all tried. How many sectors there are is told by a first run: the record of
// the crash counts them (core/journal/world.h).
#pragma once

#include <cstdint>
#include <vector>

#include "scenarios/experiment.h"

namespace orrery::scenarios {

inline constexpr std::uint64_t enumerated_sectors_max = 7;  // 2,187 states

// The experiment once for each combination of fates, which stands in FaultPlan::sectors of its crash.
// PRECONDITION: it has exactly one crash, and there are at most enumerated_sectors_max sectors.
std::vector<Experiment> crash_states(const Experiment& with_crash, std::uint64_t unsynced_sectors);

}  // namespace orrery::scenarios
