#include <gtest/gtest.h>

#include <algorithm>

#include "reports/seeds.h"
#include "reports/shown.h"
#include "tests/reports/booking.h"

using namespace orrery;
using namespace orrery::reports;
using Kind = properties::Verdict::Kind;

namespace {

constexpr std::size_t p50 = 0;  // in shown_percentiles
constexpr std::size_t p99_9 = 3;

// A seed with so many requests, all of one latency.
Outcome seed_of(std::uint64_t seed, Duration latency, std::uint64_t requests = 20'000) {
  Outcome outcome;
  outcome.seed = seed;
  outcome.fingerprint = seed;
  outcome.all.name = "all";
  outcome.all.completed = requests;
  outcome.all.histogram.record(latency, requests);
  return outcome;
}

RunSummary run_of(const std::vector<Outcome>& by_seed) {
  RunSummary run;
  run.outcome = merged(by_seed);
  run.seeds = seed_outcomes(by_seed);
  return run;
}

PropertyVerdict judged_as(Kind kind, std::uint64_t tested) {
  PropertyVerdict each{.property = "serialization",
                       .verdict = {.kind = kind, .tested = tested, .violation = {}, .note = {}}};
  if (kind == Kind::violated)
    each.verdict.violation = {.rule = "one_order", .object = "", .text = "wrong", .at = Time(41s)};
  if (kind == Kind::unknown) each.verdict.note = "the budget ran out";
  return each;
}

// What several seeds make of one property.
PropertyVerdict over_seeds(const std::vector<PropertyVerdict>& verdicts) {
  std::vector<Outcome> by_seed;
  for (const PropertyVerdict& each : verdicts) {
    by_seed.push_back(seed_of(by_seed.size() + 1, 1ms));
    by_seed.back().verdicts = {each};
  }
  return merged(by_seed).verdicts.at(0);
}

ObjectUse object(char digit, Duration busy) {
  return {.object = std::string(64, digit), .class_name = "Venue", .busy = busy};
}

Judged judged_over(std::string_view name, std::string_view limit, const std::vector<Outcome>& by_seed) {
  return judge({*parse_objective(name, limit)}, by_seed, 10s).at(0);
}

}  // namespace

TEST(Rows, AreAllGroupsAndOperationsThatHadRequests) {
  const Outcome outcome = booking_outcome(1, 1ms);
  std::string names;
  for (const Latencies* row : rows_of(outcome)) names += row->name + " ";

  EXPECT_EQ(names, "all eu us apac Venue.view Venue.book ");  // and no Venue.fetch
}

TEST(MergedSeeds, LeaveOneSeedAsItIs) {
  const Outcome one = booking_outcome(7, 1ms);
  EXPECT_EQ(merged({one}), one);
  EXPECT_TRUE(seed_outcomes({one}).empty());
}

TEST(MergedSeeds, HaveTheLatenciesOfAllRequestsTogether) {
  LatencyReport together(booking_names(), Time());
  for (const Duration wait : {1ms, 3ms})
    for (std::uint64_t i = 0; i < 60'000; ++i) together.on(booking_request(i, wait));
  Outcome expected;
  together.write_to(expected);

  const Outcome both = merged({booking_outcome(1, 1ms), booking_outcome(2, 3ms)});

  EXPECT_EQ(both.all, expected.all);
  EXPECT_EQ(both.groups, expected.groups);
  EXPECT_EQ(both.operations, expected.operations);
  EXPECT_EQ(both.stages, expected.stages);
  EXPECT_EQ(both.events, 960'000u);
  EXPECT_EQ(both.virtual_time, 20min);
  EXPECT_EQ(both.reached.at("retry_after_reset"), 24u);
  EXPECT_EQ(both.seed, 1u);
}

TEST(MergedSeeds, HaveAFingerprintThatDependsOnTheirOrder) {
  const Outcome one = seed_of(1, 1ms);
  const Outcome two = seed_of(2, 1ms);
  EXPECT_EQ(merged({one, two}).fingerprint, fold_fingerprint(fold_fingerprint(0, 1), 2));
  EXPECT_NE(merged({one, two}).fingerprint, merged({two, one}).fingerprint);
}

TEST(MergedSeeds, HaveTheWorstVerdict) {
  const PropertyVerdict holds = judged_as(Kind::holds, 10);
  const PropertyVerdict untested = judged_as(Kind::untested, 0);
  const PropertyVerdict unknown = judged_as(Kind::unknown, 1);
  const PropertyVerdict violated = judged_as(Kind::violated, 3);

  EXPECT_EQ(over_seeds({untested, untested}).verdict.kind, Kind::untested);
  EXPECT_EQ(over_seeds({untested, holds}), holds);
  EXPECT_EQ(over_seeds({holds, holds}).verdict.tested, 20u);

  const PropertyVerdict not_told = over_seeds({holds, unknown, holds});
  EXPECT_EQ(not_told.verdict.kind, Kind::unknown);
  EXPECT_EQ(not_told.verdict.note, "the budget ran out");
  EXPECT_EQ(not_told.verdict.tested, 21u);
  EXPECT_FALSE(not_told.seed);

  const PropertyVerdict wrong = over_seeds({unknown, violated, violated, holds});
  EXPECT_EQ(wrong.verdict.violation, violated.verdict.violation);
  EXPECT_EQ(wrong.verdict.tested, 17u);
  EXPECT_EQ(wrong.seed, 2u);
  EXPECT_EQ(over_seeds({violated, holds}).seed, 1u);
}

TEST(MergedSeeds, AddUpTheSameObject) {
  Outcome one = booking_outcome(1, 1ms);
  Outcome two = booking_outcome(2, 1ms);
  two.objects[0].turns = 20'000;
  two.objects[0].mean_square_us2 = 130'000;
  two.objects[0].longest_queue = 2'000;
  two.objects[0].behind = {{"book", 7'000s, 0s}, {"expire", 1s, 0s}};
  two.objects[0].busiest_calls = 901;
  two.objects[0].busiest_from = Time(90s);

  const ObjectUse sum = merged({one, two}).objects.at(0);

  EXPECT_EQ(sum.busy, 1'063'200ms);
  EXPECT_EQ(sum.turns, 80'000u);
  EXPECT_EQ(sum.mean_square_us2, 100'000u);
  EXPECT_EQ(sum.longest_queue, 2'000u);
  EXPECT_EQ(sum.calls, 120'000u);
  EXPECT_EQ(sum.behind, (std::vector<Blame>{{"book", 7'800s, 4'000s}, {"view", 5'200s, 0s}, {"expire", 1s, 0s}}));
  EXPECT_EQ(sum.busiest_calls, 901u);
  EXPECT_EQ(sum.busiest_from, Time(90s));
}

TEST(MergedSeeds, KeepTheTenBusiestObjectsOfAll) {
  Outcome one = seed_of(1, 1ms);
  Outcome two = seed_of(2, 1ms);
  for (const char digit : {'0', '1', '2', '3', '4', '5', '6', '7'}) one.objects.push_back(object(digit, 2s));
  for (const char digit : {'a', '5', 'b', '8'}) two.objects.push_back(object(digit, digit == 'b' ? 3s : 2s));
  one.objects_used = 100;
  two.objects_used = 90;

  const Outcome both = merged({one, two});

  std::string ids;
  for (const ObjectUse& each : both.objects) ids += each.object[0];
  EXPECT_EQ(ids, "5b01234678");
  EXPECT_EQ(both.objects_used, 100u);
}

TEST(MergedSeeds, KeepTheBusiestKeyOfEachClass) {
  Outcome one = seed_of(1, 1ms);
  Outcome two = seed_of(2, 1ms);
  Outcome three = seed_of(3, 1ms);
  one.keys = {{"Venue", "0", 18, 100}, {"User", "anna", 5, 50}};
  two.keys = {{"Venue", "7", 20, 100}};
  three.keys = {{"Venue", "0", 12, 90}};

  EXPECT_EQ(merged({one, two, three}).keys, (std::vector<KeyUse>{{"Venue", "0", 30, 190}, {"User", "anna", 5, 50}}));
}

TEST(MergedSeeds, HoldTheLongestTimeThereIsWhereTheyWaitedForLonger) {
  Outcome one = booking_outcome(1, 1ms);
  one.all.stages.fill(Duration::max());
  one.objects[0].waited = Duration::max();
  one.objects[0].behind[0].running = Duration::max();

  const Outcome both = merged({one, booking_outcome(2, 1ms)});

  EXPECT_EQ(both.all.stages[0], Duration::max());
  EXPECT_EQ(both.objects[0].waited, Duration::max());
  EXPECT_EQ(both.objects[0].behind[0].running, Duration::max());
}

TEST(Seeds, AreTheSameTakenInOneByOneAndAtOnce) {
  const std::vector<Objective> objectives = objectives_of({{"p99", "500ms"}, {"all.throughput", "90/s"}});
  std::vector<Outcome> by_seed;
  Seeds seeds(objectives, 10min);
  for (const std::uint64_t seed : {3u, 4u, 5u}) {
    by_seed.push_back(booking_outcome(seed, seed * 100us));
    seeds.add(by_seed.back());

    EXPECT_EQ(seeds.count(), by_seed.size());
    EXPECT_EQ(seeds.merged(), merged(by_seed));
    EXPECT_EQ(seeds.seed_outcomes().size(), by_seed.size() == 1 ? 0 : by_seed.size());
    ASSERT_EQ(seeds.judged().size(), 4u);
    // The median of the seeds so far; of two the worse.
    const Outcome& median = by_seed[by_seed.size() / 2];
    EXPECT_EQ(seeds.judged()[0].value, judge(objectives, median, 10min)[0].value);
  }
}

TEST(Seeds, HaveARowForWhatOneOfThemUsed) {
  Outcome one = booking_outcome(1, 1ms);
  Outcome two = booking_outcome(2, 1ms);
  one.operations[0].completed = 1;
  Seeds seeds({}, 10min);
  seeds.add(two);
  seeds.add(one);
  for (const SeedOutcome& each : seeds.seed_outcomes())
    EXPECT_EQ(each.percentiles.size(), rows_of(seeds.merged()).size());
}

TEST(ShownValue, OfOneSeedIsItsOwn) {
  const RunSummary run = run_of({seed_of(1, 700ns)});
  EXPECT_EQ(shown_value(run, 0, p50).value, 700ns);
  EXPECT_FALSE(shown_value(run, 0, p50).range);
}

TEST(ShownValue, IsTheMedianOverTheSeedsWithTheirRange) {
  const RunSummary run = run_of({seed_of(1, 900ns), seed_of(2, 100ns), seed_of(3, 700ns)});
  EXPECT_EQ(shown_value(run, 0, p50).value, 700ns);
  EXPECT_EQ(shown_value(run, 0, p50).range, std::pair(Duration(100ns), Duration(900ns)));
}

TEST(ShownValue, OfAnEvenNumberIsTheWorseOfTheTwoInTheMiddle) {
  EXPECT_EQ(shown_value(run_of({seed_of(1, 900ns), seed_of(2, 100ns)}), 0, p50).value, 900ns);
}

TEST(ShownValue, IsToldIfMostSeedsCould) {
  const Outcome few = seed_of(1, 100ns, 300);  // enough for p90, not for p99.9
  const Outcome many = seed_of(2, 500ns);
  EXPECT_EQ(shown_value(run_of({few, many, many}), 0, p99_9).value, 500ns);
  EXPECT_FALSE(shown_value(run_of({few, many}), 0, p99_9).value);
  EXPECT_FALSE(shown_value(run_of({few, many}), 0, p99_9).range);
  EXPECT_EQ(shown_value(run_of({few, few, many}), 0, p50).value, 100ns);
}

TEST(ShownValue, HasARowForAnOperationThatOnlyOneSeedUsed) {
  Outcome one = seed_of(1, 1ms);
  Outcome two = seed_of(2, 1ms);
  Outcome three = seed_of(3, 1ms);
  for (Outcome* each : {&one, &two, &three}) each->operations = {{.name = "Venue.view"}, {.name = "Venue.book"}};
  two.operations[0].completed = 50;
  two.operations[0].histogram.record(3us, 50);
  for (Outcome* each : {&one, &three}) {
    each->operations[1].completed = 50;
    each->operations[1].histogram.record(700ns, 50);
  }

  const RunSummary run = run_of({one, two, three});

  ASSERT_EQ(rows_of(run.outcome).size(), 3u);
  EXPECT_FALSE(shown_value(run, 1, p50).value);
  EXPECT_EQ(shown_value(run, 2, p50).value, 700ns);
}

TEST(JudgedOverSeeds, AgreeWithTheValuesShown) {
  const RunSummary run = booking_run(1ms, objectives_of({{"p50", "600ms"}, {"all.p50", "600ms"}}), {1, 2, 3, 4});
  ASSERT_EQ(run.objectives.size(), 4u);
  for (const Judged& each : run.objectives) {
    const std::vector<const Latencies*> rows = rows_of(run.outcome);
    const auto row = std::ranges::find(rows, each.of, [](const Latencies* of) { return of->name; });
    ASSERT_NE(row, rows.end()) << each.of;
    const auto place = static_cast<std::size_t>(row - rows.begin());
    EXPECT_EQ(each.value, nanoseconds(*shown_value(run, place, p50).value));
    EXPECT_EQ(each.kind == Judged::Kind::met, *each.value <= 600'000'000) << each.of;
  }
}

TEST(JudgedOverSeeds, AreMetIfTheyAreInTheMedianSeed) {
  const Outcome fast = seed_of(1, 100ns);
  const Outcome slow = seed_of(2, 900ns);
  const Outcome few = seed_of(3, 100ns, 20);

  EXPECT_EQ(judged_over("all.p99", "500ns", {fast, slow, fast}).kind, Judged::Kind::met);
  EXPECT_EQ(judged_over("all.p99", "500ns", {fast, slow}).kind, Judged::Kind::missed);
  EXPECT_EQ(judged_over("all.p99", "500ns", {fast, few, fast}).kind, Judged::Kind::met);
  EXPECT_EQ(judged_over("all.p99", "500ns", {fast, few}).kind, Judged::Kind::unknown);
  EXPECT_FALSE(judged_over("all.p99", "500ns", {fast, few}).value);
  EXPECT_EQ(judged_over("all.p99", "500ns", {few}).kind, Judged::Kind::unknown);
}

TEST(JudgedOverSeeds, TakeTheLowerThroughputForTheWorse) {
  const Outcome much = seed_of(1, 1ms, 2'000);
  const Outcome little = seed_of(2, 1ms, 500);
  EXPECT_EQ(judged_over("all.throughput", "100/s", {little, much}).kind, Judged::Kind::missed);
  EXPECT_EQ(judged_over("all.throughput", "100/s", {much, little, much}).kind, Judged::Kind::met);
}
