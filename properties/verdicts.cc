#include "properties/verdicts.h"

#include <fmt/format.h>

namespace orrery::properties {

Verdict verdict_of(std::uint64_t tested, const std::optional<Violation>& violation) {
  if (violation) return {.kind = Verdict::Kind::violated, .tested = tested, .violation = violation, .note = {}};
  return {.kind = tested == 0 ? Verdict::Kind::untested : Verdict::Kind::holds,
          .tested = tested,
          .violation = {},
          .note = {}};
}

std::string seconds(Time time) {
  const std::int64_t count = nanoseconds(time);
  const std::uint64_t size = count < 0 ? -static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  return fmt::format("{}{}.{:09} s", count < 0 ? "-" : "", size / 1'000'000'000, size % 1'000'000'000);
}

}  // namespace orrery::properties
