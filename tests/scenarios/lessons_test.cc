// The lessons show what they say they show.
#include <gtest/gtest.h>

#include <algorithm>

#include "scenarios/catalogue.h"
#include "scenarios/search/generate.h"
#include "tests/scenarios/built_in.h"
#include "tests/worlds.h"

namespace orrery::scenarios {
namespace {

const std::vector<Scenario>& scenarios() { return tests::built_in(); }
const Code& code() { return tests::built_in_code(); }
const Scenario& named(const std::string& name) { return *std::ranges::find(scenarios(), name, &Scenario::name); }

// ---- notes ------------------------------------------------------------------------------------------

// The notes are called from Washington first; the reader lives in London.
struct Pages {
  Pages() {
    const Scenario& notes = named("notes");
    Experiment experiment = experiment_of(notes, Settings(notes.parameters), 1);
    const std::uint32_t far = experiment.clients.front().clients;
    experiment.workload =
        std::vector{tests::operation(0, 0, 0s, "Notes", "note_ids"),  // the first turn also fills the tables
                    tests::operation(0, 1, 5s, "Notes", "page_one_query"),
                    tests::operation(0, 2, 10s, "Notes", "page_n_plus_one"),
                    tests::operation(far, 0, 15s, "Reader", "page_by_calls")};
    outcome = run(experiment, code(), {.witness = true, .more_sinks = {&records}}).outcome;
  }
  // Of all objects.
  std::vector<journal::TurnStarted> turns_between(Duration from, Duration to) const {
    std::vector<journal::TurnStarted> turns;
    for (const auto& [at, turn] : records.all<journal::TurnStarted>())
      if (at >= Time(from) && at < Time(to)) turns.push_back(turn);
    return turns;
  }
  tests::Keep records;
  reports::Outcome outcome;
};

TEST(Notes, MakeTheSamePageInThreeWays) {
  const Pages pages;

  const std::string page = pages.records.answer(ClientId{0}, 1);
  EXPECT_TRUE(page.starts_with("\"note 1, by author 2\\u000anote 2, by author 3\\u000a")) << page;
  EXPECT_TRUE(page.ends_with("note 100, by author 1\\u000a\"")) << page;
  EXPECT_EQ(pages.records.answer(ClientId{0}, 2), page);
  EXPECT_EQ(pages.records.answer(ClientId{4}, 0), page);
}

TEST(Notes, MakeAHundredAndOneQueriesInOneTurnOfTwoMilliseconds) {
  const Pages pages;

  const auto one = pages.turns_between(5s, 10s);
  const auto many = pages.turns_between(10s, 15s);

  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one.front().operations, 1u);
  ASSERT_EQ(many.size(), 1u);
  EXPECT_EQ(many.front().operations, 101u);
  EXPECT_GT(many.front().storage, 1ms);
  EXPECT_LT(many.front().storage, 5ms);
}

TEST(Notes, CostAReaderAHundredAndOneRoundTrips) {
  const Pages pages;

  Time requested;
  Time completed;
  for (const auto& [at, event] : pages.records.all<journal::Requested>()) requested = at;
  for (const auto& [at, event] : pages.records.all<journal::Completed>()) completed = at;
  std::size_t calls = 0;
  for (const auto& [at, event] : pages.records.all<journal::Called>()) calls += event.parent.value != 0 ? 1u : 0u;

  EXPECT_EQ(calls, 101u);
  EXPECT_EQ(pages.turns_between(15s, 60s).size(), 101u + 102u);  // the reader's: one, and one after each answer
  EXPECT_GT(completed - requested, 101 * Duration(70ms));        // London to Washington and back
  EXPECT_LT(completed - requested, 101 * Duration(90ms));
}

TEST(Notes, LiveNearThoseWhoWriteThem) {
  const Scenario& notes = named("notes");
  Settings settings(notes.parameters);
  ASSERT_TRUE(settings.set("run.duration", "10s"));
  tests::Keep records;

  run(experiment_of(notes, settings, 1), code(), {.witness = true, .more_sinks = {&records}});

  const auto placed = records.all<journal::Placed>();
  ASSERT_EQ(placed.size(), 2u);
  const sim::Topology world = *topology_of({});
  for (const auto& [at, event] : placed) {
    const std::size_t machine = event.owner.value - world.cities.size();
    const std::string& city = world.cities[world.machines().at(machine).city].name;
    EXPECT_EQ(city, event.object_class == ClassId{0} ? "Washington DC" : "London");
  }
}

// ---- lost_update ------------------------------------------------------------------------------------

TEST(LostUpdate, IsFoundWithinAFewSeedsAndByNothingButSerialization) {
  const Scenario& scenario = named("lost_update");
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Experiment experiment = drawn_experiment(scenario, Settings(scenario.parameters), seed, DrawnFaults::off);
    for (const reports::PropertyVerdict& each : run(experiment, code()).outcome.verdicts) {
      if (each.verdict.kind != properties::Verdict::Kind::violated) continue;
      EXPECT_EQ(each.property, "serialization") << seed << ": " << each.verdict.violation->text;
      ++found;
    }
  }
  EXPECT_GE(found, 5);
}

// One caller who waits for each answer never meets the hole.
TEST(LostUpdate, NeedsTwoCallsAtOnce) {
  const Scenario& scenario = named("lost_update");
  Experiment experiment = experiment_of(scenario, Settings(scenario.parameters), 1);
  std::vector<Operation> operations;
  for (std::uint64_t number = 0; number < 9; ++number)
    operations.push_back(tests::operation(0, number, Duration(1s) * static_cast<std::int64_t>(number), "Wallet",
                                          "increment", {Value(std::int64_t{1})}));
  experiment.workload = std::move(operations);

  for (const reports::PropertyVerdict& each : run(experiment, code()).outcome.verdicts)
    EXPECT_NE(each.verdict.kind, properties::Verdict::Kind::violated) << each.property;
}

// With the object to itself, nothing is lost.
TEST(LostUpdate, IsMendedByACriticalSection) {
  const Scenario& scenario = named("lost_update");
  Settings settings(scenario.parameters);
  ASSERT_TRUE(settings.set("mix.increment", "0"));
  ASSERT_TRUE(settings.set("mix.increment_alone", "1"));
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
    for (const reports::PropertyVerdict& each : run(drawn_experiment(scenario, settings, seed), code()).outcome.verdicts)
      EXPECT_NE(each.verdict.kind, properties::Verdict::Kind::violated) << seed << ": " << each.property;
}

// ---- transfers --------------------------------------------------------------------------------------

// How many of the seeds see money made or lost.
int seeds_that_lose_money(const Settings& settings) {
  const Scenario& scenario = named("transfers");
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed)
    for (const reports::PropertyVerdict& each : run(drawn_experiment(scenario, settings, seed), code()).outcome.verdicts)
      found += each.verdict.kind == properties::Verdict::Kind::violated ? 1 : 0;
  return found;
}

TEST(Transfers, KeepTheSumWhateverCrashes) {
  EXPECT_EQ(seeds_that_lose_money(Settings(named("transfers").parameters)), 0);
}

TEST(Transfers, LoseMoneyWithoutTwoPhases) {
  Settings settings(named("transfers").parameters);
  ASSERT_TRUE(settings.set("mix.transfer", "0"));
  ASSERT_TRUE(settings.set("mix.transfer_at_once", "4"));
  EXPECT_GT(seeds_that_lose_money(settings), 0);
}

// ---- counter ----------------------------------------------------------------------------------------

TEST(Counter, SurvivesTheMachineItRunsOn) {
  const Scenario& scenario = named("counter");
  Experiment experiment = experiment_of(scenario, Settings(scenario.parameters), 1);
  const Value one = std::int64_t{1};
  experiment.workload = std::vector{tests::operation(0, 0, 0s, "Counter", "increment", {one}),
                                    tests::operation(0, 1, 5s, "Counter", "increment", {one}),
                                    tests::operation(0, 2, 20s, "Counter", "read")};
  experiment.faults = {{.kind = sim::FaultKind::crash, .at = 10s, .target = "Counter/0", .lasts = 1s}};
  tests::Keep records;

  const auto outcome = run(experiment, code(), {.witness = true, .more_sinks = {&records}}).outcome;

  EXPECT_EQ(records.all<journal::Crashed>().size(), 1u);
  EXPECT_EQ(records.answer(ClientId{0}, 2), "2");
  for (const reports::PropertyVerdict& each : outcome.verdicts)
    EXPECT_NE(each.verdict.kind, properties::Verdict::Kind::violated) << each.property;
}

}  // namespace
}  // namespace orrery::scenarios
