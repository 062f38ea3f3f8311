#include "core/routing/stubs.h"

#include "core/base/invariant.h"
#include "core/routing/packing.h"

namespace orrery::routing {

void Stubs::step(StubInput&& input, ports::Probe& probe, std::vector<StubEffect>& effects) {
  if (auto* make = std::get_if<Make>(&input))
    on(std::move(*make), probe, effects);
  else if (auto* returned = std::get_if<Returned>(&input))
    on(std::move(*returned), effects);
  else if (const auto* broken = std::get_if<Broken>(&input))
    on(*broken, effects);
  else
    on(std::get<Drop>(input), effects);
}

void Stubs::on(Make&& make, ports::Probe& probe, std::vector<StubEffect>& effects) {
  const StubId id = make.call.stub;
  const CallId call = make.call.call;
  Stub& stub = stubs_[id];
  make.call.sequence = ++stub.calls;
  if (const ObjectError* error = broken_.find(id)) {
    Finish finish{{call, id, Status::failed, pack_error(*error)}, make.caller};
    effects.emplace_back(Refuse{std::move(make.call), make.caller.parent, std::move(finish)});
    return;
  }
  if (stub.newest != CallId{}) {
    probe.reached(ports::Mark::stub_was_called_again_while_waiting);
    in_flight_.find(stub.newest)->newer = call;
  }
  in_flight_[call] = {id, make.caller, stub.newest, CallId{}};
  stub.newest = call;
  effects.emplace_back(Forward{std::move(make.call), make.caller.parent});
}

void Stubs::on(Returned&& returned, std::vector<StubEffect>& effects) {
  const CallId call = returned.reply.call;
  const InFlight* found = in_flight_.find(call);
  if (!found) return;
  const Caller caller = found->caller;
  unchain(call);
  effects.emplace_back(Finish{std::move(returned.reply), caller});
}

void Stubs::on(const Broken& broken, std::vector<StubEffect>& effects) {
  const Stub* stub = stubs_.find(broken.stub);
  if (!stub || is_broken(broken.stub)) return;
  broken_[broken.stub] = broken.error;
  effects.emplace_back(StubIsBroken{broken.stub, broken.error});

  // Whether these were done is not known; the error says whether a new attempt may be made.
  CallId oldest = stub->newest;
  while (oldest != CallId{} && in_flight_.find(oldest)->older != CallId{}) oldest = in_flight_.find(oldest)->older;
  const Bytes error = pack_error(broken.error);
  for (CallId call = oldest; call != CallId{};) {
    const InFlight each = *in_flight_.find(call);
    effects.emplace_back(Finish{{call, broken.stub, Status::unknown, error}, each.caller});
    unchain(call);
    call = each.newer;
  }
}

void Stubs::on(const Drop& drop, std::vector<StubEffect>& effects) {
  const Stub* stub = stubs_.find(drop.stub);
  if (!stub) return;  // it was never called
  INVARIANT(stub->newest == CallId{}, "stub {:016x} has calls in flight", drop.stub.value);
  stubs_.erase(drop.stub);
  broken_.erase(drop.stub);
  effects.emplace_back(StubIsClosed{drop.stub});
}

void Stubs::unchain(CallId call) {
  const InFlight gone = *in_flight_.find(call);
  in_flight_.erase(call);
  if (gone.older != CallId{}) in_flight_.find(gone.older)->newer = gone.newer;
  if (gone.newer != CallId{})
    in_flight_.find(gone.newer)->older = gone.older;
  else
    stubs_.find(gone.stub)->newest = gone.older;
}

}  // namespace orrery::routing
