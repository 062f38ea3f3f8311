// Splits the time of each user request into stages.
//
// A request is in exactly one stage at any instant: the one that the last of its records put it in. So the
// stages sum to its latency by construction, whatever the handler does, and where a handler awaits several
// things at once the last thing that happened decides.
//
//   Requested            the time since `intended` was spent in `queue` (the user was late); then access
//   Called               network
//   Arrived              queue
//   TurnStarted          cpu
//   TurnEnded            fetch while an answer of a service is awaited by this call, else network
//   Replied              network; what its handler does from then on no longer counts
//   FetchStarted         fetch
//   FetchEnded           queue
//   Answered             queue for a call made by an object; access for the user's own
//   Completed            the end
//
// Records of a call made in the turn of another count for the request at the root of both.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/ids.h"
#include "core/base/lookup.h"
#include "core/base/time.h"
#include "core/journal/event.h"
#include "reports/stage_times.h"

namespace orrery::reports {

// One request, when its user has the answer.
struct Breakdown {
  CallId call;
  ClientId client;
  ClassId object_class;
  MethodId method;
  journal::Status status{};
  Time intended;
  Duration latency{};   // from the intended send time
  StageTimes stages{};  // they sum to `latency`
};

class BreakdownReader {
 public:
  virtual ~BreakdownReader() = default;
  virtual void on(const Breakdown& breakdown) = 0;
};

// Holds open requests only, and allocates nothing once it has held as many as it ever will. A record of a
// call that belongs to no open request is ignored: the user no longer waits for it.
class StageLedger final : public journal::Sink {
 public:
  // The reader must outlive the ledger.
  explicit StageLedger(BreakdownReader& reader) : reader_(reader) {}

  journal::Interest interest() const override;
  void on(const journal::Record& record) override;

  std::size_t requests_open() const { return open_.size() - free_.size(); }
  // The calls it remembers: those of open requests that were not yet answered.
  std::size_t calls_open() const { return calls_.size(); }

 private:
  struct Request {
    Breakdown breakdown;
    Stage stage{};
    Time since;                  // of `stage`
    std::vector<CallId> nested;  // calls made by objects for this request, not yet answered
  };
  struct Call {
    std::uint32_t request = 0;  // its place in open_
    std::uint32_t place = 0;    // of a nested call: in Request::nested
    std::uint32_t fetches = 0;  // not yet answered
    bool nested = false;
    bool replied = false;
  };

  void see(Time at, const journal::Requested& requested);
  void see(Time at, const journal::Called& called);
  void see(Time at, const journal::Arrived& arrived);
  void see(Time at, const journal::TurnStarted& started);
  void see(Time at, const journal::TurnEnded& ended);
  void see(Time at, const journal::Replied& replied);
  void see(Time at, const journal::FetchStarted& started);
  void see(Time at, const journal::FetchEnded& ended);
  void see(Time at, const journal::Answered& answered);
  void see(Time at, const journal::Completed& completed);

  // The call, if it is remembered and its handler has not returned.
  Call* at_work(CallId call);
  void enter(Time at, Request& request, Stage stage);
  void forget_nested(CallId id, Call call);

  BreakdownReader& reader_;
  Lookup<CallId, Call> calls_;
  std::vector<Request> open_;        // with holes
  std::vector<std::uint32_t> free_;  // the holes
};

}  // namespace orrery::reports
