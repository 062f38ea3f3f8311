#include "sim/clock.h"

#include <gtest/gtest.h>

#include "scenarios/catalogue.h"
#include "tests/worlds.h"

namespace orrery::sim {
namespace {

using Drift = SteadyClock::Drift;

constexpr Duration year = 8760h;

TEST(SteadyClock, ShowsTrueTimeUnlessItDrifts) {
  const SteadyClock clock;
  for (const Duration each : {0ns, 1ns, 12'345'678'901ns, year}) {
    EXPECT_EQ(clock.at(Time(each)), LocalTime(each));
    EXPECT_EQ(clock.when(LocalTime(each)), Time(each));
  }
  EXPECT_FALSE(clock.drifts());
}

TEST(SteadyClock, OfRateZeroShowsTrueTimeToo) {
  const SteadyClock clock({Drift{Time{}, 0}, Drift{Time(5s), 0}});
  for (const Duration each : {0ns, 1ns, Duration(5s), 12'345'678'901ns, year}) {
    EXPECT_EQ(clock.at(Time(each)), LocalTime(each));
    EXPECT_EQ(clock.when(LocalTime(each)), Time(each));
  }
}

TEST(SteadyClock, IsFastOrSlowByItsRate) {
  EXPECT_EQ(SteadyClock({Drift{Time{}, 500}}).at(Time(1000s)), LocalTime(1000s + 500ms));
  EXPECT_EQ(SteadyClock({Drift{Time{}, -500'000}}).at(Time(year)), LocalTime(year / 2));
  EXPECT_EQ(SteadyClock({Drift{Time{}, 1'000'000}}).at(Time(year)), LocalTime(2 * year));
}

TEST(SteadyClock, NeverJumpsWhereItsRateChanges) {
  const SteadyClock clock({Drift{Time(10s), 1'000'000}, Drift{Time(20s), -500'000}, Drift{Time(30s), 0}});

  EXPECT_EQ(clock.at(Time(10s)), LocalTime(10s));
  EXPECT_EQ(clock.at(Time(20s)), LocalTime(30s));
  EXPECT_EQ(clock.at(Time(30s)), LocalTime(35s));
  EXPECT_EQ(clock.at(Time(40s)), LocalTime(45s));
  EXPECT_EQ(clock.when(LocalTime(5s)), Time(5s));
  EXPECT_EQ(clock.when(LocalTime(10s)), Time(10s));
  EXPECT_EQ(clock.when(LocalTime(30s)), Time(20s));
  EXPECT_EQ(clock.when(LocalTime(33s)), Time(26s));
  EXPECT_EQ(clock.when(LocalTime(45s)), Time(40s));
}

TEST(SteadyClock, TakesTheLastOfSeveralRatesOfOneInstant) {
  const SteadyClock clock({Drift{Time{}, 1'000'000}, Drift{Time{}, -500'000}});
  EXPECT_EQ(clock.at(Time(10s)), LocalTime(5s));
}

TEST(SteadyClock, SaysTheFirstInstantAtWhichItShowsATime) {
  for (const std::int64_t rate : {-500'000, -333'333, -1, 1, 7, 333'333, 1'000'000}) {
    const SteadyClock clock({Drift{Time(3ns), rate}, Drift{Time(500ns), -rate / 2}});
    Time first{};
    for (LocalTime shown{}; shown < LocalTime(900ns); shown += 1ns) {
      while (clock.at(first) < shown) first += 1ns;
      ASSERT_EQ(clock.when(shown), first) << rate << " " << nanoseconds(shown);
    }
  }
}

// ---- machines ---------------------------------------------------------------------------------------

// One counter in London; its calls take as long as their turns.
scenarios::Experiment experiment_with(std::vector<scenarios::FaultPlan> faults) {
  std::vector<scenarios::Operation> operations;
  for (std::uint64_t number = 0; number < 20; ++number)
    operations.push_back(
        tests::operation(0, number, 1s + number * 1s, "Counter", "increment_if_permitted", {Value(std::int64_t{1})}));
  scenarios::Experiment experiment = tests::london({{.name = "Counter", .model = "counter"}}, operations, 1);
  experiment.lasts = 100s;
  experiment.faults = std::move(faults);
  return experiment;
}
scenarios::FaultPlan drift(std::int64_t rate, std::string target, Duration at = 0s) {
  return {.kind = FaultKind::drift, .at = at, .target = std::move(target), .rate_millionths = rate};
}
const scenarios::Code& code() {
  static const scenarios::Code code = scenarios::code_of(scenarios::built_in_scenarios());
  return code;
}
std::vector<Duration> turns_of(const scenarios::Experiment& experiment) {
  std::vector<Duration> turns;
  for (const auto& [at, ended] : tests::play(experiment, code()).all<journal::TurnEnded>())
    turns.push_back(at - ended.started);
  return turns;
}

TEST(Drift, MakesTurnsLongerOrShorterByTheSameRate) {
  const std::vector<Duration> plain = turns_of(experiment_with({}));
  const std::vector<Duration> slow = turns_of(experiment_with({drift(-500'000, "lhr")}));
  const std::vector<Duration> fast = turns_of(experiment_with({drift(1'000'000, "lhr")}));

  ASSERT_EQ(plain.size(), 40u);
  ASSERT_EQ(slow.size(), plain.size());
  ASSERT_EQ(fast.size(), plain.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(slow[i], 2 * plain[i]);
    EXPECT_NEAR(static_cast<double>(nanoseconds(fast[i])), static_cast<double>(nanoseconds(plain[i])) / 2, 2);
  }
}

TEST(Drift, BeginsWhenItShould) {
  const std::vector<Duration> plain = turns_of(experiment_with({}));
  const std::vector<Duration> slow = turns_of(experiment_with({drift(-500'000, "lhr", 10'500ms)}));

  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(slow[i], i < 20 ? plain[i] : 2 * plain[i]) << i;
}

TEST(Drift, OfOtherMachinesChangesNothingHere) {
  EXPECT_EQ(turns_of(experiment_with({drift(-500'000, "nrt")})), turns_of(experiment_with({})));
}

TEST(Drift, OfRateZeroChangesNothing) {
  const auto records = [](const scenarios::Experiment& experiment) {
    std::vector<std::uint64_t> hashes;
    for (const journal::Record& record : tests::play(experiment, code()).records)
      if (!std::holds_alternative<journal::FaultStruck>(record.event)) hashes.push_back(hash_of(record));
    return hashes;
  };
  EXPECT_EQ(records(experiment_with({drift(0, "all")})), records(experiment_with({})));
}

TEST(Drift, GivesTheSameRunTwiceAlsoWithPausesAndCrashes) {
  const auto fingerprint = [] {
    const auto run =
        scenarios::run(experiment_with({drift(-333'333, "all"),
                                        drift(777'777, "lhr", 7s),
                                        {.kind = FaultKind::pause, .at = 5s, .target = "Counter/0", .lasts = 3s},
                                        {.kind = FaultKind::crash, .at = 12s, .target = "Counter/0", .lasts = 1s}}),
                       code());
    for (const auto& each : run.outcome.verdicts) EXPECT_FALSE(each.verdict.violation) << each.property;
    return run.outcome.fingerprint;
  };
  EXPECT_EQ(fingerprint(), fingerprint());
}

}  // namespace
}  // namespace orrery::sim
