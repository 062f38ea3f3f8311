#include "scenarios/cli/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "core/base/mix.h"
#include "scenarios/cli/sources_hash.h"  // made by sources_hash.cmake

namespace orrery::cli {

std::string version() { return ORRERY_VERSION; }
std::string build_id() { return ORRERY_VERSION "+" ORRERY_SOURCES_HASH; }

std::string own_build_id() {
  std::ifstream program("/proc/self/exe", std::ios::binary);
  if (!program) return build_id() + "+unknown";
  const std::string file{std::istreambuf_iterator<char>(program), {}};
  std::uint64_t hash = file.size();
  for (std::size_t at = 0; at < file.size(); at += sizeof hash) {
    std::uint64_t word = 0;
    std::memcpy(&word, file.data() + at, std::min(sizeof word, file.size() - at));
    hash = mix(hash, word);
  }
  return fmt::format("{}+{:08x}", build_id(), hash >> 32);
}

}  // namespace orrery::cli
