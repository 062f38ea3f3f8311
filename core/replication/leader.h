// The owner's half of an object's log.
//
// The leader turns what turns changed into a row of records, each of which continues the one before, brings them to its
// followers, and says of each when it can never be lost: when a quorum of them holds it. Without followers its own
// disk is the quorum, and then only the quorum is another.
//
// A follower is sent each record once, as soon as there is one. What it does not acknowledge in time is sent again. One
// that lacks what the records continue says through where its log is everybody's, and is sent all from there.
//
// What is confirmed may be lost again as long as the succession (succession.h) does not serve: the next owner may read
// other followers. So nothing of it is told to followers, nor shown to anybody, before settle().
//
// Invariants:
//  1. Indices grow by one, from that of the last record that was recovered; none is given twice.
//  2. A record has the epoch in which it was made, and keeps it. It names epoch and chain of the record before it.
//  3. A commit is confirmed when a quorum of followers holds it and it was made by this leader; then all before it are.
//     Without followers it is when the leader's own disk holds it. What is confirmed stays so, and is said once.
//  4. A follower counts once, however often it answers.
//
// A leader whose record was refused is at an end: its object is recovered and gets another.
#pragma once

#include <cstdint>
#include <tuple>
#include <variant>
#include <vector>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/replication/commit.h"
#include "core/replication/replicas.h"

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

// To the log, in this order.
struct Append {
  CommitRecord record;
};
// Send it the records from that one on, through the last.
struct SendFrom {
  std::uint32_t follower{};
  CommitIndex first;
};
// All commits up to that one can never be lost, once the leader is settled: what waited for them may leave.
struct Confirm {
  CommitIndex index;
};
using LeaderEffect = std::variant<Append, SendFrom, Confirm, Deposed>;

class Leader {
 public:
  // The leader continues `recovered` in `epoch`, which is that of the record there, or a later one. Of what was
  // recovered, all up to `confirmed` is.
  Leader(const ObjectId& object, Epoch epoch, const Place& recovered, CommitIndex confirmed, const Quorum& quorum = {});

  // Append what must follow to `effects`, in order.
  void step(Propose&& propose, std::vector<LeaderEffect>& effects);
  void step(const Persisted& persisted, std::vector<LeaderEffect>& effects);
  void step(std::uint32_t follower, const Held& held, std::vector<LeaderEffect>& effects);
  void step(std::uint32_t follower, const Lacks& lacks, std::vector<LeaderEffect>& effects);
  void step(const Outdated& outdated, std::vector<LeaderEffect>& effects);
  void step(Overdue overdue, std::vector<LeaderEffect>& effects);

  CommitIndex last() const { return last_.index; }
  CommitIndex confirmed() const { return confirmed_; }

  // The succession serves.
  void settle() { is_settled_ = true; }
  // For followers.
  CommitIndex told_as_confirmed() const { return is_settled_ ? confirmed_ : CommitIndex{}; }

  struct Progress {
    CommitIndex held;  // acknowledged through
    CommitIndex sent;
    static constexpr auto fields() {
      return std::tuple{field("held", &Progress::held), field("sent", &Progress::sent)};
    }
  };
  const Progress& progress_of(std::uint32_t follower) const { return followers_[follower]; }
  // All of its state that bears on what it will do, but for that and what it was made with.
  static constexpr auto fields() {
    return std::tuple{field("last", &Leader::last_), field("confirmed", &Leader::confirmed_),
                      field("settled", &Leader::is_settled_)};
  }

 private:
  void confirm(CommitIndex index, std::vector<LeaderEffect>& effects);
  void send(std::uint32_t follower, std::vector<LeaderEffect>& effects);
  CommitIndex held_by_quorum() const;

  ObjectId object_;
  Epoch epoch_;
  Place last_;
  CommitIndex first_;  // that it makes
  CommitIndex confirmed_;
  std::uint32_t needed_;
  bool is_settled_ = false;
  std::vector<Progress> followers_;
};
static_assert(sizeof(Leader) == 112, "there is one for each object in memory");

}  // namespace orrery::replication
