#include "scenarios/cli/version.h"

#ifndef ORRERY_VERSION
#define ORRERY_VERSION "0.0.0"
#endif
#ifndef ORRERY_BUILD
#define ORRERY_BUILD "unknown"
#endif

namespace orrery::cli {

std::string version() { return ORRERY_VERSION; }
std::string build_id() { return ORRERY_VERSION "+" ORRERY_BUILD; }

}  // namespace orrery::cli
