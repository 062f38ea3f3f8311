// Which event may enter an object next.
//
// The gate is a lock with a queue (workerd io/io-gate). An event that comes while nobody holds the lock
// enters at once; others wait in order of arrival. When the lock is let go exactly one waiter gets it, in the
// same instant, so nothing that comes later can slip in between.
//
// Whoever is inside may close the gate: then it stays held when that event is over, and until it is opened only
// events of the one that closed it enter, ahead of all others.
//
// Invariant: at most one event is inside.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/fifo.h"
#include "core/base/invariant.h"

namespace orrery::object {

// How long an event keeps the object to itself. The runtime's own way is the first: outputs wait, events do not. The
// others are what authors pay for who lock more than they need.
enum class Holding : std::uint8_t {
  turn,    // until its turn is over
  commit,  // until what its turn wrote is durable
  call,    // until its call has returned, with all that it awaits
};
inline constexpr std::array<std::string_view, 3> holding_names = {"turn", "commit", "call"};

template <class Entry>
class InputGate {
 public:
  bool is_held() const { return is_inside_ || is_closed_; }
  bool is_closed() const { return is_closed_; }
  std::size_t waiting() const { return waiting_.size() + waiting_of_holder_.size(); }

  // True if the entry may begin now. Otherwise it was taken, and waits.
  [[nodiscard]] bool enter(Entry&& entry) {
    if (is_held()) {
      waiting_.push(std::move(entry));
      return false;
    }
    return is_inside_ = true;
  }
  // The same for an event of the one that closed the gate.
  [[nodiscard]] bool enter_for_holder(Entry&& entry) {
    PRECONDITION(is_closed_, "nobody closed the gate");
    if (is_inside_) waiting_of_holder_.push(std::move(entry));
    return !std::exchange(is_inside_, true);
  }

  // The event inside is over. Returns the one that enters in its place.
  std::optional<Entry> leave() {
    PRECONDITION(is_inside_, "nothing is inside");
    is_inside_ = false;
    return next();
  }

  // By the event inside, before it leaves.
  void close() {
    PRECONDITION(is_inside_, "nothing is inside");
    is_closed_ = true;
  }
  // If nothing is inside, ask for the next one.
  void open() { is_closed_ = false; }
  // The one that enters now, if nothing is inside.
  std::optional<Entry> next() {
    if (is_inside_) return std::nullopt;
    Fifo<Entry>& queue = waiting_of_holder_.empty() ? waiting_ : waiting_of_holder_;
    if (queue.empty() || (is_closed_ && &queue == &waiting_)) return std::nullopt;
    is_inside_ = true;
    return queue.pop();
  }

  // The next one that waits, though it may never enter.
  Entry give_up() { return waiting_of_holder_.empty() ? waiting_.pop() : waiting_of_holder_.pop(); }

 private:
  bool is_inside_ = false;
  bool is_closed_ = false;
  Fifo<Entry> waiting_;
  Fifo<Entry> waiting_of_holder_;
};

}  // namespace orrery::object
