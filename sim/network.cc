#include "sim/network.h"

#include <algorithm>
#include <iterator>
#include <utility>

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

// The places of what a message gives rise to by being refused, or by arriving twice, among what it gives rise to.
constexpr std::uint64_t refused = std::uint64_t{1} << 40;
constexpr std::uint64_t duplicated = refused + 1;

constexpr std::uint64_t giving_up = 5;  // a kind of background work (draws.h)

NodeId opener_of(const Packet& packet, NodeId to) { return packet.is_answer ? to : packet.from; }
NodeId acceptor_of(const Packet& packet, NodeId to) { return packet.is_answer ? packet.from : to; }

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
      accepted_by_(sites_.size()),
      impairments_(draws) {}

void Network::send_datagram(NodeId from, NodeId to, Bytes bytes, Cause cause) {
  if (impairments_.are_on()) [[unlikely]] {
    if (impairments_.lose(from, to, cause)) return;
    if (impairments_.duplicate(from, to, cause)) put_datagram(from, to, bytes, cause.child(duplicated));
  }
  put_datagram(from, to, std::move(bytes), cause);
}

void Network::put_datagram(NodeId from, NodeId to, Bytes bytes, Cause cause) {
  Duration takes = one_way(from, to, cause);
  if (impairments_.are_on()) [[unlikely]]
    takes += impairments_.delay(from, to, cause);
  const Time at = adversary_.moved(queue_.now() + takes, cause);
  schedule(at, Delivery::datagram, to.value, {.from = from, .stream = {}, .bytes = std::move(bytes), .cause = cause});
}

void Network::send_on_stream(NodeId from, NodeId to, ports::StreamId stream, Bytes bytes, Cause cause) {
  const Connection& used = connection(from, to);
  if (used.is_broken) return;
  send(used, to,
       {.from = from, .stream = stream, .bytes = std::move(bytes), .cause = cause, .connection = used.number});
}

void Network::answer_on_stream(NodeId from, NodeId to, ports::StreamId stream, Bytes bytes, Cause cause) {
  const Connection* used = connections_.find(connection_key(to, from));
  if (!used || used->is_broken) return;
  send(*used, to,
       {.from = from,
        .stream = stream,
        .bytes = std::move(bytes),
        .cause = cause,
        .connection = used->number,
        .is_answer = true});
}

void Network::send(const Connection& used, NodeId to, Packet&& packet) {
  if (used.holds(packet)) [[unlikely]]
    return hold({Delivery::stream, to, std::move(packet), false});
  send_now(to, std::move(packet));
}

void Network::send_now(NodeId to, Packet&& packet) {
  Time at = adversary_.moved(queue_.now() + one_way(packet.from, to, packet.cause), packet.cause);
  if (packet.stream != ports::own_stream) {
    Time& last = last_arrival_[stream_key(packet.from, to, packet.stream)];
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

Packet Network::pick_up(const Event& event) {
  Packet packet = packets_.take(static_cast<std::uint32_t>(event.what));
  if (packet.stream != ports::own_stream) {
    // A stream with nothing on its way needs no memory: whatever is sent now comes later than now.
    const std::uint64_t key = stream_key(packet.from, NodeId{event.where}, packet.stream);
    const Time* last = last_arrival_.find(key);
    if (last && *last <= queue_.now()) last_arrival_.erase(key);
  }
  return packet;
}

std::optional<Packet> Network::take(const Event& event, bool is_somebody_there) {
  Packet packet = pick_up(event);
  const NodeId to{event.where};
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
  const NodeId opener = opener_of(packet, to);
  const NodeId acceptor = acceptor_of(packet, to);
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
    if (impairments_.are_on()) [[unlikely]]
      stall_if_stopped(opener, acceptor, found);
  }
  return found;
}

void Network::break_connection(NodeId opener, NodeId acceptor, Connection& connection, Cause cause) {
  if (std::exchange(connection.is_broken, true)) return;
  tell_of_break(opener, acceptor, connection, queue_.now() + one_way(acceptor, opener, cause), cause);
}

void Network::tell_of_break(NodeId opener, NodeId acceptor, const Connection& connection, Time at, Cause cause) {
  Packet packet{.from = acceptor,
                .stream = {},
                .bytes = {},
                .cause = cause,
                .connection = connection.number,
                .is_answer = true,
                .was_accepted = connection.is_accepted};
  if (connection.holds(packet)) return hold({Delivery::break_of_connection, opener, std::move(packet), false});
  schedule(adversary_.moved(at, cause), Delivery::break_of_connection, opener.value, std::move(packet));
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
  const std::uint64_t key = connection_key(opener, acceptor);
  if (stalls_.contains(key)) {
    end_stall(opener, acceptor);
    take_held(connections_.find(key)->number);
  }
  connections_.erase(key);
  std::erase(opened_by_[opener.value], acceptor);
  std::erase(accepted_by_[acceptor.value], opener);
}

// ---- Partitions and connections.

void Network::begin(std::uint64_t number, const Fault& fault, std::vector<bool> target) {
  impairments_.begin(number, fault, std::move(target));
  for (std::uint32_t opener = 0; opener < opened_by_.size(); ++opener)
    for (const NodeId acceptor : opened_by_[opener])
      stall_if_stopped(NodeId{opener}, acceptor, *connections_.find(connection_key(NodeId{opener}, acceptor)));
}

NetworkToll Network::end(std::uint64_t number) {
  const NetworkToll toll = impairments_.end(number);
  for (std::uint32_t opener = 0; opener < opened_by_.size(); ++opener)
    for (const NodeId acceptor : opened_by_[opener]) heal(NodeId{opener}, acceptor);
  return toll;
}

void Network::stall_if_stopped(NodeId opener, NodeId acceptor, Connection& connection) {
  const bool are_calls_stopped = impairments_.stop(opener, acceptor);
  const bool are_answers_stopped = impairments_.stop(acceptor, opener);
  if (!are_calls_stopped && !are_answers_stopped) return;
  connection.holds_calls = connection.holds_calls || are_calls_stopped || !connection.is_accepted;
  connection.holds_answers = connection.holds_answers || are_answers_stopped || !connection.is_accepted;
  const std::uint64_t key = connection_key(opener, acceptor);
  if (!stalls_.contains(key)) stalls_[key].since = queue_.now();
  Stall& stall = *stalls_.find(key);
  set_timer(opener, acceptor, stall, stall.since + unacknowledged_max);
}

void Network::set_timer(NodeId opener, NodeId acceptor, Stall& stall, Time at) {
  queue_.cancel(stall.timer);
  stall.timer = queue_.push_timer(at, Class::world, stalled_connection, opener.value, acceptor.value);
}

bool Network::stops(const Event& event) {
  if (!impairments_.are_on() && stalls_.empty()) return false;
  const auto kind = static_cast<Delivery>(event.kind);
  if (kind == Delivery::from_user || kind == Delivery::to_user) return false;
  const Packet& packet = packets_.at(static_cast<std::uint32_t>(event.what));
  const NodeId to{event.where};
  if (kind == Delivery::datagram) {
    if (!impairments_.stop(packet.from, to)) return false;
    impairments_.count_datagram(packet.from, to);
    pick_up(event);
    return true;
  }
  const Connection* used = connections_.find(connection_key(opener_of(packet, to), acceptor_of(packet, to)));
  if (!used || used->number != packet.connection || !used->holds(packet)) return false;
  hold({kind, to, pick_up(event), true});
  return true;
}

void Network::hold(Held&& held) {
  const Packet& packet = held.packet;
  Stall& stall = *stalls_.find(connection_key(opener_of(packet, held.to), acceptor_of(packet, held.to)));
  if (!stall.first_loss) stall.first_loss = queue_.now();
  if (held.kind == Delivery::stream) impairments_.count_message(packet.from, held.to);
  held_.push_back(std::move(held));
}

// A partition has ended, perhaps not the only one between these two.
void Network::heal(NodeId opener, NodeId acceptor) {
  const std::uint64_t key = connection_key(opener, acceptor);
  Stall* stall = stalls_.find(key);
  if (!stall || impairments_.stop(opener, acceptor) || impairments_.stop(acceptor, opener)) return;
  Connection& connection = *connections_.find(key);
  if (!stall->first_loss) return flow(opener, acceptor, connection);
  const Duration one_way = topology_.one_way(sites_[opener.value], sites_[acceptor.value]);
  Time again = *stall->first_loss;
  for (Duration wait = 2 * one_way + retransmission_min; again < queue_.now(); wait *= 2) again += wait;
  // What is sent again must not overtake what the partition was too short to meet.
  again = std::max(again, last_on_its_way(connection.number));
  set_timer(opener, acceptor, *stall, std::min(again, stall->since + unacknowledged_max));
}

void Network::on_stalled(const Event& event) {
  const NodeId opener{event.where};
  const NodeId acceptor{static_cast<std::uint32_t>(event.what)};
  const std::uint64_t key = connection_key(opener, acceptor);
  Connection& connection = *connections_.find(key);
  if (queue_.now() < stalls_.find(key)->since + unacknowledged_max)
    flow(opener, acceptor, connection);
  else
    give_up(opener, acceptor, connection);
}

void Network::flow(NodeId opener, NodeId acceptor, Connection& connection) {
  connection.hold_none();
  end_stall(opener, acceptor);
  std::vector<Held> held = take_held(connection.number);
  std::ranges::stable_partition(held, &Held::was_on_its_way);  // it had left before all others
  for (Held& each : held) {
    if (each.kind == Delivery::stream) {
      send_now(each.to, std::move(each.packet));
    } else {
      const Cause cause = each.packet.cause;
      tell_of_break(opener, acceptor, connection, queue_.now() + one_way(acceptor, opener, cause), cause);
    }
  }
}

// Both ends do by themselves; the acceptor's node has nothing to learn.
void Network::give_up(NodeId opener, NodeId acceptor, Connection& connection) {
  connection.is_broken = true;
  connection.hold_none();
  const auto since = static_cast<std::uint64_t>(nanoseconds(stalls_.find(connection_key(opener, acceptor))->since));
  end_stall(opener, acceptor);
  take_held(connection.number);
  impairments_.count_connection(opener, acceptor);
  const Cause cause = Cause::background(opener, giving_up, mix(acceptor.value, since));
  tell_of_break(opener, acceptor, connection, queue_.now(), cause);
}

void Network::end_stall(NodeId opener, NodeId acceptor) {
  queue_.cancel(stalls_.take(connection_key(opener, acceptor))->timer);
}

std::vector<Network::Held> Network::take_held(std::uint32_t connection) {
  const auto others = std::ranges::stable_partition(
      held_, [connection](const Held& each) { return each.packet.connection != connection; });
  std::vector<Held> taken(std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  held_.erase(others.begin(), others.end());
  return taken;
}

// When the last of what is on its way arrives on the streams of what is held back.
Time Network::last_on_its_way(std::uint32_t connection) const {
  Time latest{};
  for (const Held& each : held_) {
    if (each.packet.connection != connection || each.packet.stream == ports::own_stream) continue;
    const Time* last = last_arrival_.find(stream_key(each.packet.from, each.to, each.packet.stream));
    if (last) latest = std::max(latest, *last);
  }
  return latest;
}

// ---- Times.

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
