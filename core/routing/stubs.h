// What a caller holds: the stubs of one node.
//
// Calls made on one stub are delivered in the order made; nothing is promised between two stubs. A stub whose
// connection broke is broken for ever: its calls in flight, and all later ones, fail with the error that broke
// it. Whoever wants to go on makes a new stub.
//
// Invariant: a call is finished exactly once, also when its reply comes twice or after the break.
#pragma once

#include <variant>
#include <vector>

#include "core/base/lookup.h"
#include "core/ports/observer.h"
#include "core/routing/object_error.h"
#include "core/routing/request.h"

namespace orrery::routing {

// Who waits for the end of a call. Given back as it was.
struct Caller {
  enum class Kind : std::uint8_t { user, instance } kind{};
  std::uint32_t id{};  // the ClientId, or the node's slot of the instance
  CallId parent;       // the call in whose turn this one was made; 0 for a user's
};

// The stub is made by its first call. `call.sequence` and `call.epoch` are filled in here and by the router.
struct Make {
  Call call;
  Caller caller;
};
struct Returned {
  Reply reply;
};
struct Broken {
  StubId stub;
  ObjectError error;
};
// Nobody can call on it again, and none of its calls is in flight.
struct Drop {
  StubId stub;
};
using StubInput = std::variant<Make, Returned, Broken, Drop>;

// Numbered: to the router, in this order.
struct Forward {
  Call call;
  CallId parent;
};
// Tell the caller.
struct Finish {
  Reply reply;
  Caller caller;
};
// Numbered, but never sent.
struct Refuse {
  Call call;
  CallId parent;
  Finish finish;
};
struct StubIsBroken {
  StubId stub;
  ObjectError error;
};
struct StubIsClosed {
  StubId stub;
};
using StubEffect = std::variant<Forward, Finish, Refuse, StubIsBroken, StubIsClosed>;

class Stubs {
 public:
  // Appends what must follow to `effects`, in order.
  void step(StubInput&& input, ports::Probe& probe, std::vector<StubEffect>& effects);

  bool is_broken(StubId stub) const { return broken_.contains(stub); }

 private:
  // A stub at rest is two numbers. Its calls in flight are chained through the table of all of them.
  struct Stub {
    std::uint64_t calls = 0;
    CallId newest;  // in flight; 0: none is
  };
  struct InFlight {
    StubId stub;
    Caller caller;
    CallId older;
    CallId newer;
  };

  void on(Make&& make, ports::Probe& probe, std::vector<StubEffect>& effects);
  void on(Returned&& returned, std::vector<StubEffect>& effects);
  void on(const Broken& broken, std::vector<StubEffect>& effects);
  void on(const Drop& drop, std::vector<StubEffect>& effects);
  void unchain(CallId call);

  Lookup<StubId, Stub> stubs_;
  Lookup<CallId, InFlight> in_flight_;
  Lookup<StubId, ObjectError> broken_;  // and what broke them
};

}  // namespace orrery::routing
