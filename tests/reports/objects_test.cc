#include "reports/objects.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "core/base/invariant.h"
#include "tests/reports/records.h"

using namespace orrery;
using namespace orrery::reports;

namespace {

const journal::Names names{.classes = {{"Counter", {"fetch", "view", "book"}}}, .groups = {}};
constexpr std::uint16_t view = 1;
constexpr std::uint16_t book = 2;

Outcome outcome_of(const Script& script) {
  ObjectReport report(names);
  play(script, report);
  Outcome outcome;
  report.write_to(outcome);
  return outcome;
}

ObjectUse use_of(const Script& script) { return outcome_of(script).objects.at(0); }

journal::TurnStarted of_method(std::uint16_t method, journal::TurnStarted turn) {
  turn.method = MethodId{method};
  return turn;
}

journal::TurnEnded ended_turn(std::uint64_t call, std::uint64_t object = 1, std::uint64_t instance = 1) {
  journal::TurnEnded event = turn_ended(call);
  event.object = ObjectId{{object}};
  event.instance = InstanceId{instance};
  return event;
}

}  // namespace

TEST(ObjectReport, AddsUpTurns) {
  const Outcome outcome =
      outcome_of({{0ms, instance_started(1, 1)}, {0ms, turn_started(1, 2ms)}, {5ms, turn_started(2, 8ms)}});

  ASSERT_EQ(outcome.objects.size(), 1u);
  EXPECT_EQ(outcome.objects[0].busy, 5ms);
  EXPECT_EQ(outcome.objects[0].turns, 2u);
  EXPECT_EQ(outcome.objects[0].class_name, "Counter");
  EXPECT_EQ(outcome.objects[0].object, to_hex(ObjectId{{1}}));
}

TEST(ObjectReport, CountsOnlyCallsThatWaited) {
  const Script entered_at_once{{0ms, instance_started(1, 1)}, {1ms, arrived(1)}, {1ms, turn_started(1, 2ms)}};
  EXPECT_EQ(outcome_of(entered_at_once).objects[0].longest_queue, 0u);

  Script three_waited = entered_at_once;
  three_waited.insert(three_waited.end(), {{1ms, arrived(2)},
                                           {2ms, arrived(3)},
                                           {3ms, arrived(4)},
                                           {4ms, turn_started(2, 5ms)},
                                           {5ms, turn_started(1, 6ms, 1, 1, journal::TurnKind::continuation)},
                                           {6ms, turn_started(3, 7ms)},
                                           {7ms, turn_started(4, 8ms)}});
  EXPECT_EQ(outcome_of(three_waited).objects[0].longest_queue, 3u);
}

TEST(ObjectReport, EmptiesTheQueueWhenTheInstanceEnds) {
  const Outcome outcome = outcome_of({{0ms, instance_started(1, 1)},
                                      {1ms, arrived(1)},
                                      {2ms, arrived(2)},
                                      {3ms, instance_started(1, 2)},
                                      {3ms, arrived(3, 1, 2)},
                                      {4ms, arrived(4, 1, 1)},  // at the instance that has ended
                                      {5ms, turn_started(3, 6ms, 1, 2)}});

  EXPECT_EQ(outcome.objects[0].longest_queue, 2u);
}

TEST(ObjectReport, EmptiesTheQueueOfAnInstanceThatEndedOrCrashed) {
  const auto longest_after = [](const journal::Event& end) {
    return outcome_of({{0ms, instance_started(1, 1)},
                       {1ms, arrived(1)},
                       {2ms, end},
                       {3ms, arrived(2)},  // it is gone
                       {4ms, arrived(3)},
                       {9ms, instance_started(1, 2)}})
        .objects[0]
        .longest_queue;
  };

  EXPECT_EQ(longest_after(instance_ended(1, 1)), 1u);
  EXPECT_EQ(longest_after(journal::Crashed{}), 1u);
  EXPECT_EQ(longest_after(instance_ended(1, 7)), 3u);  // another one
}

TEST(ObjectReport, CountsATurnUpToTheCrashThatCutIt) {
  ObjectReport report(names);
  const auto begin_turn = [](std::uint64_t object) {
    return Script{{0ms, instance_started(object, object)}, {1ms, turn_started(object, 9ms, object, object)}};
  };
  play(begin_turn(1), report, NodeId{1});
  play(begin_turn(2), report, NodeId{2});
  play({{4ms, journal::Crashed{}}, {5ms, journal::Crashed{}}}, report, NodeId{1});

  Outcome outcome;
  report.write_to(outcome);

  ASSERT_EQ(outcome.objects.size(), 2u);
  EXPECT_EQ(outcome.objects[0].busy, 8ms);  // on another node
  EXPECT_EQ(outcome.objects[0].object, to_hex(ObjectId{{2}}));
  EXPECT_EQ(outcome.objects[1].busy, 3ms);
}

TEST(ObjectReport, KeepsTheTenBusiestInAFixedOrder) {
  Script script;
  for (std::uint64_t object = 12; object > 0; --object)
    script.push_back({0ms, turn_started(object, object <= 2 ? 9ms : 3ms, object, object)});

  const Outcome outcome = outcome_of(script);

  EXPECT_EQ(outcome.objects_used, 12u);
  ASSERT_EQ(outcome.objects.size(), 10u);
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(outcome.objects[i].object, to_hex(ObjectId{{i + 1}}));
}

TEST(ObjectReport, SaysOfEachMethodHowLongCallsWaitedWhileItRan) {
  const ObjectUse use = use_of({{0ms, instance_started(1, 1)},
                                {1ms, arrived(1)},
                                {1ms, of_method(view, turn_started(1, 5ms))},
                                {2ms, arrived(2)},  // waits 3 ms behind a view
                                {3ms, arrived(3)},  // 2 ms behind the view, 6 ms behind the book
                                {5ms, ended_turn(1)},
                                {5ms, of_method(book, turn_started(2, 11ms))},
                                {11ms, ended_turn(2)},
                                {11ms, of_method(view, turn_started(3, 12ms))},
                                {12ms, ended_turn(3)}});

  EXPECT_EQ(use.calls, 3u);
  EXPECT_EQ(use.waited, 11ms);
  EXPECT_EQ(use.behind, (std::vector<Blame>{{"book", 6ms, 0ms}, {"view", 5ms, 0ms}}));
}

TEST(ObjectReport, ChargesAClosedGateToTheMethodOfTheLastTurn) {
  const ObjectUse use = use_of({{0ms, instance_started(1, 1)},
                                {0ms, arrived(1)},
                                {0ms, of_method(book, turn_started(1, 2ms))},
                                {1ms, arrived(2)},
                                {2ms, ended_turn(1)},  // until what it wrote is durable, nobody enters
                                {9ms, of_method(view, turn_started(2, 10ms))},
                                {10ms, ended_turn(2)}});

  EXPECT_EQ(use.waited, 8ms);
  EXPECT_EQ(use.behind, (std::vector<Blame>{{"book", 1ms, 7ms}}));
}

TEST(ObjectReport, ChargesATurnThatGoesOnToTheMethodOfItsCall) {
  const ObjectUse use = use_of({{0ms, instance_started(1, 1)},
                                {0ms, arrived(1)},
                                {0ms, of_method(book, turn_started(1, 1ms))},
                                {1ms, ended_turn(1)},
                                {7ms, of_method(book, turn_started(1, 9ms, 1, 1, journal::TurnKind::continuation))},
                                {8ms, arrived(2)},
                                {9ms, ended_turn(1)},
                                {9ms, of_method(view, turn_started(2, 10ms))},
                                {10ms, ended_turn(2)}});

  EXPECT_EQ(use.behind, (std::vector<Blame>{{"book", 1ms, 0ms}}));
  EXPECT_EQ(use.calls, 2u);
  EXPECT_EQ(use.turns, 3u);
}

TEST(ObjectReport, DoesNotCountHandlersThatWaitToGoOn) {
  const ObjectUse use =
      use_of({{0ms, instance_started(1, 1)},
              {0ms, arrived(1)},
              {0ms, of_method(book, turn_started(1, 1ms))},
              {1ms, fetch_started(1, 7)},
              {1ms, ended_turn(1)},
              {2ms, arrived(2)},
              {2ms, of_method(view, turn_started(2, 9ms))},
              {3ms, fetch_ended(1, 7)},  // it waits now, and is no call that arrives
              {9ms, ended_turn(2)},
              {9ms, of_method(book, turn_started(1, 10ms, 1, 1, journal::TurnKind::continuation))}});

  EXPECT_EQ(use.waited, 0ms);
  EXPECT_TRUE(use.behind.empty());
  EXPECT_EQ(use.longest_queue, 0u);
}

TEST(ObjectReport, CountsWhatCallsWaitedForAnInstanceThatEnded) {
  const auto use_after = [](const journal::Event& end) {
    return use_of({{0ms, instance_started(1, 1)},
                   {0ms, arrived(1)},
                   {0ms, of_method(book, turn_started(1, 20ms))},
                   {1ms, arrived(2)},
                   {3ms, arrived(3)},
                   {10ms, end},  // they have waited 9 ms and 7 ms
                   {15ms, instance_started(1, 2)},
                   {16ms, arrived(4, 1, 2)},
                   {16ms, turn_started(4, 17ms, 1, 2)}});
  };
  const std::vector<Blame> blame{{"book", 16ms, 0ms}};

  EXPECT_EQ(use_after(instance_ended(1, 1)).behind, blame);
  EXPECT_EQ(use_after(journal::Crashed{}).behind, blame);
  EXPECT_EQ(use_after(journal::Crashed{}).waited, 16ms);
  EXPECT_EQ(use_after(journal::Crashed{}).calls, 2u);
}

TEST(ObjectReport, CountsWhatCallsHaveWaitedWhenTheRecordsEnd) {
  const ObjectUse use = use_of({{0ms, instance_started(1, 1)},
                                {0ms, arrived(1)},
                                {0ms, of_method(book, turn_started(1, 20ms))},
                                {1ms, arrived(2)},
                                {4ms, instance_started(2, 2)}});  // another object's

  EXPECT_EQ(use.waited, 3ms);
  EXPECT_EQ(use.behind, (std::vector<Blame>{{"book", 3ms, 0ms}}));
}

TEST(ObjectReport, KnowsTheMethodOfACallThatWasAnsweredAndGoesOn) {
  const ObjectUse use = use_of({{0ms, instance_started(1, 1)},
                                {0ms, arrived(1)},
                                {0ms, of_method(book, turn_started(1, 1ms))},
                                {1ms, ended_turn(1)},
                                {2ms, answered(1)},
                                {3ms, of_method(book, turn_started(1, 6ms, 1, 1, journal::TurnKind::continuation))},
                                {4ms, arrived(2)},
                                {6ms, turn_started(2, 7ms)}});

  EXPECT_EQ(use.behind, (std::vector<Blame>{{"book", 2ms, 0ms}}));
}

TEST(ObjectReport, GivesTheMeanSquareOfItsTurns) {
  const ObjectUse use = use_of({{0ms, instance_started(1, 1)},
                                {0ms, turn_started(1, 2ms)},
                                {5ms, turn_started(2, 9ms)},
                                {9ms, turn_started(3, 9ms + 1500ns)}});

  EXPECT_EQ(use.mean_square_us2, (4'000'000u + 16'000'000u + 2u) / 3u);  // 2.25, and all of it rounded
  EXPECT_EQ(use_of({{0ms, instance_started(1, 1)}}).mean_square_us2, 0u);
}

TEST(ObjectReport, SquaresATurnUpToTheCrashThatCutIt) {
  EXPECT_EQ(
      use_of({{0ms, instance_started(1, 1)}, {1ms, turn_started(1, 9ms)}, {4ms, journal::Crashed{}}}).mean_square_us2,
      9'000'000u);
}

TEST(ObjectReport, DoesNotOverflowWithTurnsOfHours) {
  const ObjectUse use = use_of({{0ms, instance_started(1, 1)}, {0ms, turn_started(1, 10h)}});
  EXPECT_EQ(use.mean_square_us2, std::numeric_limits<std::uint64_t>::max());  // as near as it can say
}

TEST(ObjectReport, FindsTheFullestFiveSeconds) {
  Script script{{0ms, instance_started(1, 1)}};
  const auto arrive = [&](Duration when, std::uint64_t calls) {
    for (std::uint64_t i = 0; i < calls; ++i) script.emplace_back(when, arrived(script.size()));
  };
  arrive(4s, 2);
  arrive(5s - 1ns, 1);
  arrive(5s, 1);  // the next window: six seconds would hold four, the first five hold three
  arrive(11s, 2);
  arrive(14s, 2);
  arrive(33s, 4);  // no fuller

  const ObjectUse use = use_of(script);

  EXPECT_EQ(use.busiest_calls, 4u);
  EXPECT_EQ(use.busiest_from, at(10s));
}

TEST(ObjectReport, AgreesWithItselfOnARuntimeWhoseGateIsBroken) {
  const ObjectUse use = use_of({{0ms, instance_started(1, 1)},
                                {0ms, arrived(1)},
                                {0ms, of_method(view, turn_started(1, 4ms))},
                                {1ms, arrived(2)},
                                {2ms, arrived(3)},
                                {4ms, of_method(book, turn_started(3, 6ms))},  // overtakes
                                {5ms, of_method(view, turn_started(2, 7ms))},  // while another turn runs
                                {5ms, arrived(4)},
                                {6ms, of_method(book, turn_started(8, 9ms))},  // has never arrived
                                {9ms, turn_started(4, 10ms)}});

  EXPECT_EQ(use.waited, 4ms + 2ms + 4ms);
  EXPECT_EQ(use.behind, (std::vector<Blame>{{"view", 6ms, 0ms}, {"book", 4ms, 0ms}}));
}

TEST(ObjectReport, RefusesAHistoryThatLittlesLawDoesNotHoldFor) {
  ObjectReport report(names);
  play({{0ms, instance_started(1, 1)}, {5ms, arrived(1)}, {2ms, turn_started(2, 9ms)}, {9ms, turn_started(1, 10ms)}},
       report);  // time runs backwards

  Outcome outcome;
  EXPECT_THROW(report.write_to(outcome), Bug);
}

// The same from a model that knows nothing of turns: every nanosecond, how many calls wait at which object.
RC_GTEST_PROP(ObjectReport, ChargesEveryNanosecondThatACallWaits, ()) {
  constexpr std::uint64_t objects = 2;
  struct Waiting {
    std::uint64_t object, call;
  };
  ObjectReport report(names);
  std::vector<Waiting> waiting;
  std::map<std::uint64_t, Duration> waited;  // by object
  std::map<std::uint64_t, std::uint64_t> instance;
  std::map<std::uint64_t, std::uint64_t> entered;
  Duration now{};
  std::uint64_t last_call = 0;
  const int steps = *rc::gen::inRange(0, 80);
  for (int step = 0; step < steps; ++step) {
    const Duration passed(*rc::gen::inRange<std::int64_t>(0, 50));
    for (const Waiting& each : waiting) waited[each.object] += passed;
    now += passed;
    const auto object = *rc::gen::inRange<std::uint64_t>(1, objects + 1);
    const auto is_of_object = [&](const Waiting& each) { return each.object == object; };
    const std::uint64_t life = object * 1'000 + instance[object];
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        std::erase_if(waiting, is_of_object);
        play({{now, instance_started(object, object * 1'000 + ++instance[object])}}, report);
        break;
      case 1:
        std::erase_if(waiting, is_of_object);
        play({{now, instance_ended(object, life)}}, report);
        instance[object] = 0;
        break;
      case 2:
      case 3:
      case 4:
        if (instance[object] == 0) break;
        waiting.push_back({object, ++last_call});
        play({{now, arrived(last_call, object, life)}}, report);
        break;
      case 5:
      case 6: {
        const auto first = std::ranges::find_if(waiting, is_of_object);
        if (first == waiting.end()) break;
        ++entered[object];
        play({{now, of_method(*rc::gen::element(view, book), turn_started(first->call, now + 30ns, object, life))}},
             report);
        waiting.erase(first);
        break;
      }
      default: play({{now, ended_turn(0, object, life)}}, report); break;
    }
  }
  play({{now, instance_ended(1, 999)}}, report);  // of neither
  Outcome outcome;
  report.write_to(outcome);  // asserts Little's law, too

  for (const ObjectUse& use : outcome.objects) {
    const std::uint64_t object = use.object == to_hex(ObjectId{{1}}) ? 1 : 2;
    Duration charged{};
    for (const Blame& each : use.behind) {
      RC_ASSERT(each.running + each.held > Duration::zero());
      charged += each.running + each.held;
    }
    RC_ASSERT(use.waited == waited[object]);
    RC_ASSERT(charged == waited[object]);
    RC_ASSERT(use.calls == entered[object]);
  }
}

TEST(ObjectName, IsForPeople) {
  const auto named = [](const std::string& name) {
    return name_of({.object = "f021e4c1" + std::string(56, '0'), .class_name = "Venue", .name = name});
  };
  EXPECT_EQ(named(""), "Venue f021e4c1");
  EXPECT_EQ(named("3"), "Venue/3");
  EXPECT_EQ(named("order-17.eu@home"), "Venue/order-17.eu@home");
  EXPECT_EQ(named("two words"), "Venue/\"two words\"");
  EXPECT_EQ(named("a\x1b[2J").find('\x1b'), std::string::npos);
  EXPECT_EQ(named(std::string(100, 'k')), "Venue/\"" + std::string(32, 'k') + "...\"");
}
