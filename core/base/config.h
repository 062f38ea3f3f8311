// Every limit, timeout and cost that is not part of an experiment, with its unit and source.
#pragma once

#include <cstdint>

#include "core/base/time.h"

namespace orrery::config {

// What a turn costs at least, before what the handler declares: the documented guidance is 500 to 1,000
// simple requests per second and object (Cloudflare docs, "Rules of Durable Objects").
inline constexpr Duration turn_cost = 500us;

// Every cost of a turn is multiplied by a draw around 1; sigma in millionths. A spread of a quarter is what
// short CPU-bound handlers show on shared machines.
inline constexpr std::int64_t turn_cost_sigma_millionths = 250'000;

// A lookup of an object's owner that got no answer is repeated after this long.
inline constexpr Duration lookup_retry = 1s;

}  // namespace orrery::config
