// The world as requests feel it.
#include <gtest/gtest.h>

#include "reports/stages.h"
#include "scenarios/catalogue.h"
#include "sim/topology.h"
#include "tests/worlds.h"

namespace orrery::sim {
namespace {

struct KeepBreakdowns final : reports::BreakdownReader {
  void on(const reports::Breakdown& breakdown) override { all.push_back(breakdown); }
  std::vector<reports::Breakdown> all;
};

Duration stage(const reports::Breakdown& breakdown, reports::Stage which) {
  return breakdown.stages[static_cast<std::size_t>(which)];
}

// Users in two cities read one counter, first those of `home`, where it is then placed, much later those of `away`.
std::vector<reports::Breakdown> read_from(const std::string& home, const std::string& away) {
  const scenarios::Code code = scenarios::code_of(scenarios::built_in_scenarios());
  scenarios::Experiment experiment =
      tests::london({{.name = "Counter", .model = "counter"}},
                    {tests::operation(0, 0, 0ms, "Counter", "read"), tests::operation(1, 0, 10s, "Counter", "read"),
                     tests::operation(1, 1, 20s, "Counter", "read")});
  experiment.clients = {{.name = "home", .city = home, .clients = 1},
                        {.name = "away", .city = away, .clients = 1}};
  KeepBreakdowns keep;
  reports::StageLedger ledger(keep);
  scenarios::run(experiment, code, {.witness = true, .more_sinks = {&ledger}});
  return keep.all;
}

TEST(World, NetworkTimeIsTheMatrixToTheNanosecondAndAnIdleObjectHasNoQueue) {
  const Topology topology = measured_world();
  for (std::size_t home = 0; home < topology.cities.size(); home += 3)
    for (std::size_t away = 0; away < topology.cities.size(); ++away) {
      if (home == away) continue;
      const auto requests = read_from(topology.cities[home].name, topology.cities[away].name);

      ASSERT_EQ(requests.size(), 3u);
      const reports::Breakdown& known = requests[2];  // the edge knows by now where the counter lives
      const Duration one_way = topology.round_trips.one_way(home, away);
      EXPECT_EQ(stage(known, reports::Stage::network), 2 * one_way) << topology.cities[away].name;
      EXPECT_EQ(stage(known, reports::Stage::access), 8ms);
      EXPECT_EQ(stage(known, reports::Stage::queue), 0ns);
      EXPECT_GT(stage(known, reports::Stage::cpu), 0ns);
    }
}

TEST(World, TheFirstCallFromAnEdgeAsksTheDirectoryInTheFirstCity) {
  const Topology topology = measured_world();
  const auto requests = read_from("London", "Tokyo");

  const auto london = std::size_t{4};
  const auto tokyo = std::size_t{11};
  ASSERT_EQ(topology.cities[london].name, "London");
  ASSERT_EQ(topology.cities[tokyo].name, "Tokyo");
  EXPECT_EQ(stage(requests[1], reports::Stage::network),
            2 * topology.round_trips.one_way(london, tokyo) + 2 * topology.round_trips.one_way(tokyo, 0));
}

TEST(World, ACallInsideACityCrossesItOnce) {
  const auto requests = read_from("London", "London");

  EXPECT_EQ(stage(requests[2], reports::Stage::network), 600us);
}

TEST(Adversary, APostponedHopDelaysItsOwnRequestByJustThat) {
  const scenarios::Code code = scenarios::code_of(scenarios::built_in_scenarios());
  scenarios::Experiment experiment =
      tests::london({{.name = "Counter", .model = "counter"}},
                    {tests::operation(0, 0, 0ms, "Counter", "read"), tests::operation(0, 1, 10s, "Counter", "read")});
  KeepBreakdowns plain;
  reports::StageLedger plain_ledger(plain);
  scenarios::run(experiment, code, {.witness = true, .more_sinks = {&plain_ledger}});

  for (std::uint32_t hop = 0; hop < 4; ++hop) {
    experiment.adversary.postponed = {{ClientId{0}, 1, hop, 123ms}};
    KeepBreakdowns held;
    reports::StageLedger ledger(held);
    scenarios::run(experiment, code, {.witness = true, .more_sinks = {&ledger}});

    EXPECT_EQ(held.all[0].latency, plain.all[0].latency) << hop;
    EXPECT_EQ(held.all[1].latency, plain.all[1].latency + 123ms) << hop;
  }
}

TEST(Adversary, AGridMakesDeliveriesFallTogether) {
  EXPECT_EQ(rounded_up(Time(1001us), 1ms), Time(2ms));
  EXPECT_EQ(rounded_up(Time(2ms), 1ms), Time(2ms));

  const scenarios::Code code = scenarios::code_of(scenarios::built_in_scenarios());
  scenarios::Experiment experiment =
      tests::london({{.name = "Counter", .model = "counter"}}, {tests::operation(0, 0, 0ms, "Counter", "read")});
  experiment.adversary = {.grid = 1ms, .ranked = true, .postponed = {}};
  tests::Keep keep;
  scenarios::run(experiment, code, {.witness = true, .more_sinks = {&keep}});
  for (const journal::Record& record : keep.records) EXPECT_EQ(nanoseconds(record.at) % 1'000'000, 0);
}

}  // namespace
}  // namespace orrery::sim
