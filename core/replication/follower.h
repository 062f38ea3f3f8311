// A follower's half of an object's log: it keeps the owner's records on its disk.
//
// It has promised an epoch, and takes nothing from owners of lower ones. It takes a record only if its own log holds
// exactly what the record continues; what it holds in that record's place, and everything behind that, is cut first. A
// record keeps the epoch in which it was made, so the last one says which owner's log this one ended with.
//
// What it answers rests on what it holds and has promised: the answer leaves when that is on disk, and all before it
// (node/outbox.h).
//
// Invariants:
//  1. The promise only grows. Nothing of an owner of epoch e is taken after a higher one was promised.
//  2. The log has no holes, and each of its records continues the one before.
//  3. What is confirmed is never cut, and is the same in all logs that hold it.
//
// A follower that cannot read back its promise, or all of its log, is silent: it answers nothing, to nobody. It comes
// back as a new member of the set, under another name.
#pragma once

#include <optional>
#include <tuple>
#include <variant>
#include <vector>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/replication/replicas.h"

namespace orrery::replication {

struct FollowerStep {
  bool must_persist = false;  // before the answer leaves: the promise, and the records in their order
  std::vector<CommitRecord> stored{};  // each replaces what was held in its place and behind
  bool begins_anew = false;            // the first of them replaces all that was held
  std::variant<Held, Lacks, Fenced, Outdated> answer{};
};

class Follower {
 public:
  Follower() = default;
  // As it was on disk. `log` ends with the last record and begins with one that is confirmed: before the first record
  // that ever was, nothing is.
  Follower(Epoch promised, std::vector<Place> log);

  FollowerStep step(Replicate&& message);
  FollowerStep step(const Fence& message);

  Epoch promised() const { return promised_; }
  const Place& last() const { return log_.back(); }
  const Place& confirmed() const { return log_.front(); }

  // All of its state.
  static constexpr auto fields() {
    return std::tuple{field("promised", &Follower::promised_), field("log", &Follower::log_)};
  }

 private:
  void begin_anew(Replicate& message, FollowerStep& done);
  bool holds(const Place& place) const;
  const Place* at(CommitIndex index) const;
  void cut_from(CommitIndex index);
  void confirm(CommitIndex index);

  Epoch promised_;
  std::vector<Place> log_{Place{}};  // from the last one that it knows to be confirmed
};

}  // namespace orrery::replication
