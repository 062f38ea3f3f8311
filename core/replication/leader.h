// The owner's side of an object's commits.
//
// The leader turns what turns changed into a row of records, each of which continues the one before, and says of each
// when it can never be lost: when a quorum has acknowledged it. Here the quorum is the leader's own disk. With
// followers only the quorum changes.
//
// Invariants:
//  1. Indices grow by one, from that of the last record that was recovered; none is given twice.
//  2. A record has the epoch in which it was made, and keeps it. It names epoch and chain of the record before it.
//  3. A commit is confirmed when it and all before it are acknowledged. What is confirmed stays so, and is said once.
//  4. What was recovered and is durable is confirmed from the start; it is not said again.
//
// A leader whose record was refused is at an end: its object is recovered and gets another.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/ports/observer.h"
#include "core/replication/commit.h"
#include "core/storage/images.h"

namespace orrery::replication {

// A turn changed the object's database.
struct Propose {
  Bytes change;
  std::uint64_t digest{};  // of the database afterwards
};
// The leader's own disk holds all of the object's records up to that one.
struct Persisted {
  Epoch epoch;
  CommitIndex index;
};
using LeaderInput = std::variant<Propose, Persisted>;

// To the log, in this order.
struct Append {
  CommitRecord record;
};
// All commits up to that one can never be lost: what waited for them may leave.
struct Confirm {
  CommitIndex index;
};
using LeaderEffect = std::variant<Append, Confirm>;

class Leader {
 public:
  // The leader writes in `epoch`, which is that of the last record that was recovered, or a later one. Of what was
  // recovered, all up to `durable` is confirmed.
  Leader(const ObjectId& object, Epoch epoch, const storage::Image& recovered, CommitIndex durable);

  // Appends what must follow to `effects`, in order.
  void step(LeaderInput&& input, ports::Probe& probe, std::vector<LeaderEffect>& effects);

  CommitIndex last() const { return index_; }
  CommitIndex confirmed() const { return confirmed_; }

 private:
  void on(Propose&& propose, std::vector<LeaderEffect>& effects);
  void on(const Persisted& persisted, std::vector<LeaderEffect>& effects);

  ObjectId object_;
  Epoch epoch_;
  Epoch last_epoch_;  // of the last record
  CommitIndex index_;
  std::uint64_t chain_;
  CommitIndex confirmed_;
};
static_assert(sizeof(Leader) == 72, "there is one for each object in memory");

}  // namespace orrery::replication
