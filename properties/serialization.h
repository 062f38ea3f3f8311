// Serialization: the calls of one object look as if they had been done one at a time.
//
// Judged for the classes that declare a model, at the stub: a call lasts from Called to Answered. A call
// that failed had no effect; one whose outcome is unknown, or that is never answered, may have been done at
// any time after Called, or not at all. A call of a method that the model does not know is none of its
// operations.
//
// The order of Replied records is taken as a witness. Each reply moves the object's model on, and the
// answer must be what the model said then. Real time needs no check of its own, for the reply lies between
// Called and Answered. A pass proves the history so far, whoever wrote the witness: a wrong one can only
// fail. If it fails, the search (linearizability.h) judges what is remembered of the object:
//   it finds another order   a diagnostic, counted in the note; the witness is trusted again where the
//                            search knows the state
//   there is no order        a violation
//   its budget ends          the verdict is unknown, for this object
//
// What a recovery undoes goes out of the witness: a reply belongs to the commit before it, so the model goes back to
// the state after the last commit that is left (before the first one that is the initial state, whatever the object
// kept in memory). That is as if the calls undone had never been, and proves something only if none of them is ever
// answered; if one was, the witness has failed. In a search they are calls of unknown outcome.
//
// Memory: the open calls, one state per unconfirmed commit, one state per object, and a window of its calls since its
// state was last known for certain. That is so at an instant when no call of it is open and none of unknown outcome
// is pending, if one of these holds: the window is a single call; the model is a counter, whose state does not depend
// on the order; the last call to begin was a read that began after every change had returned. A window of
// more than `window_max` calls is folded into the exact set of states the object can be in. If these are
// too many, or a call stays open while 8 times as many end, the window is dropped, and should the witness
// then fail the verdict is an honest unknown.
//
// What waits for a search at the end of the run is searched by verdict(); violated() never searches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "properties/by_commit.h"
#include "properties/models.h"
#include "properties/property.h"
#include "properties/window.h"

namespace orrery::properties {

struct SerializationOptions {
  bool witness = true;  // if not, whole histories are kept and searched at the verdict
  std::size_t window_max = 512;
  std::size_t states_max = 256;  // that a folded window may begin with
  Budget budget = {};
};

class Serialization final : public Property {
 public:
  // Throws Bug if a model has an unknown name.
  explicit Serialization(const std::vector<DeclaredModel>& models, SerializationOptions options = {});

  std::string_view name() const override { return "serialization"; }
  journal::Interest interest() const override {
    return journal::Interest::in<journal::Called, journal::Replied, journal::Answered, journal::Committed,
                                 journal::Confirmed, journal::Recovered, journal::TakenOver>();
  }
  void on(const journal::Record& record) override;
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override;

 private:
  struct Method {
    std::string name;
    Verb verb;
  };
  struct Judged {
    ModelKind model;
    std::vector<Method> methods;
  };
  enum class Trust : std::uint8_t {
    witness,    // the order of replies has agreed with every answer
    search,     // it has not; the window will be searched
    abandoned,  // nothing more can be said
  };
  struct Object {
    Object(ObjectId named, ClassId of, ModelKind model, std::size_t first_fold)
        : id(named), object_class(of), state(initial_state(model)), window(model), fold_at(first_fold) {}
    ObjectId id;
    ClassId object_class;
    Trust trust = Trust::witness;
    Value state;                 // after all replies, while the witness is trusted
    CommitIndex commit;          // the last: `state` belongs to it
    ByCommit<Value> earlier;     // the states that belonged to the commits before it, as far as they may come back
    CommitIndex answered;        // the newest commit that a call has seen whose caller was told
    bool has_told_zero = false;  // ... and whether one saw none
    Window window;
    std::size_t fold_at;       // calls in the window
    std::uint32_t open = 0;    // calls not yet answered
    std::uint32_t first_call;  // of its list of pending calls, in order of Called; none if empty
    std::uint32_t last_call;
    Time last_return = Time::min();
    Time last_change_return = Time::min();
    Time last_read_invoked = Time::min();
  };
  // A call that is open, or of unknown outcome and not yet replied to.
  struct Pending {
    CallId call;
    std::uint32_t object = 0;
    std::uint32_t before = 0, after = 0;  // in the object's list
    MethodId method;
    Verb verb = Verb::none;
    bool is_unknown = false;
    bool was_done = false;
    CommitIndex commit;  // if done: the last one then
    Time invoked;
    Value argument;
    Value expected;  // if done: what its caller must be told
  };

  void on_called(Time at, const journal::Called& called);
  void on_replied(const journal::Replied& replied);
  void on_answered(Time at, const journal::Answered& answered);
  void on_committed(const journal::Committed& committed);
  void on_confirmed(const journal::Confirmed& confirmed);
  void on_recovered(const journal::Recovered& recovered);
  void on_taken_over(const journal::TakenOver& taken);
  void go_back(Object& object, CommitIndex commit);
  bool undo_after(Object& object, CommitIndex commit);

  std::uint32_t object_of(const journal::Called& called, ModelKind model);
  Object* witnessed(const ObjectId& object);
  void release(std::uint32_t pending);
  void settle_while_quiet(Object& object, Time at);
  void fold_if_full(Object& object, Time at);
  bool fold(Object& object, Time until);
  void distrust_witness(Object& object, std::string_view why);
  void abandon(Object& object, std::string why);
  void report(const Object& object, const PastCall& culprit);

  std::vector<PastCall> open_calls(const Object& object) const;
  Violation violation_of(const Object& object, const PastCall& culprit) const;
  std::string describe(const Object& object, const PastCall& call) const;
  std::string note(const std::string& why_unknown) const;

  SerializationOptions options_;
  std::vector<std::optional<Judged>> classes_;  // by ClassId
  std::vector<Object> objects_;                 // in the order in which they were first called
  Lookup<ObjectId, std::uint32_t> object_places_;
  std::vector<Pending> pending_;
  std::vector<std::uint32_t> free_;
  Lookup<CallId, std::uint32_t> pending_places_;
  std::optional<Violation> violation_;
  std::string why_unknown_;
  std::uint64_t tested_ = 0;
  std::uint64_t diagnostics_ = 0;
  std::uint64_t not_of_the_model_ = 0;
};

}  // namespace orrery::properties
