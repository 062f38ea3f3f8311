// Clients that try again, what it costs, and what it can do twice.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "scenarios/experiment.h"
#include "tests/scenarios/built_in.h"
#include "tests/worlds.h"

namespace orrery::scenarios {
namespace {

using tests::Keep;

const Code& code() { return tests::built_in_code(); }

// One client in London books at an object that asks a slow bank.
Experiment booking(Distribution bank, RetryPlan retry) {
  Experiment experiment =
      tests::london({{.name = "Venue", .handlers = {{"book", {Step{FetchStep{"bank"}}}}}}}, {}, 1);
  experiment.lasts = 60s;
  experiment.services = {{.name = "bank", .city = "London", .latency = bank}};
  experiment.clients.front().arrivals = poisson(*parse_rate("2/s"));
  experiment.clients.front().retry = retry;
  experiment.workload = Law{{{"Venue", "book", 1, {}}}};
  experiment.counted = {{"charged_once", properties::Times::at_most_once, "bank"}};
  experiment.properties = {"charged_once", "liveness", "no_internal_error"};
  EXPECT_FALSE(mistake_in(experiment, code()));
  return experiment;
}

RetryPlan after_timeout(Duration timeout, std::uint32_t max) {
  return {.after_timeout = true, .timeout = timeout, .max = max, .backoff_least = 100ms, .backoff_most = 1s};
}

TEST(Retry, SendsTheOperationAgainAsAnotherCallWhenItsTimeIsOver) {
  Keep keep;
  const auto ran =
      run(booking(Distribution::constant(400ms), after_timeout(300ms, 2)), code(), {.more_sinks = {&keep}});

  std::map<std::uint64_t, std::vector<std::pair<CallId, Time>>> attempts;
  for (const journal::Record& record : keep.records)
    if (const auto* requested = std::get_if<journal::Requested>(&record.event)) {
      EXPECT_EQ(requested->attempt, attempts[requested->number].size());
      attempts[requested->number].emplace_back(requested->call, record.at);
    }
  ASSERT_FALSE(attempts.empty());
  for (const auto& [number, of_operation] : attempts) {
    ASSERT_EQ(of_operation.size(), 3u) << "operation " << number;
    EXPECT_NE(of_operation[0].first, of_operation[1].first);
    const Duration first_pause = of_operation[1].second - of_operation[0].second - 300ms;
    EXPECT_GE(first_pause, 50ms);
    EXPECT_LE(first_pause, 100ms);
    const Duration second_pause = of_operation[2].second - of_operation[1].second - 300ms;
    EXPECT_GE(second_pause, 100ms);
    EXPECT_LE(second_pause, 200ms);
  }
  EXPECT_EQ(ran.outcome.all.completed, attempts.size());
  EXPECT_EQ(ran.outcome.all.unknown, attempts.size());
  EXPECT_EQ(ran.outcome.all.retried, attempts.size());
}

TEST(Retry, CountsLatencyFromTheFirstAttemptAndPutsTheTimeBeforeTheLastIntoTheStageRetry) {
  const auto ran = run(booking(Distribution::uniform(100ms, 500ms), after_timeout(300ms, 30)), code());
  EXPECT_GT(ran.outcome.all.retried, 20u);
  EXPECT_LT(ran.outcome.all.retried, ran.outcome.all.completed);
  EXPECT_EQ(ran.outcome.all.unknown, 0u);
  EXPECT_GE(ran.outcome.all.histogram.max(), 450ms);
  reports::StageTimes stages = ran.outcome.all.stages;
  EXPECT_GE(time_in(stages, reports::Stage::retry), 350ms * static_cast<std::int64_t>(ran.outcome.all.retried));
}

TEST(Retry, StopsAtTheFirstAnswer) {
  const auto ran = run(booking(Distribution::constant(100ms), after_timeout(2s, 5)), code());
  EXPECT_EQ(ran.outcome.all.retried, 0u);
  EXPECT_EQ(ran.outcome.all.failed + ran.outcome.all.unknown, 0u);
  EXPECT_EQ(ran.outcome.verdicts.front().verdict.kind, properties::Verdict::Kind::holds);
}

TEST(Retry, ChargesTwiceWhoDoesNotRememberTheFirstTime) {
  const auto ran = run(booking(Distribution::constant(400ms), after_timeout(300ms, 1)), code());
  const properties::Verdict& charged = ran.outcome.verdicts.front().verdict;
  ASSERT_EQ(charged.kind, properties::Verdict::Kind::violated);
  EXPECT_EQ(charged.violation->rule, "at_most_once");
  EXPECT_TRUE(charged.violation->text.starts_with("bank happened for operation 0 of client 0 at "))
      << charged.violation->text;
}

TEST(Retry, AfterAnErrorIsNotAfterATimeout) {
  RetryPlan retry{.after_error = true, .max = 3, .backoff_least = 10ms, .backoff_most = 10ms};
  Experiment experiment = booking(Distribution::constant(10ms), retry);
  experiment.services.front().refusals_millionths = 500'000;
  const auto refused = run(experiment, code());
  EXPECT_GT(refused.outcome.all.retried, refused.outcome.all.completed / 3);
  EXPECT_LT(refused.outcome.all.failed, refused.outcome.all.completed / 5);  // 1 in 16

  const auto slow = run(booking(Distribution::constant(2s), retry), code());
  EXPECT_EQ(slow.outcome.all.retried, 0u);
}

TEST(Retry, HasAnExplicitFormThatMakesTheSameRun) {
  const Experiment law = booking(Distribution::uniform(100ms, 500ms), after_timeout(300ms, 5));
  EXPECT_EQ(run(explicit_form(law, code()), code()).outcome.fingerprint, run(law, code()).outcome.fingerprint);
}

TEST(Counted, MissesWhatNeverHappenedThoughTheUserWasToldThatItWentWell) {
  Experiment experiment = booking(Distribution::constant(10ms), {});
  experiment.classes.front().handlers.front().steps = {Step{WhenStep{500'000, {Step{FetchStep{"bank"}}}}}};
  experiment.counted.front().times = properties::Times::at_least_once;
  const auto ran = run(experiment, code());
  const properties::Verdict& verdict = ran.outcome.verdicts.front().verdict;
  ASSERT_EQ(verdict.kind, properties::Verdict::Kind::violated);
  EXPECT_EQ(verdict.violation->rule, "at_least_once");
}

TEST(Counted, TakesRunsOfAHandlerThatOtherObjectsCall) {
  Experiment experiment = booking(Distribution::constant(10ms), {});
  experiment.classes.push_back(
      {.name = "Audit", .handlers = {{"note", {Step{CpuStep{Distribution::constant(1ms)}}}}}});
  experiment.classes.front().handlers.front().steps = {Step{CallStep{"Audit", "note"}},
                                                       Step{CallStep{"Audit", "note"}}};
  experiment.counted.front().event = "Audit.note";
  EXPECT_FALSE(mistake_in(experiment, code()));
  EXPECT_EQ(run(experiment, code()).outcome.verdicts.front().verdict.kind, properties::Verdict::Kind::violated);
  experiment.classes.front().handlers.front().steps.pop_back();
  EXPECT_EQ(run(experiment, code()).outcome.verdicts.front().verdict.kind, properties::Verdict::Kind::holds);
}

TEST(Counted, OfOneHandlerLeavesOtherOperationsOut) {
  Experiment experiment = booking(Distribution::constant(10ms), {});
  experiment.classes.front().handlers.push_back({"view", {Step{CpuStep{Distribution::constant(1ms)}}}});
  experiment.workload = Law{{{"Venue", "book", 1, {}}, {"Venue", "view", 1, {}}}};
  experiment.counted.front().times = properties::Times::exactly_once;
  EXPECT_EQ(run(experiment, code()).outcome.verdicts.front().verdict.kind, properties::Verdict::Kind::violated);
  experiment.counted.front().of = "Venue.book";
  EXPECT_FALSE(mistake_in(experiment, code()));
  EXPECT_EQ(run(experiment, code()).outcome.verdicts.front().verdict.kind, properties::Verdict::Kind::holds);
  experiment.counted.front().of = "Venue.sell";
  EXPECT_TRUE(mistake_in(experiment, code()));
}

}  // namespace
}  // namespace orrery::scenarios
