// How a node finds the owner of an object, for calls that are made on it.
//
// It looks at the nearest acceptor first. If that knows of no owner that was chosen, or of one that could not be
// reached, it asks a machine near the users to place the object, the next one each time. An owner that answers nothing
// for a while may be dead, or cut off: then calls to come wait until another has taken over, or until it has shown that
// it lives; those that are under way to it wait on.
#include <utility>

#include "core/base/config.h"
#include "core/node/node.h"
#include "core/node/register_records.h"
#include "core/node/tokens.h"

namespace orrery::node {

void Node::carry_out(const routing::FindOwner& find) {
  const std::uint64_t key = key_of(find.object);
  const Cause cause = find.cause.child(looked_up + find.attempt);
  const bool has_registers = !config_.acceptors.empty();
  if (has_registers && find.attempt >= config::lookups_max) {
    lookups_.erase(key);
    return to_router(routing::NotFound{find.object});
  }
  if (!has_registers)
    ask_directory(find, cause);
  else if (find.attempt == 0 && find.unreachable == Epoch{})
    host_.network.send_datagram(config_.acceptors.front(), to_bytes(OfRegister<placement::Look>{find.object, {}}),
                                cause);
  else
    ask_machine(find, cause);
  lookups_[key] = {find, host_.timers.set(config::lookup_retry, lookup_timer | key, cause.child(lookup_ends))};
}

// Where the caller wants the object, else where its class belongs, else here.
std::uint32_t Node::city_near(const routing::FindOwner& find) const {
  if (find.near != routing::Call::anywhere) return find.near;
  return surroundings_.environment.classes[find.object_class.value].place.value_or(config_.city);
}

// The next one at each attempt, but not the one that could not be reached, if there is another. The id is a hash
// already, so its words spread the objects of a city evenly.
void Node::ask_machine(const routing::FindOwner& find, Cause cause) {
  const MachinesNear& near = (*config_.machines_near)[city_near(find)];
  const std::size_t first = find.object.words[3] % near.in_city;
  const auto nth_machine = [&](std::size_t attempt) {
    const std::size_t nth = attempt % near.machines.size();
    return near.machines[nth < near.in_city ? (first + nth) % near.in_city : nth];
  };
  NodeId machine = nth_machine(find.attempt);
  if (find.unreachable != Epoch{} && machine == find.tried) machine = nth_machine(find.attempt + 1);
  host_.network.send_datagram(machine, to_bytes(placement::Place{find.object, find.object_class, find.unreachable}),
                              cause);
}

void Node::on(NodeId from, const OfRegister<placement::Seen>& seen, Cause cause) {
  if (is_of_lease(seen.key)) {
    if (tenure_) tenure_->on(from, seen, outcomes_);
    return follow_tenure();
  }
  const PendingLookup* pending = lookups_.find(key_of(seen.key));
  if (!pending) return;
  const auto record = record_in<placement::OwnerRecord>(seen.message.accepted);
  if (record && seen.message.is_chosen && !record->is_free && record->epoch > pending->find.unreachable)
    learn({seen.key, record->node, record->epoch});
  else
    ask_machine(pending->find, cause.child(0));
}

void Node::on(NodeId, const placement::Found& found, Cause) { learn(found); }

void Node::learn(const placement::Found& found) {
  if (const std::optional<PendingLookup> pending = lookups_.take(key_of(found.object)))
    host_.timers.cancel(pending->retry);
  to_router(routing::LivesAt{found.object, found.owner, found.epoch});
}

void Node::listen_to(NodeId owner) {
  Listening& listening = owners_[owner];
  if (!stubs_.has_calls_to(owner)) listening.heard = host_.clock.steady();
  if (std::exchange(listening.has_timer, true)) return;
  const auto since = static_cast<std::uint64_t>(host_.clock.steady().time_since_epoch().count());
  host_.timers.set_upkeep(config::owner_asked_after, silence_timer | owner.value,
                          Cause::background(host_.self, watch_over_owners, mix(since, owner.value)));
}

void Node::hear(NodeId owner) {
  if (Listening* listening = owners_.find(owner)) listening->heard = host_.clock.steady();
}

void Node::on(NodeId from, const placement::Ping&, Cause cause) {
  host_.network.send_datagram(from, to_bytes(placement::Pong{}), cause.child(0));
}
void Node::on(NodeId from, const placement::Pong&, Cause) { hear(from); }

void Node::on_silence(NodeId owner) {
  Listening& listening = *owners_.find(owner);
  listening.has_timer = false;
  if (!stubs_.has_calls_to(owner)) return;
  const Duration silent = host_.clock.steady() - listening.heard;
  if (silent >= config::owner_silent_max) {
    info("nothing is heard of node {}", owner.value);
    router_.step(routing::Unreachable{owner});
  } else if (silent >= config::owner_asked_after) {
    const auto when = static_cast<std::uint64_t>(host_.clock.steady().time_since_epoch().count());
    const Cause cause = Cause::background(host_.self, watch_over_owners, mix(when, owner.value));
    host_.network.send_datagram(owner, to_bytes(placement::Ping{}), cause.child(0));
  }
  listen_to(owner);
}

void Node::on(NodeId from, const placement::NotHere& not_here, Cause) {
  router_.step(routing::NotThere{not_here.object, from});
}

}  // namespace orrery::node
