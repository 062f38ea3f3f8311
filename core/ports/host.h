// Everything a node may ask of the world, in one bundle, and what the world may do to a node.
#pragma once

#include "core/base/draws.h"
#include "core/base/ids.h"
#include "core/base/value.h"
#include "core/ports/clock.h"
#include "core/ports/network.h"
#include "core/ports/observer.h"

namespace orrery::ports {

// The simulator hands out one; a real machine would hand out another. It must outlive its node.
struct Host {
  NodeId self;
  Clock& clock;
  Timers& timers;
  Network& network;
  Users& users;
  Observer& observer;
  Probe& probe;
  const Draws& draws;
};

class Guest {
 public:
  virtual ~Guest() = default;
  virtual void on_datagram(NodeId from, const Bytes& bytes, Cause cause) = 0;
  virtual void on_stream(NodeId from, StreamId stream, const Bytes& bytes, Cause cause) = 0;
  virtual void on_stream_broken(NodeId peer, StreamId stream) = 0;
  virtual void on_timer(std::uint64_t token) = 0;
  virtual void on_user(ClientId client, const Bytes& bytes, Cause cause) = 0;
};

}  // namespace orrery::ports
