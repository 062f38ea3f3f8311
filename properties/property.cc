#include "properties/property.h"

#include "core/base/invariant.h"

namespace orrery::properties {

std::string_view to_text(Verdict::Kind kind) {
  switch (kind) {
    case Verdict::Kind::holds: return "holds";
    case Verdict::Kind::violated: return "violated";
    case Verdict::Kind::untested: return "untested";
    case Verdict::Kind::unknown: return "unknown";
  }
  INVARIANT(false, "a verdict of kind {}", static_cast<int>(kind));
}

}  // namespace orrery::properties
