// The registers that this node reads and changes, each with its proposer (placement/register.h).
//
// One question at a time for each register: a new one drops the one before, whatever becomes of it. A question goes on
// until it is settled, dropped or forgotten. Its timers are upkeep: whoever waits for the answer has one of its own.
#pragma once

#include <optional>
#include <vector>

#include "core/base/draws.h"
#include "core/base/lookup.h"
#include "core/node/register_messages.h"
#include "core/placement/register.h"
#include "core/ports/host.h"

namespace orrery::node {

class Registers {
 public:
  // The host must outlive it.
  Registers(const ports::Host& host, std::vector<NodeId> acceptors) : host_(host), acceptors_(std::move(acceptors)) {}

  // From now on all is asked by this incarnation, and what is open is dropped.
  void begin(Incarnation self);

  void read(const ObjectId& key, Cause cause);
  void change(const ObjectId& key, placement::Change&& change, Cause cause);
  // Ask all acceptors plainly: each answers with Seen.
  void look(const ObjectId& key, Cause cause);
  // A proposer that knows what its register holds is faster than a new one; nobody needs this one any more.
  void forget(const ObjectId& key);

  struct Answer {
    ObjectId key;
    placement::Settled settled;
  };
  // Append to `answers` what is settled by it.
  template <class Message>
  void on(NodeId from, const OfRegister<Message>& answer, std::vector<Answer>& answers) {
    const std::optional<std::uint32_t> place = place_of(from);
    const std::uint32_t* slot = slots_.find(answer.key);
    if (!place || !slot) return;
    open_[*slot]->proposer.step(*place, answer.message, effects_);
    carry_out(*slot, answers);
  }
  // A timer with that number beside the token register_timer.
  void on_timer(std::uint64_t number, std::vector<Answer>& answers);

  const std::vector<NodeId>& acceptors() const { return acceptors_; }
  // Nothing: that node is no acceptor.
  std::optional<std::uint32_t> place_of(NodeId acceptor) const;

 private:
  struct Open {
    ObjectId key;
    placement::Proposer proposer;
    Lineage lineage;
  };

  std::uint32_t slot_for(const ObjectId& key, Cause cause);
  void carry_out(std::uint32_t slot, std::vector<Answer>& answers);
  void tell_chosen(Open& open);

  const ports::Host& host_;
  const std::vector<NodeId> acceptors_;
  Incarnation self_;
  std::uint64_t ballots_ = 0;  // the highest number of one of this incarnation's that was forgotten
  std::vector<std::optional<Open>> open_;
  std::vector<std::uint32_t> free_;
  Lookup<ObjectId, std::uint32_t> slots_;
  std::vector<placement::ProposerEffect> effects_;  // used again and again
};

}  // namespace orrery::node
