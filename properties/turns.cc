#include "properties/turns.h"

#include <fmt/format.h>

#include <utility>

#include "properties/verdicts.h"

namespace orrery::properties {

void TurnsNeverOverlap::on(const journal::Record& record) {
  if (violation_) return;
  if (const auto* started = std::get_if<journal::TurnStarted>(&record.event))
    on_started(record.at, record.node, *started);
  else if (const auto* ended = std::get_if<journal::TurnEnded>(&record.event))
    on_ended(record.at, *ended);
  else if (const auto* gone = std::get_if<journal::InstanceEnded>(&record.event))
    on_instance_ended(*gone);
  else if (std::holds_alternative<journal::Crashed>(record.event))
    processes_.on_crash(record.node);
}

void TurnsNeverOverlap::on_started(Time at, NodeId node, const journal::TurnStarted& started) {
  PerObject& object = objects_[started.object];
  if (at < object.busy_until && !processes_.has_ended(object.process)) {
    report("one_turn_at_a_time", started.object, at,
           fmt::format("turn {} of instance {} starts at {}, before the end of the turn before it at {}",
                       started.turn.value, started.instance.value, seconds(at), seconds(object.busy_until)));
    return;
  }
  object = {.busy_until = started.ends, .instance = started.instance, .process = processes_.of(node)};
  PerInstance& instance = instances_[started.instance];
  if (instance.is_open) {
    report("one_turn_at_a_time", started.object, at,
           fmt::format("turn {} of instance {} starts at {}, while its turn {} is under way", started.turn.value,
                       started.instance.value, seconds(at), instance.turn.value));
    return;
  }
  if (started.turn.value != instance.turn.value + 1) {
    report("turns_are_counted", started.object, at,
           fmt::format("turn {} of instance {} starts after its turn {}", started.turn.value, started.instance.value,
                       instance.turn.value));
    return;
  }
  instance = {.turn = started.turn, .is_open = true, .started = at, .ends = started.ends};
}

void TurnsNeverOverlap::on_ended(Time at, const journal::TurnEnded& ended) {
  ++tested_;
  PerInstance* instance = instances_.find(ended.instance);
  if (instance == nullptr || !instance->is_open || instance->turn != ended.turn) {
    report("ended_turns_had_started", ended.object, at,
           fmt::format("turn {} of instance {} ends at {}, but it is not under way", ended.turn.value,
                       ended.instance.value, seconds(at)));
    return;
  }
  if (at < instance->ends || ended.started != instance->started) {
    report("ends_as_promised", ended.object, at,
           fmt::format("turn {} of instance {} lasted from {} to {}, but from {} to {} was promised",
                       ended.turn.value, ended.instance.value, seconds(ended.started), seconds(at),
                       seconds(instance->started), seconds(instance->ends)));
    return;
  }
  instance->is_open = false;
}

void TurnsNeverOverlap::on_instance_ended(const journal::InstanceEnded& ended) {
  instances_.erase(ended.instance);
  PerObject* object = objects_.find(ended.object);
  if (object != nullptr && object->instance == ended.instance) object->busy_until = Time::min();
}

void TurnsNeverOverlap::report(std::string rule, const ObjectId& object, Time at, std::string text) {
  violation_ = {.rule = std::move(rule), .object = to_hex(object), .text = std::move(text), .at = at};
}

Verdict TurnsNeverOverlap::verdict() const { return verdict_of(tested_, violation_); }

}  // namespace orrery::properties
