// Everything a node may ask of the world, in one bundle, and what the world may do to a node.
#pragma once

#include <string_view>

#include "core/base/draws.h"
#include "core/ports/clock.h"
#include "core/ports/disk.h"
#include "core/ports/log.h"
#include "core/ports/network.h"
#include "core/ports/observer.h"

namespace orrery::ports {

// The process that the node is.
class Process {
 public:
  virtual ~Process() = default;
  // Ends it at once, because it cannot go on safely. The world may start another in its place, with the same disk.
  [[noreturn]] virtual void end(std::string_view why) = 0;
};

// The simulator hands out one; a real machine would hand out another. It must outlive its node.
struct Host {
  NodeId self;
  std::uint64_t boot;  // counts the processes of this node, from 1
  Clock& clock;
  Timers& timers;
  Network& network;
  Users& users;
  Disk& disk;
  Process& process;
  Observer& observer;
  Probe& probe;
  Log& log;
  const Draws& draws;
};

class Guest {
 public:
  virtual ~Guest() = default;
  // First of all, once.
  virtual void on_start() = 0;
  virtual void on_datagram(NodeId from, const Bytes& bytes, Cause cause) = 0;
  virtual void on_stream(NodeId from, StreamId stream, const Bytes& bytes, Cause cause) = 0;
  // The connection that this node opened to the peer is gone, with all its streams. If the peer never accepted it,
  // then nothing that was sent on it arrived.
  virtual void on_connection_broken(NodeId peer, bool was_accepted, Cause cause) = 0;
  virtual void on_timer(std::uint64_t token) = 0;
  virtual void on_synced(std::uint64_t token, bool well, Cause cause) = 0;
  virtual void on_user(ClientId client, const Bytes& bytes, Cause cause) = 0;
  // The platform wants the memory of this object's instance.
  virtual void on_eviction_wanted(const ObjectId& object) = 0;
};

}  // namespace orrery::ports
