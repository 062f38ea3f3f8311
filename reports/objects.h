// How busy each object was, and how long the queue before it grew.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/lookup.h"
#include "core/base/time.h"
#include "core/journal/event.h"
#include "core/journal/names.h"
#include "reports/outcome.h"

namespace orrery::reports {

// Its memory grows with the number of objects, not with that of requests. A crash is looked for in all of them.
class ObjectReport final : public journal::Sink {
 public:
  static constexpr std::size_t objects_shown_max = 10;

  explicit ObjectReport(const journal::Names& names);

  journal::Interest interest() const override;
  void on(const journal::Record& record) override;

  // Fills in `objects`, the busiest first and of equally busy ones the lower id first, and `objects_used`.
  void write_to(Outcome& outcome) const;

 private:
  struct Use {
    ObjectId object;
    NodeId node;  // of `instance`
    ClassId object_class;
    bool class_known = false;
    Duration busy{};
    Time busy_until;  // the end of its last turn
    std::uint64_t turns = 0;
    InstanceId instance;        // whose queue is counted; 0: the last one has ended, and what waited there is gone
    std::uint64_t waiting = 0;  // calls that arrived at it and did not begin
    Time since;                 // of `waiting`
    std::uint64_t longest_queue = 0;
  };

  void see(const journal::Record& record, const journal::InstanceStarted& started);
  void see(const journal::Record& record, const journal::Arrived& arrived);
  void see(const journal::Record& record, const journal::TurnStarted& started);
  void see(const journal::Record& record, const journal::InstanceEnded& ended);
  void see(const journal::Record& record, const journal::Crashed& crashed);

  Use& use_of(const ObjectId& object);
  // The queue counts only if it lasts: a call that enters at once has not waited.
  static void settle(Use& use, Time at);
  // The rest of a turn under way is not spent.
  static void end_instance(Use& use, Time at);

  std::vector<std::string> class_names_;
  Lookup<ObjectId, std::uint32_t> places_;  // in uses_, counted from 1
  std::vector<Use> uses_;                   // in order of first appearance
};

}  // namespace orrery::reports
