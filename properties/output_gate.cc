#include "properties/output_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "properties/verdicts.h"

namespace orrery::properties {
namespace {

std::string_view noun(journal::OutputKind kind) {
  switch (kind) {
    case journal::OutputKind::reply: return "the reply to call";
    case journal::OutputKind::fetch: return "fetch";
    case journal::OutputKind::call: return "call";
  }
  return "output";
}

}  // namespace

void OutputGate::on(const journal::Record& record) {
  if (violation_) return;
  if (const auto* left = std::get_if<journal::OutputLeft>(&record.event))
    on_left(record.at, *left);
  else if (const auto* committed = std::get_if<journal::Committed>(&record.event))
    on_committed(record.node, *committed);
  else if (const auto* confirmed = std::get_if<journal::Confirmed>(&record.event))
    on_confirmed(*confirmed);
  else if (const auto* taken = std::get_if<journal::TakenOver>(&record.event))
    on_taken_over(record.node, *taken);
  else if (const auto* recovered = std::get_if<journal::Recovered>(&record.event))
    on_recovered(record.node, *recovered);
  else if (std::holds_alternative<journal::Crashed>(record.event))
    processes_.on_crash(record.node);
  else if (const auto* unawaited = std::get_if<journal::Unawaited>(&record.event))
    objects_[unawaited->object].has_unawaited = true;
}

void OutputGate::on_committed(NodeId node, const journal::Committed& committed) {
  PerObject& object = objects_[committed.object];
  if (committed.epoch < object.epoch) return;
  if (object.last == CommitIndex{}) object.instance = committed.instance;
  if (committed.index.value - object.last.value != 1) object.turns.clear();  // durability says what is wrong with it
  object.turns.add(committed.index, committed.turn);
  object.last = committed.index;
  object.written_by = processes_.of(node);
}

void OutputGate::on_confirmed(const journal::Confirmed& confirmed) {
  PerObject* object = objects_.find(confirmed.object);
  if (object == nullptr || confirmed.epoch < object->epoch) return;
  object->confirmed = std::max(object->confirmed, confirmed.index);
  const TurnNumber* turn = object->turns.find(confirmed.index);
  if (turn == nullptr) return;  // an earlier instance made it
  object->confirmed_turn = *turn;
  object->turns.forget_before(CommitIndex{confirmed.index.value + 1});
}

void OutputGate::on_taken_over(NodeId node, const journal::TakenOver& taken) {
  PerObject& object = objects_[taken.object];
  object.epoch = taken.epoch;
  object.confirmed = object.last = object.recovered = taken.marker;
  object.written_by = processes_.of(node);
  object.instance = InstanceId{};
  object.confirmed_turn = TurnNumber{};
  object.turns.clear();
}

void OutputGate::on_recovered(NodeId node, const journal::Recovered& recovered) {
  PerObject* object = objects_.find(recovered.object);
  if (object == nullptr) {
    if (recovered.index == CommitIndex{}) return;
    object = &objects_[recovered.object];
    object->confirmed = recovered.index;
  } else if (object->written_by != processes_.of(node)) {
    object->confirmed = recovered.index;
  }
  object->last = object->recovered = recovered.index;
  object->written_by = processes_.of(node);
  object->instance = recovered.instance;
  object->confirmed_turn = TurnNumber{};
  object->has_unawaited = false;
  object->turns.clear();
}

void OutputGate::on_left(Time at, const journal::OutputLeft& left) {
  if (left.shows > CommitIndex{}) ++tested_;
  const PerObject* object = objects_.find(left.object);
  const CommitIndex confirmed = object == nullptr ? CommitIndex{} : object->confirmed;
  if (left.shows > confirmed) {
    const std::string known = confirmed == CommitIndex{} ? "none is" : fmt::format("only {} is", confirmed.value);
    return report("leaves_when_durable", left, at, fmt::format("which is not confirmed; {}", known));
  }
  if (object == nullptr || object->instance != left.instance || object->has_unawaited) return;
  const CommitIndex before = made_before(*object, left.turn);
  if (left.shows < before)
    return report("shows_what_came_before", left, at, fmt::format("but commit {} was made before", before.value));
  if (left.kind != journal::OutputKind::reply) return;
  const CommitIndex through_its_turn = made_before(*object, TurnNumber{left.turn.value + 1});
  if (left.shows < through_its_turn)
    report("reply_shows_its_own_turn", left, at, fmt::format("but its turn made commit {}", through_its_turn.value));
}

// The last commit that the instance is known to have made or recovered before that turn.
CommitIndex OutputGate::made_before(const PerObject& object, TurnNumber turn) {
  CommitIndex last = object.recovered;
  if (object.confirmed_turn != TurnNumber{} && turn >= object.confirmed_turn)
    last.value = turn > object.confirmed_turn ? object.confirmed.value : object.confirmed.value - 1;
  // What has left shows confirmed commits only, so if all is well the first of these is not before the turn.
  for (CommitIndex i{object.last.value - object.turns.size() + 1}; i <= object.last; ++i.value) {
    if (*object.turns.find(i) >= turn) break;
    last = i;
  }
  return last;
}

void OutputGate::report(std::string rule, const journal::OutputLeft& left, Time at, const std::string& why) {
  violation_ = {
      .rule = std::move(rule),
      .object = to_hex(left.object),
      .text = fmt::format("{} {:016x} of turn {} of instance {} leaves and shows commit {}, {}", noun(left.kind),
                          left.output.value, left.turn.value, left.instance.value, left.shows.value, why),
      .at = at};
}

Verdict OutputGate::verdict() const { return verdict_of(tested_, violation_); }

}  // namespace orrery::properties
