// The users: interpreters of operations.
//
// One coroutine for all of them. A client sends each of its operations at the instant it is meant for, whether
// or not earlier ones have been answered, or, in a closed loop, after the answer to the one before. The operations
// come from the experiment's law or its list.
#pragma once

#include <coroutine>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/lookup.h"
#include "core/base/task.h"
#include "scenarios/experiment.h"
#include "scenarios/law.h"
#include "sim/world.h"

namespace orrery::scenarios {

class Clients final : public sim::Players {
 public:
  // All must outlive the clients. PRECONDITION: nothing is mistaken in the experiment.
  Clients(const Experiment& experiment, const Code& code, sim::World& world);

  // Lets every client begin. Then run the world with these players.
  void start();

 private:
  // A call as the runtime knows it.
  struct Prepared {
    ClassId object_class;
    MethodId method;
    Bytes arguments;
  };
  struct Next {
    std::uint64_t number;
    Time at;
    std::optional<Duration> after_previous;
    Prepared call;
    ObjectId object;
  };
  struct Client {
    Task<void> interpreter;
    std::coroutine_handle<> waiting;
    bool waits_for_answer = false;
    std::optional<CallId> open;            // the call that was sent last, if it has not been answered
    std::span<const Operation> remaining;  // of its list
  };
  class Until;
  class Answer;

  void on_wake(ClientId client) override;
  void on_answer(ClientId client, const Bytes& bytes) override;

  Task<void> interpret(ClientId client);
  void resume(ClientId client);
  // If the client's interpreter has ended by an exception.
  void throw_what_ended(ClientId client);
  std::optional<Next> next(ClientId client);
  void send(ClientId client, const Next& operation);
  Prepared prepare(const std::string& object_class, const std::string& call, const std::vector<Value>& args) const;
  const ObjectId& object_ranked(ClassId object_class, std::uint64_t rank);

  const Experiment& experiment_;
  const Code& code_;
  sim::World& world_;
  std::optional<LawDraws> law_;
  std::vector<std::pair<Prepared, bool>> mix_;           // the law's shares, and whether arguments are drawn
  std::vector<Lookup<std::uint64_t, ObjectId>> ranked_;  // by ClassId: ids are dear to make
  Ready ready_;
  std::vector<Client> clients_;
};

}  // namespace orrery::scenarios
