// A machine's copies of objects' logs (replication/follower.h), on its disk: of those that it follows, and of those
// that it owns, for its own use.
//
// The records of all of them are in the node's log, and what was promised for each is a note there. What a step answers
// leaves when both are durable, and all before it. A copy is read from the disk when it is first asked for; one that
// cannot be read back is silent, for ever.
#pragma once

#include <variant>
#include <vector>

#include "core/base/fifo.h"
#include "core/base/lookup.h"
#include "core/node/outbox.h"
#include "core/ports/host.h"
#include "core/replication/follower.h"
#include "core/replication/log.h"

namespace orrery::node {

template <class Message>
struct OfLog {
  ObjectId object;
  Message message;
  static constexpr auto fields() {
    return std::tuple{field("object", &OfLog::object), field("message", &OfLog::message)};
  }
};

class Followers {
 public:
  // The log must outlive it. It is this node's, and others may use it too.
  explicit Followers(replication::Log& log) : log_(log) {}

  // To whom, about which object, what.
  struct Answer {
    NodeId to;
    ObjectId object;
    std::variant<replication::Held, replication::Lacks, replication::Fenced, replication::Outdated,
                 replication::Records>
        what;
    Cause cause;
  };
  // What comes before the log is open is lost: whoever sent it sends again. Flush the log next. Append to `leaving`
  // what may be answered now.
  void on(NodeId from, OfLog<replication::Replicate>&& replicate, Cause cause, std::vector<Answer>& leaving);
  void on(NodeId from, const OfLog<replication::Fence>& fence, Cause cause, std::vector<Answer>& leaving);
  void on(NodeId from, const OfLog<replication::Fetch>& fetch, Cause cause, std::vector<Answer>& leaving);
  // The log has more durable batches than before.
  void on_durable(std::vector<Answer>& leaving);

 private:
  struct Copy {
    bool is_read = false;
    bool is_silent = false;
    replication::Follower follower;
    Outbox<Answer> outbox;
  };
  struct Write {
    std::uint64_t batch = 0;  // durable when so many batches are
    ObjectId object;
  };

  // Nothing, if it may say nothing.
  Copy* at(const ObjectId& object);
  bool read(const ObjectId& object, Copy& copy) const;
  void answer(NodeId to, const ObjectId& object, Copy& copy, replication::FollowerStep&& step, Cause cause,
              std::vector<Answer>& leaving);
  bool store(std::vector<replication::CommitRecord>&& records, bool is_whole, CommitIndex last);

  replication::Log& log_;
  Lookup<ObjectId, Copy> copies_;
  Fifo<Write> writes_;  // under way, oldest in front
};

}  // namespace orrery::node
