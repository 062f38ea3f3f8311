// What may leave an object, and after which commit.
//
// An output shows the state that its object was in when it was made. It leaves when the last commit of that state is
// durable; what was emitted before a turn's first write does not wait for that turn (workerd io/io-gate).
// Outputs leave in the order in which they were made, for a later one shows no less than an earlier one.
//
// Invariant: whatever has left shows confirmed commits only.
#pragma once

#include <optional>
#include <utility>

#include "core/base/fifo.h"
#include "core/base/ids.h"
#include "core/base/invariant.h"

namespace orrery::object {

template <class Output>
class OutputGate {
 public:
  // `confirmed` is durable from the start.
  explicit OutputGate(CommitIndex confirmed) : confirmed_(confirmed) {}

  CommitIndex confirmed() const { return confirmed_; }
  bool is_empty() const { return waiting_.empty(); }

  // True if the output may leave now. Otherwise it was taken, and waits.
  [[nodiscard]] bool leave(CommitIndex shows, Output&& output) {
    INVARIANT(waiting_.empty() || shows >= newest_, "an output shows {}, after one that shows {}", shows.value,
              newest_.value);
    if (waiting_.empty() && shows <= confirmed_) return true;
    newest_ = shows;
    waiting_.push({shows, std::move(output)});
    return false;
  }

  // All commits through `index` are durable. Then ask for what may leave.
  void confirm(CommitIndex index) { confirmed_ = index; }
  std::optional<Output> next() {
    if (waiting_.empty()) {
      waiting_ = {};  // objects at rest are many
      return std::nullopt;
    }
    if (waiting_.front().shows > confirmed_) return std::nullopt;
    return waiting_.pop().output;
  }

  // The next one that waits, however long it would have had to.
  Output give_up() { return waiting_.pop().output; }

 private:
  struct Waiting {
    CommitIndex shows;
    Output output;
  };

  CommitIndex confirmed_;
  CommitIndex newest_;  // shown by the last one that waits
  Fifo<Waiting> waiting_;
};

}  // namespace orrery::object
