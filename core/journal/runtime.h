// What the runtime and its callers can be seen to do.
//
// One call, from the user's side inwards: Requested (the user's moment) → Called (a stub at the edge, or
// in another object, numbers it) → Arrived (it waits at the object's input gate) → TurnStarted, TurnEnded
// (possibly several times: each await of something outside ends a turn) → Replied (the handler has returned) →
// OutputLeft (what the reply shows is durable, so it may go) → Answered (the stub has the reply) → Completed (the
// user has it). A call made by an object has no Requested and no Completed.
//
// One change of an object's database: Committed at the end of the turn that made it → Confirmed when it is durable.
// A later life of the object says with Recovered which commit it starts from.
#pragma once

#include <cstdint>
#include <tuple>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/base/value.h"

namespace orrery::journal {

// What the caller knows about a call that has ended.
enum class Status : std::uint8_t {
  ok,       // it was done, and `value` is its result
  failed,   // the object's code threw, or it never began; `value` is the message
  unknown,  // no answer came: it may or may not have been done; `value` is the message
};

// Why a life of an object ended. Those on a machine that crashed end with it (world.h, Crashed) and say nothing.
enum class EndReason : std::uint8_t {
  evicted,         // nobody had called it for a while, or the platform wanted its memory
  aborted,         // its own code asked for it
  storage_failed,  // a commit could not be made durable
  section_failed,  // a critical section threw, or took too long
  lease_lost,      // its node may not run it any more
};

// What an object sends to the outside.
enum class OutputKind : std::uint8_t { reply, fetch, call };

// Why a turn began.
enum class TurnKind : std::uint8_t {
  call,          // a call began: this is the instant at which it counts as delivered
  continuation,  // something the handler awaited came back
  section,       // a critical section that the handler asked for begins
};

// A user meant to send operation `number` of its list at `intended`, and sends it now: for the first time, or again,
// as another call, since the one before came to nothing.
struct Requested {
  static constexpr std::string_view name = "requested";
  CallId call;
  ClientId client;
  std::uint64_t number{};
  ClassId object_class;
  MethodId method;
  Time intended;
  std::uint32_t attempt{};  // from 0
  static constexpr auto fields() {
    return std::tuple{field("call", &Requested::call),      field("client", &Requested::client),
                      field("number", &Requested::number),  field("class", &Requested::object_class),
                      field("method", &Requested::method),  field("intended", &Requested::intended),
                      field("attempt", &Requested::attempt)};
  }
};

// A stub was called. `sequence` counts the calls of this stub from 1.
struct Called {
  static constexpr std::string_view name = "called";
  CallId call;
  CallId parent;  // the call in whose turn this one was made; 0 for a user's call
  StubId stub;
  std::uint64_t sequence{};
  ObjectId object;
  ClassId object_class;
  MethodId method;
  Value argument;  // the first one; nothing if there is none
  static constexpr auto fields() {
    return std::tuple{field("call", &Called::call),     field("parent", &Called::parent),
                      field("stub", &Called::stub),     field("sequence", &Called::sequence),
                      field("object", &Called::object), field("class", &Called::object_class),
                      field("method", &Called::method), field("argument", &Called::argument)};
  }
};

// The object belongs to a node, in that epoch.
struct Placed {
  static constexpr std::string_view name = "placed";
  ObjectId object;
  ClassId object_class;
  Epoch epoch;
  NodeId owner;
  static constexpr auto fields() {
    return std::tuple{field("object", &Placed::object), field("class", &Placed::object_class),
                      field("epoch", &Placed::epoch), field("owner", &Placed::owner)};
  }
};

// A life of the object began on the node that reports this. Its constructor runs before its first event.
struct InstanceStarted {
  static constexpr std::string_view name = "instance_started";
  InstanceId instance;
  ObjectId object;
  ClassId object_class;
  Epoch epoch;
  static constexpr auto fields() {
    return std::tuple{field("instance", &InstanceStarted::instance), field("object", &InstanceStarted::object),
                      field("class", &InstanceStarted::object_class), field("epoch", &InstanceStarted::epoch)};
  }
};

// The call reached its object and waits at the input gate, or enters at once.
struct Arrived {
  static constexpr std::string_view name = "arrived";
  CallId call;
  ObjectId object;
  InstanceId instance;
  static constexpr auto fields() {
    return std::tuple{field("call", &Arrived::call), field("object", &Arrived::object),
                      field("instance", &Arrived::instance)};
  }
};

// The object is busy with `call` from now until `ends`, or somewhat longer: a timer is never early.
struct TurnStarted {
  static constexpr std::string_view name = "turn_started";
  ObjectId object;
  InstanceId instance;
  TurnNumber turn;
  TurnKind kind{};
  CallId call;
  StubId stub;               // by which the call came
  std::uint64_t sequence{};  // the call's number on that stub
  Time ends;
  Duration storage{};          // the part of the turn that goes to its storage operations
  std::uint32_t operations{};  // storage operations: keys read, written or listed, SQL statements
  MethodId method{};           // of the call
  static constexpr auto fields() {
    return std::tuple{field("object", &TurnStarted::object),     field("instance", &TurnStarted::instance),
                      field("turn", &TurnStarted::turn),         field("kind", &TurnStarted::kind),
                      field("call", &TurnStarted::call),         field("stub", &TurnStarted::stub),
                      field("sequence", &TurnStarted::sequence), field("ends", &TurnStarted::ends),
                      field("storage", &TurnStarted::storage),   field("operations", &TurnStarted::operations),
                      field("method", &TurnStarted::method)};
  }
};

// The turn is over: what it emitted leaves now, unless the output gate keeps it back.
struct TurnEnded {
  static constexpr std::string_view name = "turn_ended";
  ObjectId object;
  InstanceId instance;
  TurnNumber turn;
  CallId call;
  Time started;
  static constexpr auto fields() {
    return std::tuple{field("object", &TurnEnded::object), field("instance", &TurnEnded::instance),
                      field("turn", &TurnEnded::turn), field("call", &TurnEnded::call),
                      field("started", &TurnEnded::started)};
  }
};

// The handler returned in this turn. The order of these records per object is the order in which its calls
// took effect, and so the witness for serialization.
struct Replied {
  static constexpr std::string_view name = "replied";
  CallId call;
  ObjectId object;
  InstanceId instance;
  TurnNumber turn;
  Status status{};
  Value value;
  static constexpr auto fields() {
    return std::tuple{field("call", &Replied::call),         field("object", &Replied::object),
                      field("instance", &Replied::instance), field("turn", &Replied::turn),
                      field("status", &Replied::status),     field("value", &Replied::value)};
  }
};

// What a fetch shows is durable. It waits at the input gate until it may leave; perhaps not at all.
struct FetchQueued {
  static constexpr std::string_view name = "fetch_queued";
  CallId call;
  CallId fetch;
  static constexpr auto fields() {
    return std::tuple{field("call", &FetchQueued::call), field("fetch", &FetchQueued::fetch)};
  }
};

// A handler asked a service outside; the request leaves now.
struct FetchStarted {
  static constexpr std::string_view name = "fetch_started";
  CallId call;
  CallId fetch;
  NodeId service;
  static constexpr auto fields() {
    return std::tuple{field("call", &FetchStarted::call), field("fetch", &FetchStarted::fetch),
                      field("service", &FetchStarted::service)};
  }
};

// The service's answer reached the object and waits at its input gate.
struct FetchEnded {
  static constexpr std::string_view name = "fetch_ended";
  CallId call;
  CallId fetch;
  static constexpr auto fields() {
    return std::tuple{field("call", &FetchEnded::call), field("fetch", &FetchEnded::fetch)};
  }
};

// A handler waits for a time; its object does not.
struct SleepStarted {
  static constexpr std::string_view name = "sleep_started";
  CallId call;
  CallId sleep;
  static constexpr auto fields() {
    return std::tuple{field("call", &SleepStarted::call), field("sleep", &SleepStarted::sleep)};
  }
};

// That time is over, and the handler waits at the input gate.
struct SleepEnded {
  static constexpr std::string_view name = "sleep_ended";
  CallId call;
  CallId sleep;
  static constexpr auto fields() {
    return std::tuple{field("call", &SleepEnded::call), field("sleep", &SleepEnded::sleep)};
  }
};

// The stub has the reply, or knows that none will come.
struct Answered {
  static constexpr std::string_view name = "answered";
  CallId call;
  StubId stub;
  Status status{};
  Value value;
  static constexpr auto fields() {
    return std::tuple{field("call", &Answered::call), field("stub", &Answered::stub),
                      field("status", &Answered::status), field("value", &Answered::value)};
  }
};

// Every later call on this stub fails at once.
struct StubBroken {
  static constexpr std::string_view name = "stub_broken";
  StubId stub;
  Value error;
  static constexpr auto fields() {
    return std::tuple{field("stub", &StubBroken::stub), field("error", &StubBroken::error)};
  }
};

// Nobody can call on this stub again, and all of its calls were answered.
struct StubClosed {
  static constexpr std::string_view name = "stub_closed";
  StubId stub;
  static constexpr auto fields() { return std::tuple{field("stub", &StubClosed::stub)}; }
};

// The user has the answer to what it requested, or waits for it no longer.
struct Completed {
  static constexpr std::string_view name = "completed";
  CallId call;
  ClientId client;
  Status status{};
  bool last = true;  // the user does not try again
  static constexpr auto fields() {
    return std::tuple{field("call", &Completed::call), field("client", &Completed::client),
                      field("status", &Completed::status), field("last", &Completed::last)};
  }
};

// The turn that ends now changed the database. `chain` stands for this commit and all before it; `digest` for what
// the database holds after it.
struct Committed {
  static constexpr std::string_view name = "committed";
  ObjectId object;
  InstanceId instance;
  TurnNumber turn;
  Epoch epoch;
  CommitIndex index;
  std::uint64_t chain{};
  std::uint64_t digest{};
  static constexpr auto fields() {
    return std::tuple{field("object", &Committed::object), field("instance", &Committed::instance),
                      field("turn", &Committed::turn),     field("epoch", &Committed::epoch),
                      field("index", &Committed::index),   field("chain", &Committed::chain),
                      field("digest", &Committed::digest)};
  }
};

// The commit, and with it all before it, is durable.
struct Confirmed {
  static constexpr std::string_view name = "confirmed";
  ObjectId object;
  Epoch epoch;
  CommitIndex index;
  static constexpr auto fields() {
    return std::tuple{field("object", &Confirmed::object), field("epoch", &Confirmed::epoch),
                      field("index", &Confirmed::index)};
  }
};

// A life of the object begins with what its commits left behind: those through `index`, which is 0 if there are
// none. Seen right after InstanceStarted.
struct Recovered {
  static constexpr std::string_view name = "recovered";
  ObjectId object;
  InstanceId instance;
  CommitIndex index;
  std::uint64_t chain{};
  std::uint64_t digest{};
  static constexpr auto fields() {
    return std::tuple{field("object", &Recovered::object), field("instance", &Recovered::instance),
                      field("index", &Recovered::index), field("chain", &Recovered::chain),
                      field("digest", &Recovered::digest)};
  }
};

// The object's commits cannot be read back: no life of it can begin, and its callers are told so.
struct RecoveryFailed {
  static constexpr std::string_view name = "recovery_failed";
  ObjectId object;
  Value error;
  static constexpr auto fields() {
    return std::tuple{field("object", &RecoveryFailed::object), field("error", &RecoveryFailed::error)};
  }
};

// What `call` emitted in `turn` leaves the object. It shows the state through commit `shows`; 0: none. A reply has
// the id of its call, a fetch or a call its own.
struct OutputLeft {
  static constexpr std::string_view name = "output_left";
  ObjectId object;
  InstanceId instance;
  TurnNumber turn;
  OutputKind kind{};
  CallId output;
  CommitIndex shows;
  static constexpr auto fields() {
    return std::tuple{field("object", &OutputLeft::object), field("instance", &OutputLeft::instance),
                      field("turn", &OutputLeft::turn),     field("kind", &OutputLeft::kind),
                      field("output", &OutputLeft::output), field("shows", &OutputLeft::shows)};
  }
};

// What the author of the class says of its state, looked at when a turn ended: `broken` says what is wrong, and is
// nothing if it holds. `invariant` is its place among those of the class.
struct InvariantChecked {
  static constexpr std::string_view name = "invariant_checked";
  ObjectId object;
  InstanceId instance;
  TurnNumber turn;
  CallId call;
  ClassId object_class;
  std::uint32_t invariant{};
  Value broken;
  static constexpr auto fields() {
    return std::tuple{
        field("object", &InvariantChecked::object),      field("instance", &InvariantChecked::instance),
        field("turn", &InvariantChecked::turn),          field("call", &InvariantChecked::call),
        field("class", &InvariantChecked::object_class), field("invariant", &InvariantChecked::invariant),
        field("broken", &InvariantChecked::broken)};
  }
};

// What the object sends need not wait for this commit: its author said so of all that it wrote (allowUnconfirmed).
struct Unawaited {
  static constexpr std::string_view name = "unawaited";
  ObjectId object;
  InstanceId instance;
  CommitIndex index;
  static constexpr auto fields() {
    return std::tuple{field("object", &Unawaited::object), field("instance", &Unawaited::instance),
                      field("index", &Unawaited::index)};
  }
};

// A handler waits for its storage, whose older kind asks a database far away.
struct ReadStarted {
  static constexpr std::string_view name = "read_started";
  CallId call;
  CallId read;
  static constexpr auto fields() {
    return std::tuple{field("call", &ReadStarted::call), field("read", &ReadStarted::read)};
  }
};
struct ReadEnded {
  static constexpr std::string_view name = "read_ended";
  CallId call;
  CallId read;
  static constexpr auto fields() {
    return std::tuple{field("call", &ReadEnded::call), field("read", &ReadEnded::read)};
  }
};

struct InstanceEnded {
  static constexpr std::string_view name = "instance_ended";
  ObjectId object;
  InstanceId instance;
  EndReason reason{};
  static constexpr auto fields() {
    return std::tuple{field("object", &InstanceEnded::object), field("instance", &InstanceEnded::instance),
                      field("reason", &InstanceEnded::reason)};
  }
};

}  // namespace orrery::journal
