// What a caller holds: the stubs of one node.
//
// Calls made on one stub are delivered in the order made; nothing is promised between two stubs. The stubs whose
// calls go to one node share a connection. When it breaks, or when the instance that a stub reaches is reset, the
// stub is broken for ever: its calls in flight, and all later ones, fail with the error that broke it. Whoever wants
// to go on makes a new stub. A stub that was at rest when its connection broke is found broken at its next call.
//
// Invariant: a call is finished exactly once, also when its reply comes twice or after the break.
#pragma once

#include <variant>
#include <vector>

#include "core/base/lookup.h"
#include "core/base/object_error.h"
#include "core/ports/observer.h"
#include "core/routing/request.h"

namespace orrery::routing {

// Who waits for the end of a call. Given back as it was.
struct Caller {
  enum class Kind : std::uint8_t { user, instance } kind{};
  std::uint32_t id{};  // the ClientId, or the node's slot of the instance
  CallId parent;       // the call in whose turn this one was made; 0 for a user's
};

// The call left for that node.
struct Sent {
  CallId call;
  NodeId peer;
};
struct Returned {
  Reply reply;
};
// The connection to that node broke. If it never accepted it, nothing that was sent on it arrived.
struct Broken {
  NodeId peer;
  bool was_accepted = true;
};
// Nobody can call on it again.
struct Drop {
  StubId stub;
};

// Tell the caller.
struct Finish {
  Reply reply;
  Caller caller;
};
struct StubIsBroken {
  StubId stub;
  ObjectError error;
};
struct StubIsClosed {
  StubId stub;
};
using StubEffect = std::variant<Finish, StubIsBroken, StubIsClosed>;

class Stubs {
 public:
  // Numbers the call; the stub is made by its first one. True if it goes to the router. Otherwise it is never sent, and
  // is among the effects, which are appended in order, as everywhere.
  [[nodiscard]] bool make(Call& call, const Caller& caller, ports::Probe& probe, std::vector<StubEffect>& effects);
  void step(Returned&& returned, ports::Probe& probe, std::vector<StubEffect>& effects);
  void step(const Broken& broken, ports::Probe& probe, std::vector<StubEffect>& effects);
  void step(const Drop& drop, ports::Probe& probe, std::vector<StubEffect>& effects);
  // Nothing follows.
  void step(const Sent& sent);

  bool is_broken(StubId stub) const;
  // Calls left for that node, and nothing has come of them yet.
  bool has_calls_to(NodeId peer) const;

 private:
  struct Stub {
    std::uint64_t calls = 0;
    std::uint32_t in_flight = 0;
    NodeId peer;  // where its calls go, once one was sent
    // Of the connection to the peer when its first call was sent, and one more. 0: none was sent.
    std::uint32_t breaks = 0;
    bool dropped = false;
    bool is_broken = false;
  };
  // A connection, with the calls in flight on it chained through the table of all of them.
  struct Peer {
    CallId newest;  // 0: none is
    std::uint32_t breaks = 0;
  };
  struct InFlight {
    StubId stub;
    Caller caller;
    NodeId peer;
    bool is_sent = false;
    CallId older;
    CallId newer;
  };

  bool lost_its_connection(const Stub& stub) const;
  void break_stub(StubId stub, const ObjectError& error, std::vector<StubEffect>& effects);
  void finish(const InFlight& gone, std::vector<StubEffect>& effects);
  void close(StubId stub, std::vector<StubEffect>& effects);

  Lookup<StubId, Stub> stubs_;
  Lookup<CallId, InFlight> in_flight_;
  Lookup<NodeId, Peer> peers_;
  Lookup<StubId, ObjectError> broken_;  // what broke those that are
  bool has_seen_breaks_ = false;        // of any connection
};

}  // namespace orrery::routing
