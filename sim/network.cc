#include "sim/network.h"

#include <algorithm>

#include "core/base/mix.h"

namespace orrery::sim {
namespace {

// Names one direction of a stream.
std::uint64_t stream_key(NodeId from, NodeId to, ports::StreamId stream) {
  return mix(std::uint64_t{from.value} << 32 | to.value, stream.value);
}

}  // namespace

Network::Network(const Topology& topology, std::vector<Site> sites, const Link& link, const Draws& draws,
                 Adversary& adversary, EventQueue& queue)
    : topology_(topology),
      sites_(std::move(sites)),
      link_(link),
      draws_(draws),
      adversary_(adversary),
      queue_(queue) {}

void Network::send_datagram(NodeId from, NodeId to, Bytes bytes, Cause cause) {
  const Time at = adversary_.moved(queue_.now() + one_way(from, to, cause), cause);
  schedule(at, Delivery::datagram, to.value, {from, ports::own_stream, std::move(bytes), cause});
}

void Network::send_on_stream(NodeId from, NodeId to, ports::StreamId stream, Bytes bytes, Cause cause) {
  Time at = adversary_.moved(queue_.now() + one_way(from, to, cause), cause);
  if (stream != ports::own_stream) {
    Time& last = last_arrival_[stream_key(from, to, stream)];
    // One nanosecond behind: equal instants may be ranked, and a rank must not undo the order of a stream.
    at = std::max(at, last + 1ns);
    last = at;
  }
  schedule(at, Delivery::stream, to.value, {from, stream, std::move(bytes), cause});
}

void Network::send_from_user(ClientId from, NodeId edge, Bytes bytes, Cause cause) {
  const Time at = adversary_.moved(queue_.now() + access(cause), cause);
  schedule(at, Delivery::from_user, edge.value, {NodeId{from.value}, ports::own_stream, std::move(bytes), cause});
}

void Network::send_to_user(NodeId edge, ClientId to, Bytes bytes, Cause cause) {
  const Time at = adversary_.moved(queue_.now() + access(cause), cause);
  schedule(at, Delivery::to_user, to.value, {edge, ports::own_stream, std::move(bytes), cause});
}

Packet Network::take(const Event& event) {
  Packet packet = packets_.take(static_cast<std::uint32_t>(event.what));
  if (packet.stream != ports::own_stream) {
    // A stream with nothing on its way needs no memory: whatever is sent now comes later than now.
    const std::uint64_t key = stream_key(packet.from, NodeId{event.where}, packet.stream);
    const Time* last = last_arrival_.find(key);
    if (last && *last <= queue_.now()) last_arrival_.erase(key);
  }
  return packet;
}

Duration Network::one_way(NodeId from, NodeId to, Cause cause) const {
  const Duration mean = topology_.one_way(sites_[from.value], sites_[to.value]);
  if (link_.jitter_millionths == 0) return mean;
  const Duration varying = mean * link_.jitter_millionths / 1'000'000;
  return mean - varying +
         Distribution{.kind = Distribution::Kind::exponential, .base = varying}.sample(
             draws_.bits(Purpose::latency, cause));
}

Duration Network::access(Cause cause) const { return link_.access.sample(draws_.bits(Purpose::access, cause)) / 2; }

void Network::schedule(Time at, Delivery kind, std::uint32_t to, Packet packet) {
  const std::uint32_t rank = adversary_.rank(packet.cause);
  queue_.push(at, Class::delivery, static_cast<std::uint16_t>(kind), to, packets_.put(std::move(packet)), rank);
}

}  // namespace orrery::sim
