// How long users wait before that is held against the runtime, and not against a design.
#include "scenarios/patience.h"

#include <gtest/gtest.h>

#include "tests/scenarios/broken_rules.h"

namespace orrery::scenarios {
namespace {

using namespace tests;

properties::Verdict liveness_of(Experiment experiment) {
  experiment.properties = {"liveness"};
  EXPECT_FALSE(mistake_in(experiment, built_in_code()));
  return run(experiment, built_in_code()).outcome.verdicts.at(0).verdict;
}

Experiment with_slow_bank() { return with_bank(Distribution::constant(35s), venue({fetch()}, "5/s")); }

TEST(Patience, IsTheUsualOneWhereNothingIsSlow) {
  Experiment experiment = venue({put(), fetch()});
  experiment.objectives.clear();
  EXPECT_EQ(patience_of(experiment), 30s);
}

TEST(Patience, IsThatOfWhatHandlersWaitFor) {
  Experiment experiment = with_slow_bank();
  experiment.objectives.clear();
  // What any handler may ask, and what this one does.
  EXPECT_EQ(patience_of(experiment), 2 * (35s + 35s));
  experiment.classes.front().handlers.front().steps.push_back(Step{WaitStep{Distribution::constant(10s)}});
  EXPECT_EQ(patience_of(experiment), 2 * (35s + 35s + 10s));
}

TEST(Patience, HasNoEndWhereObjectivesJudge) {
  EXPECT_EQ(patience_of(held_to({objective("p99", "40s")}, with_slow_bank())), Duration::max());
}

TEST(Liveness, IsNotViolatedByAServiceThatTheDesignMadeSlow) {
  Experiment experiment = with_slow_bank();
  EXPECT_EQ(liveness_of(held_to({objective("p99", "40s")}, experiment)).kind, properties::Verdict::Kind::holds);
  EXPECT_EQ(liveness_of(held_to({}, experiment)).kind, properties::Verdict::Kind::holds);
}

TEST(Liveness, IsNotViolatedByClientsThatGiveUpThemselves) {
  const RetryPlan impatient{.after_timeout = true, .timeout = 5s, .max = 2, .backoff_least = 1s, .backoff_most = 1s};
  const properties::Verdict verdict = liveness_of(with_retry(impatient, with_slow_bank()));
  EXPECT_EQ(verdict.kind, properties::Verdict::Kind::holds)
      << (verdict.violation ? verdict.violation->text : std::string());
}

TEST(Liveness, IsViolatedByOverloadThatNobodyJudges) {
  const Experiment overloaded = with_one_object(venue(cpu(20ms), "200/s"));
  const properties::Verdict verdict = liveness_of(held_to({}, overloaded));
  ASSERT_TRUE(verdict.violation);
  EXPECT_EQ(verdict.violation->rule, "answered_in_time");
  EXPECT_EQ(liveness_of(overloaded).kind, properties::Verdict::Kind::holds);
}

}  // namespace
}  // namespace orrery::scenarios
