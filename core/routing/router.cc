#include "core/routing/router.h"

#include <utility>

namespace orrery::routing {

const NodeId* Router::route(Call& call, ports::Probe& probe, std::vector<RouterEffect>& effects) {
  Destination& destination = destinations_[call.object];
  if (destination.known && destination.breaks == breaks_of(destination.owner)) {
    call.epoch = destination.epoch;
    return &destination.owner;
  }
  if (std::exchange(destination.known, false)) destination.unreachable = destination.epoch;
  probe.reached(ports::Mark::call_waited_for_its_owner);
  destination.waiting.push_back(std::move(call));
  if (destination.waiting.size() == 1) ask(destination.waiting.front().object, destination, effects);
  return nullptr;
}

void Router::step(const LivesAt& answer, ports::Probe&, std::vector<RouterEffect>& effects) {
  Destination* destination = destinations_.find(answer.object);
  if (!destination || destination->known) return;  // a lookup that was answered twice
  destination->known = true;
  destination->owner = answer.owner;
  destination->epoch = answer.epoch;
  destination->unreachable = {};
  destination->breaks = breaks_of(answer.owner);
  destination->attempts = 0;
  for (Call& call : destination->waiting) {
    call.epoch = answer.epoch;
    effects.emplace_back(std::in_place_type<SendCall>, answer.owner, std::move(call));
  }
  destination->waiting = {};
}

void Router::step(const RetryLookup& retry, ports::Probe&, std::vector<RouterEffect>& effects) {
  Destination* destination = destinations_.find(retry.object);
  if (destination && !destination->known) ask(retry.object, *destination, effects);
}

void Router::step(const NotFound& not_found, ports::Probe&, std::vector<RouterEffect>& effects) {
  Destination* destination = destinations_.find(not_found.object);
  if (!destination || destination->known) return;
  destination->attempts = 0;
  for (Call& call : std::exchange(destination->waiting, {})) effects.emplace_back(GiveUp{std::move(call)});
}

void Router::step(const Unreachable& unreachable) { ++breaks_[unreachable.node]; }

void Router::step(const NotThere& not_there) {
  Destination* destination = destinations_.find(not_there.object);
  if (destination && destination->owner == not_there.node) destination->known = false;
}

std::uint32_t Router::breaks_of(NodeId node) const {
  const std::uint32_t* breaks = breaks_.find(node);
  return breaks ? *breaks : 0;
}

void Router::ask(const ObjectId& object, Destination& destination, std::vector<RouterEffect>& effects) {
  const Call& first = destination.waiting.front();
  effects.emplace_back(FindOwner{object, first.object_class, first.cause, destination.attempts++, first.near,
                                 destination.unreachable, destination.owner});
}

}  // namespace orrery::routing
