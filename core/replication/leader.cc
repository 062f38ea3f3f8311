#include "core/replication/leader.h"

#include <utility>

#include "core/base/invariant.h"

namespace orrery::replication {

Leader::Leader(const ObjectId& object, Epoch epoch, const storage::Image& recovered, CommitIndex durable)
    : object_(object),
      epoch_(epoch),
      last_epoch_(recovered.epoch),
      index_(recovered.index),
      chain_(recovered.chain),
      confirmed_(durable) {
  PRECONDITION(epoch >= recovered.epoch && epoch.value > 0, "epoch {} after epoch {}", epoch.value,
               recovered.epoch.value);
  PRECONDITION(durable <= index_, "commit {} is durable, the last is {}", durable.value, index_.value);
}

void Leader::step(LeaderInput&& input, ports::Probe&, std::vector<LeaderEffect>& effects) {
  if (auto* propose = std::get_if<Propose>(&input))
    on(std::move(*propose), effects);
  else
    on(std::get<Persisted>(input), effects);
}

void Leader::on(Propose&& propose, std::vector<LeaderEffect>& effects) {
  const CommitIndex index{index_.value + 1};
  CommitRecord record{.object = object_,
                      .epoch = epoch_,
                      .index = index,
                      .previous_epoch = last_epoch_,
                      .previous_chain = chain_,
                      .chain = chained(chain_, epoch_, index, propose.digest),
                      .digest = propose.digest,
                      .change = std::move(propose.change)};
  last_epoch_ = epoch_;
  index_ = index;
  chain_ = record.chain;
  effects.emplace_back(Append{std::move(record)});
}

void Leader::on(const Persisted& persisted, std::vector<LeaderEffect>& effects) {
  PRECONDITION(persisted.index <= index_ && persisted.epoch <= epoch_,
               "commit {} of epoch {} is durable, the last is {} of epoch {}", persisted.index.value,
               persisted.epoch.value, index_.value, epoch_.value);
  if (persisted.index <= confirmed_) return;
  confirmed_ = persisted.index;
  effects.emplace_back(Confirm{confirmed_});
}

}  // namespace orrery::replication
