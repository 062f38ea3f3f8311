// Every message's fate: when it arrives.
//
// A message takes the one-way time of its two sites, less a fraction `jitter` of it, plus an exponential draw
// with that fraction as its mean: on average what was measured. Datagrams may overtake each other. A message on
// a stream waits for those sent before it on the same stream. Between a user and the edge each direction takes
// half of an `access` draw.
//
// All streams that one node opens to another share a connection. It is there from the first message on, is accepted
// when that arrives, and breaks when the process at either end does; or is refused, if nobody is there. The opener
// learns of it as late as a message from there takes. What it sends meanwhile is lost, and what it sends then opens
// a new connection.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/draws.h"
#include "core/base/lookup.h"
#include "core/base/pool.h"
#include "core/journal/event.h"
#include "core/ports/network.h"
#include "core/ports/observer.h"
#include "sim/adversary.h"
#include "sim/event_queue.h"
#include "sim/topology.h"

namespace orrery::sim {

struct Link {
  Distribution access = Distribution::lognormal(8ms, 300'000);  // round trip between a user and the edge
  std::int64_t jitter_millionths = 20'000;                      // of the one-way time between two nodes
  friend bool operator==(const Link&, const Link&) = default;
};

// What the queue carries for the network, by Event::kind.
enum class Delivery : std::uint16_t { datagram, stream, from_user, to_user, break_of_connection };
inline constexpr std::uint16_t kinds_of_delivery = 5;

struct Packet {
  NodeId from;  // on its way from a user: the client's number
  ports::StreamId stream;
  Bytes bytes;
  Cause cause;
  std::uint32_t connection = 0;  // its number
  bool is_answer = false;        // it travels towards the opener of its connection
  bool was_accepted = false;     // of a break: whether the connection ever was
};

class Network {
 public:
  // `sites` are those of the nodes, by NodeId. All references must outlive the network.
  Network(const Topology& topology, std::vector<Site> sites, const Link& link, const Draws& draws,
          Adversary& adversary, EventQueue& queue);

  void send_datagram(NodeId from, NodeId to, Bytes bytes, Cause cause);
  void send_on_stream(NodeId from, NodeId to, ports::StreamId stream, Bytes bytes, Cause cause);
  void answer_on_stream(NodeId from, NodeId to, ports::StreamId stream, Bytes bytes, Cause cause);
  void send_from_user(ClientId from, NodeId edge, Bytes bytes, Cause cause);
  void send_to_user(NodeId edge, ClientId to, Bytes bytes, Cause cause);

  // The packet that an event of one of the kinds above carries. Takes it: ask once. Nothing, if it is lost: nobody
  // is there, or its connection is gone.
  std::optional<Packet> take(const Event& event, bool is_somebody_there);

  // Whether that is still the connection by which the opener reaches the acceptor.
  bool is_connected(NodeId opener, NodeId acceptor, std::uint32_t connection) const;

  // The process on that node is gone.
  void lose(NodeId node, Cause cause);

 private:
  struct Connection {
    std::uint32_t number = 0;
    bool is_accepted = false;
    bool is_broken = false;  // and its opener does not know yet
  };

  void send(NodeId from, NodeId to, ports::StreamId stream, Packet packet);
  Connection& connection(NodeId opener, NodeId acceptor);
  bool arrives(const Packet& packet, NodeId to, bool is_somebody_there);
  void break_connection(NodeId opener, NodeId acceptor, Connection& connection, Cause cause);
  void forget(NodeId opener, NodeId acceptor);
  Duration one_way(NodeId from, NodeId to, Cause cause) const;
  Duration access(Cause cause) const;
  void schedule(Time at, Delivery kind, std::uint32_t to, Packet packet);

  const Topology& topology_;
  const std::vector<Site> sites_;
  const Link link_;
  const Draws& draws_;
  Adversary& adversary_;
  EventQueue& queue_;

  Pool<Packet> packets_;                      // by Event::what
  Lookup<std::uint64_t, Time> last_arrival_;  // of the streams on which something is on its way

  Lookup<std::uint64_t, Connection> connections_;
  std::uint32_t connections_made_ = 0;
  std::vector<std::vector<NodeId>> opened_by_;    // by NodeId, the acceptors of its connections
  std::vector<std::vector<NodeId>> accepted_by_;  // and the openers
};

}  // namespace orrery::sim
