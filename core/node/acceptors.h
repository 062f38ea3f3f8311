// An acceptor's node: its share of all registers (placement/register.h), on its disk.
//
// Each register's state is a note in the node's log. What a step answers leaves when its note is durable, and all
// before it. What a register holds is read from its note when it is first asked for; one whose note cannot be read back
// is silent, for ever.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "core/base/fifo.h"
#include "core/base/lookup.h"
#include "core/node/outbox.h"
#include "core/node/register_messages.h"
#include "core/placement/register.h"
#include "core/ports/host.h"
#include "core/replication/log.h"

namespace orrery::node {

class Acceptors {
 public:
  // Both must outlive it. The log is this node's, and others may use it too.
  Acceptors(const ports::Host& host, replication::Log& log) : host_(host), log_(log) {}

  // What comes before the log is open is lost: whoever sent it sends again. Flush the log next.
  void on(NodeId from, const OfRegister<placement::Prepare>& prepare, Cause cause);
  void on(NodeId from, const OfRegister<placement::Accept>& accept, Cause cause);
  void on(NodeId from, const OfRegister<placement::Look>& look, Cause cause);
  void on(const OfRegister<placement::Chosen>& chosen);
  // The log has more durable batches than before.
  void on_durable();

 private:
  struct Answer {
    NodeId to;
    std::variant<placement::Promise, placement::Accepted, placement::Refused, placement::Seen> what;
    Cause cause;
  };
  struct Register {
    bool is_read = false;
    bool is_silent = false;
    placement::Acceptor acceptor;
    Outbox<Answer> outbox;
  };
  struct Write {
    std::uint64_t batch = 0;  // durable when so many batches are
    ObjectId key;
  };

  // Nothing, if it may say nothing.
  Register* at(const ObjectId& key);
  template <class Message>
  void step(NodeId from, const OfRegister<Message>& asked, Cause cause);
  void send(const ObjectId& key);

  const ports::Host& host_;
  replication::Log& log_;
  Lookup<ObjectId, Register> registers_;
  Fifo<Write> writes_;           // under way, oldest in front
  std::vector<Answer> leaving_;  // used again and again
};

}  // namespace orrery::node
