// The faults of the network that are on: which ways they stop, and what they do to datagrams.
//
// Two nodes that a fault lies between are one of its target and one that is not (a partition), or of which at least
// one is of its target (all others). Nothing lies between a node and itself. If several faults of a kind lie between
// them, that with the highest rate counts. Whether it meets a datagram is drawn from the datagram's cause alone, so a
// lower rate meets some of the same and no others.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/draws.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "sim/faults.h"

namespace orrery::sim {

// What a fault of the network did.
struct NetworkToll {
  std::uint64_t datagrams = 0;    // that were lost, came twice, or came later
  std::uint64_t messages = 0;     // on streams, that were held back
  std::uint64_t connections = 0;  // that were given up
};

class Impairments {
 public:
  // The draws must outlive this.
  explicit Impairments(const Draws& draws) : draws_(draws) {}

  // Fault `number` of the plan begins and ends. `target` is by NodeId.
  void begin(std::uint64_t number, const Fault& fault, std::vector<bool> target);
  NetworkToll end(std::uint64_t number);
  bool are_on() const { return !on_.empty(); }

  // Whether a partition stops what goes this way.
  bool stop(NodeId from, NodeId to) const;
  // Of a datagram of this cause that is sent now.
  bool lose(NodeId from, NodeId to, Cause cause);
  bool duplicate(NodeId from, NodeId to, Cause cause);
  Duration delay(NodeId from, NodeId to, Cause cause);

  // A partition between these two took a datagram on its way, held a message back, made them give a connection up.
  void count_datagram(NodeId a, NodeId b) { count(&NetworkToll::datagrams, a, b); }
  void count_message(NodeId a, NodeId b) { count(&NetworkToll::messages, a, b); }
  void count_connection(NodeId a, NodeId b) { count(&NetworkToll::connections, a, b); }

 private:
  struct Impairment {
    std::uint64_t number;
    Fault fault;
    std::vector<bool> target;
    NetworkToll toll;

    bool has(NodeId node) const { return target[node.value]; }
    bool stops(NodeId from, NodeId to) const;
  };

  Impairment* worst(FaultKind kind, NodeId from, NodeId to);
  Impairment* meeting(FaultKind kind, NodeId from, NodeId to, Purpose purpose, Cause cause);
  void count(std::uint64_t NetworkToll::*what, NodeId a, NodeId b);

  const Draws& draws_;
  std::vector<Impairment> on_;  // in the order in which they began
};

}  // namespace orrery::sim
