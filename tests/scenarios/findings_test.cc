// Why a run was slow: what is said of it is true, and is no longer said when the cause is gone.
#include "scenarios/findings.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "reports/summary.h"
#include "scenarios/object_names.h"
#include "tests/scenarios/broken_rules.h"

namespace orrery::scenarios {
namespace {

using namespace tests;
using reports::Finding;

reports::Outcome outcome_of(const Experiment& experiment) {
  const auto mistake = mistake_in(experiment, built_in_code());
  EXPECT_FALSE(mistake) << mistake->message;
  reports::Outcome outcome = run(experiment, built_in_code()).outcome;
  name_objects(outcome, experiment);
  return outcome;
}

std::vector<reports::Judged> judged(const Experiment& experiment, const reports::Outcome& outcome) {
  return reports::judge(experiment.objectives, outcome, experiment.lasts - experiment.warmup);
}

std::vector<Finding> found_in(const Experiment& experiment) {
  const reports::Outcome outcome = outcome_of(experiment);
  return findings_of(experiment, outcome, judged(experiment, outcome), "venue.toml");
}

const Finding* of_rule(const std::vector<Finding>& findings, std::string_view rule) {
  const auto found = std::ranges::find(findings, rule, &Finding::rule);
  return found == findings.end() ? nullptr : &*found;
}

std::string rules_in(const std::vector<Finding>& findings) {
  std::string rules;
  for (const Finding& each : findings) rules += each.rule + ": " + each.text + "\n";
  return rules;
}

// The one finding of this rule in a run.
Finding the(std::string_view rule, const Experiment& experiment) {
  const std::vector<Finding> findings = found_in(experiment);
  const Finding* found = of_rule(findings, rule);
  EXPECT_TRUE(found) << "no " << rule << ", but\n" << rules_in(findings);
  return found ? *found : Finding{};
}

Experiment broken(std::string_view rule) {
  const std::vector<BrokenRule> all = broken_in_runs();
  return std::ranges::find(all, rule, &BrokenRule::rule)->broken;
}

std::string evidence(const Finding& finding, std::string_view name) {
  const auto found = std::ranges::find(finding.evidence, name, &std::pair<std::string, std::string>::first);
  return found == finding.evidence.end() ? "none" : found->second;
}

double number_in(std::string text) {
  std::erase(text, ',');
  return std::stod(text);
}

TEST(Findings, AreGoneWhenTheirCauseIs) {
  for (const BrokenRule& each : broken_in_runs()) {
    SCOPED_TRACE(each.rule);
    const std::vector<Finding> with_cause = found_in(each.broken);
    const std::vector<Finding> without = found_in(each.mended);
    EXPECT_TRUE(of_rule(with_cause, each.rule)) << rules_in(with_cause);
    EXPECT_FALSE(of_rule(without, each.rule)) << rules_in(without);
  }
}

TEST(Findings, NameEachCauseOnce) {
  for (const BrokenRule& each : broken_in_runs()) {
    const std::vector<Finding> findings = found_in(each.broken);
    EXPECT_EQ(findings.size(), 1u) << each.rule << " brings\n" << rules_in(findings);
  }
}

TEST(Findings, AreThereOnlyIfAnObjectiveWasNotMet) {
  Experiment experiment = broken("hot-object");
  experiment.objectives = {objective("p99", "10s")};
  EXPECT_TRUE(found_in(experiment).empty());
}

TEST(Findings, AreTheSevereOnesIfNobodySaidWhatIsFastEnough) {
  for (const BrokenRule& each : broken_in_runs()) {
    Experiment experiment = each.broken;
    experiment.objectives.clear();
    const std::vector<Finding> findings = found_in(experiment);
    const std::vector<std::string> severe{"overload", "bursts", "gate-held", "retry-storm", "distance"};
    const bool is_severe = std::ranges::find(severe, each.rule) != severe.end();
    // 80 % busy, give or take: it is the next test's.
    if (each.rule == "hot-object" || each.rule == "one-key") continue;
    EXPECT_EQ(findings.size(), is_severe ? 1u : 0u) << each.rule << " brings\n" << rules_in(findings);
  }
}

TEST(Findings, TellOfAHotObjectWithoutObjectivesOnlyIfItIsVeryHot) {
  Experiment warm = with_one_object(venue(cpu(4ms), "185/s"));
  warm.objectives.clear();
  Experiment very_hot = with_one_object(venue(cpu(4ms), "220/s"));
  very_hot.objectives.clear();
  EXPECT_TRUE(found_in(warm).empty());
  EXPECT_TRUE(of_rule(found_in(very_hot), "hot-object"));
}

TEST(Findings, ComeWithTheMostWorthFirst) {
  // Those in Sydney are far from an object that is late for all.
  Experiment experiment = from("Sydney", "Washington DC", with_one_object(venue(cpu(4ms), "240/s")));
  const std::vector<Finding> findings = found_in(experiment);
  ASSERT_EQ(findings.size(), 2u) << rules_in(findings);
  EXPECT_TRUE(std::ranges::is_sorted(findings, std::greater{}, &Finding::worth));
}

TEST(Findings, HaveNoCommandWithoutADesign) {
  const Experiment experiment = broken("overload");
  const reports::Outcome outcome = outcome_of(experiment);
  for (const Finding& each : findings_of(experiment, outcome, judged(experiment, outcome), ""))
    EXPECT_EQ(each.next, "");
}

TEST(Findings, AreTheSameForSeveralSeeds) {
  Experiment experiment = broken("hot-object");
  std::vector<reports::Outcome> outcomes;
  for (const std::uint64_t seed : {7u, 8u, 9u}) {
    experiment.seed = seed;
    outcomes.push_back(outcome_of(experiment));
  }
  const reports::Outcome merged = reports::merged(outcomes);
  const std::vector<Finding> findings = findings_of(experiment, merged, judged(experiment, merged), "venue.toml", 3);
  ASSERT_EQ(findings.size(), 1u) << rules_in(findings);
  EXPECT_EQ(findings.front().rule, "hot-object");
  EXPECT_NEAR(number_in(evidence(findings.front(), "busy")), 80, 2);
}

TEST(Findings, SayNothingOfARunThatServedNobody) {
  Experiment experiment = venue(cpu(1ms), "0/s");
  EXPECT_TRUE(found_in(experiment).empty());
  EXPECT_FALSE(wants_closed_loop_view(outcome_of(experiment)));
}

// ---- What each says.

TEST(Overload, SaysHowMuchIsOfferedAndWhatTheObjectCanDo) {
  const Finding finding = the("overload", broken("overload"));
  EXPECT_EQ(evidence(finding, "capacity"), "200 a second");
  EXPECT_NEAR(number_in(evidence(finding, "load")), 150, 5);
  EXPECT_TRUE(finding.text.contains("each keeps it busy for 5.00 ms")) << finding.text;
  EXPECT_EQ(finding.next, "orrery sweep venue.toml --set objects.Venue.shards=1,2,4,per-key");
}

TEST(Overload, IsNoneInAClosedLoop) {
  Experiment experiment = with_one_object(venue(cpu(5ms)));
  experiment.clients.front().clients = 10;
  experiment.clients.front().arrivals = ClosedLoop{Distribution::constant(1ms)};
  const std::vector<Finding> findings = found_in(experiment);
  EXPECT_FALSE(of_rule(findings, "overload")) << rules_in(findings);
  EXPECT_TRUE(of_rule(findings, "hot-object")) << rules_in(findings);
}

TEST(Bursts, CompareTheMeanWithTheBusiestTimeAndWithTheory) {
  const Finding finding = the("bursts", broken("bursts"));
  EXPECT_TRUE(finding.text.contains("while lhr bursts (5s in every 22.5s)")) << finding.text;
  EXPECT_TRUE(evidence(finding, "busiest_load").starts_with("15") ||
              evidence(finding, "busiest_load").starts_with("16"))
      << finding.text;
  // Turns of exactly 2 ms at a load of rho wait for rho / (1 - rho) ms, if they come at random.
  const double rho = number_in(evidence(finding, "mean_load")) / 100;
  EXPECT_LT(rho, 0.75);
  EXPECT_NEAR(number_in(evidence(finding, "expected_wait")), rho / (1 - rho), 0.02);
}

TEST(HotObject, SaysThatItCanBeSplit) {
  const Finding finding = the("hot-object", broken("hot-object"));
  EXPECT_EQ(evidence(finding, "capacity"), "250 a second");
  EXPECT_TRUE(finding.text.contains("One object serves 20 keys; the busiest key gets 5.")) << finding.text;
  EXPECT_TRUE(finding.text.contains("so it can be split")) << finding.text;
  EXPECT_EQ(finding.next, "orrery sweep venue.toml --set objects.Venue.shards=1,2,4,per-key");
}

TEST(HotObject, StaysOneKeyWhereOneKeyHasTheWork) {
  Experiment shared = with_hot_key(950'000, with_one_object(venue(cpu(4ms), "200/s")));
  const Finding finding = the("one-key", shared);
  EXPECT_TRUE(finding.text.contains("Splitting does not help: one key has 9")) << finding.text;
  EXPECT_EQ(finding.next, "");

  EXPECT_TRUE(the("one-key", broken("one-key")).text.starts_with("Venue/0 is ")) << finding.text;

  shared.classes.front().keys = 1;
  EXPECT_TRUE(the("one-key", shared).text.contains("It has one key"));
}

TEST(HotObject, MayBeCalledByOtherObjectsOnly) {
  Experiment experiment = with_log(venue({call()}, "200/s"));
  experiment.classes[1].handlers = {{"add", cpu(4ms)}};
  const Finding finding = the("hot-object", experiment);
  EXPECT_TRUE(finding.text.starts_with("Log is ")) << finding.text;
  EXPECT_TRUE(finding.text.contains("Other objects call it")) << finding.text;
}

TEST(GateHeld, SaysHowManyCallsAreLeft) {
  const Finding finding = the("gate-held", broken("gate-held"));
  // A fetch of 20 ms, and 0.6 ms to another data center and back.
  EXPECT_EQ(evidence(finding, "taken"), "20.6 ms");
  EXPECT_EQ(evidence(finding, "capacity"), "48.5 a second");
  EXPECT_EQ(finding.next, "orrery run venue.toml --set objects.Venue.holds=turn");
}

TEST(GateHeld, SeesABlock) {
  const Steps block{Step{BlockStep{{fetch()}}}};
  const Finding finding = the("gate-held", with_one_object(venue(block, "30/s")));
  EXPECT_EQ(evidence(finding, "taken"), "20.6 ms");
  EXPECT_EQ(finding.next, "orrery bench venue.toml --handler Venue.book");
}

TEST(Distance, SaysWhereTheObjectsLive) {
  const Finding finding = the("distance", broken("distance"));
  EXPECT_TRUE(finding.text.contains("Venue lives in Washington DC, a round trip of 215.5 ms from Sydney"))
      << finding.text;
  EXPECT_EQ(finding.next, "orrery run venue.toml --set objects.Venue.shards=per-key --set objects.Venue.place=home");
}

TEST(Distance, TriesOtherPlacesForASingleObject) {
  Experiment experiment = broken("distance");
  experiment.classes.front().keys = 1;
  EXPECT_EQ(the("distance", experiment).next, "orrery sweep venue.toml --set objects.Venue.place=oc");
}

TEST(Distance, IsOnlyThatOfTheGroupThatMissed) {
  Experiment experiment = broken("distance");
  experiment.clients.push_back({.name = "iad", .city = "Washington DC", .arrivals = rate("50/s")});
  experiment.objectives = {objective("iad.mean", "1ms"), objective("lhr.mean", "1s")};
  EXPECT_FALSE(of_rule(found_in(experiment), "distance"));
}

// People in London and Tokyo, whose keys have their objects at home.
Experiment at_home(std::uint64_t keys, std::int64_t affinity_millionths) {
  Experiment experiment = with_keys(keys, venue(cpu(1ms)));
  experiment.clients.push_back({.name = "tokyo", .city = "Tokyo", .arrivals = rate("50/s")});
  experiment.classes.front().place = place_home;
  experiment.classes.front().affinity_millionths = affinity_millionths;
  return experiment;
}

TEST(Distance, IsNoneIfEverybodyIsNearTheirObjects) {
  const std::vector<Finding> near = found_in(at_home(100'000, 1'000'000));
  EXPECT_FALSE(of_rule(near, "distance")) << rules_in(near);
  EXPECT_TRUE(of_rule(near, "first-call")) << rules_in(near);

  const std::vector<Finding> few = found_in(at_home(20, 1'000'000));
  EXPECT_EQ(rules_in(few), "");
}

TEST(Distance, IsSeenWhereKeysLiveElsewhere) {
  const Finding far = the("distance", at_home(20, 0));
  EXPECT_TRUE(far.text.contains("Too many requests are for keys whose home is elsewhere")) << far.text;
  EXPECT_FALSE(of_rule(found_in(at_home(20, 0)), "first-call"));
}

TEST(FirstCall, IsSeenBesideADistanceThatAllPay) {
  // The way takes 76 ms and nobody minds; where an object lives is asked for longer.
  Experiment experiment = from("London", "Washington DC", with_keys(100'000, venue(cpu(1ms))));
  experiment.objectives = {objective("p90", "130ms")};
  const std::vector<Finding> findings = found_in(experiment);
  EXPECT_TRUE(of_rule(findings, "first-call")) << rules_in(findings);
  EXPECT_FALSE(of_rule(findings, "distance")) << rules_in(findings);
  EXPECT_TRUE(found_in(with_keys(20, experiment)).empty());

  experiment.objectives = {objective("p50", "50ms")};
  EXPECT_TRUE(of_rule(found_in(with_keys(20, experiment)), "distance"));
}

TEST(FirstCall, CountsTheObjectsOfEachSeed) {
  Experiment experiment = broken("first-call");
  std::vector<reports::Outcome> outcomes;
  for (const std::uint64_t seed : {7u, 8u, 9u}) {
    experiment.seed = seed;
    outcomes.push_back(outcome_of(experiment));
  }
  const reports::Outcome merged = reports::merged(outcomes);
  const std::vector<Finding> findings = findings_of(experiment, merged, judged(experiment, merged), "venue.toml", 3);
  ASSERT_TRUE(of_rule(findings, "first-call")) << rules_in(findings);
  EXPECT_TRUE(of_rule(findings, "first-call")->text.contains(" requests that count, in each seed: "))
      << rules_in(findings);
}

TEST(SlowService, SaysWhichAndWhere) {
  const Finding finding = the("slow-service", broken("slow-service"));
  EXPECT_TRUE(finding.text.contains("permits (median 200.0 ms, in London)")) << finding.text;
  EXPECT_FALSE(finding.text.contains("The way from")) << finding.text;

  const Experiment far = from("London", "Sydney", broken("slow-service"));
  Experiment far_and_slow = with_bank(Distribution::constant(600ms), far);
  EXPECT_TRUE(the("slow-service", far_and_slow).text.contains("The way from Venue in Sydney and back is 2"))
      << the("slow-service", far_and_slow).text;
}

TEST(RetryStorm, SaysWhoAsksAgain) {
  const Finding finding = the("retry-storm", broken("retry-storm"));
  EXPECT_TRUE(finding.text.contains("lhr asks again when 100ms have passed")) << finding.text;
  EXPECT_EQ(finding.next, "orrery run venue.toml --set clients.lhr.retry.max=0");
}

TEST(Errors, SayWhoRefuses) {
  const Finding finding = the("errors", broken("errors"));
  EXPECT_TRUE(finding.text.contains("of Venue.book came to nothing")) << finding.text;
  EXPECT_TRUE(finding.text.contains("permits refuses 10 % of what it is asked")) << finding.text;
}

TEST(ChattyCalls, CountsThem) { EXPECT_EQ(evidence(the("chatty-calls", broken("chatty-calls")), "calls"), "6.00"); }

// ---- The load test that one would have run.

TEST(ClosedLoopView, IsWantedWhereTheTailIsWaiting) {
  EXPECT_TRUE(wants_closed_loop_view(outcome_of(broken("bursts"))));
  EXPECT_FALSE(wants_closed_loop_view(outcome_of(broken("slow-service"))));
}

TEST(ClosedLoopView, SendsAsManyRequestsAndHidesTheWaiting) {
  const Experiment open = broken("bursts");
  const reports::Outcome slow = outcome_of(open);
  const Experiment closed = closed_loop_of(open, slow);
  ASSERT_TRUE(is_closed(closed.clients.front().arrivals));
  EXPECT_EQ(closed.clients.front().name, open.clients.front().name);
  EXPECT_TRUE(closed.objectives.empty());

  const reports::Outcome fast = outcome_of(closed);
  const auto p99 = [](const reports::Outcome& outcome) {
    return outcome.all.histogram.percentile(reports::Percentile{99'000});
  };
  // 10 s at 800/s and 35 s at 200/s; what is meant for the warm-up does not count.
  EXPECT_NEAR(static_cast<double>(fast.all.completed), 15'000.0 * 40 / 45, 200);
  EXPECT_GT(p99(slow), 10 * p99(fast));
}

TEST(ClosedLoopView, CountsForTwoMinutesAtMost) {
  Experiment longer = broken("bursts");
  const reports::Outcome outcome = outcome_of(longer);
  longer.lasts = 10min;
  longer.faults = {{.kind = sim::FaultKind::crash, .at = 9min, .target = "lhr-1-1", .lasts = 1s}};
  const Experiment closed = closed_loop_of(longer, outcome);
  EXPECT_EQ(closed.lasts, longer.warmup + 2min);
  EXPECT_TRUE(closed.faults.empty());
  EXPECT_FALSE(mistake_in(closed, built_in_code()));
}

TEST(ClosedLoopView, HasAtLeastOneConnectionThatThinks) {
  const Experiment open = with_one_object(venue(cpu(1ms), "1/s"));
  const Experiment closed = closed_loop_of(open, outcome_of(open));
  EXPECT_EQ(closed.clients.front().clients, 1u);
  const Distribution think = std::get<ClosedLoop>(closed.clients.front().arrivals).think;
  EXPECT_LT(think.base, 1s);  // less what an answer takes
  EXPECT_GT(think.base, 980ms);
}

TEST(ClosedLoopView, LeavesLoopsAndThoseWhoSendNothing) {
  Experiment experiment = venue(cpu(1ms));
  experiment.clients.push_back({.name = "loop", .city = "London", .clients = 3});
  experiment.clients[1].arrivals = ClosedLoop{Distribution::constant(2s)};
  experiment.clients.push_back({.name = "idle", .city = "London", .arrivals = rate("0/s")});
  const Experiment closed = closed_loop_of(experiment, outcome_of(experiment));
  EXPECT_EQ(closed.clients[1], experiment.clients[1]);
  EXPECT_FALSE(is_closed(closed.clients[2].arrivals));
  EXPECT_FALSE(mistake_in(closed, built_in_code()));
}

TEST(ClosedLoopView, MakesALawOfAList) {
  const Experiment open = venue(cpu(1ms), "50/s");
  const Experiment listed = explicit_form(open, built_in_code());
  const Experiment closed = closed_loop_of(listed, outcome_of(listed));
  EXPECT_FALSE(mistake_in(closed, built_in_code()));
  const auto& operations = std::get<std::vector<Operation>>(listed.workload);
  const auto sent = static_cast<double>(operations.size()) * 20 / 25;
  EXPECT_NEAR(static_cast<double>(outcome_of(closed).all.completed), sent, 0.05 * sent);
}

}  // namespace
}  // namespace orrery::scenarios
