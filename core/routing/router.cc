#include "core/routing/router.h"

namespace orrery::routing {

std::optional<NodeId> Router::route(Call& call, ports::Probe& probe, std::vector<RouterEffect>& effects) {
  Destination& destination = destinations_[call.object];
  if (destination.known) {
    call.epoch = destination.epoch;
    return destination.owner;
  }
  probe.reached(ports::Mark::call_waited_for_its_owner);
  destination.waiting.push_back(std::move(call));
  if (destination.waiting.size() == 1) ask(destination.waiting.front().object, destination, effects);
  return std::nullopt;
}

void Router::step(const LivesAt& answer, ports::Probe&, std::vector<RouterEffect>& effects) {
  Destination* destination = destinations_.find(answer.object);
  if (!destination || destination->known) return;  // a lookup that was answered twice
  destination->known = true;
  destination->owner = answer.owner;
  destination->epoch = answer.epoch;
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

void Router::ask(const ObjectId& object, Destination& destination, std::vector<RouterEffect>& effects) {
  const Call& first = destination.waiting.front();
  effects.emplace_back(AskDirectory{object, first.object_class, first.cause, destination.attempts++, first.near});
}

}  // namespace orrery::routing
