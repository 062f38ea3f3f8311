// Faults of an experiment: what they strike, what is wrong with them, how they are drawn.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "core/object/namespace.h"
#include "scenarios/catalogue.h"
#include "scenarios/law.h"
#include "scenarios/search/generate.h"
#include "sim/topology.h"
#include "tests/scenarios/built_in.h"

namespace orrery::scenarios {
namespace {

const std::vector<Scenario>& scenarios() { return tests::built_in(); }
const Code& code() { return tests::built_in_code(); }
Experiment experiment_with(std::vector<std::pair<std::string, std::string>> sets = {},
                           const Scenario& scenario = scenarios().front()) {
  Settings settings(scenario.parameters);
  for (const auto& [path, value] : sets) EXPECT_TRUE(settings.set(path, value)) << path;
  return experiment_of(scenario, settings, 1);
}
Experiment drawn(const Scenario& scenario, std::uint64_t seed, DrawnFaults faults = DrawnFaults::on) {
  return drawn_experiment(scenario, Settings(scenario.parameters), seed, faults);
}

// ---- names ------------------------------------------------------------------------------------------

TEST(FaultName, SaysWhatStrikesWhomAndWhen) {
  Experiment experiment = experiment_with();
  experiment.faults = {
      {.kind = sim::FaultKind::crash, .point = sim::FaultPoint::in_turn, .nth = 3, .target = "Counter/0"},
      {.kind = sim::FaultKind::pause, .at = 2s, .target = "iad-1-1"}};

  const journal::Names names = names_of(experiment, code());

  EXPECT_EQ(journal::fault_text(names, 0), "fault 1 (crash of Counter/0, in_turn 3)");
  EXPECT_EQ(journal::fault_text(names, 1), "fault 2 (pause of iad-1-1, at 2s)");
  EXPECT_EQ(journal::fault_text(names, 2), "fault 3");
}

// ---- targets ----------------------------------------------------------------------------------------

TEST(MachineName, IsCityDataCenterAndNumber) {
  const sim::Topology world = sim::measured_world();

  EXPECT_EQ(sim::name_of(world, world.machines().front()), "dfw-1-1");
  EXPECT_EQ(sim::machine_named(world, "dfw-3-1"), 2u);
}
TEST(MachineName, FindsEachMachine) {
  sim::Topology world = sim::measured_world();
  world.machines_per_data_center = 12;

  std::size_t place = 0;
  for (const sim::Site& site : world.machines())
    EXPECT_EQ(sim::machine_named(world, sim::name_of(world, site)), place++);
}
TEST(MachineName, IsNothingElse) {
  const sim::Topology world = sim::measured_world();
  for (const char* wrong : {"", "dfw", "dfw-1", "dfw-1-", "dfw-0-1", "dfw-4-1", "dfw-1-2", "dfw-01-1", "dfw-1-1-1",
                            "dfw-1-1 ", "dfw--1-1", "xxx-1-1", "dfw-99999999999-1", "-1-1"})
    EXPECT_FALSE(sim::machine_named(world, wrong)) << wrong;
}

TEST(FaultTarget, IsAMachineOrAnObject) {
  const Experiment experiment = experiment_with();
  const sim::Topology world = *topology_of(experiment.world);

  const auto machine = target_named("dfw-2-1", experiment, world);
  const auto object = target_named("Counter/a/b", experiment, world);

  ASSERT_TRUE(machine && object);
  EXPECT_EQ(std::get<NodeId>(*machine), NodeId{13 + 1});  // behind the 13 edges
  EXPECT_EQ(std::get<ObjectId>(*object), Namespace("Counter").id_from_name("a/b"));
  EXPECT_EQ(std::get<sim::Cities>(*target_named("dfw", experiment, world)), sim::Cities{{0}});
  EXPECT_EQ(std::get<sim::Cities>(*target_named("yyz,dfw", experiment, world)), (sim::Cities{{1, 0}}));
  EXPECT_EQ(std::get<sim::Cities>(*target_named("all", experiment, world)).numbers.size(), 13u);
  for (const char* wrong : {"", "dfw,", ",dfw", "dfw,dfx", "dfw yyz", "dfw,dfw-1-1"})
    EXPECT_FALSE(target_named(wrong, experiment, world)) << wrong;
  EXPECT_FALSE(target_named("Wallet/0", experiment, world));  // known, but not in this experiment
  EXPECT_FALSE(target_named("Counter", experiment, world));
}

// ---- mistakes ---------------------------------------------------------------------------------------

std::string mistake_of(FaultPlan fault) {
  Experiment experiment = experiment_with({{"run.duration", "2s"}});
  experiment.faults = {std::move(fault)};
  const auto mistake = mistake_in(experiment, code());
  return mistake ? mistake->message : "";
}
TEST(FaultMistake, IsATargetThatIsNowhere) {
  EXPECT_EQ(mistake_of({.target = "Counter/7"}), "");
  EXPECT_EQ(mistake_of({.target = "Countr/7"}),
            "fault 1, crash of Countr/7: there is no object class in this experiment called \"Countr\": did you mean "
            "\"Counter\"?");
  EXPECT_EQ(mistake_of({.target = "iad-4-1"}),
            "fault 1, crash of iad-4-1: there is no machine \"iad-4-1\": did you mean one of \"iad-1-1\" to "
            "\"iad-3-1\"?");
  EXPECT_EQ(mistake_of({.target = "iadd-1-1"}),
            "fault 1, crash of iadd-1-1: there is no machine \"iadd-1-1\": did you mean one of \"iad-1-1\" to "
            "\"iad-3-1\"?");
  EXPECT_EQ(mistake_of({.target = "9999999"}), "fault 1, crash of 9999999: there is no machine \"9999999\"");
}
TEST(FaultMistake, IsATimeOutsideTheExperiment) {
  EXPECT_EQ(mistake_of({.at = 2s, .target = "iad-1-1"}), "");
  EXPECT_EQ(mistake_of({.at = 2s + 1ns, .target = "iad-1-1"}),
            "fault 1, crash of iad-1-1: the time must be from 0s to the end, 2s");
  EXPECT_NE(mistake_of({.at = -1ns, .target = "iad-1-1"}), "");
}
TEST(FaultMistake, IsAPassingThatNeverIs) {
  EXPECT_EQ(mistake_of({.point = sim::FaultPoint::in_turn, .nth = 0, .target = "iad-1-1"}),
            "fault 1, crash of iad-1-1: passings of a point are counted from 1");
  EXPECT_NE(mistake_of({.point = sim::FaultPoint::in_turn, .at = 1s, .target = "iad-1-1"}), "");
  EXPECT_NE(mistake_of({.nth = 2, .target = "iad-1-1"}), "");
}
TEST(FaultMistake, IsALengthThatCannotBe) {
  EXPECT_EQ(mistake_of({.target = "iad-1-1", .lasts = 8760h}), "");
  EXPECT_EQ(mistake_of({.target = "iad-1-1", .lasts = 8760h + 1ns}),
            "fault 1, crash of iad-1-1: it must last between 0s and a year");
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::evict, .target = "Counter/0"}), "");
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::evict, .target = "Counter/0", .lasts = 1s}),
            "fault 1, evict of Counter/0: it happens in a moment and cannot last");
}
TEST(FaultMistake, IsAMachineThatIsEvicted) {
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::evict, .target = "iad-1-1"}),
            "fault 1, evict of iad-1-1: only an object can be evicted");
}
TEST(FaultMistake, IsAFateThatNoSectorHas) {
  EXPECT_EQ(mistake_of({.target = "iad-1-1", .sectors = "kdt"}), "");
  EXPECT_EQ(mistake_of({.target = "iad-1-1", .sectors = "kdx"}),
            "fault 1, crash of iad-1-1: sectors are written as k (kept), d (dropped) and t (torn), not \"kdx\"");
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::pause, .target = "iad-1-1", .sectors = "k"}),
            "fault 1, pause of iad-1-1: only a crash decides about sectors");
}

TEST(FaultMistake, IsACityThatCrashes) {
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::pause, .target = "lhr"}),
            "fault 1, pause of lhr: it strikes a machine, and not a city");
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::drop, .target = "lhr,fra"}), "");
}
TEST(FaultMistake, IsAPartitionWithAnEmptySide) {
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::partition, .target = "lhr,fra", .lasts = 1s}), "");
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::partition, .target = "all", .lasts = 1s}),
            "fault 1, partition of all: nobody is on the other side");
}
TEST(FaultMistake, IsWhatOnlyAPartitionHas) {
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::drop, .target = "lhr", .stops = sim::Direction::out}),
            "fault 1, drop of lhr: only a partition stops a way");
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::partition, .target = "Counter/0", .with_users = true}), "");
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::partition, .target = "lhr", .with_users = true}),
            "fault 1, partition of lhr: only a machine that is parted from all others can keep its users");
}
TEST(FaultMistake, IsADriftThatNoClockHas) {
  using enum sim::FaultKind;
  EXPECT_EQ(mistake_of({.kind = drift, .target = "iad-1-1", .rate_millionths = 1'000'000}), "");
  EXPECT_EQ(mistake_of({.kind = drift, .target = "all", .rate_millionths = -500'000}), "");
  EXPECT_EQ(mistake_of({.kind = drift, .target = "all", .rate_millionths = -500'001}),
            "fault 1, drift of all: its rate must be between -0.5, half as fast, and 1, twice as fast");
  EXPECT_EQ(mistake_of({.kind = drift, .target = "Counter/0"}),
            "fault 1, drift of Counter/0: machines have clocks, and objects have none");
  EXPECT_EQ(mistake_of({.kind = drift, .point = sim::FaultPoint::in_turn, .target = "iad-1-1"}),
            "fault 1, drift of iad-1-1: a clock drifts from a time on");
  EXPECT_EQ(mistake_of({.kind = drift, .target = "iad-1-1", .lasts = 1s}),
            "fault 1, drift of iad-1-1: it lasts to the end");
}
TEST(FaultMistake, IsARateOfWhatHasNone) {
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::delay, .target = "all", .rate_millionths = 1'000'000, .by = 1s}), "");
  EXPECT_EQ(mistake_of({.target = "iad-1-1", .rate_millionths = 1}), "fault 1, crash of iad-1-1: it has no rate");
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::drop, .target = "all", .rate_millionths = -1}),
            "fault 1, drop of all: its rate must be between 0 and 1");
  EXPECT_EQ(mistake_of({.kind = sim::FaultKind::drop, .target = "all", .by = 1s}),
            "fault 1, drop of all: only datagrams are delayed \"by\" a time");
}

// ---- settings ---------------------------------------------------------------------------------------

TEST(CrashEvery, StrikesTheMachinesOfTheObjectsInTurn) {
  const Experiment experiment = experiment_with({{"run.duration", "10s"},
                                                 {"faults.crash_every", "3s"},
                                                 {"faults.crash_lasts", "500ms"},
                                                 {"objects.Counter.key.n", "2"}});
  const auto crash = [](Duration at, std::string target) {
    return FaultPlan{.kind = sim::FaultKind::crash, .at = at, .target = std::move(target), .lasts = 500ms};
  };
  EXPECT_EQ(experiment.faults, (std::vector{crash(3s, "Counter/0"), crash(6s, "Counter/1"), crash(9s, "Counter/0")}));
  EXPECT_FALSE(mistake_in(experiment, code()));
}
TEST(CrashEvery, IsNeverUnlessItIsAskedFor) { EXPECT_TRUE(experiment_with().faults.empty()); }
TEST(CrashEvery, IsRefusedIfItIsTooOften) {
  const Experiment experiment = experiment_with({{"run.duration", "24h"}, {"faults.crash_every", "1ns"}});

  const auto mistake = mistake_in(experiment, code());

  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->message, "there are more than 100000 faults");
}
TEST(PartitionEvery, PartsTheMachinesOfTheObjectsInTurn) {
  const Experiment experiment = experiment_with({{"run.duration", "10s"},
                                                 {"faults.partition_every", "4s"},
                                                 {"faults.partition_lasts", "1s"},
                                                 {"objects.Counter.key.n", "2"}});
  const auto partition = [](Duration at, std::string target) {
    return FaultPlan{.kind = sim::FaultKind::partition, .at = at, .target = std::move(target), .lasts = 1s};
  };
  EXPECT_EQ(experiment.faults, (std::vector{partition(4s, "Counter/0"), partition(8s, "Counter/1")}));
  EXPECT_FALSE(mistake_in(experiment, code()));
}
TEST(Drop, IsOfAllDatagramsAllTheTime) {
  const Experiment experiment = experiment_with({{"run.duration", "10s"}, {"faults.drop", "0.01"}});
  EXPECT_EQ(experiment.faults, (std::vector{FaultPlan{.kind = sim::FaultKind::drop,
                                                      .target = "all",
                                                      .lasts = 10s,
                                                      .rate_millionths = 10'000}}));
  EXPECT_FALSE(mistake_in(experiment, code()));
}
TEST(ClockDrift, IsFastAndSlowByTurns) {
  const Experiment experiment = experiment_with({{"faults.drift", "0.0005"}});
  ASSERT_EQ(experiment.faults.size(), 13u);
  EXPECT_EQ(experiment.faults[0],
            (FaultPlan{.kind = sim::FaultKind::drift, .target = "dfw", .rate_millionths = 500}));
  EXPECT_EQ(experiment.faults[1],
            (FaultPlan{.kind = sim::FaultKind::drift, .target = "yyz", .rate_millionths = -500}));
  EXPECT_FALSE(mistake_in(experiment, code()));
}
TEST(DiskSync, IsASetting) {
  for (const Scenario& scenario : scenarios())
    EXPECT_EQ(experiment_with({{"disk.sync", "5ms"}}, scenario).disk.sync, Distribution::constant(5ms));
}

// ---- experiments drawn from a seed ------------------------------------------------------------------

TEST(Drawn, AreNeverMistaken) {
  for (const Scenario& scenario : scenarios())
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
      const auto mistake = mistake_in(drawn(scenario, seed), code());
      ASSERT_FALSE(mistake) << scenario.name << " " << seed << ": " << mistake->message;
    }
}
TEST(Drawn, KeepTheirWorkloadWithoutFaults) {
  for (const Scenario& scenario : scenarios())
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      Experiment with = drawn(scenario, seed);
      const Experiment without = drawn(scenario, seed, DrawnFaults::off);

      EXPECT_TRUE(without.faults.empty());
      EXPECT_EQ(without.disk, sim::DiskPlan{});
      with.faults.clear();
      with.disk = {};
      EXPECT_EQ(with, without);
    }
}
TEST(Drawn, AreSmall) {
  std::size_t operations = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Experiment experiment = drawn(scenarios().front(), seed);
    EXPECT_LE(experiment.clients.size(), 3u);
    EXPECT_LE(experiment.faults.size(), 9u);
    operations += std::get<std::vector<Operation>>(explicit_form(experiment, code()).workload).size();
  }
  EXPECT_GT(operations / 200, 30u);
  EXPECT_LT(operations / 200, 150u);
}
TEST(Drawn, HaveAllKindsOfFaultsAtAllPoints) {
  std::map<sim::FaultKind, int> kinds;
  std::map<sim::FaultPoint, int> points;
  int without = 0;
  int on_objects = 0;
  int slow_disks = 0;
  int all = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const Experiment experiment = drawn(scenarios().front(), seed);
    without += experiment.faults.empty() ? 1 : 0;
    slow_disks += experiment.disk == sim::DiskPlan{} ? 0 : 1;
    for (const FaultPlan& fault : experiment.faults) {
      ++all;
      ++kinds[fault.kind];
      ++points[fault.point];
      on_objects += fault.target.starts_with("Counter/") ? 1 : 0;
    }
  }
  EXPECT_NEAR(without, 500, 60);
  EXPECT_NEAR(slow_disks, 125, 40);
  EXPECT_GT(kinds[sim::FaultKind::crash], all / 3);
  EXPECT_GT(on_objects, all / 3);
  EXPECT_LT(on_objects, all);
  EXPECT_FALSE(kinds.contains(sim::FaultKind::new_disk)) << "nothing survives it yet";
  EXPECT_EQ(kinds.size() + 1, sim::fault_kind_names.size());
  EXPECT_EQ(points.size(), sim::fault_point_names.size());
}
TEST(Drawn, SpreadTimesOverTheOrdersOfMagnitude) {
  std::map<int, int> by_power;  // of ten, from 1 us
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    const Duration grid = drawn(scenarios().front(), seed).adversary.grid;
    if (grid == Duration::zero()) continue;
    EXPECT_GE(grid, 1us);
    EXPECT_LE(grid, 50ms);
    int power = 0;
    for (Duration bound = 10us; bound <= grid; bound *= 10) ++power;
    ++by_power[power];
  }
  ASSERT_EQ(by_power.size(), 5u);
  for (const auto& [power, count] : by_power) {
    EXPECT_GT(count, 80) << power;
    EXPECT_LT(count, 350) << power;
  }
}
TEST(Drawn, KeepTheCrashesOfTheSettingsThatFallInTheirTime) {
  Settings settings(scenarios().front().parameters);
  ASSERT_TRUE(settings.set("faults.crash_every", "200ms"));
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Experiment experiment = drawn_experiment(scenarios().front(), settings, seed);
    ASSERT_FALSE(experiment.faults.empty());
    EXPECT_EQ(experiment.faults.front().at, 200ms);
    EXPECT_FALSE(mistake_in(experiment, code()));
    EXPECT_TRUE(drawn_experiment(scenarios().front(), settings, seed, DrawnFaults::off).faults.empty());
  }
}

// ---- calls of one group -----------------------------------------------------------------------------

TEST(Law, GivesEachGroupItsOwnCalls) {
  Experiment experiment = experiment_with({{"run.duration", "2s"}});
  experiment.clients.resize(3);
  experiment.workload = Law{{{"Counter", "read", 1, {}, experiment.clients[0].name},
                             {"Counter", "increment", 1, {}, experiment.clients[1].name}}};
  ASSERT_FALSE(mistake_in(experiment, code()));

  std::map<std::uint32_t, std::map<std::string, int>> calls;  // by group
  const Experiment listed = explicit_form(experiment, code());
  for (const Operation& operation : std::get<std::vector<Operation>>(listed.workload))
    ++calls[operation.client.value / experiment.clients[0].clients][operation.call];

  EXPECT_EQ(calls.size(), 2u);  // the third has nothing to call
  EXPECT_EQ(calls[0].size(), 1u);
  EXPECT_GT(calls[0]["read"], 50);
  EXPECT_GT(calls[1]["increment"], 50);
}
TEST(Law, RefusesCallsOfAGroupThatIsNotThere) {
  Experiment experiment = experiment_with();
  experiment.workload = Law{{{"Counter", "read", 1, {}, "lhrr"}}};

  const auto mistake = mistake_in(experiment, code());

  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->message, "there is no group of clients \"lhrr\": did you mean \"lhr\"?");
}

}  // namespace
}  // namespace orrery::scenarios
