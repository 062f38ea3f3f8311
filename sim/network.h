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
//
// Faults bend this for a time; never on the way between a user and the edge, nor from a node to itself.
// * While datagrams are dropped, duplicated or delayed, each of them is so at the rate of the fault; or at the
//   highest rate, if several faults are on. A delayed one comes later by a uniform draw, so others overtake it.
//   Streams repair all this by themselves within a few round trips, and what they carry is as if nothing had been.
//   (That they would be a little slower for it is left out.)
// * A partition takes the datagrams whose way it stops when they leave, or when they would arrive. Streams are TCP
//   that has its acknowledgements stopped too, so one way is enough. What goes the open way arrives all the same.
//   What goes the stopped way is sent again, the first time after a round trip and `retransmission_min`, and then
//   each time after twice as long: so streams may feel a partition for as long again as it lasted. If it stops a
//   connection for `unacknowledged_max`, both ends give the connection up. A new connection is accepted only if both
//   ways are open, because its handshake takes both.
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
#include "sim/impairments.h"
#include "sim/topology.h"

namespace orrery::sim {

struct Link {
  Distribution access = Distribution::lognormal(8ms, 300'000);  // round trip between a user and the edge
  std::int64_t jitter_millionths = 20'000;                      // of the one-way time between two nodes
  friend bool operator==(const Link&, const Link&) = default;
};

// How long TCP waits for an acknowledgement beyond the usual, before it sends again (Linux, TCP_RTO_MIN). That each
// wait is twice the last is RFC 6298, 5.5.
inline constexpr Duration retransmission_min = 200ms;
// How long data, or the probe of an idle connection, may remain unacknowledged (TCP_USER_TIMEOUT as gRPC sets it:
// proposal A18).
inline constexpr Duration unacknowledged_max = 20s;

// What the queue carries for the network, by Event::kind.
enum class Delivery : std::uint16_t { datagram, stream, from_user, to_user, break_of_connection };
inline constexpr std::uint16_t kinds_of_delivery = 5;
inline constexpr std::uint16_t stalled_connection = kinds_of_delivery;  // from the node `where` to the node `what`
inline constexpr std::uint16_t kinds_of_network_event = kinds_of_delivery + 1;

struct Packet {
  NodeId from;  // on its way from a user: the client's number
  ports::StreamId stream;
  Bytes bytes;
  Cause cause;
  std::uint32_t connection = 0;  // its number
  bool is_answer = false;        // it travels towards the opener of its connection, as its break does
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

  // Fault `number` of the plan, which is of the network, begins and ends. Its target is by NodeId.
  void begin(std::uint64_t number, const Fault& fault, std::vector<bool> target);
  NetworkToll end(std::uint64_t number);

  // Whether a partition stops what an event of one of the kinds above carries, now that it would arrive. Ask once,
  // before anything else. If so, the event is dealt with.
  bool stops(const Event& event);
  // An event of kind `stalled_connection` happens.
  void on_stalled(const Event& event);

 private:
  struct Connection {
    std::uint32_t number = 0;
    bool is_accepted = false;
    bool is_broken = false;  // and its opener does not know yet
    // Whether what goes that way is held back: a partition stops it, or it is not sent again yet.
    bool holds_calls = false;
    bool holds_answers = false;

    bool holds(const Packet& packet) const { return packet.is_answer ? holds_answers : holds_calls; }
    void hold_none() { holds_calls = holds_answers = false; }
  };
  // Of a connection that a partition stops, or stopped, and that does not flow again yet.
  struct Stall {
    Time since;
    std::optional<Time> first_loss;
    TimerId timer;
  };
  struct Held {
    Delivery kind;
    NodeId to;
    Packet packet;
    bool was_on_its_way;  // else it has never left
  };

  void put_datagram(NodeId from, NodeId to, Bytes bytes, Cause cause);
  void send(const Connection& used, NodeId to, Packet&& packet);
  void send_now(NodeId to, Packet&& packet);
  Connection& connection(NodeId opener, NodeId acceptor);
  bool arrives(const Packet& packet, NodeId to, bool is_somebody_there);
  void break_connection(NodeId opener, NodeId acceptor, Connection& connection, Cause cause);
  void tell_of_break(NodeId opener, NodeId acceptor, const Connection& connection, Time at, Cause cause);
  void forget(NodeId opener, NodeId acceptor);
  Packet pick_up(const Event& event);

  // Partitions and connections.
  void stall_if_stopped(NodeId opener, NodeId acceptor, Connection& connection);
  void hold(Held&& held);
  void heal(NodeId opener, NodeId acceptor);
  void set_timer(NodeId opener, NodeId acceptor, Stall& stall, Time at);
  void flow(NodeId opener, NodeId acceptor, Connection& connection);
  void give_up(NodeId opener, NodeId acceptor, Connection& connection);
  void end_stall(NodeId opener, NodeId acceptor);
  std::vector<Held> take_held(std::uint32_t connection);
  Time last_on_its_way(std::uint32_t connection) const;

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

  Impairments impairments_;
  Lookup<std::uint64_t, Stall> stalls_;
  std::vector<Held> held_;  // in the order in which they were held back
};

}  // namespace orrery::sim
