// How long calls waited at one object's gate, and behind whom.
//
// A call waits from its arrival to its first turn. While n calls wait, each nanosecond that passes is n nanoseconds
// of waiting, and one method is to blame for them: that of the turn under way, or where none is, that of the turn
// before, which then keeps the gate closed.
//
// Invariant: what is charged to methods sums to what the calls waited, each by its own times. This is Little's law,
// and being in integers it is exact.
//
// Only calls are counted. What handlers await (an answer, a sleep) waits at the same gate when it is there, but
// the journal does not say of all of it when that was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/fifo.h"
#include "core/base/ids.h"
#include "core/base/time.h"

namespace orrery::reports {

// Times go forward from call to call. Memory grows with the calls that wait, not with those that have waited.
class Waits {
 public:
  __extension__ using Wide = __int128;  // nanoseconds: a million calls that wait for a day are beyond 64 bits

  static constexpr MethodId unknown_method{0xffff};

  struct Charge {
    MethodId method;
    Wide running = 0;  // while one of its turns ran
    Wide held = 0;     // while no turn ran, and it had the last one
    Wide total() const { return running + held; }
  };

  void arrive(Time at, CallId call);
  void begin_turn(Time at, MethodId method);
  // The turn that begins is the first of this call. One that was not seen to arrive has not waited.
  void enter(Time at, CallId call);
  void end_turn(Time at);
  // The instance is gone, and what waits will never enter: it has waited until now.
  void end_instance(Time at);

  std::size_t waiting() const { return queue_.size(); }
  // The most that waited at one time. A queue counts only if it lasts: a call that enters at once has not waited.
  std::uint64_t longest_queue() const { return longest_queue_; }

  // The next three of all that wait no longer.
  Wide waited() const { return waited_; }
  Wide charged() const;
  const std::vector<Charge>& charges() const { return charges_; }  // in order of their first

 private:
  struct Waiter {
    CallId call;
    Time arrived;
  };

  void settle(Time at);
  void charge(Duration passed);

  Fifo<Waiter> queue_;
  Time since_;  // what waits is charged up to here
  MethodId method_ = unknown_method;
  bool is_running_ = false;
  std::uint64_t longest_queue_ = 0;
  Wide waited_ = 0;
  std::vector<Charge> charges_;  // few: of the methods that somebody waited for
};

}  // namespace orrery::reports
