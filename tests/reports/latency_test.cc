#include "reports/latency.h"

#include <gtest/gtest.h>

#include "core/base/invariant.h"

using namespace orrery;
using namespace orrery::reports;

namespace {

const journal::Names names{
    .classes = {{"Counter", {"fetch", "increment"}}, {"Room", {"fetch", "join"}}},
    .groups = {{"london", "London", 0, 2}, {"tokyo", "Tokyo", 5, 1}},
};

Breakdown breakdown(std::uint32_t client, std::uint16_t object_class, std::uint16_t method, Duration intended,
                    Duration latency, journal::Status status = journal::Status::ok) {
  Breakdown result{};
  result.client = ClientId{client};
  result.object_class = ClassId{object_class};
  result.method = MethodId{method};
  result.intended = Time(intended);
  result.latency = latency;
  result.status = status;
  time_in(result.stages, Stage::network) = latency;
  return result;
}

Outcome outcome_of(const LatencyReport& report) {
  Outcome outcome;
  report.write_to(outcome);
  return outcome;
}

}  // namespace

TEST(LatencyReport, SortsRequestsByGroupAndOperation) {
  LatencyReport report(names, Time());
  report.on(breakdown(0, 0, 1, 0ms, 5ms));
  report.on(breakdown(1, 1, 1, 0ms, 6ms));
  report.on(breakdown(5, 0, 1, 0ms, 7ms));
  report.on(breakdown(3, 0, 1, 0ms, 8ms));  // of no group

  const Outcome outcome = outcome_of(report);

  EXPECT_EQ(outcome.all.completed, 4u);
  EXPECT_EQ(outcome.all.histogram.max(), 8ms);
  ASSERT_EQ(outcome.groups.size(), 2u);
  EXPECT_EQ(outcome.groups[0].name, "london");
  EXPECT_EQ(outcome.groups[0].completed, 2u);
  EXPECT_EQ(outcome.groups[1].completed, 1u);
  EXPECT_EQ(outcome.groups[1].histogram.max(), 7ms);
  ASSERT_EQ(outcome.operations.size(), 4u);
  EXPECT_EQ(outcome.operations[1].name, "Counter.increment");
  EXPECT_EQ(outcome.operations[1].completed, 3u);
  EXPECT_EQ(outcome.operations[2].completed, 0u);
  EXPECT_EQ(outcome.operations[3].name, "Room.join");
  EXPECT_EQ(outcome.operations[3].completed, 1u);
  EXPECT_EQ(outcome.stages.count(), 4u);
}

TEST(LatencyReport, LeavesOutWhatWasIntendedDuringWarmup) {
  LatencyReport report(names, Time(10s));
  report.on(breakdown(0, 0, 1, 10s - 1ns, 5ms));
  EXPECT_EQ(outcome_of(report).all.completed, 0u);

  report.on(breakdown(0, 0, 1, 10s, 5ms));
  EXPECT_EQ(outcome_of(report).all.completed, 1u);
  EXPECT_EQ(outcome_of(report).stages.count(), 1u);
}

TEST(LatencyReport, CountsFailedAndUnknownAmongTheCompleted) {
  LatencyReport report(names, Time());
  report.on(breakdown(0, 0, 1, 0ms, 5ms));
  report.on(breakdown(0, 0, 1, 0ms, 5ms, journal::Status::failed));
  report.on(breakdown(0, 0, 1, 0ms, 5ms, journal::Status::unknown));

  const Latencies all = outcome_of(report).all;

  EXPECT_EQ(all.completed, 3u);
  EXPECT_EQ(all.failed, 1u);
  EXPECT_EQ(all.unknown, 1u);
  EXPECT_EQ(all.histogram.count(), 3u);
}

TEST(LatencyReport, AddsUpTheWorkOfEachOperation) {
  LatencyReport report(names, Time(10s));
  Breakdown each = breakdown(0, 0, 1, 10s, 5ms);
  each.work = {.turns = 1, .operations = 101, .storage = 2ms, .calls = 0, .fetches = 3, .commits = 1};
  report.on(each);
  report.on(each);
  each.intended = Time();  // during warm-up
  report.on(each);
  report.on(breakdown(0, 0, 0, 10s, 5ms));

  const Outcome outcome = outcome_of(report);

  EXPECT_EQ(outcome.operations[1].work,
            (Work{.turns = 2, .operations = 202, .storage = 4ms, .calls = 0, .fetches = 6, .commits = 2}));
  EXPECT_EQ(outcome.operations[0].work, Work{});
  EXPECT_EQ(outcome.all.work, outcome.operations[1].work);
}

TEST(LatencyReport, CountsRequestsThatTookMoreThanOneAttempt) {
  LatencyReport report(names, Time(10s));
  Breakdown each = breakdown(0, 0, 1, 10s, 5ms);
  report.on(each);
  each.attempts = 2;
  report.on(each);
  each.attempts = 5;
  each.status = journal::Status::failed;
  report.on(each);
  each.intended = Time();  // during warm-up
  report.on(each);

  const Outcome outcome = outcome_of(report);

  EXPECT_EQ(outcome.all.retried, 2u);
  EXPECT_EQ(outcome.all.completed, 3u);
  EXPECT_EQ(outcome.all.failed, 1u);
  EXPECT_EQ(outcome.groups[0].retried, 2u);
  EXPECT_EQ(outcome.groups[1].retried, 0u);
  EXPECT_EQ(outcome.operations[1].retried, 2u);
}

TEST(LatencyReport, AddsUpTheStagesOfEachRow) {
  LatencyReport report(names, Time(10s));
  Breakdown each = breakdown(0, 0, 1, 10s, 5ms);
  report.on(each);
  time_in(each.stages, Stage::retry) = 2ms;
  each.latency = 7ms;
  report.on(each);
  each.intended = Time();  // during warm-up
  report.on(each);
  report.on(breakdown(5, 0, 0, 10s, 1ms));

  const Outcome outcome = outcome_of(report);

  StageTimes expected{};
  time_in(expected, Stage::network) = 10ms;
  time_in(expected, Stage::retry) = 2ms;
  EXPECT_EQ(outcome.groups[0].stages, expected);
  EXPECT_EQ(outcome.operations[1].stages, expected);
  time_in(expected, Stage::network) = 11ms;
  EXPECT_EQ(outcome.all.stages, expected);
  EXPECT_EQ(sum_of(outcome.all.stages), outcome.all.histogram.mean() * 3 + 1ns) << "13 ms, the mean rounded";
}

TEST(LatencyReport, RefusesAMethodWithoutAName) {
  LatencyReport report(names, Time());
  EXPECT_THROW(report.on(breakdown(0, 0, 2, 0ms, 5ms)), Bug);
  EXPECT_THROW(report.on(breakdown(0, 2, 0, 0ms, 5ms)), Bug);
}

TEST(LatencyReport, HoldsTheLongestTimeThereIsWhereRequestsWaitedForLonger) {
  LatencyReport report(names, Time());
  constexpr Duration two_centuries = 1'753'000h;
  for (int i = 0; i < 2; ++i) report.on(breakdown(0, 0, 1, 0ms, two_centuries));

  const StageTimes stages = outcome_of(report).all.stages;

  EXPECT_EQ(stages[static_cast<std::size_t>(Stage::network)], Duration::max());
  EXPECT_EQ(sum_of(stages), Duration::max());
}
