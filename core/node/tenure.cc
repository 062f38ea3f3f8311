#include "core/node/tenure.h"

#include <utility>

#include "core/node/register_records.h"
#include "core/node/tokens.h"

namespace orrery::node {
namespace {

using placement::LeaseRecord;

// A watch's timer is named by the node and the watch's own number of it.
constexpr std::uint64_t timer_bits = 24;
constexpr std::uint64_t timer_mask = (std::uint64_t{1} << timer_bits) - 1;

}  // namespace

Tenure::Tenure(const ports::Host& host, Registers& registers)
    : host_(host), registers_(registers), own_register_(register_of_lease(host.self)) {}

void Tenure::begin() { begin_incarnation(); }

void Tenure::begin_incarnation() {
  const Cause cause = Cause::background(host_.self, incarnation_of_process, mix(host_.boot, ++incarnations_));
  self_ = Incarnation{host_.draws.bits(Purpose::incarnation, cause) | 1};
  lease_.emplace(self_);
  registers_.begin(self_);
  watches_.clear();
}

Cause Tenure::next_cause() {
  return Cause::background(host_.self, upkeep_of_leases, mix(host_.boot, ++asked_));
}

void Tenure::want() {
  std::vector<Outcome> none;
  lease_->step(host_.clock.steady(), placement::Want{}, effects_);
  follow(none);
}

void Tenure::let_go() { lease_->step(host_.clock.steady(), placement::LetGo{}, effects_); }

void Tenure::on(const Registers::Answer& answer, std::vector<Outcome>& outcomes) {
  const placement::LeaseAnswer current{record_in<LeaseRecord>(answer.settled.current)};
  if (answer.key == own_register_) {
    lease_->step(host_.clock.steady(), current, effects_);
    return follow(outcomes);
  }
  const auto watched = watches_.find(node_of_lease(answer.key));
  if (watched == watches_.end()) return;
  step(watched, current, outcomes);
}

void Tenure::on(NodeId from, const OfRegister<placement::Seen>& seen, std::vector<Outcome>& outcomes) {
  const auto watched = watches_.find(node_of_lease(seen.key));
  const std::optional<std::uint32_t> place = registers_.place_of(from);
  if (watched == watches_.end() || !place) return;
  step(watched, placement::LeaseLook{*place, record_in<LeaseRecord>(seen.message.accepted)}, outcomes);
}

void Tenure::on_lease_timer(std::uint64_t number, std::vector<Outcome>& outcomes) {
  if (number >> timer_bits != (incarnations_ & timer_mask)) return;  // a former incarnation's
  const auto timer = static_cast<std::uint32_t>(number & timer_mask);
  lease_->step(host_.clock.steady(), placement::TimeIsUp{timer}, effects_);
  follow(outcomes);
}

void Tenure::on_watch_timer(std::uint64_t number, std::vector<Outcome>& outcomes) {
  const auto watched = watches_.find(NodeId{static_cast<std::uint32_t>(number >> timer_bits)});
  if (watched == watches_.end()) return;
  step(watched, placement::TimeIsUp{static_cast<std::uint32_t>(number & timer_mask)}, outcomes);
}

void Tenure::follow(std::vector<Outcome>& outcomes) {
  for (const placement::LeaseEffect& effect : effects_) {
    if (const auto* change = std::get_if<placement::ChangeLease>(&effect)) {
      registers_.change(own_register_, {packed(change->expected), to_bytes_of(change->value)}, next_cause());
    } else if (std::holds_alternative<placement::ReadLease>(effect)) {
      registers_.read(own_register_, next_cause());
    } else if (const auto* timer = std::get_if<placement::SetLeaseTimer>(&effect)) {
      const std::uint64_t number = (incarnations_ & timer_mask) << timer_bits | (timer->timer & timer_mask);
      host_.timers.set_upkeep(timer->after, lease_timer | number, next_cause());
    } else if (const auto* held = std::get_if<placement::LeaseHeld>(&effect)) {
      outcomes.emplace_back(Held{held->until});
    } else {
      outcomes.emplace_back(Lost{});
    }
  }
  effects_.clear();
  if (lease_->is_dead()) begin_incarnation();
}

void Tenure::watch(NodeId node, Incarnation incarnation) {
  std::vector<Outcome> none;
  auto watched = watches_.find(node);
  if (watched == watches_.end() || watched->second.incarnation != incarnation) {
    const auto acceptors = static_cast<std::uint32_t>(registers_.acceptors().size());
    watched = watches_.insert_or_assign(node, Watch{incarnation, placement::LeaseWatch(incarnation, acceptors)}).first;
  }
  step(watched, placement::LookAgain{}, none);
}

template <class Input>
void Tenure::step(std::map<NodeId, Watch>::iterator watched, const Input& input, std::vector<Outcome>& outcomes) {
  const auto [node, incarnation] = std::pair(watched->first, watched->second.incarnation);
  placement::LeaseWatch& watch = watched->second.watch;
  const std::optional<LeaseRecord> before = watch.seen();
  watch.step(host_.clock.steady(), input, watch_effects_);
  if (before && watch.seen() != before) outcomes.emplace_back(Renewed{incarnation});
  const ObjectId its_register = register_of_lease(node);
  for (const placement::WatchEffect& effect : watch_effects_) {
    if (std::holds_alternative<placement::LookAtAcceptors>(effect)) {
      registers_.look(its_register, next_cause());
    } else if (std::holds_alternative<placement::ReadLease>(effect)) {
      registers_.read(its_register, next_cause());
    } else if (const auto* seal = std::get_if<placement::Seal>(&effect)) {
      LeaseRecord sealed = seal->expected;
      sealed.is_sealed = true;
      registers_.change(its_register, {to_bytes_of(seal->expected), to_bytes_of(sealed)}, next_cause());
    } else if (const auto* timer = std::get_if<placement::SetLeaseTimer>(&effect)) {
      const std::uint64_t number = std::uint64_t{node.value} << timer_bits | (timer->timer & timer_mask);
      host_.timers.set_upkeep(timer->after, watch_timer | number, next_cause());
    } else {
      outcomes.emplace_back(Died{node, incarnation});
    }
  }
  watch_effects_.clear();
  if (watch.is_over()) {
    registers_.forget(its_register);
    watches_.erase(watched);
  }
}

}  // namespace orrery::node
