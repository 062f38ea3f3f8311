#include "properties/uniqueness.h"

#include <fmt/format.h>

#include <utility>

#include "properties/verdicts.h"

namespace orrery::properties {

void GlobalUniqueness::on(const journal::Record& record) {
  if (violation_) return;
  if (const auto* placed = std::get_if<journal::Placed>(&record.event))
    on_placed(record.at, *placed);
  else if (const auto* started = std::get_if<journal::InstanceStarted>(&record.event))
    on_started(record.at, record.node, *started);
  else if (const auto* ended = std::get_if<journal::InstanceEnded>(&record.event))
    on_ended(*ended);
  else if (const auto* taken = std::get_if<journal::LeaseTaken>(&record.event))
    incarnations_[record.node] = taken->incarnation;
  else if (const auto* sealed = std::get_if<journal::LeaseSealed>(&record.event))
    is_sealed_[sealed->incarnation] = true;
  else if (std::holds_alternative<journal::Crashed>(record.event))
    processes_.on_crash(record.node);
}

void GlobalUniqueness::on_placed(Time at, const journal::Placed& placed) {
  const std::pair key{placed.object, placed.epoch};
  if (const NodeId* owner = owners_.find(key)) {
    if (*owner == placed.owner) return;
    violation_ = {.rule = "one_owner_per_epoch",
                  .object = to_hex(placed.object),
                  .text = fmt::format("epoch {} is placed on node {}, and was placed on node {}", placed.epoch.value,
                                      placed.owner.value, owner->value),
                  .at = at};
    return;
  }
  PerObject& object = objects_[placed.object];
  if (placed.epoch <= object.newest) {
    violation_ = {.rule = "epochs_grow",
                  .object = to_hex(placed.object),
                  .text = fmt::format("epoch {} is placed on node {} after epoch {}", placed.epoch.value,
                                      placed.owner.value, object.newest.value),
                  .at = at};
    return;
  }
  object.newest = placed.epoch;
  owners_[key] = placed.owner;
}

void GlobalUniqueness::on_started(Time at, NodeId node, const journal::InstanceStarted& started) {
  ++tested_;
  const NodeId* owner = owners_.find(std::pair{started.object, started.epoch});
  if (owner == nullptr || *owner != node) {
    const std::string truth =
        owner == nullptr ? "that epoch was never placed" : fmt::format("its owner is node {}", owner->value);
    violation_ = {.rule = "started_by_the_owner",
                  .object = to_hex(started.object),
                  .text = fmt::format("node {} starts instance {} of epoch {}, but {}", node.value,
                                      started.instance.value, started.epoch.value, truth),
                  .at = at};
    return;
  }
  PerObject& object = objects_[started.object];
  const bool is_sealed = is_sealed_.contains(object.instance_incarnation);
  if (object.has_instance && !is_sealed && !processes_.has_ended(object.instance_process)) {
    violation_ = {.rule = "one_instance_at_a_time",
                  .object = to_hex(started.object),
                  .text = fmt::format("instance {} starts on node {} in epoch {} while instance {} lives on node {} "
                                      "in epoch {}",
                                      started.instance.value, node.value, started.epoch.value, object.instance.value,
                                      object.instance_node.value, object.instance_epoch.value),
                  .at = at};
    return;
  }
  if (std::exchange(has_started_[started.instance], true)) {
    violation_ = {.rule = "no_instance_starts_twice",
                  .object = to_hex(started.object),
                  .text = fmt::format("node {} starts instance {}, and there was one of that name", node.value,
                                      started.instance.value),
                  .at = at};
    return;
  }
  object.has_instance = true;
  object.instance = started.instance;
  object.instance_node = node;
  object.instance_process = processes_.of(node);
  object.instance_epoch = started.epoch;
  const Incarnation* incarnation = incarnations_.find(node);
  object.instance_incarnation = incarnation == nullptr ? Incarnation{} : *incarnation;
}

void GlobalUniqueness::on_ended(const journal::InstanceEnded& ended) {
  PerObject* object = objects_.find(ended.object);
  if (object != nullptr && object->instance == ended.instance) object->has_instance = false;
}

Verdict GlobalUniqueness::verdict() const { return verdict_of(tested_, violation_); }

}  // namespace orrery::properties
