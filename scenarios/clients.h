// The users: interpreters of operations.
//
// One coroutine for all of them. A client sends each of its operations at the instant it is meant for, whether
// or not earlier ones have been answered, or, in a closed loop, after the answer to the one before. The operations
// come from the experiment's law or its list. Those of a recording have no interpreter: they come one after the
// other, whosever they are.
//
// A client that retries gives each call a time. What came to nothing is sent again as another call, after a while;
// an answer that comes when nobody waits for it any more is lost.
#pragma once

#include <coroutine>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/lookup.h"
#include "core/base/task.h"
#include "scenarios/experiment.h"
#include "scenarios/key_counts.h"
#include "scenarios/law.h"
#include "scenarios/trace_feed.h"
#include "sim/world.h"

namespace orrery::scenarios {

class Clients final : public sim::Players {
 public:
  // All must outlive the clients. PRECONDITION: nothing is mistaken in the experiment.
  Clients(const Experiment& experiment, sim::World& world);

  // Lets every client begin. Then run the world with these players.
  void start();

  const KeyCounts& keys() const { return keys_; }
  // Nothing if the experiment has no recording.
  const TraceFeed* feed() const { return feed_ ? &*feed_ : nullptr; }

 private:
  // A call as the runtime knows it.
  struct Prepared {
    ClassId object_class;
    MethodId method;
    Bytes arguments;
  };
  // An object, and the city in which its first call makes it.
  struct Target {
    ObjectId object;
    std::string name;
    std::uint32_t near = 0;
  };
  struct Next {
    std::uint64_t number;
    Time at;
    Prepared call;
    Target target;
  };
  // What an interpreter sends next, unless the experiment is over before the answer to what it sent last is there.
  struct Coming {
    Next operation;
    std::optional<Duration> after_previous;
    std::variant<std::uint64_t, std::string_view> key;  // drawn, or of the list
  };
  // A call of a client that retries: until it is answered or given up, or, if it is not sent yet, until it is.
  struct Attempt {
    ClientId client;
    Next operation;
    std::uint32_t number = 0;  // among the operation's, from 0
    bool is_sent = false;
  };
  struct Client {
    Task<void> interpreter;
    std::coroutine_handle<> waiting;
    bool waits_for_answer = false;
    std::optional<std::uint64_t> open;     // the operation that was sent last, if it has not come to its end
    std::span<const Operation> remaining;  // of its list
    std::uint32_t group = 0;
  };
  class Until;
  class Answer;

  void on_wake(ClientId client, std::uint64_t token) override;
  void on_answer(ClientId client, const Bytes& bytes) override;

  Task<void> interpret(ClientId client);
  void resume(ClientId client);
  // If the client's interpreter has ended by an exception.
  void throw_what_ended(ClientId client);
  std::optional<Coming> next(ClientId client);
  void await_recorded();
  void send_recorded();

  void send(ClientId client, const Next& operation);
  void send(ClientId client, const Next& operation, std::uint32_t attempt);
  void on_time(CallId call);
  // The attempt came to nothing; the next one is on its way if there is to be one.
  void end_attempt(CallId call, journal::Status status, bool may_retry);
  // The operation is the call's own, unless its number is given.
  void complete(ClientId client, std::optional<std::uint64_t> number, CallId call, journal::Status status);

  const RetryPlan& retry_of(ClientId client) const { return experiment_.clients[clients_[client.value].group].retry; }
  Prepared prepare(const std::string& object_class, const std::string& call, const std::vector<Value>& args) const;
  Target target_named(ClassId object_class, std::string_view key) const;
  const Target& target_ranked(ClassId object_class, std::uint64_t rank);

  const Experiment& experiment_;
  sim::World& world_;
  std::vector<std::uint32_t> cities_;  // by group
  std::optional<LawDraws> law_;
  std::optional<TraceFeed> feed_;
  std::optional<TraceFeed::Sent> recorded_;            // the next one
  std::vector<std::pair<Prepared, bool>> mix_;         // the law's shares, and whether arguments are drawn
  std::vector<Lookup<std::uint64_t, Target>> ranked_;  // by ClassId: ids are dear to make
  KeyCounts keys_;
  Lookup<CallId, Attempt> attempts_;
  Ready ready_;
  std::vector<Client> clients_;
};

}  // namespace orrery::scenarios
