#include "properties/late_effects.h"

#include <fmt/format.h>

#include "core/base/duration_text.h"
#include "properties/verdicts.h"

namespace orrery::properties {

void NoLateEffects::on(const journal::Record& record) {
  if (violation_) return;
  if (const auto* taken = std::get_if<journal::LeaseTaken>(&record.event)) {
    incarnations_[record.node] = taken->incarnation;
  } else if (const auto* sealed = std::get_if<journal::LeaseSealed>(&record.event)) {
    if (!sealed_.contains(sealed->incarnation)) sealed_[sealed->incarnation] = record.at;
  } else if (const auto* started = std::get_if<journal::InstanceStarted>(&record.event)) {
    if (const Incarnation* incarnation = incarnations_.find(record.node)) started_by_[started->instance] = *incarnation;
  } else if (const auto* turn = std::get_if<journal::TurnStarted>(&record.event)) {
    judge(record, turn->object, turn->instance, "no_turn_after_the_seal", "begins a turn");
  } else if (const auto* committed = std::get_if<journal::Committed>(&record.event)) {
    judge(record, committed->object, committed->instance, "no_commit_after_the_seal", "makes a commit");
  } else if (const auto* left = std::get_if<journal::OutputLeft>(&record.event)) {
    judge(record, left->object, left->instance, "no_output_after_the_seal", "lets something out");
  }
}

void NoLateEffects::judge(const journal::Record& record, const ObjectId& object, InstanceId instance,
                          std::string_view rule, std::string_view what) {
  const Incarnation* incarnation = started_by_.find(instance);
  if (incarnation == nullptr) return;
  ++tested_;
  const Time* sealed = sealed_.find(*incarnation);
  if (sealed == nullptr) return;
  violation_ = {.rule = std::string(rule),
                .object = to_hex(object),
                .text = fmt::format("instance {} on node {} {}, but its incarnation {:016x} was sealed {} before",
                                    instance.value, record.node.value, what, incarnation->value,
                                    orrery::to_text(record.at - *sealed)),
                .at = record.at};
}

Verdict NoLateEffects::verdict() const { return verdict_of(tested_, violation_); }

}  // namespace orrery::properties
