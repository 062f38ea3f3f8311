// What is wrong with a design before anybody waits for it: rules (rules.h) that its text breaks, each with the numbers
// of a run where there is one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/file_error.h"
#include "reports/outcome.h"
#include "scenarios/design/design.h"

namespace orrery::scenarios {

struct LintNote {
  enum class Level : std::uint8_t { error, warning, advice };
  Level level{};
  std::string rule;      // its id
  std::string path;      // what it is about: "objects.Venue.handlers.book"
  std::string text;      // one line, no full stop
  std::string evidence;  // of a run: "Venue was 88.6 % busy, its longest queue 1,280"; empty: there is none
};

// The run that gives evidence: the design's, but requests count for no longer than a minute. Its seed is to be set.
Experiment evidence_run(const Design& design);

// Errors first, then as the design has them. `outcome` is that of evidence_run(), or nullptr.
std::vector<LintNote> lint(const Design& design, const reports::Outcome* outcome);

}  // namespace orrery::scenarios
