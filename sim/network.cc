#include "sim/network.h"

#include <algorithm>

#include "core/base/mix.h"

namespace orrery::sim {
namespace {

// Names one direction of a stream.
std::uint64_t stream_key(NodeId from, NodeId to, ports::StreamId stream) {
  return mix(std::uint64_t{from.value} << 32 | to.value, stream.value);
}

std::uint64_t connection_key(NodeId opener, NodeId acceptor) {
  return std::uint64_t{opener.value} << 32 | acceptor.value;
}

// The place of what a refused message gives rise to, among what it gives rise to.
constexpr std::uint64_t refused = std::uint64_t{1} << 40;

}  // namespace

Network::Network(const Topology& topology, std::vector<Site> sites, const Link& link, const Draws& draws,
                 Adversary& adversary, EventQueue& queue)
    : topology_(topology),
      sites_(std::move(sites)),
      link_(link),
      draws_(draws),
      adversary_(adversary),
      queue_(queue),
      opened_by_(sites_.size()),
      accepted_by_(sites_.size()) {}

void Network::send_datagram(NodeId from, NodeId to, Bytes bytes, Cause cause) {
  const Time at = adversary_.moved(queue_.now() + one_way(from, to, cause), cause);
  schedule(at, Delivery::datagram, to.value, {.from = from, .stream = {}, .bytes = std::move(bytes), .cause = cause});
}

void Network::send_on_stream(NodeId from, NodeId to, ports::StreamId stream, Bytes bytes, Cause cause) {
  const Connection& used = connection(from, to);
  if (used.is_broken) return;
  send(from, to, stream,
       {.from = from, .stream = stream, .bytes = std::move(bytes), .cause = cause, .connection = used.number});
}

void Network::answer_on_stream(NodeId from, NodeId to, ports::StreamId stream, Bytes bytes, Cause cause) {
  const Connection* used = connections_.find(connection_key(to, from));
  if (!used || used->is_broken) return;
  send(from, to, stream,
       {.from = from,
        .stream = stream,
        .bytes = std::move(bytes),
        .cause = cause,
        .connection = used->number,
        .is_answer = true});
}

void Network::send(NodeId from, NodeId to, ports::StreamId stream, Packet packet) {
  Time at = adversary_.moved(queue_.now() + one_way(from, to, packet.cause), packet.cause);
  if (stream != ports::own_stream) {
    Time& last = last_arrival_[stream_key(from, to, stream)];
    // One nanosecond behind: equal instants may be ranked, and a rank must not undo the order of a stream.
    at = std::max(at, last + 1ns);
    last = at;
  }
  schedule(at, Delivery::stream, to.value, std::move(packet));
}

void Network::send_from_user(ClientId from, NodeId edge, Bytes bytes, Cause cause) {
  const Time at = adversary_.moved(queue_.now() + access(cause), cause);
  schedule(at, Delivery::from_user, edge.value,
           {.from = NodeId{from.value}, .stream = {}, .bytes = std::move(bytes), .cause = cause});
}

void Network::send_to_user(NodeId edge, ClientId to, Bytes bytes, Cause cause) {
  const Time at = adversary_.moved(queue_.now() + access(cause), cause);
  schedule(at, Delivery::to_user, to.value, {.from = edge, .stream = {}, .bytes = std::move(bytes), .cause = cause});
}

std::optional<Packet> Network::take(const Event& event, bool is_somebody_there) {
  Packet packet = packets_.take(static_cast<std::uint32_t>(event.what));
  const NodeId to{event.where};
  if (packet.stream != ports::own_stream) {
    // A stream with nothing on its way needs no memory: whatever is sent now comes later than now.
    const std::uint64_t key = stream_key(packet.from, to, packet.stream);
    const Time* last = last_arrival_.find(key);
    if (last && *last <= queue_.now()) last_arrival_.erase(key);
  }
  switch (static_cast<Delivery>(event.kind)) {
    case Delivery::stream:
      if (!arrives(packet, to, is_somebody_there)) return std::nullopt;
      return packet;
    case Delivery::break_of_connection:
      if (!is_connected(to, packet.from, packet.connection)) return std::nullopt;
      forget(to, packet.from);
      return packet;
    case Delivery::to_user: return packet;
    case Delivery::datagram:
    case Delivery::from_user: break;
  }
  if (!is_somebody_there) return std::nullopt;
  return packet;
}

bool Network::arrives(const Packet& packet, NodeId to, bool is_somebody_there) {
  const NodeId opener = packet.is_answer ? to : packet.from;
  const NodeId acceptor = packet.is_answer ? packet.from : to;
  Connection* used = connections_.find(connection_key(opener, acceptor));
  if (!used || used->number != packet.connection || used->is_broken) return false;
  if (!is_somebody_there) {
    break_connection(opener, acceptor, *used, packet.cause.child(refused));
    return false;
  }
  used->is_accepted = true;
  return true;
}

Network::Connection& Network::connection(NodeId opener, NodeId acceptor) {
  Connection& found = connections_[connection_key(opener, acceptor)];
  if (found.number == 0) {
    found.number = ++connections_made_;
    opened_by_[opener.value].push_back(acceptor);
    accepted_by_[acceptor.value].push_back(opener);
  }
  return found;
}

void Network::break_connection(NodeId opener, NodeId acceptor, Connection& connection, Cause cause) {
  if (std::exchange(connection.is_broken, true)) return;
  const Time at = adversary_.moved(queue_.now() + one_way(acceptor, opener, cause), cause);
  schedule(at, Delivery::break_of_connection, opener.value,
           {.from = acceptor,
            .stream = {},
            .bytes = {},
            .cause = cause,
            .connection = connection.number,
            .was_accepted = connection.is_accepted});
}

bool Network::is_connected(NodeId opener, NodeId acceptor, std::uint32_t connection) const {
  const Connection* known = connections_.find(connection_key(opener, acceptor));
  return known && known->number == connection;
}

void Network::lose(NodeId node, Cause cause) {
  const std::vector<NodeId> acceptors = opened_by_[node.value];
  for (const NodeId acceptor : acceptors) forget(node, acceptor);
  for (const NodeId opener : accepted_by_[node.value])
    break_connection(opener, node, *connections_.find(connection_key(opener, node)), cause.child(opener.value));
}

void Network::forget(NodeId opener, NodeId acceptor) {
  connections_.erase(connection_key(opener, acceptor));
  std::erase(opened_by_[opener.value], acceptor);
  std::erase(accepted_by_[acceptor.value], opener);
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
