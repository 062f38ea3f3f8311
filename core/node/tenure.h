// How long this node may run what it owns: its own lease, and its waits for those of silent nodes (placement/lease.h).
//
// An incarnation that has lost its lease for ever is followed by the next, under which the node begins anew.
#pragma once

#include <map>
#include <variant>
#include <vector>

#include "core/node/registers.h"
#include "core/placement/lease.h"
#include "core/ports/host.h"

namespace orrery::node {

class Tenure {
 public:
  // Both must outlive it.
  Tenure(const ports::Host& host, Registers& registers);
  // Begins with the first incarnation, before anything else.
  void begin();

  Incarnation self() const { return self_; }
  bool is_held() const { return lease_->is_held(host_.clock.steady()); }
  // As long as it is wanted it is renewed.
  void want();
  void let_go();

  // Wait until that incarnation, on that node, is dead; or look again whether it lives.
  void watch(NodeId node, Incarnation incarnation);
  void stop_watching(NodeId node) { watches_.erase(node); }

  // It was not held, or not so long.
  struct Held {
    LocalTime until;
  };
  // Nothing that the former incarnation owned is this node's any more.
  struct Lost {};
  struct Renewed {
    Incarnation incarnation;
  };
  struct Died {
    NodeId node;
    Incarnation incarnation;
  };
  using Outcome = std::variant<Held, Lost, Died, Renewed>;

  // Append to `outcomes` what follows. The register must be that of a lease.
  void on(const Registers::Answer& answer, std::vector<Outcome>& outcomes);
  void on(NodeId from, const OfRegister<placement::Seen>& seen, std::vector<Outcome>& outcomes);
  // A timer with that number beside the token lease_timer, or watch_timer.
  void on_lease_timer(std::uint64_t number, std::vector<Outcome>& outcomes);
  void on_watch_timer(std::uint64_t number, std::vector<Outcome>& outcomes);

 private:
  struct Watch {
    Incarnation incarnation;
    placement::LeaseWatch watch;
  };

  void begin_incarnation();
  Cause next_cause();
  void follow(std::vector<Outcome>& outcomes);
  template <class Input>
  void step(std::map<NodeId, Watch>::iterator watched, const Input& input, std::vector<Outcome>& outcomes);

  const ports::Host& host_;
  Registers& registers_;
  const ObjectId own_register_;
  std::uint64_t incarnations_ = 0;  // of this process
  Incarnation self_;
  std::optional<placement::Lease> lease_;
  std::map<NodeId, Watch> watches_;
  std::uint64_t asked_ = 0;
  std::vector<placement::LeaseEffect> effects_;        // used again and again
  std::vector<placement::WatchEffect> watch_effects_;  // the same
};

}  // namespace orrery::node
