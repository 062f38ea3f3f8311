// One machine: the ports of core, made of simulated parts, and the node that uses them.
#pragma once

#include <memory>

#include "core/node/node.h"
#include "core/ports/host.h"
#include "sim/adversary.h"
#include "sim/event_queue.h"
#include "sim/network.h"
#include "sim/recorder.h"

namespace orrery::sim {

// The kind of event by which a machine's timers come back; `where` is the node, `what` its token.
inline constexpr std::uint16_t node_timer = kinds_of_delivery;

// What all machines of a world share.
struct Commons {
  EventQueue& queue;
  Network& network;
  Adversary& adversary;
  Recorder& recorder;
  ports::Probe& probe;
  const Draws& draws;
  const object::Environment& environment;
};

class Machine final : private ports::Clock, private ports::Timers, private ports::Network, private ports::Users {
 public:
  // The commons must outlive the machine.
  Machine(const Commons& commons, NodeId self, node::NodeConfig config);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  ports::Guest& guest() { return node_; }

 private:
  LocalTime steady() const override;
  ports::TimerId set(Duration after, std::uint64_t token, Cause cause) override;
  void cancel(ports::TimerId timer) override;
  void send_datagram(NodeId to, Bytes bytes, Cause cause) override;
  void send_on_stream(NodeId to, ports::StreamId stream, Bytes bytes, Cause cause) override;
  void answer(ClientId client, Bytes bytes, Cause cause) override;

  const Commons commons_;
  const NodeId self_;
  node::Node node_;
};

}  // namespace orrery::sim
