// How busy each object was, how long the queue before it grew, and for whom its calls waited.
//
// Nothing is left out as warm-up: a queue that grew then is still there later.
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
#include "reports/waits.h"

namespace orrery::reports {

// Its memory grows with the number of objects and of calls that wait, not with that of requests. A crash is looked
// for in all objects.
class ObjectReport final : public journal::Sink {
 public:
  static constexpr std::size_t objects_shown_max = 10;
  // Arrivals are counted in windows of this length, one after the other from the start.
  static constexpr Duration window = 5s;

  explicit ObjectReport(const journal::Names& names) : classes_(names.classes) {}

  journal::Interest interest() const override;
  void on(const journal::Record& record) override;

  // Fills in `objects`, the busiest first and of equally busy ones the lower id first, and `objects_used`. Calls
  // that wait still have waited until the last record.
  void write_to(Outcome& outcome) const;

 private:
  struct Use {
    ObjectId object;
    NodeId node;  // of `instance`
    ClassId object_class;
    bool class_known = false;
    Duration busy{};
    Time busy_since;  // the begin of its last turn
    Time busy_until;  // and its end
    std::uint64_t turns = 0;
    std::uint64_t calls = 0;
    Waits::Wide squares = 0;  // of the turns' lengths, in ns^2
    InstanceId instance;      // whose queue is counted; 0: the last one has ended, and what waited there is gone
    Waits waits;
    std::int64_t window_number = 0;  // of the last arrival
    std::uint64_t window_calls = 0;
    std::int64_t busiest_number = 0;
    std::uint64_t busiest_calls = 0;
  };

  void see(const journal::Record& record, const journal::InstanceStarted& started);
  void see(const journal::Record& record, const journal::Arrived& arrived);
  void see(const journal::Record& record, const journal::TurnStarted& started);
  void see(const journal::Record& record, const journal::TurnEnded& ended);
  void see(const journal::Record& record, const journal::InstanceEnded& ended);
  void see(const journal::Record& record, const journal::Crashed& crashed);

  Use& use_of(const ObjectId& object);
  static void count_arrival(Use& use, Time at);
  // The rest of a turn under way is not spent.
  static void end_instance(Use& use, Time at);
  // As of the last record. Little's law is asserted.
  Waits settled(const Use& use) const;
  ObjectUse shown(const Use& use) const;

  std::vector<journal::ClassNames> classes_;
  Time now_;                                // of the last record
  Lookup<ObjectId, std::uint32_t> places_;  // in uses_, counted from 1
  std::vector<Use> uses_;                   // in order of first appearance
};

// For people: "Venue/3", or "Venue f021e4c1" if nobody knows its name.
std::string name_of(const ObjectUse& use);

}  // namespace orrery::reports
