// One life of an object in memory.
//
// Events enter through the input gate, one turn at a time. A turn runs the author's code until it ends or
// awaits something outside; in virtual time it takes its cost, during which the object is busy. Whatever the
// turn emits (replies, calls, fetches) leaves when it ends; then the next event enters.
//
// The owner of an instance drives it: enter() hands it an event and may begin a turn, whose cost the owner
// waits for; end_turn() gives what the turn emitted and may begin the next one.
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "core/base/draws.h"
#include "core/base/lookup.h"
#include "core/base/task.h"
#include "core/base/time.h"
#include "core/object/durable_object.h"
#include "core/object/input_gate.h"
#include "core/object/namespace.h"
#include "core/ports/observer.h"
#include "core/routing/request.h"

namespace orrery::object {

// What every instance of a node shares: the experiment's classes with their namespaces, and its services.
struct Environment {
  struct Class {
    ObjectClass definition;
    Namespace names;
  };
  struct Service {
    std::string name;
    NodeId node;
  };
  std::vector<Class> classes;  // by ClassId
  std::vector<Service> services;
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
using Emission = std::variant<SendReply, SendFetch, SendCall, DropStub>;

struct Turn {
  TurnNumber number{};
  journal::TurnKind kind{};
  CallId call{};
  StubId stub{};
  std::uint64_t sequence{};
  LocalTime started{};
  Duration cost{};
  Cause cause{};
};

// What an author's code threw, as its callers see it. Called while it is being handled: a Bug, which is no
// author's doing, is thrown on.
ObjectError as_callers_see(const std::exception& thrown);

class Instance {
 public:
  // `environment`, `draws` and `probe` must outlive the instance. Runs the author's constructor, which may throw;
  // what it draws hangs on the instance, and what it spends is part of the first turn.
  Instance(InstanceId id, const ObjectId& object, ClassId object_class, LocalTime now, const Environment& environment,
           const Draws& draws, ports::Probe& probe);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  InstanceId id() const { return id_; }
  const ObjectId& object() const { return object_; }

  // The turn that begins now, if the gate was free.
  std::optional<Turn> enter(LocalTime now, Entry&& entry);
  // Ends the turn under way and fills `emitted`, which must be empty, with what it emitted. Returns the turn that
  // begins in its place, if something waited.
  std::optional<Turn> end_turn(LocalTime now, std::vector<Emission>& emitted);
  const Turn& turn() const { return turn_; }

 private:
  friend class orrery::Context;
  friend class orrery::Binding;
  friend class orrery::Stub;
  class Io;

  // A handler that has begun and not yet returned.
  struct Invocation {
    NodeId from;
    StubId stub;
    std::uint64_t sequence{};
    Task<Bytes> handler;
  };
  struct Waiting {
    std::coroutine_handle<> coroutine;
    IoResult* result = nullptr;
  };

  Turn begin(LocalTime now, Entry&& entry);
  void run(CallArrived&& arrived);
  void run(IoEnded&& ended);
  void finish_if_done(CallId call);
  void reply(const Invocation& invocation, CallId call, Status status, Bytes payload);
  Duration cost_of_turn() const;

  InstanceId id_;
  ObjectId object_;
  ClassId class_;
  const Environment& environment_;
  const Draws& draws_;
  ports::Probe& probe_;

  // The turn under way. The author's constructor uses it too.
  Turn turn_;
  Lineage lineage_;
  Duration declared_cost_{};
  std::vector<Emission> emitted_;

  Context context_;
  InputGate<Entry> gate_;
  Ready ready_;
  std::unique_ptr<DurableObject> author_;
  Lookup<CallId, Invocation> invocations_;  // behind the author, whom their frames may use to their end
  Lookup<CallId, Waiting> waiting_;
};

}  // namespace orrery::object
