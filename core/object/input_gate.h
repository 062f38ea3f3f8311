// Which event may enter an object next.
//
// The gate is a lock with a queue (workerd io/io-gate). An event that comes while nobody holds the lock
// enters at once; others wait in order of arrival. When the lock is let go exactly one waiter gets it, in the
// same instant, so nothing that comes later can slip in between.
//
// Invariant: at most one event is inside.
#pragma once

#include <optional>
#include <utility>

#include "core/base/fifo.h"
#include "core/base/invariant.h"

namespace orrery::object {

template <class Entry>
class InputGate {
 public:
  bool is_held() const { return held_; }
  std::size_t waiting() const { return waiting_.size(); }

  // True if the entry may begin now. Otherwise it was taken, and waits.
  [[nodiscard]] bool enter(Entry&& entry) {
    if (held_) waiting_.push(std::move(entry));
    return !std::exchange(held_, true);
  }

  // The event inside is over. Returns the one that enters in its place.
  std::optional<Entry> leave() {
    PRECONDITION(held_, "nothing is inside");
    if (waiting_.empty()) {
      held_ = false;
      return std::nullopt;
    }
    return waiting_.pop();
  }

  // The next one that waits, though it may never enter.
  Entry give_up() { return waiting_.pop(); }

 private:
  bool held_ = false;
  Fifo<Entry> waiting_;
};

}  // namespace orrery::object
