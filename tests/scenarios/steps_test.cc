// Object classes made of steps: how they are written, and that they run on the runtime as any class does.
#include <gtest/gtest.h>

#include <set>

#include "core/object/namespace.h"
#include "scenarios/design/call_cycles.h"
#include "scenarios/design/program.h"
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
        "reply", "sql.read rows=5", "sql.write 650us rows=3 bytes=20", "sql.read exponential 1ms",
        "kv.put bytes=request", "sql.write 650us rows=3 bytes=request"}) {
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
  EXPECT_EQ(wrong("kv.put bytes=1999901"), "bytes must be a whole number between 1 and 1999900, not \"1999901\"");
  EXPECT_EQ(wrong("kv.get bytes=request"),
            "kv.get reads what is there: only what is written can be as long as the request");
  EXPECT_EQ(wrong("alarm +15m"), "alarms are not there yet");
  EXPECT_EQ(wrong("broadcast seat_taken"), "broadcasts are not there yet");
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

TEST_F(StepsOnTheRuntime, AFetchWithAClosedGateLetsNobodyInAndAnOpenOneDoes) {
  const std::string two =
      "  { client = 0, n = 0, at = \"1s\", class = \"Shop\", call = \"buy\", key = \"0\" },\n"
      "  { client = 1, n = 0, at = \"1.001s\", class = \"Shop\", call = \"buy\", key = \"0\" },\n";
  play(with("buy = [{ fetch = \"bank\", gate = \"closed\" }]", two));
  const auto closed = keep.all<journal::Replied>();
  keep.records.clear();
  play(with("buy = [{ fetch = \"bank\", gate = \"open\" }]", two));
  const auto open = keep.all<journal::Replied>();

  ASSERT_EQ(closed.size(), 2u);
  EXPECT_GE(closed[1].first - closed[0].first, 20ms);
  ASSERT_EQ(open.size(), 2u);
  EXPECT_LT(open[1].first - open[0].first, 5ms);
}

std::string many_calls(int count) {
  std::string many;
  for (int i = 0; i < count; ++i)
    many += "  { client = 0, n = " + std::to_string(i) + ", at = \"" + std::to_string(500 + i) +
            "ms\", class = \"Shop\", call = \"buy\", key = \"0\" },\n";
  return many;
}

std::set<ObjectId> objects_of(const Keep& keep, ClassId object_class) {
  std::set<ObjectId> objects;
  for (const auto& [at, placed] : keep.all<journal::Placed>())
    if (placed.object_class == object_class) objects.insert(placed.object);
  return objects;
}

std::set<ObjectId> named(const std::vector<std::string>& names) {
  std::set<ObjectId> objects;
  for (const std::string& name : names) objects.insert(Namespace("Log").id_from_name(name));
  return objects;
}

TEST_F(StepsOnTheRuntime, ACallGoesToOneOfSoManyKeys) {
  play(with("buy = [{ call = \"Log.add\", keys = 5 }]", many_calls(200)));
  EXPECT_EQ(objects_of(keep, ClassId{1}), named({"0", "1", "2", "3", "4"}));
}

TEST_F(StepsOnTheRuntime, ACallGoesToTheShardThatTheCallsOfClientsGoTo) {
  play(with("buy = [{ call = \"Log.add\", key = \"57\", shards = 3 }]"));
  const ClassPlan plan{.name = "Log", .shards = 3};
  EXPECT_EQ(objects_of(keep, ClassId{1}), named({object_of(plan, "57")}));
}

TEST_F(StepsOnTheRuntime, AWhenHappensInItsShareOfCases) {
  play(with("buy = [{ when = 0.2, then = [\"kv.put\"] }]", many_calls(1000)));
  const std::size_t commits = keep.all<journal::Committed>().size();
  EXPECT_GT(commits, 140u);
  EXPECT_LT(commits, 260u);
}

// ---- As many bytes as the request carries.

struct Inside : DurableObject {
  static Context& of(DurableObject& object) { return (object.*(&Inside::ctx))(); }
};

// How long the value and a row are that steps wrote.
Task<Bytes> lengths(DurableObject& object, MethodId, Bytes) {
  const std::string value = Inside::of(object).storage().kv().get_or("state", std::string());
  Sql sql = Inside::of(object).storage().sql();
  const std::int64_t row = std::get<std::int64_t>(sql.exec("SELECT length(data) FROM rows WHERE id = 1").one()[0]);
  const std::string both = std::to_string(value.size()) + " " + std::to_string(row);
  co_return routing::pack(both);
}

// What buy writes when it is called with these.
std::string written_by(std::vector<Value> args) {
  const HandlerPlan buy{"buy", {*parse_step("kv.put bytes=request"), *parse_step("sql.write rows=1 bytes=request")}};
  const Code code{{class_of_steps("Shop", {buy}).with("lengths", lengths)}};
  const Experiment experiment =
      tests::london({ClassPlan{.name = "Shop"}}, {tests::operation(0, 0, 1ms, "Shop", "buy", std::move(args)),
                                                  tests::operation(0, 1, 1s, "Shop", "lengths")});
  EXPECT_FALSE(mistake_in(experiment, code));
  Keep keep;
  run(experiment, code, {.more_sinks = {&keep}});
  return keep.answer(ClientId{0}, 1);
}

TEST(StepsOfARequest, WriteAsManyBytesAsItCarries) {
  EXPECT_EQ(written_by({std::int64_t{777}}), "\"777 777\"");
  EXPECT_EQ(written_by({std::int64_t{1}, std::string("more")}), "\"1 1\"");
  EXPECT_EQ(written_by({std::int64_t{step_bytes_max}}), "\"1999900 1999900\"");
}

TEST(StepsOfARequest, WriteTheUsualIfItDoesNotSay) {
  EXPECT_EQ(written_by({}), "\"100 100\"");
  EXPECT_EQ(written_by({std::string("777")}), "\"100 100\"");
  EXPECT_EQ(written_by({std::int64_t{0}}), "\"100 100\"");
  EXPECT_EQ(written_by({std::int64_t{-1}}), "\"100 100\"");
}

TEST(StepsOfARequest, FailIfItCarriesMoreThanAnEntryMayHave) {
  for (const std::string step : {"kv.put bytes=request", "sql.write bytes=request"})
    for (const std::int64_t bytes : {std::int64_t{2'000'001}, std::int64_t{5'000'000}, INT64_MAX}) {
      const Code code{{class_of_steps("Shop", {{"buy", {*parse_step(step)}}})}};
      const Experiment experiment = tests::london({ClassPlan{.name = "Shop"}},
                                                  {tests::operation(0, 0, 1ms, "Shop", "buy", {Value(bytes)})});
      const auto ran = run(experiment, code);
      EXPECT_EQ(ran.outcome.all.failed, 1u) << step << ", " << bytes;
    }
}

// ---- What can be said of steps without running them.

TEST(ForEachStep, VisitsThoseInsideOfOthersWithTheirShares) {
  const auto file = read_experiment(
      with("buy = [\"sync\", { block = [{ when = 0.5, then = [\"sync\", { when = 0.2, then = [\"sync\"] }] }] }, "
           "{ all = [[\"sync\"], [\"sync\"]] }]"),
      "shop.toml");
  ASSERT_TRUE(file) << to_text(file.error());
  Steps steps = file->experiment.classes[0].handlers[0].steps;
  std::vector<std::int64_t> shares;
  for_each_step(std::as_const(steps), [&](const Step& step, std::int64_t share) {
    if (std::holds_alternative<SyncStep>(step.what)) shares.push_back(share);
  });
  EXPECT_EQ(shares, (std::vector<std::int64_t>{1'000'000, 500'000, 100'000, 1'000'000, 1'000'000}));

  for_each_step(steps, [](Step& step, std::int64_t) {
    if (std::holds_alternative<SyncStep>(step.what)) step.what = ReplyStep{};
  });
  EXPECT_EQ(to_toml(steps),
            "[\"reply\", { block = [{ when = 0.5, then = [\"reply\", { when = 0.2, then = [\"reply\"] }] }] }, "
            "{ all = [[\"reply\"], [\"reply\"]] }]");
}

Step calls(std::string object_class, std::string handler) {
  return Step{CallStep{.object_class = std::move(object_class), .handler = std::move(handler), .keys = 5}};
}
ClassPlan made_of(std::string name, std::vector<HandlerPlan> handlers) {
  return {.name = std::move(name), .handlers = std::move(handlers)};
}
std::string cycle_in(const std::vector<ClassPlan>& classes) {
  const auto cycle = call_cycle_in(classes);
  return cycle ? cycle->text : "none";
}

TEST(CallCycle, IsFoundWhereverItsCallsStand) {
  EXPECT_EQ(cycle_in({made_of("V", {{"a", {*parse_step("cpu 1ms"), calls("V", "a")}}})}), "V.a calls V.a");
  EXPECT_EQ(cycle_in({made_of("V", {{"a", {calls("V", "b")}}, {"b", {calls("V", "a")}}})}),
            "V.a calls V.b calls V.a");
  const Step inside{BlockStep{{Step{AllStep{{{}, {Step{WhenStep{1'000'000, {calls("V", "a")}}}}}}}}}};
  EXPECT_EQ(cycle_in({made_of("V", {{"a", {Step{ReplyStep{}}, inside}}})}), "V.a calls V.a");
}

TEST(CallCycle, BeginsWhereTheWayComesBack) {
  const auto cycle = call_cycle_in({made_of("Front", {{"enter", {calls("V", "a")}}}),
                                    made_of("V", {{"a", {calls("W", "b")}}}),
                                    made_of("W", {{"b", {calls("W", "c")}}, {"c", {calls("V", "a")}}})});
  ASSERT_TRUE(cycle);
  EXPECT_EQ(cycle->text, "V.a calls W.b calls W.c calls V.a");
  EXPECT_EQ(cycle->object_class, "V");
  EXPECT_EQ(cycle->handler, "a");
}

TEST(CallCycle, IsNoneIfACallIsMadeInSomeRunsOnly) {
  const Step perhaps{WhenStep{999'999, {calls("V", "a")}}};
  EXPECT_EQ(cycle_in({made_of("V", {{"a", {perhaps}}})}), "none");
}

TEST(CallCycle, IsNotAHandlerThatIsCalledInTwoWaysOrIsNotThere) {
  EXPECT_EQ(cycle_in({made_of("V", {{"a", {calls("V", "b"), calls("V", "c")}},
                                    {"b", {calls("V", "d")}},
                                    {"c", {calls("V", "d"), calls("V", "gone"), calls("Gone", "a")}},
                                    {"d", {}}})}),
            "none");
  EXPECT_EQ(cycle_in({}), "none");
}

TEST(CallCycle, IsLookedForInLongChains) {
  std::vector<HandlerPlan> chain;
  for (int i = 0; i < 100'000; ++i) chain.push_back({std::to_string(i), {calls("V", std::to_string(i + 1))}});
  EXPECT_EQ(cycle_in({made_of("V", std::move(chain))}), "none");
}

// What is said of a file with these handlers.
std::string wrong_with(const std::string& handlers) {
  const auto file = read_experiment(with(handlers), "shop.toml");
  if (!file) return file.error().message;
  const auto mistake = mistake_in(file->experiment, tests::built_in_code());
  return mistake ? mistake->message : "";
}

TEST(StepsInAFile, AreReadBackAsTheyAreWritten) {
  for (const std::string step : {"{ fetch = \"bank\" }", "{ block = [{ fetch = \"bank\" }] }",
                                 "{ call = \"Log.add\", key = \"7\" }", "{ call = \"Log.add\", keys = 100 }",
                                 "{ call = \"Log.add\", keys = 100, shards = 4 }"}) {
    const auto file = read_experiment(with("buy = [" + step + "]"), "shop.toml");
    ASSERT_TRUE(file) << to_text(file.error());
    EXPECT_EQ(to_toml(file->experiment.classes[0].handlers[0].steps), "[" + step + "]");
  }
  const auto closed = read_experiment(with("buy = [{ fetch = \"bank\", gate = \"closed\" }]"), "shop.toml");
  EXPECT_EQ(to_toml(closed->experiment.classes[0].handlers[0].steps), "[{ block = [{ fetch = \"bank\" }] }]");
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
  EXPECT_EQ(wrong_with("buy = [{ alarm = \"+15m\", call = \"Log.add\" }]"), "alarms are not there yet");
  EXPECT_EQ(wrong_with("buy = [{ broadcast = \"sold\", sockets = 40 }]"), "broadcasts are not there yet");
  EXPECT_EQ(wrong_with("buy = [{ fetch = \"bank\", timeout = \"1s\" }]"), "timeouts of fetches are not there yet");
  EXPECT_EQ(wrong_with("buy = [{ fetch = \"bank\", gate = \"ajar\" }]"),
            "\"gate\" must be one of open, closed, not \"ajar\"");
  EXPECT_EQ(wrong_with("buy = [{ call = \"Log.add\", keys = 0 }]"), "\"keys\" must be between 1 and 4294967295");
  EXPECT_EQ(wrong_with("buy = [{ call = \"Log.add\", keys = 2, key = \"1\" }]"),
            "a call goes to one \"key\", or to one of so many \"keys\", not both");
  EXPECT_EQ(wrong_with("buy = [{ when = 0.5 }]"), "\"when\" needs \"then\", a list of steps");
}

}  // namespace
}  // namespace orrery::scenarios
