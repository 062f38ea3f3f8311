// Splits the time of each user request into stages, and counts what was done for it.
//
// A request is in exactly one stage at any instant: the one that the last of its records put it in. So the
// stages sum to its latency by construction, whatever the handler does, and where a handler awaits several
// things at once the last thing that happened decides.
//
//   Requested            the time since `intended` was spent in `queue` (the user was late); then access
//   Called               network
//   Arrived              queue
//   TurnStarted          cpu
//   TurnEnded            of the time in cpu that ends here, what the turn spent on storage operations was `storage`;
//                        then storage while its storage is awaited, else fetch while an answer of a service is
//                        awaited by this call, else network while a call that it made is in flight, else commit:
//                        the output gate keeps something back
//   FetchQueued          queue
//   FetchStarted         fetch; SleepStarted likewise, for the handler waits and its object does not
//   FetchEnded           queue; SleepEnded likewise
//   ReadStarted          storage, until ReadEnded; then queue
//   Replied              commit; what its handler does from then on no longer counts
//   OutputLeft, a reply  network
//   Answered             queue for a call made by an object; access for the user's own
//   Completed            the end
//
// What leaves at the instant at which its turn ends was not kept back: it has spent 0 in `commit`.
//
// Records of a call made in the turn of another count for the request at the root of both, until the handler of the
// other has returned. Where an instance ends with its handlers unfinished, the requests stay in the stage
// that they were in until they are answered.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/ids.h"
#include "core/base/lookup.h"
#include "core/base/time.h"
#include "core/journal/event.h"
#include "reports/stage_times.h"
#include "reports/work.h"

namespace orrery::reports {

// One request, when its user has the answer.
struct Breakdown {
  CallId call;
  ClientId client;
  std::uint64_t number = 0;  // of the operation among the client's
  ClassId object_class;
  MethodId method;
  journal::Status status{};
  std::uint32_t attempts = 1;  // the last of which has the answer; the time before it is in the stage `retry`
  Time intended;
  Duration latency{};   // from the intended send time
  StageTimes stages{};  // they sum to `latency`
  Work work{};          // of the last attempt, up to now, also by handlers that have returned
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
    CallId parent{};            // of a nested call: the one whose handler made it
    std::uint32_t fetches = 0;  // not yet answered, and sleeps
    std::uint32_t calls = 0;    // that its handler made, not yet answered
    std::uint32_t reads = 0;    // of its storage, not yet answered
    Duration storage{};         // of the turn under way
    bool nested = false;
    bool returned = false;  // its handler has
    bool answered = false;  // of a user's call; one made by an object is forgotten then
  };
  // The turn that ended last: its commit comes next, and does not name the call.
  struct EndedTurn {
    InstanceId instance;
    TurnNumber turn;
    CallId call;
  };

  void see(Time at, const journal::Requested& requested);
  void see(Time at, const journal::Called& called);
  void see(Time at, const journal::Arrived& arrived);
  void see(Time at, const journal::TurnStarted& started);
  void see(Time at, const journal::TurnEnded& ended);
  void see(Time at, const journal::Committed& committed);
  void see(Time at, const journal::Replied& replied);
  void see(Time at, const journal::OutputLeft& left);
  void see(Time at, const journal::FetchQueued& queued);
  void see(Time at, const journal::FetchStarted& started);
  void see(Time at, const journal::FetchEnded& ended);
  void see(Time at, const journal::SleepStarted& started);
  void see(Time at, const journal::SleepEnded& ended);
  void see(Time at, const journal::ReadStarted& started);
  void see(Time at, const journal::ReadEnded& ended);
  void see(Time at, const journal::Answered& answered);
  void see(Time at, const journal::Completed& completed);

  void begin_wait(Time at, Call& call);
  void end_wait(Time at, CallId id);

  // The handlers of all calls that it was made for are at work, and the user waits.
  bool is_awaited(const Call& call) const;
  bool is_at_work(const Call& call) const { return !call.returned && is_awaited(call); }
  static void enter(Time at, Request& request, Stage stage);
  void forget_nested(CallId id, Call call);

  BreakdownReader& reader_;
  Lookup<CallId, Call> calls_;
  std::vector<Request> open_;        // with holes
  std::vector<std::uint32_t> free_;  // the holes
  EndedTurn last_turn_;
};

}  // namespace orrery::reports
