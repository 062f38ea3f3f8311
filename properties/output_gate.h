// The output gate: nothing leaves an object before what it shows is durable.
//
// An output says which commit it shows the state of: that commit and all before it. Three rules:
//   leaves_when_durable        an output shows no commit that is not yet confirmed
//   shows_what_came_before     an output of a turn shows at least the commits of the instance's earlier turns, and
//                              the commit that the instance started from
//   reply_shows_its_own_turn   a reply shows also the commit of the turn in which the handler returned
// An instance that wrote what need not be waited for is judged by the first alone from then on.
//
// A process knows of another one's commits only what was durable, so what is recovered by another process than made
// the last commit counts as confirmed. In the same process a life can start from commits that are still on their way
// to the disk.
//
// An output may leave long after its turn. Of the commits confirmed meanwhile only the newest is remembered: an
// output older than that is held only to what the instance started from. Memory: one entry per object that ever
// committed, and its unconfirmed commits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "properties/by_commit.h"
#include "properties/processes.h"
#include "properties/property.h"

namespace orrery::properties {

class OutputGate final : public Property {
 public:
  std::string_view name() const override { return "output_gate"; }
  journal::Interest interest() const override {
    return journal::Interest::in<journal::Committed, journal::Confirmed, journal::Recovered, journal::TakenOver,
                                 journal::OutputLeft, journal::Crashed, journal::Unawaited>();
  }
  void on(const journal::Record& record) override;
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override;  // tested by each output that shows a commit

 private:
  struct PerObject {
    CommitIndex confirmed;
    CommitIndex last;
    Process written_by;          // the last commit
    InstanceId instance;         // that recovered or committed last
    CommitIndex recovered;       // what it started from
    Epoch epoch;                 // of the owner that took it over last
    bool has_unawaited = false;  // commits of the instance
    TurnNumber confirmed_turn;   // of the instance, which made commit `confirmed`; 0: none of them did
    ByCommit<TurnNumber> turns;  // of the instance, which made commits that are not yet confirmed
  };

  void on_committed(NodeId node, const journal::Committed& committed);
  void on_confirmed(const journal::Confirmed& confirmed);
  void on_taken_over(NodeId node, const journal::TakenOver& taken);
  void on_recovered(NodeId node, const journal::Recovered& recovered);
  void on_left(Time at, const journal::OutputLeft& left);
  static CommitIndex made_before(const PerObject& object, TurnNumber turn);
  void report(std::string rule, const journal::OutputLeft& left, Time at, const std::string& why);

  Processes processes_;
  Lookup<ObjectId, PerObject> objects_;
  std::optional<Violation> violation_;
  std::uint64_t tested_ = 0;
};

}  // namespace orrery::properties
