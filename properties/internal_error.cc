#include "properties/internal_error.h"

#include "properties/verdicts.h"

namespace orrery::properties {

void NoInternalError::on(const journal::Record& record) {
  if (std::holds_alternative<journal::Answered>(record.event)) ++tested_;
  const auto* error = std::get_if<journal::InternalError>(&record.event);
  if (error == nullptr || violation_) return;
  const auto* text = std::get_if<std::string>(&error->what);
  violation_ = {.rule = "internal_error",
                .object = {},
                .text = text != nullptr ? *text : orrery::to_text(error->what),
                .at = record.at};
}

Verdict NoInternalError::verdict() const { return verdict_of(tested_, violation_); }

}  // namespace orrery::properties
