#include "core/routing/stubs.h"

#include "core/base/invariant.h"
#include "core/routing/packing.h"

namespace orrery::routing {

bool Stubs::is_broken(StubId stub) const {
  const Stub* known = stubs_.find(stub);
  return known && (known->is_broken || lost_its_connection(*known));
}

bool Stubs::has_calls_to(NodeId peer) const {
  const Peer* known = peers_.find(peer);
  return known && known->newest != CallId{};
}

bool Stubs::lost_its_connection(const Stub& stub) const {
  if (stub.breaks == 0 || !has_seen_breaks_) return false;
  const Peer* peer = peers_.find(stub.peer);
  return peer && peer->breaks + 1 != stub.breaks;
}

bool Stubs::make(Call& call, const Caller& caller, ports::Probe& probe, std::vector<StubEffect>& effects) {
  const StubId id = call.stub;
  Stub& stub = stubs_[id];
  call.sequence = ++stub.calls;
  if (lost_its_connection(stub)) break_stub(id, ObjectError::connection_lost(), effects);
  if (stub.is_broken) {
    effects.emplace_back(Finish{{call.call, id, Status::failed, pack_error(*broken_.find(id))}, caller});
    return false;
  }
  if (stub.in_flight > 0) probe.reached(ports::Mark::stub_was_called_again_while_waiting);
  ++stub.in_flight;
  InFlight& in_flight = in_flight_[call.call];
  in_flight.stub = id;
  in_flight.caller = caller;
  return true;
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
  const std::optional<InFlight> gone = in_flight_.take(call);
  if (!gone) return;
  if (returned.reply.status != Status::ok) {
    const ObjectError error = unpack_error(returned.reply.payload);
    if (error.reset()) break_stub(gone->stub, error, effects);
  }
  effects.emplace_back(std::in_place_type<Finish>, std::move(returned.reply), gone->caller);
  finish(*gone, effects);
}

void Stubs::step(const Broken& broken, ports::Probe&, std::vector<StubEffect>& effects) {
  Peer& peer = peers_[broken.peer];
  ++peer.breaks;
  has_seen_breaks_ = true;
  // Whether calls that were sent were done is not known, unless nobody ever took them.
  const Status status = broken.was_accepted ? Status::unknown : Status::failed;
  const ObjectError error = ObjectError::connection_lost();
  const Bytes packed = pack_error(error);
  CallId oldest = peer.newest;
  while (oldest != CallId{} && in_flight_.find(oldest)->older != CallId{}) oldest = in_flight_.find(oldest)->older;
  for (CallId call = oldest; call != CallId{};) {
    const InFlight each = *in_flight_.take(call);
    break_stub(each.stub, error, effects);
    effects.emplace_back(Finish{{call, each.stub, status, packed}, each.caller});
    finish(each, effects);
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
  if (std::exchange(stubs_.find(stub)->is_broken, true)) return;
  broken_[stub] = error;
  effects.emplace_back(StubIsBroken{stub, error});
}

// The call is in flight no more; forgets the stub if this was all that it was kept for.
void Stubs::finish(const InFlight& gone, std::vector<StubEffect>& effects) {
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
}

void Stubs::close(StubId stub, std::vector<StubEffect>& effects) {
  const std::optional<Stub> closed = stubs_.take(stub);
  if (closed->is_broken) broken_.erase(stub);
  effects.emplace_back(StubIsClosed{stub});
}

}  // namespace orrery::routing
