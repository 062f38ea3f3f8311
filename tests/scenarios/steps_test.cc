// Object classes made of steps: how they are written, and that they run on the runtime as any class does.
#include <gtest/gtest.h>

#include "scenarios/design/steps.h"
#include "scenarios/experiment_file.h"
#include "tests/scenarios/built_in.h"
#include "tests/worlds.h"

namespace orrery::scenarios {
namespace {

using tests::Keep;

TEST(Step, ReadsBackAsItIsWritten) {
  for (const std::string text :
       {"cpu 700us", "cpu lognormal 1ms sigma 0.3", "wait 10ms", "kv.get", "kv.put bytes=200", "kv.get 50us", "sync",
        "reply", "sql.read rows=5", "sql.write 650us rows=3 bytes=20", "sql.read exponential 1ms"}) {
    const auto step = parse_step(text);
    ASSERT_TRUE(step) << text << ": " << step.error();
    EXPECT_EQ(to_toml(*step), "\"" + text + "\"");
  }
}

TEST(Step, SaysWhatIsWrong) {
  const auto wrong = [](std::string_view text) { return parse_step(text).error(); };
  EXPECT_EQ(wrong("cpo 1ms"), "there is no step \"cpo\": did you mean \"cpu\"?");
  EXPECT_EQ(wrong("cpu"), "cpu needs a time, as in \"cpu 5ms\"");
  EXPECT_EQ(wrong("sync 5ms"), "sync stands alone, without \"5ms\"");
  EXPECT_EQ(wrong("kv.get rows=2"), "kv.get is about one key: it has no rows");
  EXPECT_EQ(wrong("sql.read lines=2"), "sql.read takes rows= and bytes=, not lines=");
  EXPECT_EQ(wrong("sql.read rows=0"), "rows must be a whole number between 1 and 100000, not \"0\"");
  EXPECT_EQ(wrong("alarm +15m"), "there is no step alarm yet");
  EXPECT_FALSE(wrong("cpu often").empty());
}

// A shop whose handlers are steps, and users in London.
constexpr std::string_view shop = R"(orrery = 1
scenario = "shop"
seed = "1"
properties = ["turns_never_overlap", "liveness", "durability", "output_gate", "no_internal_error"]

[run]
duration = "2s"

[network]
access = "8ms"
jitter = 0.0

[disk]
sync = "1ms"

[world]
data_centers_per_city = 3
machines_per_data_center = 1
costs = { turn = "0s", storage_operation = "0s", spread = 0.0 }
classes = [
  { name = "Shop", keys = 1, zipf = 0.0, handlers = { HANDLERS } },
  { name = "Log", keys = 1, zipf = 0.0, handlers = { add = ["kv.put"] } },
]
services = [
  { name = "bank", city = "London", latency = "20ms", refusals = 0.0 },
]

[workload]
clients = [
  { name = "lhr", city = "London", clients = 4 },
]
ops = [
OPS]
)";

std::string with(
    std::string handlers,
    std::string ops = "  { client = 0, n = 0, at = \"1s\", class = \"Shop\", call = \"buy\", key = \"0\" },\n") {
  std::string text(shop);
  text.replace(text.find("HANDLERS"), 8, handlers);
  text.replace(text.find("OPS"), 3, ops);
  return text;
}

class StepsOnTheRuntime : public testing::Test {
 protected:
  void play(const std::string& text) {
    const auto file = read_experiment(text, "shop.toml");
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_FALSE(mistake_in(file->experiment, tests::built_in_code()));
    EXPECT_EQ(read_experiment(to_toml(file->experiment, {}), "again.toml")->experiment, file->experiment);
    const auto made = scenarios::run(file->experiment, tests::built_in_code(), {.more_sinks = {&keep}});
    for (const auto& each : made.outcome.verdicts)
      EXPECT_FALSE(each.verdict.violation) << each.property << ": " << each.verdict.violation->text;
    outcome = made.outcome;
  }
  // From the arrival of the first call at the object until its reply leaves.
  Duration stay() const {
    return keep.all<journal::OutputLeft>().back().first - keep.all<journal::Arrived>().front().first;
  }
  Keep keep;
  reports::Outcome outcome;
};

TEST_F(StepsOnTheRuntime, CpuKeepsTheObjectBusyForExactlyItsTime) {
  play(with("buy = [\"cpu 3ms\", \"cpu 4ms\"]"));
  const auto started = keep.all<journal::TurnStarted>();
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(started.front().second.ends - started.front().first, 7ms);
  EXPECT_EQ(started.front().second.storage, 0ms);
}

TEST_F(StepsOnTheRuntime, StorageIsRealAndCostsWhatItSays) {
  play(with("buy = [\"cpu 1ms\", \"sql.write 2ms rows=3\", \"sql.read rows=2\", \"kv.put 5ms\", \"kv.get\"]"));
  const auto started = keep.all<journal::TurnStarted>();
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(started.front().second.storage, 7ms + 2 * config::storage_operation_cost);
  EXPECT_GE(started.front().second.operations, 6u);
  EXPECT_EQ(keep.all<journal::Committed>().size(), 1u);
  EXPECT_GE(stay(), 8ms + 1ms);  // the reply waits for the sync
}

TEST_F(StepsOnTheRuntime, AFetchTakesTheTimeOfTheService) {
  play(with("buy = [{ fetch = \"bank\" }]"));
  EXPECT_GE(stay(), 20ms);
  EXPECT_LT(stay(), 25ms);
}

TEST_F(StepsOnTheRuntime, AllTakesAsLongAsItsLongest) {
  play(with("buy = [{ all = [[\"wait 30ms\"], [{ fetch = \"bank\" }, \"wait 50ms\"]] }]"));
  EXPECT_GE(stay(), 70ms);
  EXPECT_LT(stay(), 76ms);
}

TEST_F(StepsOnTheRuntime, ASyncWaitsForTheDisk) {
  play(with("buy = [\"kv.put\", \"sync\", \"wait 1ms\"]"));
  EXPECT_GE(stay(), 2ms);
  EXPECT_EQ(keep.all<journal::TurnStarted>().size(), 3u);
}

TEST_F(StepsOnTheRuntime, ACallReachesTheOtherObject) {
  play(with("buy = [{ call = \"Log.add\" }]"));
  EXPECT_EQ(keep.all<journal::Placed>().size(), 2u);
  EXPECT_EQ(keep.all<journal::Committed>().size(), 1u);
}

TEST_F(StepsOnTheRuntime, WhatFollowsAReplyIsNotWaitedFor) {
  play(with("buy = [\"cpu 1ms\", \"reply\", \"wait 1s\", \"kv.put\"]"));
  EXPECT_LT(stay(), 5ms);
  EXPECT_EQ(keep.all<journal::Committed>().size(), 1u);
}

TEST_F(StepsOnTheRuntime, ABlockLetsNobodyIn) {
  const std::string two =
      "  { client = 0, n = 0, at = \"1s\", class = \"Shop\", call = \"buy\", key = \"0\" },\n"
      "  { client = 1, n = 0, at = \"1.001s\", class = \"Shop\", call = \"buy\", key = \"0\" },\n";
  play(with("buy = [{ block = [{ fetch = \"bank\" }] }]", two));
  const auto replied = keep.all<journal::Replied>();
  ASSERT_EQ(replied.size(), 2u);
  EXPECT_GE(replied[1].first - replied[0].first, 20ms);
}

TEST_F(StepsOnTheRuntime, AWhenHappensInItsShareOfCases) {
  std::string many;
  for (int i = 0; i < 1000; ++i)
    many += "  { client = 0, n = " + std::to_string(i) + ", at = \"" + std::to_string(500 + i) +
            "ms\", class = \"Shop\", call = \"buy\", key = \"0\" },\n";
  play(with("buy = [{ when = 0.2, then = [\"kv.put\"] }]", many));
  const std::size_t commits = keep.all<journal::Committed>().size();
  EXPECT_GT(commits, 140u);
  EXPECT_LT(commits, 260u);
}

// What is said of a file with these handlers.
std::string wrong_with(const std::string& handlers) {
  const auto file = read_experiment(with(handlers), "shop.toml");
  if (!file) return file.error().message;
  const auto mistake = mistake_in(file->experiment, tests::built_in_code());
  return mistake ? mistake->message : "";
}

TEST(StepsInAFile, SayWhatIsWrong) {
  EXPECT_EQ(wrong_with("buy = [{ fetch = \"bnk\" }]"),
            "handler buy of Shop: there is no service \"bnk\": did you mean \"bank\"?");
  EXPECT_EQ(wrong_with("buy = [{ call = \"Log.ad\" }]"),
            "handler buy of Shop: there is no call of Log named \"ad\": did you mean \"add\"?");
  EXPECT_EQ(wrong_with("buy = [{ block = [\"reply\"] }]"),
            "handler buy of Shop: \"reply\" stands among the steps of the handler, not inside of one");
  EXPECT_EQ(wrong_with("fetch = [\"sync\"]"), "handler fetch of Shop has a name that every class has");
  EXPECT_EQ(wrong_with("buy = \"cpu 1ms\""), "steps are a list, as in [\"cpu 1ms\", \"kv.put\"]");
  EXPECT_EQ(wrong_with("buy = [7]"), "a step is a text, as in \"cpu 1ms\", or stands in braces");
  EXPECT_EQ(wrong_with("buy = [{ wait = \"5ms\" }]"), "a step in braces has one of fetch, call, block, all, when");
  EXPECT_EQ(wrong_with("buy = [{ alarm = \"+15m\" }]"), "there is no step \"alarm\" yet");
  EXPECT_EQ(wrong_with("buy = [{ when = 0.5 }]"), "\"when\" needs \"then\", a list of steps");
}

}  // namespace
}  // namespace orrery::scenarios
