// From an object's id to the node that runs it.
//
// The first call for an object has its owner looked for; calls that come meanwhile wait in order and leave in order.
// What was learnt is kept, until the owner cannot be reached, or says that it is another's. A lookup is a datagram: it
// is repeated until it is answered, or given up.
#pragma once

#include <variant>
#include <vector>

#include "core/base/lookup.h"
#include "core/base/time.h"
#include "core/ports/observer.h"
#include "core/routing/request.h"

namespace orrery::routing {

// The answer.
struct LivesAt {
  ObjectId object;
  NodeId owner;
  Epoch epoch;
};
// The timer set by FindOwner ran out.
struct RetryLookup {
  ObjectId object;
};

// It was repeated for long enough.
struct NotFound {
  ObjectId object;
};
// The connection to that node broke.
struct Unreachable {
  NodeId node;
};
// That node says that it does not own the object.
struct NotThere {
  ObjectId object;
  NodeId node;
};

struct SendCall {
  NodeId owner;
  Call call;
};
// It was never sent, and will not be.
struct GiveUp {
  Call call;
};
// Ask, and come back with RetryLookup after config::lookup_retry. `cause` is that of the first waiting call.
struct FindOwner {
  ObjectId object;
  ClassId object_class;
  Cause cause;
  std::uint32_t attempt;
  std::uint32_t near;  // as in Call
  Epoch unreachable;   // of the owner that cannot be reached; 0: nobody was tried
  NodeId tried;        // that owner
};
using RouterEffect = std::variant<SendCall, GiveUp, FindOwner>;

class Router {
 public:
  // Where the call goes, until the next step; its epoch is filled in. Nothing: it was taken, and waits for what the
  // effects ask, which are appended in order, as everywhere.
  [[nodiscard]] const NodeId* route(Call& call, ports::Probe& probe, std::vector<RouterEffect>& effects);
  void step(const LivesAt& answer, ports::Probe& probe, std::vector<RouterEffect>& effects);
  void step(const RetryLookup& retry, ports::Probe& probe, std::vector<RouterEffect>& effects);
  void step(const NotFound& not_found, ports::Probe& probe, std::vector<RouterEffect>& effects);
  // Nothing follows.
  void step(const Unreachable& unreachable);
  void step(const NotThere& not_there);

 private:
  struct Destination {
    bool known = false;
    NodeId owner;
    Epoch epoch;
    Epoch unreachable;
    std::uint32_t breaks = 0;  // of the connection to the owner, when it was learnt
    std::uint32_t attempts = 0;
    std::vector<Call> waiting;
  };

  void ask(const ObjectId& object, Destination& destination, std::vector<RouterEffect>& effects);

  std::uint32_t breaks_of(NodeId node) const;

  Lookup<ObjectId, Destination> destinations_;
  Lookup<NodeId, std::uint32_t> breaks_;
};

}  // namespace orrery::routing
