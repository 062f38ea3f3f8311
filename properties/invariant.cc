#include "properties/invariant.h"

#include "properties/verdicts.h"

namespace orrery::properties {

void AuthorsInvariant::on(const journal::Record& record) {
  const auto& checked = std::get<journal::InvariantChecked>(record.event);
  if (violation_ || checked.object_class != class_ || checked.invariant != place_) return;
  ++tested_;
  if (const auto* broken = std::get_if<std::string>(&checked.broken))
    violation_ = {
        .rule = "holds_after_every_turn", .object = to_hex(checked.object), .text = *broken, .at = record.at};
}

Verdict AuthorsInvariant::verdict() const { return verdict_of(tested_, violation_); }

}  // namespace orrery::properties
