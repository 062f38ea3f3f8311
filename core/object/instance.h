// One life of an object in memory.
//
// Events enter through the input gate, one turn at a time. A turn runs the author's code until it ends or
// awaits something outside; in virtual time it takes its cost, during which the object is busy. What the turn
// wrote is one commit. Whatever it emits (replies, calls, fetches) goes to the output gate when it ends; then the
// next event enters, unless the class holds its objects longer (Holding).
//
// The owner of an instance drives it: enter() hands it an event and may begin a turn, whose cost the owner
// waits for; end_turn() gives what the turn wrote and emitted, and begin_next() may begin another, as on_confirmed()
// may once what it wrote is durable. An instance whose code aborted it, whose writes may not stand, or one of whose
// critical sections failed, is broken: at the end of its turn, or at once if none is under way, the owner gives it up,
// and its callers are told.
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
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
#include "core/storage/waits.h"

namespace orrery::object {

// What every instance of a node shares: the experiment's classes with their namespaces, and its services.
struct Environment {
  struct Class {
    ObjectClass definition;
    Namespace names;
    Holding holding = Holding::turn;
    std::optional<std::uint32_t> place{};  // the city of its objects; nothing: that of their first callers
    StorageKind storage = StorageKind::sqlite;
  };
  struct Service {
    std::string name;
    NodeId node;
  };
  // What turns take of virtual time. A turn without a cost is over at once.
  struct Costs {
    Duration turn = config::turn_cost;
    Duration storage_operation = config::storage_operation_cost;
    Duration older_read = config::older_read;  // what a read waits for that is not in memory (storage/kinds.h)
    std::int64_t spread_millionths = config::turn_cost_sigma_millionths;  // of a turn or a read, lognormal; 0: none
    friend bool operator==(const Costs&, const Costs&) = default;
  };
  std::vector<Class> classes;  // by ClassId
  std::vector<Service> services;
  Costs costs{};
  Coalescing coalescing = Coalescing::workerd;
};

// How something that a handler awaited came out; packed as in routing::Reply.
struct IoResult {
  Status status{};
  Bytes payload;
};

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
using Emission = std::variant<SendReply, SendFetch, SendCall, DropStub>;

// What a turn did to the world: it leaves when the turn is over.
struct Output {
  TurnNumber turn;
  CommitIndex shows;  // the last commit of the state that it shows
  Emission what;

  // If it is a fetch: its id, by which it is waited for, and the call that asked for it.
  struct Fetch {
    CallId id;
    CallId call;
  };
  std::optional<Fetch> fetch() const;
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
// What a fetch waited for at the output gate is durable. A fetch, of an object too, leaves through the input gate as
// well (workerd api/http.c++): an event of its own, but no turn.
struct FetchLeaves {
  Output output;
};
using Entry = std::variant<CallArrived, IoEnded, FetchLeaves>;

struct CheckedInvariant {
  std::uint32_t invariant;  // its place among those of the class
  std::optional<std::string> broken;
};
// Goes off after the turn, whatever the output gate keeps back.
struct Timer {
  enum class Kind : std::uint8_t {
    sleep,          // of a handler: enters as IoEnded
    durable,        // the same, and no time passes
    storage_read,   // the same, of the older kind of storage
    section_limit,  // goes to on_section_limit()
  };
  Kind kind{};
  CallId call;
  CallId io;
  Duration lasts;
  Cause cause;
};
struct TurnResult {
  std::vector<storage::ObjectStore::Change> changes;  // what it wrote: commits, the last of which is last_commit()
  std::vector<Output> emitted;
  std::vector<CheckedInvariant> checked;  // those of the class, if somebody is listening
  std::vector<Timer> timers;
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

// What an author's code threw. Called while it is being handled: a Bug, which is no author's doing, is thrown on.
ObjectError error_of(const std::exception& thrown);

// Lists of what turns emit, empty, to be used again: a turn takes one when it begins, and whoever ends it gives it
// back. So a turn needs no memory of its own, and neither does an object at rest.
using SpareLists = std::vector<std::vector<Output>>;

// What instances need of their node. All must outlive them.
struct Surroundings {
  const Environment& environment;
  storage::Databases& databases;
  const Draws& draws;
  ports::Probe& probe;
  SpareLists& spare;
  bool checks_invariants = false;
};

class Instance final : public storage::Waits {
 public:
  // Runs the author's constructor, which may throw; what it draws hangs on the instance, and what it spends and
  // writes is part of the first turn. The object's database starts from these pages, which are those of `last_commit`.
  Instance(InstanceId id, DurableObjectId object, ClassId object_class, CommitIndex last_commit,
           storage::Pages pages, LocalTime now, const Surroundings& surroundings);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  InstanceId id() const { return id_; }
  const ObjectId& object() const { return object_; }
  ClassId object_class() const { return class_; }

  // True if a turn begins now, which is turn(): the gate was free.
  bool enter(LocalTime now, Entry&& entry);
  // What entered in order to leave, before the turn that has just begun.
  bool has_leaving() const { return !leaving_.empty(); }
  std::vector<Output> take_leaving() { return std::exchange(leaving_, {}); }
  // Ends the turn under way and fills `result`, which is empty. Next its change must go to the log and what
  // it emitted to the output gate, and then begin_next() be called: what comes next may read the database anew, and
  // what it emits comes later. PRECONDITION: the instance is not broken.
  void end_turn(TurnResult& result);
  // True if one begins in its place: something waited.
  bool begin_next(LocalTime now);
  // All commits through `index` are durable. True if a turn begins now, which waited for that.
  bool on_confirmed(LocalTime now, CommitIndex index);
  // Of a handler that waits for that, until there is none; it has its turn when the timer goes off.
  std::optional<Timer> next_durable(CommitIndex confirmed);
  const Turn& turn() const { return turn_; }
  bool is_in_turn() const { return gate_.is_occupied(); }
  CommitIndex last_commit() const { return last_commit_; }
  // A critical section that began in this wait has had its time. If it goes on, the instance is broken.
  void on_section_limit(CallId io);

  // The error that broke it.
  const std::optional<ObjectError>& broken_by() const { return broken_by_; }
  journal::EndReason broken_how() const { return broken_how_; }
  // Of a broken instance, at the end of its turn: what it had committed before it broke.
  std::vector<storage::ObjectStore::Change> take_changes() { return std::exchange(result_.changes, {}); }
  // No turn is under way, no event waits, no handler awaits anything, and nobody holds the gate.
  bool is_at_rest() const { return !gate_.is_held() && places_.empty(); }

  // Ends this life: handlers and author are destroyed. Adds what they leave behind, the calls that had begun first.
  void end(Leftovers& leftovers);

 private:
  friend class orrery::Context;
  friend class orrery::Binding;
  friend class orrery::Stub;
  class Io;
  class SectionBegins;
  using Place = InputGate<Entry>::Place;
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
    TurnNumber begun;
    Task<Bytes> handler;
    bool has_replied = false;
    std::vector<Task<void>> background{};
  };
  struct Waiting {
    std::coroutine_handle<> coroutine;
    IoResult* result = nullptr;
    Place place{};         // where the result enters
    bool has_lock = false;  // and it need not wait for the lock
    bool begins_section = false;
  };

  bool begin(LocalTime now, std::optional<Entry>&& entry);
  Task<void> until_durable(bool keeps_lock) override;
  Task<void> read(bool keeps_lock) override;
  bool is_far_behind() const override;
  void after_await() override;
  Task<void> alone(Task<void> section) override { return in_section(std::move(section), false); }
  void commit_now() override;
  [[noreturn]] void fail_commit() override;
  void clear_now() override;
  Task<void> in_section(Task<void> section, bool resets_by_exception);
  void add_background(Task<void> background);
  void break_by(ObjectError error, journal::EndReason how);
  void break_by_section(const std::exception_ptr& thrown);

  bool begin(LocalTime now, Entry&& entry);
  void run(CallArrived&& arrived);
  void run(IoEnded&& ended);
  void finish_if_done(Invocation& invocation);
  void finish_handler(Invocation& invocation);
  void finish_founding();
  void reply(const Invocation& invocation, Status status, Bytes payload);
  template <class What>
  void emit(What&& what) {
    const CommitIndex shows = store_.locks_outputs() ? CommitIndex{last_commit_.value + 1} : locking_commit_;
    result_.emitted.emplace_back(TurnNumber{}, shows, std::forward<What>(what));
  }
  void take_commit(std::optional<storage::ObjectStore::Change>&& change);
  void check_invariants();
  void close_turn();
  void set_cost_of_turn();

  InstanceId id_;
  const DurableObjectId object_;
  ClassId class_;
  const Holding holding_;
  CommitIndex last_commit_;
  CommitIndex locking_commit_;  // the last that outputs wait for
  const Surroundings& around_;
  storage::ObjectStore store_;

  // The turn under way. The author's constructor uses it too.
  Turn turn_;
  Lineage lineage_;
  Duration declared_cost_{};
  Duration declared_storage_cost_{};
  TurnResult result_;
  std::vector<Output> leaving_;
  std::uint32_t constructor_operations_ = 0;
  std::optional<ObjectError> broken_by_;
  journal::EndReason broken_how_{};
  std::vector<CallId> sections_;  // those under way, by the waits in which they began

  struct CommitHeld {
    CommitIndex commit;
    Place place;
  };
  struct AwaitedCommit {
    CommitIndex commit;
    Timer timer;
  };
  Context context_;
  InputGate<Entry> gate_;
  Fifo<AwaitedCommit> awaited_;
  struct CommitSize {
    CommitIndex commit;
    std::size_t bytes = 0;
  };
  Fifo<CommitSize> unconfirmed_;  // of the older kind of storage only
  std::size_t unconfirmed_bytes_ = 0;
  Fifo<CommitHeld> held_;  // by Holding::commit
  Ready ready_;
  std::unique_ptr<DurableObject> author_;
  std::vector<Invocation> invocations_;  // with holes; behind the author, whom their frames may use to their end
  std::vector<std::uint32_t> free_;      // the holes
  std::vector<Task<void>> founding_;     // what the author's constructor began
  Lookup<CallId, std::uint32_t> places_;
  Lookup<CallId, Waiting> waiting_;
};

}  // namespace orrery::object
