// Durability: what was promised or shown survives, and nothing else comes back.
//
// The commits of an object are its lineage. Each new life of the object (Recovered) continues it from some commit
// and undoes those after it. Commits that were not yet confirmed when their process crashed may be there or not:
// either is right. What the disks hold when the run is over (ReadBack) is judged alike. Eight rules:
//   confirmed_survives       what is found is no older than the last confirmed commit, and that one is as it was made
//   exposed_survives         what is found is no older than the newest commit that any output has shown
//   recovered_was_committed  what is found is a commit of the lineage as it was made: a prefix of it, with no hole,
//                            nothing invented and nothing half
//   no_resurrection          a commit that an earlier recovery has undone never comes back
//   commits_continue         a commit follows the one before it, and is made by the life that started last
//   confirmed_in_order       a confirmed commit is one of the lineage, and newer than those confirmed before
//   eviction_waits           no life is evicted while a commit of it is in flight
//   recoverable              the commits of an object can always be read back
//
// Where commits are kept by followers, a new owner reads them (TakenOver) and puts a marker behind what it has found,
// which is a commit of its own. A marker that was never confirmed may be found by a later owner, or not; and so may
// what an owner that had been overtaken still made. A confirmation may be told of late, by an owner that had been
// overtaken meanwhile: then the commit is in what was found.
//
// A process knows of another one's commits only what was durable, so what is recovered by another process than made
// the last commit counts as confirmed.
//
// Memory: one entry per object that ever committed, its unconfirmed commits, and those that its last recovery undid.
// A commit that was undone earlier than that and comes back is reported by recovered_was_committed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "properties/by_commit.h"
#include "properties/processes.h"
#include "properties/property.h"

namespace orrery::properties {

class Durability final : public Property {
 public:
  std::string_view name() const override { return "durability"; }
  journal::Interest interest() const override {
    return journal::Interest::in<journal::Committed, journal::Confirmed, journal::Recovered, journal::RecoveryFailed,
                                 journal::OutputLeft, journal::Crashed, journal::ReadBack, journal::InstanceEnded,
                                 journal::Marked, journal::TakenOver>();
  }
  void on(const journal::Record& record) override;
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override;  // tested by what is found of each object that committed

 private:
  struct Contents {
    std::uint64_t chain = 0;
    std::uint64_t digest = 0;
    friend bool operator==(const Contents&, const Contents&) = default;
  };
  struct PerObject {
    CommitIndex confirmed;
    Contents confirmed_contents;
    ByCommit<Contents> unconfirmed;  // those after it
    CommitIndex shown;
    InstanceId instance;  // the life that started last
    bool has_instance = false;
    Process written_by;  // the last commit
    Epoch epoch;         // of the owner that took it over last
    CommitIndex last() const { return CommitIndex{confirmed.value + unconfirmed.size()}; }
  };

  void on_committed(Time at, NodeId node, const journal::Committed& committed);
  void on_confirmed(Time at, const journal::Confirmed& confirmed);
  void on_confirmed_late(Time at, const journal::Confirmed& confirmed);
  void on_taken_over(Time at, NodeId node, const journal::TakenOver& taken);
  void on_recovered(Time at, NodeId node, const journal::Recovered& recovered);
  void on_read_back(Time at, const journal::ReadBack& read);
  void on_ended(Time at, const journal::InstanceEnded& ended);
  // `finder` is who finds that.
  void judge(Time at, const PerObject& object, const journal::Recovered& recovered, const std::string& finder);
  bool is_stray(const journal::Recovered& recovered) const;
  void undo_after(PerObject& object, const journal::Recovered& recovered);
  void report(std::string rule, const ObjectId& object, Time at, std::string text);

  Processes processes_;
  Lookup<ObjectId, PerObject> objects_;
  Lookup<ObjectId, ByCommit<Contents>> undone_;  // by the last recovery that undid any
  // Markers, and commits of owners that had been overtaken: those that may yet become part of a lineage.
  struct Stray {
    CommitIndex index;
    Contents contents;
  };
  Lookup<ObjectId, std::vector<Stray>> strays_;
  std::optional<Violation> violation_;
  std::uint64_t tested_ = 0;
};

}  // namespace orrery::properties
