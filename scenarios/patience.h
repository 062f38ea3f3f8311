// How long users wait before that is held against the runtime.
#pragma once

#include "core/base/time.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {

// The bound of the property `liveness` (properties/liveness.h). Where the author has said what is good enough,
// objectives judge that, and there is none: Duration::max(). Else it is the usual one, or twice what the services and
// pauses of all handlers take together, if that is longer.
Duration patience_of(const Experiment& experiment);

// How long after the end of a fault calls may still fail, beyond what properties/liveness.h says: where there are leases,
// one of them has to run out, and then the object's register and its log are taken over.
Duration takeover_of(const Experiment& experiment);

}  // namespace orrery::scenarios
