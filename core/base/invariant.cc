#include "core/base/invariant.h"

namespace orrery::detail {

void throw_bug(std::string_view file, int line, std::string_view kind, std::string_view condition,
               const std::string& context) {
  // Only the last part of the path: the text must be the same wherever the sources lie.
  const std::size_t slash = file.rfind('/');
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  throw Bug(fmt::format("{}:{}: {} `{}` is false: {}", file, line, kind, condition, context));
}

}  // namespace orrery::detail
