// What is remembered of one object's calls, so that a search can judge them.
//
// A window begins where the object's state is known: either one state, or the exact set of states it can be
// in, each with those calls of the window (begun before it, or of unknown outcome) that had already taken
// effect. Folding moves the beginning forward: what lies before it is replaced by that set.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/base/value.h"
#include "properties/linearizability.h"
#include "properties/models.h"

namespace orrery::properties {

// A call that has taken effect once, or may have, if it is of unknown outcome.
struct PastCall {
  CallId call;
  MethodId method;
  Verb verb = Verb::none;
  bool is_unknown = false;
  Time invoked;
  Time returned;  // if not unknown
  Value argument;
  Value result;  // if not unknown
};

class Window {
 public:
  // Begins with the model's initial state.
  explicit Window(ModelKind model);

  const std::vector<PastCall>& calls() const { return calls_; }
  std::size_t unknown_count() const { return unknown_count_; }  // calls that may still take effect at any time
  bool is_known() const { return !starts_.empty(); }            // whether it is known where the window begins

  void add(PastCall call);

  // Empties the window. Those of unknown outcome must have been none.
  void begin_at(const Value& state);
  // Empties the window; the state is not known. Calls of unknown outcome are still counted.
  void forget();

  struct Fold {
    States::Kind kind = States::Kind::all;
    std::vector<CallId> settled;      // calls of unknown outcome that must have taken effect: they leave the window
    std::optional<PastCall> culprit;  // if no state is possible
  };
  // Moves the beginning to `until`, if it is known and there are at most `starts_max` states. No call that
  // began before may still be open.
  Fold fold(Time until, std::size_t starts_max);

  // The state at the beginning, if there is only one and every call of the window began later or may never
  // have been done.
  const Value* only_state() const;

  // Whether the window, and `open` calls as ones of unknown outcome, are as the model allows. A culprit is
  // a place in calls(), for open ones are never to blame.
  Judgement judge(std::span<const PastCall> open, const Budget& budget) const;

 private:
  struct ValueStart {
    Value state;
    std::vector<std::uint32_t> done;
  };
  class Numbering;

  void move_to(Time until, const States& states, const Numbering& numbering, Fold& fold);

  ModelKind model_;
  std::vector<PastCall> calls_;
  std::vector<ValueStart> starts_;
  std::size_t unknown_count_ = 0;
};

}  // namespace orrery::properties
