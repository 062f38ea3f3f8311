// Which of the busiest objects is whose.
#pragma once

#include "reports/outcome.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {

// Fills in ObjectUse::name where it can be found out: an id does not tell it, so names are tried. Those are shards,
// the first few hundred keys, the busiest key, and objects that handlers call by their name.
void name_objects(reports::Outcome& outcome, const Experiment& experiment);

}  // namespace orrery::scenarios
