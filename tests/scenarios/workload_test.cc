// What clients send: closed loops, and arguments that are drawn.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "scenarios/experiment_file.h"
#include "scenarios/law.h"
#include "scenarios/search/generate.h"
#include "tests/scenarios/built_in.h"
#include "tests/worlds.h"

namespace orrery::scenarios {
namespace {

using tests::Keep;

const Code& code() { return tests::built_in_code(); }

// Two clients in London, each in a loop on one counter.
Experiment loop(Duration think) {
  Experiment experiment = tests::london({{.name = "Counter", .model = "counter"}}, {}, 2);
  experiment.lasts = 2s;
  experiment.clients.front().arrivals = ClosedLoop{Distribution::constant(think)};
  experiment.workload = Law{{{"Counter", "increment", 1, {Value(std::int64_t{1})}}}};
  EXPECT_FALSE(mistake_in(experiment, code()));
  return experiment;
}

TEST(ClosedLoop, SendsTheNextOperationAfterTheAnswer) {
  Keep keep;
  run(loop(10ms), code(), {.more_sinks = {&keep}});

  std::vector<std::optional<Time>> answered(2);
  std::size_t sent = 0;
  for (const journal::Record& record : keep.records) {
    if (const auto* completed = std::get_if<journal::Completed>(&record.event)) {
      answered[completed->client.value] = record.at;
    } else if (const auto* requested = std::get_if<journal::Requested>(&record.event)) {
      const auto before = std::exchange(answered[requested->client.value], std::nullopt);
      if (requested->number > 0) {
        ASSERT_TRUE(before) << "operation " << requested->number << " was sent before the answer";
        EXPECT_EQ(record.at, *before + 10ms);
      }
      EXPECT_EQ(requested->intended, record.at);
      ++sent;
    }
  }
  EXPECT_GT(sent, 100u);  // two clients, and about 20 ms a round
  EXPECT_LT(sent, 400u);
}

TEST(ClosedLoop, CountsKeysOfWhatIsSentOnly) {
  Experiment law = loop(10ms);
  law.classes.front().keys = 5;
  for (const Experiment& experiment : {law, explicit_form(law, code())}) {
    Keep keep;
    const auto ran = run(experiment, code(), {.more_sinks = {&keep}});
    EXPECT_EQ(ran.outcome.keys.at(0).of, keep.all<journal::Requested>().size());
  }
}

TEST(ClosedLoop, HasAnExplicitFormThatMakesTheSameRun) {
  const Experiment law = loop(7ms);
  const Experiment list = explicit_form(law, code());

  ASSERT_TRUE(std::holds_alternative<std::vector<Operation>>(list.workload));
  EXPECT_FALSE(mistake_in(list, code()));
  EXPECT_EQ(run(list, code()).outcome.fingerprint, run(law, code()).outcome.fingerprint);
}

TEST(ClosedLoop, ReadsBackWhatItWrote) {
  const Experiment law = loop(7ms);
  for (const Experiment& experiment : {law, explicit_form(law, code())}) {
    const auto read = read_experiment(to_toml(experiment, {}), "x.toml");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->experiment, experiment);
  }
}

TEST(ClosedLoop, MustThinkForAMoment) {
  Experiment experiment = loop(1us);
  experiment.clients.front().arrivals = ClosedLoop{};
  const auto mistake = mistake_in(experiment, code());
  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->message, "group \"lhr\" must think at least 1us between its operations");
}

TEST(ClosedLoop, EndsThoughACrashLeavesCallsWithoutAnEffect) {
  Experiment experiment = loop(1ms);
  experiment.faults = {{.kind = sim::FaultKind::crash, .at = 500ms, .target = "Counter/0", .lasts = 300ms}};
  const auto it = run(experiment, code());
  EXPECT_GT(it.outcome.all.completed, 100u);
  for (const auto& each : it.outcome.verdicts)
    EXPECT_FALSE(each.verdict.violation) << each.property << ": " << each.verdict.violation->text;
}

TEST(Operation, IsSentAtATimeOrAfterTheAnswerBeforeIt) {
  Experiment experiment =
      tests::london({{.name = "Counter", .model = "counter"}},
                    {tests::operation(0, 0, 5ms, "Counter", "increment", {Value(std::int64_t{1})})});
  std::get<std::vector<Operation>>(experiment.workload).front().after_previous = 1ms;
  const auto mistake = mistake_in(experiment, code());
  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->message,
            "operation 0 of client 0: it is sent either at a time, or at least 1us after the answer before it");
}

// ---- Arguments.

Experiment with_drawn(std::int64_t least, std::int64_t most) {
  Experiment experiment = tests::london({{.name = "Counter"}}, {}, 2);
  experiment.lasts = 2s;
  experiment.clients.front().arrivals = poisson(*parse_rate("500/s"));
  experiment.workload = Law{{{"Counter", "increment", 1, {Between{least, most}}}}};
  return experiment;
}

std::vector<std::int64_t> drawn_in(const Experiment& experiment) {
  std::vector<std::int64_t> all;
  const Experiment listed = explicit_form(experiment, code());
  for (const Operation& each : std::get<std::vector<Operation>>(listed.workload))
    all.push_back(std::get<std::int64_t>(each.args.at(0)));
  return all;
}

TEST(DrawnArgument, TakesEveryValueBetweenItsBoundsAndNoOther) {
  const auto drawn = drawn_in(with_drawn(-2, 3));
  EXPECT_EQ(std::set<std::int64_t>(drawn.begin(), drawn.end()), (std::set<std::int64_t>{-2, -1, 0, 1, 2, 3}));
}

TEST(DrawnArgument, MayBeAnyWholeNumber) {
  const auto drawn = drawn_in(with_drawn(INT64_MIN, INT64_MAX));
  EXPECT_TRUE(std::ranges::any_of(drawn, [](std::int64_t each) { return each < 0; }));
  EXPECT_TRUE(std::ranges::any_of(drawn, [](std::int64_t each) { return each > 0; }));
}

TEST(DrawnArgument, IsWhatTheRunPasses) {
  const Experiment experiment = with_drawn(1, 1'000'000);
  Keep keep;
  run(experiment, code(), {.more_sinks = {&keep}});

  std::multiset<std::int64_t> passed;
  for (const auto& [at, called] : keep.all<journal::Called>()) passed.insert(std::get<std::int64_t>(called.argument));
  const auto drawn = drawn_in(experiment);
  EXPECT_EQ(passed, std::multiset<std::int64_t>(drawn.begin(), drawn.end()));
}

TEST(DrawnArgument, ReadsBackFromAFile) {
  const Experiment experiment = with_drawn(-5, 12);
  const std::string text = to_toml(experiment, {});
  EXPECT_NE(text.find("args = [{ between = [-5, 12] }]"), text.npos) << text;
  const auto read = read_experiment(text, "x.toml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->experiment, experiment);
}

TEST(DrawnArgument, HasBoundsInOrder) {
  const auto mistake = mistake_in(with_drawn(2, 1), code());
  ASSERT_TRUE(mistake);
  EXPECT_EQ(mistake->message, "an argument of increment cannot be between 2 and 1");
}

TEST(DrawnArgument, SaysHowItIsWritten) {
  const std::string good = to_toml(with_drawn(-5, 12), {});
  for (const std::string bad : {"{ between = [1] }", "{ between = [1, 2.5] }", "{ between = [1, 2], step = 2 }"}) {
    std::string text = good;
    const std::string_view right = "{ between = [-5, 12] }";
    text.replace(text.find(right), right.size(), bad);
    const auto read = read_experiment(text, "x.toml");
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().message, "what is drawn is written as { between = [1, 6] }, with two whole numbers")
        << bad;
  }
}

}  // namespace
}  // namespace orrery::scenarios
