// Why a design is slow, as sentences with their evidence.
//
// A finding names a cause, and goes away when the cause is removed. At most three are shown, those first that would
// save the most time.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"

namespace orrery::reports {

inline constexpr std::size_t findings_shown_max = 3;

struct Finding {
  std::string rule;  // "hot-object": `orrery help RULE` explains it
  std::string text;  // sentences for people, with the numbers of this run
  std::string next;  // the command that tries the remedy; may be empty
  // Names and values with their units, for programs: {"busy", "88.6 %"}.
  std::vector<std::pair<std::string, std::string>> evidence;
  Duration worth{};  // about so much of the slowest 1 % is due to it; orders findings
};

// What a load test of so many connections at the same mean rate would have shown: each waits for its answer before it
// sends again, so it sends least while the system is slow.
struct ClosedLoopView {
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  Duration counted{};  // how long: less than the run, if that is long
  Duration p50{};
  Duration p99{};
};

}  // namespace orrery::reports
