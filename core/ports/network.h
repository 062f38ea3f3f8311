// How one node reaches another.
//
// Datagrams may be lost, delayed, doubled and overtaken: protocols run on these and bring their own retries.
// Streams deliver what was sent on them in order until they break, and the two ends may learn of the break at
// different times: stubs run on these. The streams that one node opens to another share a connection and break
// together; the node is told, and what it sends from then on opens a new one. Neither alters bytes, nor brings
// them to a node they were not sent to. `cause` is what made the message; the world draws the message's fate from it.
#pragma once

#include "core/base/draws.h"
#include "core/base/ids.h"
#include "core/base/value.h"

namespace orrery::ports {

using StreamId = Id<struct StreamTag>;
inline constexpr StreamId own_stream{0};  // a stream of its own for one message: no order with any other

class Network {
 public:
  virtual ~Network() = default;
  // Return at once. Nothing is reported: not that the bytes arrived, not that they were lost.
  virtual void send_datagram(NodeId to, Bytes bytes, Cause cause) = 0;
  // Opens a connection to that node, if there is none.
  virtual void send_on_stream(NodeId to, StreamId stream, Bytes bytes, Cause cause) = 0;
  // On a stream that the other node opened. Lost if its connection is gone.
  virtual void answer_on_stream(NodeId to, StreamId stream, Bytes bytes, Cause cause) = 0;
};

// How an edge answers a user, who is no node.
class Users {
 public:
  virtual ~Users() = default;
  virtual void answer(ClientId client, Bytes bytes, Cause cause) = 0;
};

}  // namespace orrery::ports
