#include "scenarios/cli/version.h"

#include <fmt/format.h>

#include <cstring>

#include "core/base/mix.h"
#include "scenarios/cli/files.h"
#include "scenarios/cli/sources_hash.h"  // made by sources_hash.cmake

namespace orrery::cli {

std::string version() { return ORRERY_VERSION; }
std::string build_id() { return ORRERY_VERSION "+" ORRERY_SOURCES_HASH; }

std::string build_of(const std::string& program) {
  if (program == "orrery") return build_id();
  const std::string file = read_file("/proc/self/exe");
  std::uint64_t hash = file.size();
  for (std::size_t at = 0; at + sizeof hash <= file.size(); at += sizeof hash) {
    std::uint64_t word = 0;
    std::memcpy(&word, file.data() + at, sizeof word);
    hash = mix(hash, word);
  }
  return fmt::format("{}+{:08x}", build_id(), hash >> 32);
}

}  // namespace orrery::cli
