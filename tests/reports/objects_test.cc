#include "reports/objects.h"

#include <gtest/gtest.h>

#include "tests/reports/records.h"

using namespace orrery;
using namespace orrery::reports;

namespace {

const journal::Names names{.classes = {{"Counter", {"fetch"}}}, .groups = {}};

Outcome outcome_of(const Script& script) {
  ObjectReport report(names);
  play(script, report);
  Outcome outcome;
  report.write_to(outcome);
  return outcome;
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
