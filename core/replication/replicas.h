// What an owner and the followers of its object say to each other: datagrams, so each may come twice, late, or never.
//
// Followers keep an object's records on their disks. They are named by their place among those that the object's record
// lists. Each message names the epoch of the owner that it is from or for.
#pragma once

#include <compare>
#include <cstdint>
#include <tuple>
#include <vector>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/replication/commit.h"

namespace orrery::replication {

// A point in a log: one record, known by its chain, and so all before it. Index 0: before the first record.
// Of two ends of logs the greater one may hold more that was confirmed: the epoch of its last record decides.
struct Place {
  Epoch epoch;
  CommitIndex index;
  std::uint64_t chain{};
  friend constexpr auto operator<=>(const Place&, const Place&) = default;
  static constexpr auto fields() {
    return std::tuple{field("epoch", &Place::epoch), field("index", &Place::index), field("chain", &Place::chain)};
  }
};
inline Place place_of(const CommitRecord& record) { return {record.epoch, record.index, record.chain}; }
// What it continues.
inline Place place_before(const CommitRecord& record) {
  return {record.previous_epoch, CommitIndex{record.index.value - 1}, record.previous_chain};
}

// How many followers there are, and how many of them make a quorum. None: the owner's own disk is all there is.
struct Quorum {
  std::uint32_t followers = 0;
  std::uint32_t needed = 0;
};

// Nothing was heard for a while: what was said may be lost.
struct Overdue {};

// ---- To a follower.

// Records of the owner's log, each of which continues the one before. The first continues `previous`, which is all that
// is said of the log if there is none. `confirmed` is 0 until the owner serves (leader.h).
//
// If it begins anew, the first record's change is all of the database, and that record is confirmed: whoever does not
// hold it has it instead of all before it and behind.
struct Replicate {
  Epoch epoch;
  Place previous;
  std::vector<CommitRecord> records;
  CommitIndex confirmed;
  bool begins_anew = false;
  static constexpr auto fields() {
    return std::tuple{field("epoch", &Replicate::epoch), field("previous", &Replicate::previous),
                      field("records", &Replicate::records), field("confirmed", &Replicate::confirmed),
                      field("anew", &Replicate::begins_anew)};
  }
};
// Take nothing of a lower epoch any more, and say where your log ends.
struct Fence {
  Epoch epoch;
  static constexpr auto fields() { return std::tuple{field("epoch", &Fence::epoch)}; }
};

// Your log, if it still ends there.
struct Fetch {
  Epoch epoch;
  Place last;
  static constexpr auto fields() { return std::tuple{field("epoch", &Fetch::epoch), field("last", &Fetch::last)}; }
};

// ---- To the owner of that epoch.

// From a record whose change is all of the database, through `last`.
struct Records {
  Epoch epoch;
  Place last;
  std::vector<CommitRecord> records;
  static constexpr auto fields() {
    return std::tuple{field("epoch", &Records::epoch), field("last", &Records::last),
                      field("records", &Records::records)};
  }
};

// Its log and the owner's are the same through that record, on its disk.
struct Held {
  Epoch epoch;
  CommitIndex through;
  static constexpr auto fields() { return std::tuple{field("epoch", &Held::epoch), field("through", &Held::through)}; }
};
// What was said to be `previous` is not in its log. Through `confirmed` it is everybody's.
struct Lacks {
  Epoch epoch;
  Place confirmed;
  static constexpr auto fields() {
    return std::tuple{field("epoch", &Lacks::epoch), field("confirmed", &Lacks::confirmed)};
  }
};
struct Fenced {
  Epoch epoch;
  Place last;
  static constexpr auto fields() { return std::tuple{field("epoch", &Fenced::epoch), field("last", &Fenced::last)}; }
};
// It has promised a higher epoch.
struct Outdated {
  Epoch epoch;
  Epoch promised;
  static constexpr auto fields() {
    return std::tuple{field("epoch", &Outdated::epoch), field("promised", &Outdated::promised)};
  }
};

// What an owner concludes from that.
struct Deposed {};

}  // namespace orrery::replication
