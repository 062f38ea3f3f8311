// One life of an object in memory.
//
// Events enter through the input gate, one turn at a time. A turn runs the author's code until it ends or
// awaits something outside; in virtual time it takes its cost, during which the object is busy. What the turn
// wrote is one commit. Whatever it emits (replies, calls, fetches) goes to the output gate when it ends; then the
// next event enters, unless the class holds its objects longer (Holding).
//
// The owner of an instance drives it: enter() hands it an event and may begin a turn, whose cost the owner
// waits for; end_turn() gives what the turn wrote and emitted, and begin_next() may begin another, as on_confirmed()
// may once what it wrote is durable. An instance whose code aborted it, or whose writes may not stand, is broken at
// the end of that turn: the owner gives it up, and its callers are told.
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "core/base/config.h"
#include "core/base/draws.h"
#include "core/base/lookup.h"
#include "core/base/task.h"
#include "core/base/time.h"
#include "core/object/durable_object.h"
#include "core/object/input_gate.h"
#include "core/object/namespace.h"
#include "core/ports/observer.h"
#include "core/routing/request.h"
#include "core/storage/object_store.h"
#include "core/storage/storage.h"

namespace orrery::object {

// What every instance of a node shares: the experiment's classes with their namespaces, and its services.
struct Environment {
  struct Class {
    ObjectClass definition;
    Namespace names;
    Holding holding = Holding::turn;
    std::optional<std::uint32_t> place{};  // the city of its objects; nothing: that of their first callers
  };
  struct Service {
    std::string name;
    NodeId node;
  };
  // What turns take of virtual time. A turn without a cost is over at once.
  struct Costs {
    Duration turn = config::turn_cost;
    Duration storage_operation = config::storage_operation_cost;
    std::int64_t spread_millionths = config::turn_cost_sigma_millionths;  // of their product, lognormal; 0: none
    friend bool operator==(const Costs&, const Costs&) = default;
  };
  std::vector<Class> classes;  // by ClassId
  std::vector<Service> services;
  Costs costs{};
};

// How something that a handler awaited came out; packed as in routing::Reply.
struct IoResult {
  Status status{};
  Bytes payload;
};

// Events.
struct CallArrived {
  NodeId from;
  routing::Call call;
};
// `call` is the one that awaited it.
struct IoEnded {
  CallId io;
  CallId call;
  IoResult result;
  Cause cause;
};
using Entry = std::variant<CallArrived, IoEnded>;

// What a turn emits.
struct SendReply {
  NodeId to;
  routing::Reply reply;
  Cause cause;
};
struct SendFetch {
  CallId call;
  CallId fetch;
  NodeId service;
  Request request;
  Cause cause;
};
struct SendCall {
  CallId parent;
  routing::Call call;
};
// Nothing in the object can call on this stub again.
struct DropStub {
  StubId stub;
};
// Tell the one that awaits it when the commits before are durable.
struct TellDurable {
  CallId call;
  CallId io;
  Cause cause;
};
using Emission = std::variant<SendReply, SendFetch, SendCall, DropStub, TellDurable>;

// What a turn did: it leaves when the turn is over.
struct Emitted {
  CommitIndex shows;  // the state that it shows
  Emission what;
};
struct CheckedInvariant {
  std::uint32_t invariant;  // its place among those of the class
  std::optional<std::string> broken;
};
// Goes off after the turn, whatever the output gate keeps back.
struct Sleep {
  CallId call;
  CallId io;
  Duration lasts;
  Cause cause;
};
struct TurnResult {
  std::optional<storage::ObjectStore::Change> change;  // what it wrote is commit last_commit()
  std::vector<Emitted> emitted;
  std::vector<CheckedInvariant> checked;  // those of the class, if somebody is listening
  std::vector<Sleep> timers;
};

struct Turn {
  TurnNumber number{};
  journal::TurnKind kind{};
  CallId call{};
  StubId stub{};
  std::uint64_t sequence{};
  LocalTime started{};
  Duration cost{};
  Duration storage{};          // the part of the cost that goes to storage operations
  std::uint32_t operations{};  // of its storage
  MethodId method{};           // of the call
  Cause cause{};
};

// What the end of an instance leaves behind: calls that nobody will answer, and stubs that nobody holds.
struct Leftovers {
  struct Unanswered {
    NodeId from;
    CallId call;
    StubId stub;
    bool has_begun = false;
  };
  // Of what was emitted and will not leave.
  void add(const Emission& emission);

  std::vector<Unanswered> unanswered;
  std::vector<StubId> dropped;
};

// What an author's code threw, as its callers see it. Called while it is being handled: a Bug, which is no
// author's doing, is thrown on.
ObjectError as_callers_see(const std::exception& thrown);

// What instances need of their node. All must outlive them.
struct Surroundings {
  const Environment& environment;
  storage::Databases& databases;
  const Draws& draws;
  ports::Probe& probe;
  bool checks_invariants = false;
};

class Instance final : public storage::Commits {
 public:
  // Runs the author's constructor, which may throw; what it draws hangs on the instance, and what it spends and
  // writes is part of the first turn. The object's database starts from these pages, which are those of `last_commit`.
  Instance(InstanceId id, const ObjectId& object, ClassId object_class, CommitIndex last_commit,
           storage::Pages pages, LocalTime now, const Surroundings& surroundings);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  InstanceId id() const { return id_; }
  const ObjectId& object() const { return object_; }
  ClassId object_class() const { return class_; }

  // The turn that begins now, if the gate was free.
  std::optional<Turn> enter(LocalTime now, Entry&& entry);
  // Ends the turn under way and fills `result`, whose list must be empty. Next its change must go to the log and what
  // it emitted to the output gate, and then begin_next() be called: what comes next may read the database anew, and
  // what it emits comes later. PRECONDITION: the instance is not broken.
  void end_turn(TurnResult& result);
  // The turn that begins in its place, if something waited.
  std::optional<Turn> begin_next(LocalTime now);
  // All commits through `index` are durable. The turn that begins now, if one waited for that.
  std::optional<Turn> on_confirmed(LocalTime now, CommitIndex index);
  const Turn& turn() const { return turn_; }
  CommitIndex last_commit() const { return last_commit_; }

  // The error that broke it, in the turn under way.
  const std::optional<ObjectError>& broken_by() const { return broken_by_; }
  bool was_aborted() const { return was_aborted_; }
  // No turn is under way, no event waits, no handler awaits anything, and nobody holds the gate.
  bool is_at_rest() const { return !gate_.is_held() && places_.empty(); }

  // Ends this life: handlers and author are destroyed. Adds what they leave behind, the calls that had begun first.
  void end(Leftovers& leftovers);

 private:
  friend class orrery::Context;
  friend class orrery::Binding;
  friend class orrery::Stub;
  class Io;
  // Thrown by abort(), and by nobody else: it is no std::exception, so that an author's handler lets it pass.
  struct Aborted {};

  // A handler that has begun and not yet returned.
  struct Invocation {
    bool is_open = false;
    CallId call;
    NodeId from;
    StubId stub;
    std::uint64_t sequence{};
    MethodId method{};
    Task<Bytes> handler;
    bool has_replied = false;
    std::vector<Task<void>> background{};
  };
  struct Waiting {
    std::coroutine_handle<> coroutine;
    IoResult* result = nullptr;
  };

  std::optional<Turn> begin(LocalTime now, std::optional<Entry>&& entry);
  Task<void> until_durable() override;
  void enter_section();
  void leave_section();
  void add_background(Task<void> background);

  Turn begin(LocalTime now, Entry&& entry);
  // Whether the gate stays closed behind the turn that ends.
  bool holds_on(bool has_written) const;
  bool is_of_holder(const Entry& entry) const;
  void run(CallArrived&& arrived);
  void run(IoEnded&& ended);
  void finish_if_done(Invocation& invocation);
  void finish_handler(Invocation& invocation);
  void reply(const Invocation& invocation, Status status, Bytes payload);
  void emit(Emission&& what);
  void check_invariants();
  void close_turn();
  void set_cost_of_turn();

  InstanceId id_;
  ObjectId object_;
  ClassId class_;
  const Holding holding_;
  CommitIndex last_commit_;
  const Surroundings& around_;
  storage::ObjectStore store_;

  // The turn under way. The author's constructor uses it too.
  Turn turn_;
  Lineage lineage_;
  Duration declared_cost_{};
  Duration declared_storage_cost_{};
  TurnResult result_;
  std::uint32_t constructor_operations_ = 0;
  std::optional<ObjectError> broken_by_;
  bool was_aborted_ = false;
  std::uint32_t sections_ = 0;  // that the gate is closed for, one in the other
  CallId section_of_;           // the call that is in them

  Context context_;
  InputGate<Entry> gate_;
  Ready ready_;
  std::unique_ptr<DurableObject> author_;
  std::vector<Invocation> invocations_;  // with holes; behind the author, whom their frames may use to their end
  std::vector<std::uint32_t> free_;      // the holes
  Lookup<CallId, std::uint32_t> places_;
  Lookup<CallId, Waiting> waiting_;
};

}  // namespace orrery::object
