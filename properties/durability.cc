#include "properties/durability.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "properties/verdicts.h"

namespace orrery::properties {

void Durability::on(const journal::Record& record) {
  if (violation_) return;
  if (const auto* left = std::get_if<journal::OutputLeft>(&record.event)) {
    if (left->shows == CommitIndex{}) return;
    CommitIndex& shown = objects_[left->object].shown;
    shown = std::max(shown, left->shows);
  } else if (const auto* committed = std::get_if<journal::Committed>(&record.event)) {
    on_committed(record.at, record.node, *committed);
  } else if (const auto* confirmed = std::get_if<journal::Confirmed>(&record.event)) {
    on_confirmed(record.at, *confirmed);
  } else if (const auto* marked = std::get_if<journal::Marked>(&record.event)) {
    strays_[marked->object].push_back({marked->index, {marked->chain, marked->digest}});
  } else if (const auto* taken = std::get_if<journal::TakenOver>(&record.event)) {
    on_taken_over(record.at, record.node, *taken);
  } else if (const auto* recovered = std::get_if<journal::Recovered>(&record.event)) {
    on_recovered(record.at, record.node, *recovered);
  } else if (const auto* failed = std::get_if<journal::RecoveryFailed>(&record.event)) {
    report("recoverable", failed->object, record.at,
           fmt::format("its commits cannot be read back: {}", orrery::to_text(failed->error)));
  } else if (const auto* read = std::get_if<journal::ReadBack>(&record.event)) {
    on_read_back(record.at, *read);
  } else if (const auto* ended = std::get_if<journal::InstanceEnded>(&record.event)) {
    on_ended(record.at, *ended);
  } else if (std::holds_alternative<journal::Crashed>(record.event)) {
    processes_.on_crash(record.node);
  }
}

void Durability::on_committed(Time at, NodeId node, const journal::Committed& committed) {
  PerObject& object = objects_[committed.object];
  if (committed.epoch < object.epoch) {
    strays_[committed.object].push_back({committed.index, {committed.chain, committed.digest}});
    return;
  }
  if (!std::exchange(object.has_instance, true)) object.instance = committed.instance;
  if (committed.instance != object.instance) {
    report("commits_continue", committed.object, at,
           fmt::format("instance {} makes commit {}, but instance {} has started since", committed.instance.value,
                       committed.index.value, object.instance.value));
    return;
  }
  const std::uint64_t last = object.last().value;
  if (committed.index.value - last != 1) {
    report("commits_continue", committed.object, at,
           fmt::format("instance {} makes commit {} after commit {}", committed.instance.value, committed.index.value,
                       last));
    return;
  }
  object.unconfirmed.add(committed.index, {committed.chain, committed.digest});
  object.written_by = processes_.of(node);
}

void Durability::on_confirmed(Time at, const journal::Confirmed& confirmed) {
  PerObject* object = objects_.find(confirmed.object);
  if (object != nullptr && confirmed.epoch < object->epoch) return on_confirmed_late(at, confirmed);
  const Contents* contents = object == nullptr ? nullptr : object->unconfirmed.find(confirmed.index);
  if (contents == nullptr) {
    const PerObject known = object == nullptr ? PerObject{} : *object;
    report("confirmed_in_order", confirmed.object, at,
           fmt::format("commit {} is confirmed, but {} was confirmed before and {} is the last",
                       confirmed.index.value, known.confirmed.value, known.last().value));
    return;
  }
  object->confirmed = confirmed.index;
  object->confirmed_contents = *contents;
  object->unconfirmed.forget_before(CommitIndex{confirmed.index.value + 1});
}

void Durability::on_confirmed_late(Time at, const journal::Confirmed& confirmed) {
  const ByCommit<Contents>* undone = undone_.find(confirmed.object);
  if (undone == nullptr || undone->find(confirmed.index) == nullptr) return;
  report("confirmed_survives", confirmed.object, at,
         fmt::format("commit {} of epoch {} is confirmed, but epoch {} went on without it", confirmed.index.value,
                     confirmed.epoch.value, objects_.find(confirmed.object)->epoch.value));
}

void Durability::on_taken_over(Time at, NodeId node, const journal::TakenOver& taken) {
  PerObject& object = objects_[taken.object];
  const journal::Recovered found{taken.object, {}, taken.through, taken.through_chain, taken.digest};
  judge(at, object, found, fmt::format("the owner of epoch {}", taken.epoch.value));
  if (violation_) return;
  undo_after(object, found);
  object.epoch = taken.epoch;
  object.confirmed = taken.marker;
  object.confirmed_contents = {taken.chain, taken.digest};
  object.unconfirmed.clear();
  object.has_instance = false;
  object.written_by = processes_.of(node);
  std::vector<Stray>& strays = strays_[taken.object];
  std::erase_if(strays, [&](const Stray& each) { return each.index <= taken.marker; });
}

void Durability::on_recovered(Time at, NodeId node, const journal::Recovered& recovered) {
  PerObject* object = objects_.find(recovered.object);
  const std::string finder = fmt::format("instance {}", recovered.instance.value);
  if (object == nullptr) return judge(at, PerObject{}, recovered, finder);
  judge(at, *object, recovered, finder);
  if (violation_) return;
  undo_after(*object, recovered);
  object->instance = recovered.instance;
  object->has_instance = true;
  if (object->written_by == processes_.of(node)) return;
  object->confirmed = recovered.index;
  object->confirmed_contents = {recovered.chain, recovered.digest};
  object->unconfirmed.clear();
}

void Durability::on_read_back(Time at, const journal::ReadBack& read) {
  const PerObject* object = objects_.find(read.object);
  const journal::Recovered found{read.object, {}, read.index, read.chain, read.digest};
  judge(at, object == nullptr ? PerObject{} : *object, found, "whoever reads the disk after the run");
}

void Durability::on_ended(Time at, const journal::InstanceEnded& ended) {
  const PerObject* object = objects_.find(ended.object);
  if (ended.reason != journal::EndReason::evicted || object == nullptr || object->unconfirmed.size() == 0) return;
  report(
      "eviction_waits", ended.object, at,
      fmt::format("instance {} is evicted while commit {} is in flight", ended.instance.value, object->last().value));
}

void Durability::judge(Time at, const PerObject& object, const journal::Recovered& recovered,
                       const std::string& finder) {
  const Contents found{recovered.chain, recovered.digest};
  const bool is_confirmed = recovered.index == object.confirmed;
  const Contents* made = is_confirmed ? &object.confirmed_contents : object.unconfirmed.find(recovered.index);
  if (recovered.index > CommitIndex{} || object.last() > CommitIndex{} || object.shown > CommitIndex{}) ++tested_;
  const auto violate = [&](std::string rule, const std::string& why) {
    report(std::move(rule), recovered.object, at,
           fmt::format("{} starts from commit {}, {}", finder, recovered.index.value, why));
  };
  if (recovered.index < object.confirmed)
    return violate("confirmed_survives", fmt::format("but commit {} was confirmed", object.confirmed.value));
  if (recovered.index < object.shown)
    return violate("exposed_survives", fmt::format("but commit {} was shown", object.shown.value));
  if (made != nullptr && *made == found) return;
  if (is_stray(recovered)) return;

  const ByCommit<Contents>* gone = undone_.find(recovered.object);
  const Contents* undone = gone == nullptr ? nullptr : gone->find(recovered.index);
  if (undone != nullptr && *undone == found)
    return violate("no_resurrection", "which an earlier recovery had undone");
  if (made == nullptr)
    return violate("recovered_was_committed", fmt::format("but the last is {}", object.last().value));
  if (made->chain != found.chain)
    return violate(is_confirmed && recovered.index > CommitIndex{} ? "confirmed_survives" : "recovered_was_committed",
                   fmt::format("whose chain is {:016x}, but was {:016x}", found.chain, made->chain));
  violate("recovered_was_committed",
          fmt::format("whose digest is {:016x}, but was {:016x}", found.digest, made->digest));
}

bool Durability::is_stray(const journal::Recovered& recovered) const {
  const std::vector<Stray>* strays = strays_.find(recovered.object);
  if (strays == nullptr || recovered.index <= objects_.find(recovered.object)->confirmed) return false;
  const Contents found{recovered.chain, recovered.digest};
  return std::ranges::any_of(*strays, [&](const Stray& each) {
    return each.index == recovered.index && each.contents == found;
  });
}

void Durability::undo_after(PerObject& object, const journal::Recovered& recovered) {
  if (object.last() <= recovered.index) return;
  ByCommit<Contents>& undone = undone_[recovered.object];
  undone.clear();
  for (CommitIndex i{recovered.index.value + 1}; i <= object.last(); ++i.value)
    undone.add(i, *object.unconfirmed.find(i));
  object.unconfirmed.forget_after(recovered.index);
}

void Durability::report(std::string rule, const ObjectId& object, Time at, std::string text) {
  violation_ = {.rule = std::move(rule), .object = to_hex(object), .text = std::move(text), .at = at};
}

Verdict Durability::verdict() const { return verdict_of(tested_, violation_); }

}  // namespace orrery::properties
