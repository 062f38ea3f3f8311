// From an object's id to the node that runs it.
//
// The first call for an object asks the directory; calls that come meanwhile wait in order and leave in
// order. What was learnt is kept. A lookup is a datagram: it is repeated until it is answered.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "core/base/lookup.h"
#include "core/base/time.h"
#include "core/ports/observer.h"
#include "core/routing/request.h"

namespace orrery::routing {

// The directory's answer.
struct LivesAt {
  ObjectId object;
  NodeId owner;
  Epoch epoch;
};
// The timer set by AskDirectory ran out.
struct RetryLookup {
  ObjectId object;
};

struct SendCall {
  NodeId owner;
  Call call;
};
// Ask, and come back with RetryLookup after config::lookup_retry. `cause` is that of the first waiting call.
struct AskDirectory {
  ObjectId object;
  ClassId object_class;
  Cause cause;
  std::uint32_t attempt;
  std::uint32_t near;  // as in Call
};
using RouterEffect = std::variant<SendCall, AskDirectory>;

class Router {
 public:
  // Where the call goes; its epoch is filled in. Nothing: it was taken, and waits for what the effects ask, which are
  // appended in order, as everywhere.
  [[nodiscard]] std::optional<NodeId> route(Call& call, ports::Probe& probe, std::vector<RouterEffect>& effects);
  void step(const LivesAt& answer, ports::Probe& probe, std::vector<RouterEffect>& effects);
  void step(const RetryLookup& retry, ports::Probe& probe, std::vector<RouterEffect>& effects);

 private:
  struct Destination {
    bool known = false;
    NodeId owner;
    Epoch epoch;
    std::uint32_t attempts = 0;
    std::vector<Call> waiting;
  };

  void ask(const ObjectId& object, Destination& destination, std::vector<RouterEffect>& effects);

  Lookup<ObjectId, Destination> destinations_;
};

}  // namespace orrery::routing
