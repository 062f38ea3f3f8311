#include "scenarios/search/crash_states.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "core/base/invariant.h"

namespace orrery::scenarios {

std::vector<Experiment> crash_states(const Experiment& with_crash, std::uint64_t unsynced_sectors) {
  constexpr std::string_view fates = "kdt";
  const auto crash = std::ranges::find(with_crash.faults, sim::FaultKind::crash, &FaultPlan::kind);
  const auto crashes = std::ranges::count(with_crash.faults, sim::FaultKind::crash, &FaultPlan::kind);
  PRECONDITION(crashes == 1, "the experiment has {} crashes", crashes);
  PRECONDITION(unsynced_sectors <= enumerated_sectors_max, "{} sectors have too many states", unsynced_sectors);
  const auto place = static_cast<std::size_t>(crash - with_crash.faults.begin());

  std::vector<Experiment> states;
  std::string sectors(unsynced_sectors, fates.front());
  for (;;) {
    states.push_back(with_crash);
    states.back().faults[place].sectors = sectors;
    // Counts on, as a number with digits k, d, t, the first the lowest.
    std::size_t digit = 0;
    while (digit < sectors.size() && sectors[digit] == fates.back()) sectors[digit++] = fates.front();
    if (digit == sectors.size()) return states;
    sectors[digit] = fates[fates.find(sectors[digit]) + 1];
  }
}

}  // namespace orrery::scenarios
