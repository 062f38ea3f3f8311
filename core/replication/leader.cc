#include "core/replication/leader.h"

#include <algorithm>
#include <utility>

#include "core/base/invariant.h"

namespace orrery::replication {

Leader::Leader(const ObjectId& object, Epoch epoch, const Place& recovered, CommitIndex confirmed,
               const Quorum& quorum)
    : object_(object),
      epoch_(epoch),
      last_(recovered),
      first_{recovered.index.value + 1},
      confirmed_(confirmed),
      needed_(quorum.needed),
      followers_(quorum.followers) {
  PRECONDITION(epoch >= recovered.epoch && epoch.value > 0, "epoch {} after epoch {}", epoch.value,
               recovered.epoch.value);
  PRECONDITION(confirmed <= last_.index, "commit {} is confirmed, the last is {}", confirmed.value, last_.index.value);
  for (Progress& each : followers_) each.sent = last_.index;
}

void Leader::step(Propose&& propose, std::vector<LeaderEffect>& effects) {
  const CommitIndex index{last_.index.value + 1};
  CommitRecord record{.object = object_,
                      .epoch = epoch_,
                      .index = index,
                      .previous_epoch = last_.epoch,
                      .previous_chain = last_.chain,
                      .chain = chained(last_.chain, epoch_, index, propose.digest),
                      .digest = propose.digest,
                      .change = std::move(propose.change)};
  last_ = place_of(record);
  effects.emplace_back(Append{std::move(record)});
  for (std::uint32_t i = 0; i < followers_.size(); ++i) send(i, effects);
}

void Leader::step(const Persisted& persisted, std::vector<LeaderEffect>& effects) {
  PRECONDITION(persisted.index <= last_.index && persisted.epoch <= epoch_,
               "commit {} of epoch {} is durable, the last is {} of epoch {}", persisted.index.value,
               persisted.epoch.value, last_.index.value, epoch_.value);
  if (followers_.empty()) confirm(persisted.index, effects);
}

void Leader::step(std::uint32_t follower, const Held& held, std::vector<LeaderEffect>& effects) {
  if (held.epoch != epoch_) return;
  Progress& its = followers_[follower];
  its.held = std::max(its.held, held.through);
  its.sent = std::max(its.sent, its.held);
  const CommitIndex index = held_by_quorum();
  if (index >= first_) confirm(index, effects);
}

void Leader::step(std::uint32_t follower, const Lacks& lacks, std::vector<LeaderEffect>& effects) {
  if (lacks.epoch != epoch_) return;
  Progress& its = followers_[follower];
  its.held = std::max(its.held, lacks.confirmed.index);
  its.sent = its.held;
  send(follower, effects);
}

void Leader::step(const Outdated& outdated, std::vector<LeaderEffect>& effects) {
  if (outdated.epoch == epoch_) effects.emplace_back(Deposed{});
}

void Leader::step(Overdue, std::vector<LeaderEffect>& effects) {
  for (std::uint32_t i = 0; i < followers_.size(); ++i) {
    Progress& its = followers_[i];
    // Who was never heard may hold all that was recovered; if not, it says so.
    its.sent = its.held == CommitIndex{} ? CommitIndex{first_.value - 1} : its.held;
    send(i, effects);
  }
}

void Leader::send(std::uint32_t follower, std::vector<LeaderEffect>& effects) {
  Progress& its = followers_[follower];
  if (its.sent == last_.index) return;
  effects.emplace_back(SendFrom{follower, CommitIndex{its.sent.value + 1}});
  its.sent = last_.index;
}

void Leader::confirm(CommitIndex index, std::vector<LeaderEffect>& effects) {
  if (index <= confirmed_) return;
  confirmed_ = index;
  effects.emplace_back(Confirm{index});
}

CommitIndex Leader::held_by_quorum() const {
  CommitIndex by_quorum;
  for (const Progress& each : followers_) {
    const auto holds_it = [&each](const Progress& other) { return other.held >= each.held; };
    if (std::ranges::count_if(followers_, holds_it) >= needed_) by_quorum = std::max(by_quorum, each.held);
  }
  return by_quorum;
}

}  // namespace orrery::replication
