// How a new owner takes an object's log over.
//
// The object's record names it as the owner of a new epoch. Whoever owned the object before may not know yet, and may
// still write; and what was confirmed is in the logs of some quorum only. So, in this order:
//
//   fence    A quorum of the `readable` followers promises to take nothing of lower epochs. None of those can confirm
//            anything from then on.
//   fetch    Of the fenced logs it takes the one whose last record has the highest epoch, and of those the longest: it
//            holds all that was ever confirmed. What else it holds becomes the object's history as well.
//   mark     It puts one empty record of its own epoch behind, the marker, and brings a quorum of `followers` to it.
//            That confirms everything before it; new copies of old records would not (Ongaro and Ousterhout, "In Search
//            of an Understandable Consensus Algorithm", 2014, figure 8).
//   settle   If the followers are others than those that were read, the object's record is changed again, as long as it
//            still names this epoch: the followers are the ones to be read from now on.
//
// Only then is anything served, be it a read. The owner of a new object's first epoch has nothing to take over.
//
// Invariants:
//  1. It serves only when all that lower epochs confirmed is in its log, and they cannot confirm any more.
//  2. It serves only when the set that the next owner will read holds its log in a quorum.
#pragma once

#include <cstdint>
#include <tuple>
#include <variant>
#include <vector>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/replication/replicas.h"

namespace orrery::replication {

struct Begin {};
// The follower's log was read, through `last`; or it has moved on, and cannot be.
struct Fetched {
  std::uint32_t from{};
  Place last;
};
// The marker is confirmed by the followers.
struct Marked {};
// How the change of the object's record came out; what is unknown is asked again first.
struct Changed {
  bool well = false;
};

// To all that are readable.
struct AskForFence {
  Fence fence;
};
struct FetchFrom {
  std::uint32_t follower{};
  Place last;
};
// To the leader: go on from there, with a marker.
struct Continue {
  Place last;
};
// Of the object's record: `readable := followers`, if it still names this epoch.
struct ChangeReadable {};
struct Serve {};
using SuccessionEffect = std::variant<AskForFence, FetchFrom, Continue, ChangeReadable, Serve, Deposed>;

class Succession {
 public:
  // `readable` of them, at most 64, can be read; `changes_followers` if the new set is another.
  Succession(Epoch epoch, const Quorum& readable, bool changes_followers);

  // Append what must follow to `effects`, in order. Followers are named by their places among the readable ones.
  void step(Begin begin, std::vector<SuccessionEffect>& effects);
  void step(std::uint32_t from, const Fenced& fenced, std::vector<SuccessionEffect>& effects);
  void step(const Outdated& outdated, std::vector<SuccessionEffect>& effects);
  void step(const Fetched& fetched, std::vector<SuccessionEffect>& effects);
  void step(Marked marked, std::vector<SuccessionEffect>& effects);
  void step(const Changed& changed, std::vector<SuccessionEffect>& effects);
  void step(Overdue overdue, std::vector<SuccessionEffect>& effects);

  bool serves() const { return phase_ == Phase::serves; }
  bool is_deposed() const { return phase_ == Phase::deposed; }

  bool has_fenced(std::uint32_t follower) const { return (fenced_ >> follower & 1) != 0; }
  std::uint32_t best_from() const { return best_from_; }
  // All of its state that bears on what it will do, but for these and what it was made with.
  static constexpr auto fields() {
    return std::tuple{field("phase", &Succession::phase_), field("best", &Succession::best_)};
  }

 private:
  enum class Phase : std::uint8_t { idle, fence, fetch, mark, settle, serves, deposed };

  void depose(std::vector<SuccessionEffect>& effects);

  Epoch epoch_;
  Quorum readable_;
  bool changes_followers_;
  Phase phase_ = Phase::idle;
  std::uint64_t fenced_ = 0;  // a bit for each follower
  Place best_;                // the greatest end of a fenced log
  std::uint32_t best_from_ = 0;
};

}  // namespace orrery::replication
