// The node's share in placement: how it becomes the owner of an object, and runs it while it may.
//
// A machine that is asked to place an object reads the object's register. It owns the object if nobody does, or if the
// owner is dead; otherwise it says who does. If it was told that this one cannot be reached, it first waits whether its
// lease is renewed.
//
// A machine runs what it owns while it holds its lease. That is looked at when an event begins, and no time passes
// within one: so nothing leaves without it either. When it has run out, all that the machine runs ends at once.
#include <algorithm>
#include <utility>

#include "core/base/config.h"
#include "core/node/node.h"
#include "core/node/register_records.h"
#include "core/node/tokens.h"
#include "core/routing/packing.h"

namespace orrery::node {

using placement::OwnerRecord;

// ---- Becoming the owner.

void Node::on(NodeId from, const placement::Place& place, Cause cause) {
  INVARIANT(tenure_, "node {} was asked to place an object, and runs none", host_.self.value);
  if (const Epoch* epoch = epoch_of_own(place.object)) return tell(from, {place.object, host_.self, *epoch}, cause);
  const std::uint64_t key = begin_placing(place.object, place.object_class, cause);
  Placing& placing = placings_.at(key);
  std::erase_if(placing.askers, [from](const Placing::Asker& each) { return each.node == from; });
  placing.askers.push_back({from, place.unreachable, cause});
  go_on_placing(key);
}

// The call waits until this node owns its object, or is refused.
void Node::place_first(NodeId from, routing::Call&& call, Cause cause) {
  const std::uint64_t key = begin_placing(call.object, call.object_class, cause);
  placings_.at(key).calls.push_back({from, std::move(call), cause});
  go_on_placing(key);
}

void Node::tell(NodeId asker, const placement::Found& found, Cause cause) {
  host_.network.send_datagram(asker, to_bytes(found), cause.child(0));
}

// Nothing: this node does not own it, or has no lease.
const Epoch* Node::epoch_of_own(const ObjectId& object) const {
  const Owned* owned = serves_as_ ? owned_.find(object) : nullptr;
  return owned ? &owned->epoch : nullptr;
}

// A new object's followers are one machine of each place.
placement::Claim Node::claim_of(const ObjectId& object) const {
  std::vector<NodeId> followers;
  for (const std::vector<NodeId>& machines : config_.followers)
    followers.push_back(machines[object.words[2] % machines.size()]);
  return placement::Claim(tenure_->self(), host_.self, std::move(followers));
}

std::uint64_t Node::begin_placing(const ObjectId& object, ClassId object_class, Cause cause) {
  const std::uint64_t key = key_of(object);
  const auto [placing, is_new] = placings_.try_emplace(key, object, object_class, claim_of(object));
  if (is_new) {
    placing->second.lineage = Lineage(cause.child(placed));
    set_placing_timer(key);
  }
  return key;
}

void Node::set_placing_timer(std::uint64_t key) {
  host_.timers.set(config::placing_looked_at_every, placing_timer | key, placings_.at(key).lineage.next_child());
}

void Node::on_placing_timer(std::uint64_t key) {
  const auto found = placings_.find(key);
  if (found == placings_.end()) return;
  Placing& placing = found->second;
  if (++placing.looked == config::placing_looks_max) return end_placing(key);
  set_placing_timer(key);
  if (placing.takeover) return hurry_takeover(placing);
  go_on_placing(key);
}

void Node::go_on_placing(std::uint64_t key) {
  Placing& placing = placings_.at(key);
  if (!serves_as_) {
    tenure_->want();
    sweep_later();
  } else if (!std::exchange(placing.has_begun, true)) {
    placing.claim.step(placement::Begin{}, claim_effects_);
    follow_claim(key);
  } else if (placing.other) {
    tell_of_other(key);
  }
}

void Node::follow_claim(std::uint64_t key) {
  Placing& placing = placings_.at(key);
  for (std::size_t i = 0; i < claim_effects_.size(); ++i) {
    const placement::ClaimEffect effect = claim_effects_[i];
    if (std::holds_alternative<placement::ReadOwner>(effect)) {
      registers_->read(placing.object, placing.lineage.next_child());
    } else if (const auto* change = std::get_if<placement::ChangeOwner>(&effect)) {
      registers_->change(placing.object, {packed(change->expected), to_bytes_of(change->value)},
                         placing.lineage.next_child());
    } else if (const auto* other = std::get_if<placement::OwnedByOther>(&effect)) {
      // A former process of this very node is dead: its lease is ours.
      if (other->record.node == host_.self) {
        placing.own_before = other->record.epoch;
        placing.claim.step(placement::Dead{other->record.owner}, claim_effects_);
      } else {
        placing.own_before.reset();
        placing.other = other->record;
      }
    } else {
      claim_effects_.clear();
      return win(key, std::get<placement::Owned>(effect).record);
    }
  }
  claim_effects_.clear();
  if (placing.other) tell_of_other(key);
}

// The record names this node. Its log may still have to be taken over.
void Node::win(std::uint64_t key, const OwnerRecord& record) {
  Placing& placing = placings_.at(key);
  if (!serves_as_) {  // what is so is known again when the lease is held
    placing.has_begun = false;
    return go_on_placing(key);
  }
  registers_->forget(placing.object);
  info("object {:016x} is placed here, epoch {}", name_of(placing.object), record.epoch.value);
  report(journal::Placed{placing.object, placing.object_class, record.epoch, host_.self});
  const bool has_its_log = record.followers.empty() || owned_.contains(placing.object);
  has_its_log ? own(key, record) : begin_takeover(placing, record);
}

void Node::own(std::uint64_t key, const OwnerRecord& record) {
  Placing placing = std::move(placings_.extract(key).mapped());
  const Epoch since = owned_.contains(placing.object) ? owned_.find(placing.object)->since
                                                      : placing.own_before.value_or(record.epoch);
  owned_[placing.object] = {record.epoch, since, record.followers, first_leader(placing, record)};
  for (const Placing::Asker& each : placing.askers)
    tell(each.node, {placing.object, host_.self, record.epoch}, each.cause);
  for (EarlyCall& each : placing.calls) on(each.from, std::move(each.call), each.cause);
}

// Those who could not reach this very owner wait whether it lives, if another could go on without it.
void Node::tell_of_other(std::uint64_t key) {
  Placing& placing = placings_.at(key);
  const OwnerRecord other = *placing.other;
  refuse_waiting(placing);
  std::erase_if(placing.askers, [&](const Placing::Asker& each) {
    const bool waits = each.unreachable == other.epoch && replicates();
    if (!waits) tell(each.node, {placing.object, other.node, other.epoch}, each.cause);
    return !waits;
  });
  if (placing.askers.empty()) return end_placing(key);
  tenure_->watch(other.node, other.owner);
}

void Node::refuse_waiting(Placing& placing) {
  for (const EarlyCall& each : std::exchange(placing.calls, {})) refuse_as_old(each.from, each.call);
}

// Whoever sent it looks for the owner again.
void Node::refuse_as_old(NodeId from, const routing::Call& call) {
  const ports::StreamId stream{call.stub.value};
  host_.network.answer_on_stream(from, stream, to_bytes(placement::NotHere{call.object}), call.cause.child(1));
  refuse(from, call, ObjectError::connection_lost());
}

// Whoever asked will ask again.
void Node::end_placing(std::uint64_t key) {
  refuse_waiting(placings_.at(key));
  const Placing placing = std::move(placings_.extract(key).mapped());
  registers_->forget(placing.object);
  if (!placing.other) return;
  const bool is_watched = std::ranges::any_of(placings_, [&](const auto& each) {
    return each.second.other && each.second.other->node == placing.other->node;
  });
  if (!is_watched) tenure_->stop_watching(placing.other->node);
}

// ---- Registers.

void Node::on(NodeId from, const OfRegister<placement::Prepare>& prepare, Cause cause) {
  to_acceptor(from, prepare, cause);
}
void Node::on(NodeId from, const OfRegister<placement::Accept>& accept, Cause cause) {
  to_acceptor(from, accept, cause);
}
void Node::on(NodeId from, const OfRegister<placement::Look>& look, Cause cause) { to_acceptor(from, look, cause); }

void Node::on(NodeId, const OfRegister<placement::Chosen>& chosen, Cause) { acceptors_->on(chosen); }

template <class M>
void Node::to_acceptor(NodeId from, const OfRegister<M>& asked, Cause cause) {
  INVARIANT(acceptors_, "node {} asked node {}, which is no acceptor", from.value, host_.self.value);
  if (is_emptied_) return;
  acceptors_->on(from, asked, cause);
  flush_log(cause.child(log_written));
}

void Node::on(NodeId from, const OfRegister<placement::Promise>& promise, Cause) { to_registers(from, promise); }
void Node::on(NodeId from, const OfRegister<placement::Accepted>& accepted, Cause) { to_registers(from, accepted); }
void Node::on(NodeId from, const OfRegister<placement::Refused>& refused, Cause) { to_registers(from, refused); }

template <class M>
void Node::to_registers(NodeId from, const OfRegister<M>& answer) {
  registers_->on(from, answer, settled_);
  on_settled();
}

void Node::on_settled() {
  for (std::size_t i = 0; i < settled_.size(); ++i) {
    const Registers::Answer answer = settled_[i];
    if (is_of_lease(answer.key)) {
      tenure_->on(answer, outcomes_);
    } else if (const auto placing = placings_.find(key_of(answer.key)); placing != placings_.end()) {
      placing->second.claim.step(placement::OwnerAnswer{record_in<OwnerRecord>(answer.settled.current)}, claim_effects_);
      follow_claim(placing->first);
    }
  }
  settled_.clear();
  follow_tenure();
}

// ---- The lease.

void Node::check_lease() {
  if (config_.is_strict && serves_as_ && !tenure_->is_held()) stop_serving();
}

void Node::stop_serving() {
  info("the lease has run out");
  report(journal::LeaseEnded{*serves_as_});
  serves_as_.reset();
  const bool ran_something = !residency_.is_empty();
  for (std::uint32_t slot = 0; slot < residency_.slots(); ++slot)
    if (residency_.at(slot)) end_instance(slot, journal::EndReason::lease_lost, ObjectError::connection_lost());
  // What was under way may be confirmed yet, or not: only another epoch can tell.
  if (ran_something || has_takeovers()) {
    tenure_->begin();
    begin_anew();
  }
}

bool Node::has_takeovers() const {
  return std::ranges::any_of(placings_, [](const auto& each) { return each.second.takeover != nullptr; });
}

// As another incarnation, which owns nothing.
void Node::begin_anew() {
  owned_ = {};
  for (auto& [key, placing] : placings_) {
    placing.claim = claim_of(placing.object);
    placing.has_begun = false;
    placing.other.reset();
    placing.takeover.reset();
  }
  if (!placings_.empty()) tenure_->want();
}

void Node::begin_serving() {
  info("the lease is held");
  report(journal::LeaseTaken{tenure_->self()});
  serves_as_ = tenure_->self();
  std::vector<std::uint64_t> keys;
  for (const auto& [key, placing] : placings_) keys.push_back(key);
  for (const std::uint64_t key : keys)
    if (placings_.contains(key)) go_on_placing(key);
}

// So that all ends with the lease, though nothing else happens.
void Node::watch_lease() {
  if (std::exchange(is_watching_lease_, true)) return;
  const Duration rest = lease_until_ - host_.clock.steady();
  const auto named = static_cast<std::uint64_t>(lease_until_.time_since_epoch().count());
  const Cause cause = Cause::background(host_.self, end_of_lease, mix(host_.boot, named));
  host_.timers.set_upkeep(std::max(rest, Duration::zero()), lease_end_timer, cause);
}

void Node::on_lease_end() {
  is_watching_lease_ = false;
  if (tenure_->is_held()) watch_lease();
}

void Node::follow_tenure() {
  for (std::size_t i = 0; i < outcomes_.size(); ++i) {
    const Tenure::Outcome outcome = outcomes_[i];
    std::visit([this](const auto& what) { carry_out(what); }, outcome);
  }
  outcomes_.clear();
}

void Node::carry_out(const Tenure::Held& held) {
  lease_until_ = held.until;
  watch_lease();
  if (!serves_as_ && tenure_->is_held()) begin_serving();
}

void Node::carry_out(const Tenure::Lost&) {
  info("this incarnation is dead");
  if (serves_as_) stop_serving();
  begin_anew();
}

void Node::carry_out(const Tenure::Died& died) {
  const placement::Dead dead{died.incarnation};
  info("incarnation {:016x} of node {} is dead", died.incarnation.value, died.node.value);
  report(journal::LeaseSealed{died.incarnation, died.node});
  for (const std::uint64_t key : placings_behind(dead.incarnation)) {
    Placing& placing = placings_.at(key);
    placing.other.reset();
    placing.claim.step(dead, claim_effects_);
    follow_claim(key);
  }
}

// It lives: whoever waits may try to reach it again.
void Node::carry_out(const Tenure::Renewed& renewed) {
  for (const std::uint64_t key : placings_behind(renewed.incarnation)) {
    for (Placing::Asker& each : placings_.at(key).askers) each.unreachable = Epoch{};
    tell_of_other(key);
  }
}

std::vector<std::uint64_t> Node::placings_behind(Incarnation owner) const {
  std::vector<std::uint64_t> keys;
  for (const auto& [key, placing] : placings_)
    if (placing.other && placing.other->owner == owner) keys.push_back(key);
  return keys;
}

}  // namespace orrery::node
