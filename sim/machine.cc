#include "sim/machine.h"

namespace orrery::sim {

Machine::Machine(const Commons& commons, NodeId self, node::NodeConfig config)
    : commons_(commons),
      self_(self),
      node_(ports::Host{self, *this, *this, *this, *this, commons.recorder, commons.probe, commons.draws},
            commons.environment, std::move(config)) {}

LocalTime Machine::steady() const { return LocalTime(commons_.queue.now().time_since_epoch()); }

ports::TimerId Machine::set(Duration after, std::uint64_t token, Cause cause) {
  const Time at = commons_.adversary.moved(commons_.queue.now() + after, cause);
  const std::uint32_t rank = commons_.adversary.rank(cause);
  return {commons_.queue.push_timer(at, Class::timer, node_timer, self_.value, token, rank).value};
}

void Machine::cancel(ports::TimerId timer) { commons_.queue.cancel(TimerId{timer.value}); }

void Machine::send_datagram(NodeId to, Bytes bytes, Cause cause) {
  commons_.network.send_datagram(self_, to, std::move(bytes), cause);
}

void Machine::send_on_stream(NodeId to, ports::StreamId stream, Bytes bytes, Cause cause) {
  commons_.network.send_on_stream(self_, to, stream, std::move(bytes), cause);
}

void Machine::answer(ClientId client, Bytes bytes, Cause cause) {
  commons_.network.send_to_user(self_, client, std::move(bytes), cause);
}

}  // namespace orrery::sim
