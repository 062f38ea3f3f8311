#include "reports/trace.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/base/mix.h"
#include "reports/json_text.h"
#include "scenarios/catalogue.h"
#include "tests/reports/records.h"
#include "tests/reports/trace_schema.h"
#include "tests/scenarios/built_in.h"

namespace orrery::reports {
namespace {

using tests::TraceSchema;
using Json = nlohmann::json;
using Offences = std::set<std::string>;

constexpr NodeId edge{0};
constexpr NodeId machine{1};

struct Seen {
  Duration when;
  NodeId node;
  journal::Event event;
};

struct Traced {
  std::string text;
  std::uint64_t events = 0;
  std::optional<Time> cut_at;

  Json all() const { return Json::parse(text).at("traceEvents"); }
  std::vector<Json> with(const std::string& field, const std::string& value) const {
    std::vector<Json> found;
    for (const Json& event : all())
      if (event.value(field, "") == value) found.push_back(event);
    return found;
  }
};

journal::Names names() {
  return {.classes = {{"Counter", {"fetch", "increment"}, {"never_negative"}}},
          .groups = {{"fra", "Frankfurt", 0, 4}},
          .nodes = {"fra", "fra-1-1", "iad-1-1"},
          .faults = {"crash of Counter/0, in_turn 3"}};
}

Traced traced(const std::vector<Seen>& story, TraceBounds bounds = {}) {
  Traced traced;
  PerfettoTrace trace(names(), {"orrery 1", "test", 7}, bounds, [&](std::string_view text) { traced.text += text; });
  for (const auto& [when, node, event] : story)
    if (trace.interest().includes(event.index())) trace.on({at(when), node, event});
  trace.finish();
  traced.events = trace.written();
  traced.cut_at = trace.cut_at();
  return traced;
}

// One call, from its user and back.
std::vector<Seen> one_call() {
  return {{1ms, edge, requested(1, 1ms)},
          {2ms, edge, called(1)},
          {5ms, machine, instance_started(1, 1)},
          {5ms, machine, arrived(1)},
          {5ms, machine, turn_started(1, 6ms)},
          {6ms, machine, turn_ended(1)},
          {6ms, machine, committed(0)},
          {6ms, machine, replied(1)},
          {7ms, machine, journal::Confirmed{.object = ObjectId{{1}}, .epoch = {}, .index = CommitIndex{1}}},
          {7ms, machine, left(1)},
          {9ms, edge, answered(1, journal::Status::ok, std::int64_t{7})},
          {10ms, edge, completed(1)}};
}

std::vector<Seen> with_instances(std::vector<Seen> story) {
  for (Seen& seen : story) {
    if (auto* ended = std::get_if<journal::TurnEnded>(&seen.event))
      *ended = {.object = ObjectId{{1}}, .instance = InstanceId{1}, .turn = {}, .call = ended->call, .started = {}};
    if (auto* said = std::get_if<journal::Replied>(&seen.event)) said->instance = InstanceId{1};
    if (auto* gone = std::get_if<journal::OutputLeft>(&seen.event)) gone->instance = InstanceId{1};
  }
  return story;
}

// ---- hand-made runs -----------------------------------------------------------------------------------

TEST(PerfettoTrace, IsATraceEvenOfNothing) {
  const Traced nothing = traced({});

  EXPECT_EQ(TraceSchema::offences_of(nothing.text), Offences{});
  EXPECT_EQ(nothing.events, 0u);
}

TEST(PerfettoTrace, SaysWhatItIsATraceOf) {
  const Json metadata = Json::parse(traced(one_call()).text).at("metadata");

  EXPECT_EQ(metadata.at("tool"), "orrery 1");
  EXPECT_EQ(metadata.at("scenario"), "test");
  EXPECT_EQ(metadata.at("seed"), "7");
  EXPECT_FALSE(metadata.contains("cut"));
}

TEST(PerfettoTrace, DrawsArrowsToTheObjectAndBack) {
  const Traced call = traced(with_instances(one_call()));

  EXPECT_EQ(TraceSchema::offences_of(call.text), Offences{});
  const Json sent = call.with("name", "sent").at(0);
  const Json stay = call.with("cat", "stay").at(0);
  EXPECT_EQ(sent.at("flow_out"), true);
  EXPECT_EQ(sent.at("bind_id"), stay.at("bind_id"));
  EXPECT_EQ(stay.at("flow_in"), true);
  const Json reply = call.with("name", "reply").at(0);
  const Json answer = call.with("name", "answered").at(0);
  EXPECT_EQ(reply.at("flow_out"), true);
  EXPECT_EQ(reply.at("bind_id"), answer.at("bind_id"));
  EXPECT_EQ(answer.at("flow_in"), true);
  EXPECT_EQ(answer.at("args").at("value"), "7");
}

TEST(PerfettoTrace, PutsTheTurnOnTheThreadOfItsObject) {
  const Traced call = traced(with_instances(one_call()));

  const Json begin = call.with("ph", "B").at(0);
  const Json end = call.with("ph", "E").at(0);
  EXPECT_EQ(begin.at("name"), "increment");
  EXPECT_EQ(begin.at("ts"), 5000.0);
  EXPECT_EQ(end.at("ts"), 6000.0);
  EXPECT_EQ(call.with("name", "thread_name").at(0).at("args").at("name"), "Counter/00000000");
  EXPECT_EQ(call.with("name", "process_name").at(1).at("args").at("name"), "fra-1-1");
}

TEST(PerfettoTrace, WritesTimesToTheNanosecond) {
  EXPECT_NE(traced({{1'000'000'000'007ns, edge, journal::Paused{}}}).text.find(R"("ts":1000000000.007)"),
            std::string::npos);
}

TEST(PerfettoTrace, DrawsNoArrowToWhereACallNeverArrived) {
  const Traced lost = traced({{1ms, edge, requested(1, 1ms)},
                              {2ms, edge, called(1)},
                              {9ms, edge, answered(1, journal::Status::unknown, "lost")},
                              {9ms, machine, arrived(1)},
                              {10ms, edge, completed(1, journal::Status::unknown)}});

  EXPECT_EQ(TraceSchema::offences_of(lost.text), Offences{});
  EXPECT_EQ(lost.text.find("bind_id"), std::string::npos);
}

TEST(PerfettoTrace, DrawsNoArrowFromAReplyThatNobodyAwaits) {
  auto story = with_instances(one_call());
  std::swap(story[9].event, story[10].event);
  std::swap(story[9].node, story[10].node);
  const Traced late = traced(story);

  EXPECT_EQ(TraceSchema::offences_of(late.text), Offences{});
  EXPECT_FALSE(late.with("name", "reply").at(0).contains("bind_id"));
}

TEST(PerfettoTrace, ACrashEndsWhatIsUnderWayThere) {
  auto story = with_instances(one_call());
  story.resize(7);  // committed, not confirmed
  story.push_back({6ms, machine, fetch_started(1, 50)});
  story.push_back({6ms, machine, turn_started(1, 8ms)});
  story.push_back({7ms, machine, journal::Crashed{}});
  story.push_back({99ms, edge, answered(1, journal::Status::unknown, "lost")});
  const Traced crash = traced(story);

  EXPECT_EQ(TraceSchema::offences_of(crash.text), Offences{});
  EXPECT_EQ(crash.with("ph", "E").back().at("ts"), 7000.0);
  for (const char* category : {"stay", "fetch", "commit"})
    EXPECT_EQ(crash.with("cat", category).back().at("ts"), 7000.0) << category;
  EXPECT_EQ(crash.with("cat", "commit").back().at("args").at("confirmed"), "no");
  EXPECT_EQ(crash.with("name", "crash").at(0).at("s"), "p");
}

TEST(PerfettoTrace, ShowsWhatAnObjectAsksForAsACallOfItsMachine) {
  auto story = with_instances(one_call());
  story.resize(6);
  story.push_back({6ms, machine, called(2, 1)});
  story.push_back({8ms, NodeId{2}, arrived(2, 2, 2)});
  story.push_back({8ms, NodeId{2}, turn_started(2, 9ms, 2, 2)});
  story.push_back({11ms, machine, answered(2)});
  const Traced nested = traced(story);

  EXPECT_EQ(TraceSchema::offences_of(nested.text), Offences{});
  const std::vector<Json> calls = nested.with("cat", "call");
  ASSERT_EQ(calls.size(), 3u);
  EXPECT_EQ(calls[0].at("pid"), 2);
  EXPECT_EQ(calls[0].at("bind_id"), nested.with("cat", "stay").at(1).at("bind_id"));
  EXPECT_EQ(calls[2].at("ts"), 11000.0);
}

TEST(PerfettoTrace, EndsATurnThatAnotherOneOverlaps) {
  const Traced overlap = traced({{5ms, machine, turn_started(1, 9ms)}, {6ms, machine, turn_started(2, 9ms)}});

  EXPECT_EQ(TraceSchema::offences_of(overlap.text), Offences{});
  EXPECT_EQ(overlap.with("ph", "E").at(0).at("ts"), 6000.0);
}

TEST(PerfettoTrace, CountsCallsThatWait) {
  const Traced queue = traced({{1ms, machine, arrived(1)},
                               {1ms, machine, turn_started(1, 4ms)},
                               {2ms, machine, arrived(2)},
                               {3ms, machine, arrived(3)},
                               {4ms, machine, turn_started(2, 5ms)},
                               {5ms, machine, instance_ended(1, 1)},
                               {6ms, machine, journal::Paused{}}});

  EXPECT_EQ(TraceSchema::offences_of(queue.text), Offences{});
  std::vector<std::pair<double, int>> counts;
  for (const Json& event : queue.with("ph", "C")) counts.emplace_back(event.at("ts"), event.at("args").at("waiting"));
  EXPECT_EQ(counts, (std::vector<std::pair<double, int>>{{2000, 1}, {3000, 2}, {4000, 1}, {5000, 0}}));
}

TEST(PerfettoTrace, ShowsHowLongTheNetworkWasImpaired) {
  const Traced all = traced({{1ms, machine, journal::NetworkImpaired{3}},
                             {2ms, machine, journal::NetworkImpaired{0}},
                             {4ms, machine, journal::NetworkHealed{3, 5, 6, 7}}});

  EXPECT_EQ(TraceSchema::offences_of(all.text), Offences{});
  std::vector<std::pair<std::string, double>> begun;
  for (const Json& event : all.with("ph", "b")) begun.emplace_back(event.at("name"), event.at("ts"));
  EXPECT_EQ(begun, (std::vector<std::pair<std::string, double>>{
                       {"fault 4", 1000}, {"fault 1 (crash of Counter/0, in_turn 3)", 2000}}));
  EXPECT_EQ(all.with("ph", "e").at(0).at("ts"), 4000);
  EXPECT_EQ(all.with("ph", "e").at(0).at("args").at("messages"), 6);
}

TEST(PerfettoTrace, ShowsFaultsLivesAndBrokenInvariants) {
  journal::InvariantChecked broken{};
  broken.object = ObjectId{{1}};
  broken.broken = "it is -1";
  journal::InvariantChecked holds{};
  const Traced all = traced({{1ms, machine, journal::FaultStruck{0}},
                             {1ms, machine, journal::FaultStruck{3}},
                             {1ms, machine, journal::Restarted{2}},
                             {2ms, machine, instance_started(1, 1)},
                             {3ms, machine, broken},
                             {3ms, machine, holds},
                             {4ms, machine, instance_ended(1, 1)},
                             {4ms, edge, journal::StubBroken{}},
                             {5ms, edge, journal::InternalError{"no"}}});

  EXPECT_EQ(TraceSchema::offences_of(all.text), Offences{});
  std::vector<std::string> shown;
  for (const Json& event : all.with("ph", "i")) shown.push_back(event.at("name"));
  EXPECT_EQ(shown, (std::vector<std::string>{"fault 1 (crash of Counter/0, in_turn 3)", "fault 4", "restart", "starts",
                                             "never_negative is broken", "ends", "stub broken", "internal error"}));
}

TEST(PerfettoTrace, EscapesTextOfOthers) {
  std::string bytes = "\"\\\n\xff";
  const Traced others = traced({{1ms, edge, requested(1, 1ms)},
                                {2ms, edge, answered(1, journal::Status::failed, bytes)},
                                {3ms, edge, journal::InternalError{"\x7f é"}}});

  EXPECT_EQ(TraceSchema::offences_of(others.text), Offences{});
  EXPECT_EQ(others.with("name", "answered").at(0).at("args").at("value"), "hex 225c0aff");
  EXPECT_EQ(Json::parse([] {
              std::string text;
              append_json(text, std::string_view("\"\\\n\xff\x01"));
              return text;
            }()),
            "\"\\\n\xef\xbf\xbd\x01");
}

// ---- bounds -------------------------------------------------------------------------------------------

TEST(PerfettoTrace, IsWellMadeWhereverTheLimitCutsIt) {
  const auto story = with_instances(one_call());
  const std::uint64_t all = traced(story).events;
  for (std::uint64_t limit = 0; limit < all; ++limit) {
    const Traced cut = traced(story, {.limit = limit});
    EXPECT_EQ(TraceSchema::offences_of(cut.text), Offences{}) << limit;
    EXPECT_LE(cut.events, limit);
    EXPECT_TRUE(cut.cut_at) << limit;
    EXPECT_TRUE(Json::parse(cut.text).at("metadata").contains("cut"));
  }
  EXPECT_FALSE(traced(story, {.limit = all}).cut_at);
}

TEST(PerfettoTrace, LeavesOutWhatBeganBeforeAndWhatComesAfter) {
  const auto story = with_instances(one_call());
  for (Duration from = 0ms; from < 10ms; from += 500us)
    for (Duration until = from + 500us; until <= 11ms; until += 500us) {
      const Traced part = traced(story, {.from = at(from), .until = at(until)});
      EXPECT_EQ(TraceSchema::offences_of(part.text), Offences{});
      EXPECT_FALSE(part.cut_at);
      for (const Json& event : part.all())
        if (event.contains("ts")) {
          EXPECT_GE(event.at("ts"), static_cast<double>(from.count()) / 1000);
          EXPECT_LE(event.at("ts"), static_cast<double>(until.count()) / 1000);
        }
    }
}

TEST(PerfettoTrace, HoldsAWindowAndNoMore) {
  std::string text;
  PerfettoTrace trace(names(), {}, {}, [&](std::string_view piece) { text += piece; });
  trace.on({at(1ms), edge, requested(1, 1ms)});
  trace.on({at(1ms), edge, called(1)});  // never arrives
  for (std::uint64_t i = 0; i < TraceEvents::window_max - 1; ++i) trace.on({at(2ms), edge, journal::Paused{}});
  EXPECT_TRUE(text.empty());
  for (std::uint64_t i = 0; i < 2000; ++i) trace.on({at(3ms), edge, journal::Paused{}});
  EXPECT_GT(text.size(), TraceEvents::window_max * 10);
  trace.on({at(4ms), machine, arrived(1)});
  trace.finish();

  EXPECT_EQ(TraceSchema::offences_of(text), Offences{});
  EXPECT_EQ(text.find("bind_id"), std::string::npos);
}

// Records in any order, as a run with mistakes might make them.
std::vector<Seen> nonsense(std::uint64_t seed) {
  std::vector<Seen> all;
  const auto draw = [&](std::uint64_t below) { return (seed = mix(seed, 0x9e3779b97f4a7c15u)) % below; };
  Duration now = 0ms;
  for (int i = 0; i < 300; ++i) {
    if (draw(3) > 0) now += 1us * static_cast<int>(draw(3));
    const NodeId node{static_cast<std::uint32_t>(draw(3))};
    const std::uint64_t call = 1 + draw(6);
    const std::uint64_t object = draw(2);
    const std::uint64_t instance = 1 + draw(3);
    journal::Replied reply = replied(call);
    reply.instance = InstanceId{instance};
    journal::OutputLeft out = left(call);
    out.instance = InstanceId{instance};
    journal::TurnEnded end = turn_ended(call);
    end.object = ObjectId{{object}};
    end.instance = InstanceId{instance};
    const journal::Event events[] = {requested(call, now),
                                     called(call, draw(6)),
                                     arrived(call, object, instance),
                                     turn_started(call, now, object, instance),
                                     end,
                                     reply,
                                     out,
                                     fetch_started(call, 10 + draw(3)),
                                     fetch_ended(call, 10 + draw(3)),
                                     answered(call),
                                     completed(call),
                                     committed(1, object, 1 + draw(5)),
                                     journal::Confirmed{ObjectId{{object}}, Epoch{}, CommitIndex{draw(6)}},
                                     instance_started(object, instance),
                                     instance_ended(object, instance),
                                     journal::Crashed{}};
    all.push_back({now, node, events[draw(std::size(events))]});
  }
  return all;
}

TEST(PerfettoTrace, IsWellMadeWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const auto story = nonsense(seed);
    ASSERT_EQ(TraceSchema::offences_of(traced(story).text), Offences{}) << seed;
    const TraceBounds bounds{.from = at(30us), .until = at(250us), .limit = 20 + seed};
    ASSERT_EQ(TraceSchema::offences_of(traced(story, bounds).text), Offences{}) << seed;
  }
}

// ---- real runs ----------------------------------------------------------------------------------------

Traced run_traced(const std::string& scenario, std::vector<std::pair<std::string, std::string>> sets,
                  TraceBounds bounds = {}) {
  for (const scenarios::Scenario& each : tests::built_in()) {
    if (each.name != scenario) continue;
    scenarios::Settings settings(each.parameters);
    for (const auto& [path, value] : sets) EXPECT_TRUE(settings.set(path, value)) << path;
    const auto experiment = scenarios::experiment_of(each, settings, 7);
    Traced traced;
    PerfettoTrace trace(scenarios::names_of(experiment, tests::built_in_code()), {"t", scenario, 7}, bounds,
                        [&](std::string_view text) { traced.text += text; });
    scenarios::run(experiment, tests::built_in_code(), {.more_sinks = {&trace}});
    trace.finish();
    traced.events = trace.written();
    traced.cut_at = trace.cut_at();
    return traced;
  }
  ADD_FAILURE() << scenario;
  return {};
}

const std::vector<std::pair<std::string, std::string>> with_crashes{
    {"run.duration", "3s"}, {"faults.crash_every", "400ms"}, {"objects.Counter.key.n", "20"}};

TEST(PerfettoTrace, IsWellMadeForARunWithCrashes) {
  const Traced crashes = run_traced("counter", with_crashes);

  EXPECT_EQ(TraceSchema::offences_of(crashes.text), Offences{});
  EXPECT_GT(crashes.events, 10'000u);
  EXPECT_FALSE(crashes.with("name", "crash").empty());
}

TEST(PerfettoTrace, IsWellMadeForARunWithCallsBetweenObjects) {
  EXPECT_EQ(TraceSchema::offences_of(run_traced("notes", {{"run.duration", "3s"}}).text), Offences{});
}

TEST(PerfettoTrace, IsWellMadeForAPartOfARun) {
  for (const std::uint64_t limit : {100u, 1'000u, 5'555u}) {
    const Traced cut = run_traced("counter", with_crashes, {.limit = limit});
    EXPECT_EQ(TraceSchema::offences_of(cut.text), Offences{});
    EXPECT_LE(cut.events, limit);
  }
  const Traced part = run_traced("counter", with_crashes, {.from = at(700ms), .until = at(1500ms)});
  EXPECT_EQ(TraceSchema::offences_of(part.text), Offences{});
  EXPECT_GT(part.events, 1'000u);
}

}  // namespace
}  // namespace orrery::reports
