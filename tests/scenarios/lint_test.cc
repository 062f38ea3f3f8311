// What is wrong with a design before anybody runs it.
#include "scenarios/design/lint.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/scenarios/broken_rules.h"

namespace orrery::scenarios {
namespace {

using namespace tests;
using Level = LintNote::Level;

std::vector<LintNote> notes_on(const Experiment& experiment, std::uint64_t seeds = 5) {
  const auto mistake = mistake_in(experiment, built_in_code());
  EXPECT_FALSE(mistake) << mistake->message;
  Design design;
  design.name = experiment.scenario;
  design.experiment = experiment;
  design.seeds = seeds;
  return lint(design, nullptr);
}

const LintNote* of_rule(const std::vector<LintNote>& notes, std::string_view rule) {
  const auto found = std::ranges::find(notes, rule, &LintNote::rule);
  return found == notes.end() ? nullptr : &*found;
}

std::string all_of(const std::vector<LintNote>& notes) {
  std::string text;
  for (const LintNote& each : notes) text += each.rule + " " + each.path + ": " + each.text + "\n";
  return text;
}

LintNote the(std::string_view rule, const Experiment& experiment, std::uint64_t seeds = 5) {
  const std::vector<LintNote> notes = notes_on(experiment, seeds);
  const LintNote* found = of_rule(notes, rule);
  EXPECT_TRUE(found) << "no " << rule << ", but\n" << all_of(notes);
  return found ? *found : LintNote{};
}

Experiment broken(std::string_view rule) {
  const std::vector<BrokenRule> all = broken_in_text();
  return std::ranges::find(all, rule, &BrokenRule::rule)->broken;
}

TEST(Lint, ObjectsToWhatBreaksARuleAndNotToTheSameWithoutTheCause) {
  for (const BrokenRule& each : broken_in_text()) {
    const std::vector<LintNote> with_cause = notes_on(each.broken);
    const std::vector<LintNote> without = notes_on(each.mended);
    EXPECT_TRUE(of_rule(with_cause, each.rule)) << each.rule << "\n" << all_of(with_cause);
    EXPECT_FALSE(of_rule(without, each.rule)) << each.rule << "\n" << all_of(without);
  }
}

TEST(Lint, HasNothingAgainstASoundDesign) {
  Experiment sound = venue({put(), fetch(), put()});
  sound.lasts = 10min;
  sound.objectives = {objective("p99", "100ms")};
  EXPECT_EQ(all_of(notes_on(sound)), "");
}

TEST(Lint, PutsErrorsFirstAndSaysEachInOneLine) {
  for (const BrokenRule& each : broken_in_text()) {
    const std::vector<LintNote> notes = notes_on(each.broken);
    EXPECT_TRUE(std::ranges::is_partitioned(notes, [](const LintNote& note) { return note.level == Level::error; }));
    for (const LintNote& note : notes) {
      EXPECT_FALSE(note.text.contains('\n')) << note.text;
      EXPECT_FALSE(note.text.ends_with('.')) << note.text;
      EXPECT_FALSE(note.path.empty()) << note.text;
      EXPECT_EQ(note.evidence, "");
    }
  }
}

TEST(Lint, TakesEvidenceFromARun) {
  Design design;
  design.experiment = broken("hot-object");
  design.experiment.classes.front().handlers.front().steps.insert(
      design.experiment.classes.front().handlers.front().steps.begin(), {put(), Step{SyncStep{}}, Step{ReplyStep{}}});
  const reports::Outcome outcome = run(design.experiment, built_in_code()).outcome;
  const std::vector<LintNote> notes = lint(design, &outcome);
  ASSERT_TRUE(of_rule(notes, "hot-object")) << all_of(notes);
  ASSERT_TRUE(of_rule(notes, "commit-wait")) << all_of(notes);
  EXPECT_TRUE(of_rule(notes, "hot-object")->evidence.starts_with("Venue was ")) << all_of(notes);
  EXPECT_TRUE(of_rule(notes, "commit-wait")->evidence.starts_with("Venue.book: ")) << all_of(notes);
}

TEST(Lint, CountsNothingThatTrailsBehindTheRunAsBusy) {
  Design design;
  design.experiment = broken("hot-object");
  const Experiment evidence = evidence_run(design);
  reports::Outcome outcome = run(evidence, built_in_code()).outcome;
  const std::string busy = of_rule(lint(design, &outcome), "hot-object")->evidence;
  outcome.virtual_time = 10min;
  EXPECT_EQ(of_rule(lint(design, &outcome), "hot-object")->evidence, busy);
  outcome.objects.front().busy = 10min;
  EXPECT_TRUE(of_rule(lint(design, &outcome), "hot-object")->evidence.contains(" was 100.0 % busy"));
}

TEST(Lint, TakesEvidenceOfOneMinute) {
  Design design;
  design.experiment = venue(cpu(1ms));
  EXPECT_EQ(evidence_run(design).lasts, 25s);
  design.experiment.lasts = 10min;
  design.experiment.faults = {{.at = 9min, .target = "lhr-1-1"}};
  EXPECT_EQ(evidence_run(design).lasts, 65s);
  EXPECT_TRUE(evidence_run(design).faults.empty());
}

// ---- Load.

TEST(LintOfLoad, SaysWhatIsOfferedToTheBusiestObject) {
  const LintNote note = the("overload", broken("overload"));
  EXPECT_EQ(note.level, Level::error);
  EXPECT_EQ(note.path, "objects.Venue");
  EXPECT_EQ(
      note.text,
      "Venue is offered 150.0 % of what it can do, 300 calls a second: its queue grows as long as the run lasts");
}

TEST(LintOfLoad, KnowsTheMeanAndThePeakOfBursts) {
  const LintNote note = the("bursts", broken("bursts"));
  EXPECT_EQ(note.level, Level::error);
  EXPECT_TRUE(note.text.contains("160.0 %") && note.text.contains("66.7 % on average")) << note.text;
}

TEST(LintOfLoad, SeesARampAtItsEnd) {
  Experiment experiment = with_one_object(venue(cpu(4ms)));
  experiment.clients.front().arrivals = RampArrivals{*parse_rate("1/s"), *parse_rate("300/s"), 19s};
  EXPECT_TRUE(the("bursts", experiment).text.contains("120.0 %"));
}

TEST(LintOfLoad, KnowsWhatTheBusiestKeyGets) {
  Experiment experiment = venue(cpu(1ms), "800/s");
  experiment.classes.front().zipf_millionths = 10'000'000;  // nearly all requests are for the first
  const LintNote note = the("one-key", experiment);
  EXPECT_TRUE(note.text.contains("its busiest key gets 99.9 % of the requests")) << note.text;
}

TEST(LintOfLoad, KnowsWhatTheBusiestShardGets) {
  Experiment experiment = venue(cpu(4ms), "400/s");
  experiment.classes.front().shards = 2;
  experiment.classes.front().hot_millionths = 600'000;
  const std::string with_hot_key = object_of(experiment.classes.front(), "0");
  int keys = 0;
  for (int key = 0; key < 20; ++key)
    keys += object_of(experiment.classes.front(), std::to_string(key)) == with_hot_key ? 1 : 0;
  const LintNote note = the("overload", experiment);
  EXPECT_TRUE(note.text.starts_with("Venue/" + with_hot_key)) << note.text;
  // 60 % of the requests, and of the rest those for its keys; 1.6 times what one object can do is sent.
  const double load = 160 * (0.6 + 0.4 * keys / 20);
  EXPECT_NEAR(std::stod(note.text.substr(note.text.find("offered ") + 8)), load, 0.2) << note.text;
}

TEST(LintOfLoad, CountsCallsOfOtherObjects) {
  Experiment experiment = with_log(venue({call(), call()}, "300/s"));
  experiment.classes[1].handlers = {{"add", cpu(2ms)}};
  const LintNote note = the("overload", experiment);
  EXPECT_EQ(note.path, "objects.Log");
  EXPECT_TRUE(note.text.contains("offered 120.0 %") && note.text.contains("600 calls a second")) << note.text;
}

TEST(LintOfLoad, CountsWhatHappensOnlySometimes) {
  Experiment experiment = with_log(venue({Step{WhenStep{250'000, {call()}}}}, "400/s"));
  experiment.classes[1].handlers = {{"add", cpu(8ms)}};
  EXPECT_TRUE(the("one-key", experiment).text.contains("80.0 % busy"));
}

// ---- The gate.

TEST(LintOfGates, IsAnErrorIfMoreComesThanTheGateLetsIn) {
  const Steps block{Step{BlockStep{{fetch()}}}};
  const LintNote little = the("fetch-in-block", with_one_object(venue(block, "30/s")));
  EXPECT_EQ(little.level, Level::warning);
  EXPECT_EQ(little.path, "objects.Venue.handlers.book");
  const LintNote much = the("fetch-in-block", with_one_object(venue(block, "50/s")));
  EXPECT_EQ(much.level, Level::error);
  EXPECT_TRUE(much.text.contains("takes the object for 20.6 ms, so 48.5 calls a second are possible")) << much.text;
  EXPECT_TRUE(much.text.contains("its busiest object gets 50.0 calls a second")) << much.text;
}

TEST(LintOfGates, SeesAHeldCallAndAHeldCommit) {
  EXPECT_TRUE(the("fetch-in-block", held(object::Holding::call, venue({fetch()}, "1/s"))).text.contains("returned"));
  const LintNote commit = the("gate-held", broken("gate-held"));
  EXPECT_TRUE(commit.text.contains("durable")) << commit.text;
  EXPECT_EQ(commit.level, Level::advice);
  EXPECT_EQ(the("gate-held", with_sync(15ms, broken("gate-held"))).level, Level::warning);
  EXPECT_EQ(the("gate-held", with_sync(21ms, broken("gate-held"))).level, Level::error);
}

TEST(LintOfGates, LeavesABlockThatWaitsForNothing) {
  const Steps block{Step{BlockStep{{put()}}}};
  EXPECT_FALSE(of_rule(notes_on(venue(block)), "fetch-in-block"));
}

// ---- Objectives.

TEST(LintOfObjectives, KnowsTheWay) {
  const LintNote note = the("impossible-objective", broken("impossible-objective"));
  EXPECT_EQ(note.level, Level::error);
  EXPECT_EQ(note.path, "objectives.p99");
  EXPECT_EQ(note.text,
            "lhr.p99 <= 200ms cannot be met: a request takes at least 268.5 ms: 260.5 ms from Sydney to Venue in "
            "London and "
            "back, 8.00 ms between users and the edge");
}

TEST(LintOfObjectives, KnowsWhatTheHandlerWaitsFor) {
  Experiment experiment = venue({fetch()});
  experiment.objectives = {objective("Venue.book.p50", "25ms")};
  EXPECT_TRUE(the("impossible-objective", experiment).text.contains("20.6 ms that book itself waits"));
  experiment.classes.front().handlers.front().steps.insert(experiment.classes.front().handlers.front().steps.begin(),
                                                           Step{ReplyStep{}});
  EXPECT_FALSE(of_rule(notes_on(experiment), "impossible-objective"));
}

TEST(LintOfObjectives, LetsAFewRequestsBeSlow) {
  Experiment experiment = from("Sydney", "London", venue(cpu(1ms)));
  experiment.classes.push_back({.name = "Near", .place = "Sydney", .handlers = {{"read", cpu(1ms)}}});
  experiment.workload = Law{{{"Venue", "book", 1, {}}, {"Near", "read", 199, {}}}};
  experiment.objectives = {objective("p99", "200ms"), objective("mean", "200ms")};
  EXPECT_FALSE(of_rule(notes_on(experiment), "impossible-objective"));
  experiment.objectives = {objective("p99.9", "200ms")};
  EXPECT_TRUE(of_rule(notes_on(experiment), "impossible-objective"));
  experiment.objectives = {objective("max", "200ms")};
  EXPECT_TRUE(of_rule(notes_on(experiment), "impossible-objective"));
}

TEST(LintOfObjectives, KnowsHowMuchIsSent) {
  Experiment experiment = venue(cpu(1ms), "50/s");
  experiment.objectives = {objective("throughput", "60/s")};
  EXPECT_TRUE(the("impossible-objective", experiment).text.contains("50.0 requests a second are sent"));
  experiment.clients.front().arrivals = ClosedLoop{Distribution::constant(1s)};
  EXPECT_EQ(the("closed-loop", experiment).level, Level::error);
}

TEST(LintOfObjectives, SaysHowLongARunMustBe) {
  const LintNote note = the("short-run", broken("short-run"));
  EXPECT_EQ(note.level, Level::warning);
  EXPECT_EQ(note.text, "p99 needs 1,000 requests and lhr has about 200 in 25s: run it for 110s");
}

TEST(LintOfObjectives, WantsSeveralSeedsForRarePercentiles) {
  Experiment experiment = venue(cpu(1ms), "50/s");
  experiment.lasts = 10min;
  experiment.objectives = {objective("p99.9", "1s")};
  EXPECT_EQ(the("short-run", experiment, 1).path, "run.seeds");
  EXPECT_FALSE(of_rule(notes_on(experiment, 5), "short-run"));
}

TEST(LintOfObjectives, LetsAGroupsOwnTakeThePlaceOfTheOneForEach) {
  Experiment experiment = from("Sydney", "London", venue(cpu(1ms)));
  experiment.clients.push_back({.name = "near", .city = "London", .arrivals = rate("50/s")});
  experiment.objectives = {objective("p90", "60ms"), objective("lhr.p90", "300ms")};
  EXPECT_FALSE(of_rule(notes_on(experiment), "impossible-objective")) << all_of(notes_on(experiment));
  experiment.objectives.pop_back();
  EXPECT_TRUE(the("impossible-objective", experiment).text.contains("lhr.p90 <= 60ms"));
}

// ---- Clients and the rest.

TEST(LintOfClients, KnowsThatNoAnswerCanComeInTime) {
  const RetryPlan hasty{.after_timeout = true, .timeout = 100ms, .max = 3, .backoff_least = 1s, .backoff_most = 9s};
  const LintNote note = the("retry-storm", with_retry(hasty, from("Sydney", "London", venue(cpu(1ms)))));
  EXPECT_EQ(note.level, Level::error);
  EXPECT_EQ(note.path, "clients.lhr.retry.timeout");
  EXPECT_FALSE(of_rule(notes_on(with_retry(hasty, venue(cpu(1ms)))), "retry-storm"));
}

TEST(LintOfClients, WantsAWarmUpThatLeavesSomething) {
  Experiment experiment = venue(cpu(1ms));
  experiment.objectives.clear();
  experiment.warmup = 13s;
  EXPECT_EQ(the("short-run", experiment).path, "run.warmup");
}

TEST(LintOfClasses, WantsFewerObjectsThanKeys) {
  Experiment experiment = venue(cpu(1ms));
  experiment.classes.front().shards = 21;
  EXPECT_EQ(the("unused", experiment).path, "objects.Venue.shards");
}

TEST(LintOfClasses, WantsSomebodyToCallEachHandler) {
  Experiment experiment = venue(cpu(1ms));
  experiment.classes.front().handlers.push_back({"view", cpu(1ms)});
  const LintNote note = the("unused", experiment);
  EXPECT_EQ(note.path, "objects.Venue.handlers.view");
  EXPECT_EQ(note.level, Level::advice);
}

TEST(LintOfClasses, TakesManyCallsForOneObjectAsAWarning) {
  EXPECT_TRUE(of_rule(notes_on(with_one_object(venue(cpu(1us), "600/s"))), "single-object"));
  EXPECT_FALSE(of_rule(notes_on(with_one_object(venue(cpu(1us), "400/s"))), "single-object"));
}

TEST(LintOfHandlers, ObjectsToCallsThatGrowWithTheData) {
  const Steps side_by_side{Step{AllStep{{{call()}, {call()}}}}};
  EXPECT_TRUE(the("chatty-calls", with_log(venue(side_by_side))).text.contains("side by side"));
}

TEST(LintOfHandlers, AdvisesAKeyBeforeAFetchOnlyWhereItIsAskedTwice) {
  const Experiment once = with_retry({}, broken("write-before-fetch"));
  EXPECT_FALSE(of_rule(notes_on(once), "write-before-fetch"));
  EXPECT_FALSE(of_rule(notes_on(with_retry(broken("write-before-fetch").clients.front().retry, venue({fetch()}))),
                       "write-before-fetch"));
}

}  // namespace
}  // namespace orrery::scenarios
