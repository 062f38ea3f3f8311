#include "core/routing/stubs.h"

#include "core/base/invariant.h"
#include "core/routing/packing.h"

namespace orrery::routing {

bool Stubs::is_broken(StubId stub) const {
  if (broken_.contains(stub)) return true;
  const Stub* known = stubs_.find(stub);
  return known && lost_its_connection(*known);
}

bool Stubs::lost_its_connection(const Stub& stub) const {
  if (stub.breaks == 0) return false;
  const Peer* peer = peers_.find(stub.peer);
  return peer && peer->breaks + 1 != stub.breaks;
}

void Stubs::step(Make&& make, ports::Probe& probe, std::vector<StubEffect>& effects) {
  const StubId id = make.call.stub;
  const CallId call = make.call.call;
  Stub& stub = stubs_[id];
  make.call.sequence = ++stub.calls;
  if (lost_its_connection(stub)) break_stub(id, ObjectError::connection_lost(), effects);
  if (const ObjectError* error = broken_.find(id)) {
    Finish finish{{call, id, Status::failed, pack_error(*error)}, make.caller};
    effects.emplace_back(std::in_place_type<Refuse>, std::move(make.call), make.caller.parent, std::move(finish));
    return;
  }
  if (stub.in_flight > 0) probe.reached(ports::Mark::stub_was_called_again_while_waiting);
  ++stub.in_flight;
  in_flight_[call] = {.stub = id, .caller = make.caller, .peer = {}, .older = {}, .newer = {}};
  effects.emplace_back(std::in_place_type<Forward>, std::move(make.call), make.caller.parent);
}

void Stubs::step(const Sent& sent) {
  InFlight* call = in_flight_.find(sent.call);
  if (!call) return;
  Peer& peer = peers_[sent.peer];
  call->peer = sent.peer;
  call->is_sent = true;
  call->older = peer.newest;
  if (peer.newest != CallId{}) in_flight_.find(peer.newest)->newer = sent.call;
  peer.newest = sent.call;
  Stub& stub = *stubs_.find(call->stub);
  stub.peer = sent.peer;
  if (stub.breaks == 0) stub.breaks = peer.breaks + 1;
}

void Stubs::step(Returned&& returned, ports::Probe&, std::vector<StubEffect>& effects) {
  const CallId call = returned.reply.call;
  const InFlight* found = in_flight_.find(call);
  if (!found) return;
  const StubId stub = found->stub;
  if (returned.reply.status != Status::ok) {
    const ObjectError error = unpack_error(returned.reply.payload);
    if (error.reset()) break_stub(stub, error, effects);
  }
  const std::size_t place = effects.size();
  effects.emplace_back(std::in_place_type<Finish>, std::move(returned.reply), Caller{});
  std::get<Finish>(effects[place]).caller = finish(call, effects);
}

void Stubs::step(const Broken& broken, ports::Probe&, std::vector<StubEffect>& effects) {
  Peer& peer = peers_[broken.peer];
  ++peer.breaks;
  // Whether calls that were sent were done is not known, unless nobody ever took them.
  const Status status = broken.was_accepted ? Status::unknown : Status::failed;
  const ObjectError error = ObjectError::connection_lost();
  const Bytes packed = pack_error(error);
  CallId oldest = peer.newest;
  while (oldest != CallId{} && in_flight_.find(oldest)->older != CallId{}) oldest = in_flight_.find(oldest)->older;
  for (CallId call = oldest; call != CallId{};) {
    const InFlight each = *in_flight_.find(call);
    break_stub(each.stub, error, effects);
    effects.emplace_back(Finish{{call, each.stub, status, packed}, each.caller});
    finish(call, effects);
    call = each.newer;
  }
}

void Stubs::step(const Drop& drop, ports::Probe&, std::vector<StubEffect>& effects) {
  Stub* stub = stubs_.find(drop.stub);
  if (!stub) return;  // it was never called
  stub->dropped = true;
  if (stub->in_flight == 0) close(drop.stub, effects);
}

void Stubs::break_stub(StubId stub, const ObjectError& error, std::vector<StubEffect>& effects) {
  if (broken_.contains(stub)) return;
  broken_[stub] = error;
  effects.emplace_back(StubIsBroken{stub, error});
}

// Forgets the call, and the stub if this was all that it was kept for. Returns who waits for the call.
Caller Stubs::finish(CallId call, std::vector<StubEffect>& effects) {
  const InFlight gone = *in_flight_.find(call);
  in_flight_.erase(call);
  if (gone.is_sent) {
    if (gone.older != CallId{}) in_flight_.find(gone.older)->newer = gone.newer;
    if (gone.newer != CallId{})
      in_flight_.find(gone.newer)->older = gone.older;
    else
      peers_.find(gone.peer)->newest = gone.older;
  }
  Stub& stub = *stubs_.find(gone.stub);
  --stub.in_flight;
  if (stub.dropped && stub.in_flight == 0) close(gone.stub, effects);
  return gone.caller;
}

void Stubs::close(StubId stub, std::vector<StubEffect>& effects) {
  stubs_.erase(stub);
  broken_.erase(stub);
  effects.emplace_back(StubIsClosed{stub});
}

}  // namespace orrery::routing
