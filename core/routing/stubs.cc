#include "core/routing/stubs.h"

#include <algorithm>

#include "core/routing/packing.h"

namespace orrery::routing {

void Stubs::step(StubInput input, ports::Probe& probe, std::vector<StubEffect>& effects) {
  if (auto* make = std::get_if<Make>(&input))
    on(std::move(*make), probe, effects);
  else if (auto* returned = std::get_if<Returned>(&input))
    on(std::move(*returned), effects);
  else
    on(std::get<Broken>(std::move(input)), effects);
}

void Stubs::on(Make make, ports::Probe& probe, std::vector<StubEffect>& effects) {
  Stub& stub = stubs_[make.call.stub];
  stub.object = make.call.object;
  make.call.sequence = ++stub.calls;
  if (!stub.in_flight.empty()) probe.reached(ports::Mark::stub_was_called_again_while_waiting);
  const CallId call = make.call.call;
  const StubId id = make.call.stub;
  if (const ObjectError* error = broken_.find(id)) {
    effects.emplace_back(Finish{{call, id, Status::failed, pack_error(*error)}, make.caller});
    return;
  }
  stub.in_flight.push_back({call, make.caller});
  effects.emplace_back(Forward{std::move(make.call), make.caller.parent});
}

void Stubs::on(Returned returned, std::vector<StubEffect>& effects) {
  Stub* stub = stubs_.find(returned.reply.stub);
  if (!stub) return;
  auto entry = std::ranges::find(stub->in_flight, returned.reply.call, &InFlight::call);
  if (entry == stub->in_flight.end()) return;
  const Caller caller = entry->caller;
  stub->in_flight.erase(entry);
  effects.emplace_back(Finish{std::move(returned.reply), caller});
}

void Stubs::on(Broken broken, std::vector<StubEffect>& effects) {
  Stub* stub = stubs_.find(broken.stub);
  if (!stub || is_broken(broken.stub)) return;
  broken_[broken.stub] = broken.error;
  effects.emplace_back(StubIsBroken{broken.stub, stub->object, broken.error});
  // Whether these were done is not known; the error says whether a new attempt may be made.
  const Bytes error = pack_error(broken.error);
  for (const InFlight& each : stub->in_flight)
    effects.emplace_back(Finish{{each.call, broken.stub, Status::unknown, error}, each.caller});
  stub->in_flight.clear();
}

}  // namespace orrery::routing
