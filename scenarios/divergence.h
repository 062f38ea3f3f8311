// Where two runs part: the first record that differs.
//
// The checkpoints of both runs' fingerprints name a window; both are run once more, and only that window is
// kept and compared.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "core/journal/event.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {

struct Divergence {
  std::uint64_t number = 0;              // of the record, from 0
  std::optional<journal::Record> first;  // nothing: that run had ended
  std::optional<journal::Record> second;
};

// Makes a run, the same each time, with this sink added.
using MakeRun = std::function<Run(journal::Sink&)>;

// Nothing if the runs are the same.
std::optional<Divergence> first_difference(const MakeRun& first, const MakeRun& second);

}  // namespace orrery::scenarios
