#include "core/node/registers.h"

#include <algorithm>
#include <utility>

#include "core/node/message.h"
#include "core/node/tokens.h"

namespace orrery::node {
namespace {

// A timer is named by the slot and the proposer's own number of it.
constexpr std::uint64_t timer_bits = 32;

}  // namespace

void Registers::begin(Incarnation self) {
  self_ = self;
  ballots_ = 0;
  for (const std::optional<Open>& each : open_)
    if (each) slots_.erase(each->key);
  open_.clear();
  free_.clear();
}

void Registers::read(const ObjectId& key, Cause cause) {
  const std::uint32_t slot = slot_for(key, cause);
  open_[slot]->proposer.step(placement::Read{}, effects_);
  std::vector<Answer> none;
  carry_out(slot, none);
}

void Registers::change(const ObjectId& key, placement::Change&& change, Cause cause) {
  const std::uint32_t slot = slot_for(key, cause);
  open_[slot]->proposer.step(std::move(change), effects_);
  std::vector<Answer> none;
  carry_out(slot, none);
}

void Registers::look(const ObjectId& key, Cause cause) {
  const Bytes bytes = to_bytes(OfRegister<placement::Look>{key, {}});
  for (std::uint32_t i = 0; i < acceptors_.size(); ++i)
    host_.network.send_datagram(acceptors_[i], bytes, cause.child(i));
}

void Registers::forget(const ObjectId& key) {
  const std::optional<std::uint32_t> slot = slots_.take(key);
  if (!slot) return;
  ballots_ = std::max(ballots_, open_[*slot]->proposer.highest_number());
  open_[*slot].reset();
  free_.push_back(*slot);
}

void Registers::on_timer(std::uint64_t number, std::vector<Answer>& answers) {
  const auto slot = static_cast<std::uint32_t>(number >> timer_bits);
  if (slot >= open_.size() || !open_[slot]) return;
  open_[slot]->proposer.step(placement::TimeIsUp{static_cast<std::uint32_t>(number)}, effects_);
  carry_out(slot, answers);
}

std::optional<std::uint32_t> Registers::place_of(NodeId acceptor) const {
  const auto found = std::ranges::find(acceptors_, acceptor);
  if (found == acceptors_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - acceptors_.begin());
}

void Registers::tell_chosen(Open& open) {
  const Bytes bytes = to_bytes(OfRegister<placement::Chosen>{open.key, {open.proposer.ballot()}});
  for (const NodeId acceptor : acceptors_) host_.network.send_datagram(acceptor, bytes, open.lineage.next_child());
}

std::uint32_t Registers::slot_for(const ObjectId& key, Cause cause) {
  if (const std::uint32_t* slot = slots_.find(key)) {
    open_[*slot]->proposer.drop();
    open_[*slot]->lineage = Lineage(cause);
    return *slot;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(open_.size()));
    open_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  const auto count = static_cast<std::uint32_t>(acceptors_.size());
  open_[slot].emplace(key, placement::Proposer(self_, count, ballots_), Lineage(cause));
  slots_[key] = slot;
  return slot;
}

void Registers::carry_out(std::uint32_t slot, std::vector<Answer>& answers) {
  Open& open = *open_[slot];
  for (placement::ProposerEffect& effect : effects_) {
    if (const auto* ask = std::get_if<placement::AskAll>(&effect)) {
      const Bytes bytes = std::visit(
          [&](const auto& message) { return to_bytes(OfRegister<std::decay_t<decltype(message)>>{open.key, message}); },
          ask->message);
      for (const NodeId acceptor : acceptors_)
        host_.network.send_datagram(acceptor, bytes, open.lineage.next_child());
    } else if (const auto* timer = std::get_if<placement::SetTimer>(&effect)) {
      const Cause cause = open.lineage.next_child();
      const auto least = static_cast<std::uint64_t>(timer->least.count());
      const auto more = Duration(static_cast<std::int64_t>(host_.draws.below(least, Purpose::patience, cause)));
      host_.timers.set_upkeep(timer->least + more, register_timer | std::uint64_t{slot} << timer_bits | timer->timer,
                              cause);
    } else {
      auto& settled = std::get<placement::Settled>(effect);
      const bool is_worth_telling = settled.how == placement::Settled::How::changed && !is_of_lease(open.key);
      if (is_worth_telling) tell_chosen(open);
      answers.push_back({open.key, std::move(settled)});
    }
  }
  effects_.clear();
}

}  // namespace orrery::node
