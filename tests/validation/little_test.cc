// Little's law on every queue of every run: what calls wait at a gate, each by its own times, sums to the time
// integral of how many wait. In integers, it must be equal to the nanosecond.
//
// The two sides come from different things: a wait from the records of one call, by its name; the integral from
// counts alone. So a call that enters twice, or without having come, or elsewhere than where it came, breaks the
// equation.
#include <gtest/gtest.h>

#include <map>

#include "scenarios/search/generate.h"
#include "tests/reports/records.h"
#include "tests/scenarios/built_in.h"

namespace orrery::validation {
namespace {

__extension__ using Wide = __int128;  // nanoseconds

class Gates final : public journal::Sink {
 public:
  // The queue before one life of an object.
  struct Gate {
    ObjectId object;
    NodeId node;
    std::map<CallId, Time> arrived{};  // of those that wait
    Wide waited = 0;
    std::int64_t length = 0;
    Time since{};  // that it is so long
    Wide integral = 0;
    bool is_open = true;  // this life goes on
  };

  journal::Interest interest() const override { return journal::Interest::everything(); }

  void on(const journal::Record& record) override {
    now_ = record.at;
    if (const auto* begun = std::get_if<journal::InstanceStarted>(&record.event)) {
      gates[begun->instance] = {.object = begun->object, .node = record.node};
    } else if (const auto* arrived = std::get_if<journal::Arrived>(&record.event)) {
      Gate& gate = gates[arrived->instance];
      grow(gate, 1);
      gate.arrived[arrived->call] = now_;
    } else if (const auto* turn = std::get_if<journal::TurnStarted>(&record.event)) {
      if (turn->kind == journal::TurnKind::call) enter(gates[turn->instance], turn->call);
    } else if (const auto* ended = std::get_if<journal::InstanceEnded>(&record.event)) {
      end(gates[ended->instance]);
    } else if (std::holds_alternative<journal::Crashed>(record.event)) {
      for (auto& [instance, gate] : gates)
        if (gate.is_open && gate.node == record.node) end(gate);
    }
  }

  // The run is over: what waits still has waited until now.
  void finish() {
    for (auto& [instance, gate] : gates) end(gate);
  }

  std::map<InstanceId, Gate> gates;

 private:
  void grow(Gate& gate, std::int64_t by) {
    gate.integral += Wide{gate.length} * nanoseconds(now_ - gate.since);
    gate.since = now_;
    gate.length += by;
  }
  void enter(Gate& gate, CallId call) {
    grow(gate, -1);
    const auto found = gate.arrived.find(call);
    if (found == gate.arrived.end()) return;
    gate.waited += nanoseconds(now_ - found->second);
    gate.arrived.erase(found);
  }
  void end(Gate& gate) {
    if (!gate.is_open) return;
    grow(gate, 0);
    for (const auto& [call, arrived] : gate.arrived) gate.waited += nanoseconds(now_ - arrived);
    gate.arrived.clear();
    gate.length = 0;
    gate.is_open = false;
  }

  Time now_;
};

TEST(LittlesLaw, HoldsAtEveryGateOfEveryRun) {
  for (const scenarios::Scenario& scenario : tests::built_in()) {
    std::size_t gates_with_a_queue = 0;
    std::size_t runs_with_faults = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      const scenarios::Experiment experiment =
          scenarios::drawn_experiment(scenario, scenarios::Settings(scenario.parameters), seed);
      runs_with_faults += experiment.faults.empty() ? 0 : 1;
      Gates gates;
      const auto run = scenarios::run(experiment, tests::built_in_code(), {.more_sinks = {&gates}});
      gates.finish();

      std::map<std::string, Wide> waited;  // by object
      for (const auto& [instance, gate] : gates.gates) {
        EXPECT_TRUE(gate.waited == gate.integral) << scenario.name << ", seed " << seed;
        waited[to_hex(gate.object)] += gate.waited;
        gates_with_a_queue += gate.waited > 0 ? 1 : 0;
      }
      for (const reports::ObjectUse& use : run.outcome.objects)
        EXPECT_EQ(use.waited.count(), static_cast<std::int64_t>(waited[use.object]))
            << scenario.name << ", seed " << seed << ", object " << use.object;
    }
    EXPECT_GT(gates_with_a_queue, 20u) << scenario.name;
    EXPECT_GT(runs_with_faults, 10u) << scenario.name;
  }
}

// ---- Planted: each is two calls of which something is wrong with the second.

using reports::arrived;
using reports::instance_started;
using reports::turn_started;

bool holds(const reports::Script& script) {
  Gates gates;
  reports::play(script, gates);
  gates.finish();
  for (const auto& [instance, gate] : gates.gates)
    if (gate.waited != gate.integral) return false;
  return true;
}

reports::Script with(const reports::Script& wrong) {
  reports::Script script{{0ms, instance_started(1, 1)},
                         {0ms, instance_started(1, 2)},
                         {1ms, arrived(1)},
                         {2ms, arrived(2)},
                         {4ms, turn_started(1, 5ms)}};
  script.insert(script.end(), wrong.begin(), wrong.end());
  script.push_back({9ms, arrived(9)});
  return script;
}

TEST(LittlesLaw, HoldsForACallThatEnteredAndForOneThatNeverDoes) {
  EXPECT_TRUE(holds(with({{6ms, turn_started(2, 7ms)}})));
  EXPECT_TRUE(holds(with({})));
  EXPECT_TRUE(holds(with({{6ms, reports::instance_ended(1, 1)}})));
}
TEST(LittlesLaw, IsBrokenByACallThatEntersTwice) {
  EXPECT_FALSE(holds(with({{6ms, turn_started(2, 7ms)}, {7ms, turn_started(2, 8ms)}})));
}
TEST(LittlesLaw, IsBrokenByACallThatDidNotArrive) { EXPECT_FALSE(holds(with({{6ms, turn_started(3, 7ms)}}))); }
TEST(LittlesLaw, IsBrokenByACallThatArrivesTwice) {
  EXPECT_FALSE(holds(with({{3ms, arrived(2)}, {6ms, turn_started(2, 7ms)}})));
}
TEST(LittlesLaw, IsBrokenByACallThatEntersAnotherLife) {
  EXPECT_FALSE(holds(with({{6ms, turn_started(2, 7ms, 1, 2)}})));
}

}  // namespace
}  // namespace orrery::validation
