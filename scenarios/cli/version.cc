#include "scenarios/cli/version.h"

#include "scenarios/cli/sources_hash.h"  // made by sources_hash.cmake

namespace orrery::cli {

std::string version() { return ORRERY_VERSION; }
std::string build_id() { return ORRERY_VERSION "+" ORRERY_SOURCES_HASH; }

}  // namespace orrery::cli
