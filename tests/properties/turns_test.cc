#include "properties/turns.h"

#include <gtest/gtest.h>

#include "tests/histories.h"

namespace orrery::properties {
namespace {

using tests::History;
using tests::judged;
using tests::rule_of;

TEST(TurnsNeverOverlap, HoldsWhenTurnsFollowEachOther) {
  const Verdict verdict = judged<TurnsNeverOverlap>(
      History().turn_starts(1s, 1, 1, 2s).turn_ends(2s, 1, 1, 1s).turn_starts(2s, 1, 2, 3s).turn_ends(3s, 1, 2, 2s));

  EXPECT_EQ(verdict.kind, Verdict::Kind::holds);
  EXPECT_EQ(verdict.tested, 2u);
}

TEST(TurnsNeverOverlap, IsUntestedUntilATurnEnds) {
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(History().turn_starts(1s, 1, 1, 2s))), "untested");
}

TEST(TurnsNeverOverlap, LetsTurnsOfTwoObjectsOverlap) {
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(
                History().turn_starts(1s, 1, 1, 3s).turn_starts(2s, 2, 1, 4s, 8).turn_ends(3s, 1, 1, 1s))),
            "holds");
}

TEST(TurnsNeverOverlap, SeesATurnThatStartsInsideAnother) {
  const Verdict verdict =
      judged<TurnsNeverOverlap>(History().turn_starts(1s, 1, 1, 3s).turn_starts(3s - 1ns, 1, 2, 4s));

  ASSERT_EQ(rule_of(verdict), "one_turn_at_a_time");
  EXPECT_EQ(verdict.violation->text,
            "turn 2 of instance 1 starts at 2.999999999 s, before the end of the turn before it at 3.000000000 s");
}

TEST(TurnsNeverOverlap, SeesATurnOfAnotherInstanceInsideIt) {
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(History().turn_starts(1s, 1, 1, 3s).turn_starts(2s, 2, 1, 4s))),
            "one_turn_at_a_time");
}

TEST(TurnsNeverOverlap, SeesATurnThatEndsEarly) {
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(History().turn_starts(1s, 1, 1, 3s).turn_ends(2s, 1, 1, 1s))),
            "ends_as_promised");
}

TEST(TurnsNeverOverlap, AllowsATurnToEndLate) {
  const Verdict verdict = judged<TurnsNeverOverlap>(
      History().turn_starts(1s, 1, 1, 2s).turn_ends(3s, 1, 1, 1s).turn_starts(3s, 1, 2, 4s).turn_ends(4s, 1, 2, 3s));
  EXPECT_EQ(verdict.kind, Verdict::Kind::holds);
}

TEST(TurnsNeverOverlap, SeesATurnThatStartsWhileALateOneIsUnderWay) {
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(History().turn_starts(1s, 1, 1, 2s).turn_starts(3s, 1, 2, 4s))),
            "one_turn_at_a_time");
}

TEST(TurnsNeverOverlap, SeesATurnThatMistakesItsStart) {
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(History().turn_starts(1s, 1, 1, 2s).turn_ends(2s, 1, 1, 0s))),
            "ends_as_promised");
}

TEST(TurnsNeverOverlap, SeesATurnThatIsSkipped) {
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(
                History().turn_starts(1s, 1, 1, 2s).turn_ends(2s, 1, 1, 1s).turn_starts(2s, 1, 3, 3s))),
            "turns_are_counted");
}

TEST(TurnsNeverOverlap, CountsTheTurnsOfEachInstanceFromOne) {
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(
                History().turn_starts(1s, 1, 1, 2s).turn_ends(2s, 1, 1, 1s).turn_starts(2s, 2, 1, 3s))),
            "holds");
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(History().turn_starts(1s, 1, 2, 2s))), "turns_are_counted");
}

TEST(TurnsNeverOverlap, SeesATurnThatEndsWithoutHavingStarted) {
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(History().turn_ends(2s, 1, 1, 1s))), "ended_turns_had_started");
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(
                History().turn_starts(1s, 1, 1, 2s).turn_ends(2s, 1, 1, 1s).turn_ends(2s, 1, 1, 1s))),
            "ended_turns_had_started");
}

TEST(TurnsNeverOverlap, LetsTheEndOfAnInstanceCutItsTurn) {
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(
                History().turn_starts(1s, 1, 1, 9s).ended(2s, 1).turn_starts(2s, 2, 1, 3s).turn_ends(3s, 2, 1, 2s))),
            "holds");
  EXPECT_EQ(
      rule_of(judged<TurnsNeverOverlap>(History().turn_starts(1s, 1, 1, 9s).ended(2s, 2).turn_starts(2s, 2, 1, 3s))),
      "one_turn_at_a_time");
}

TEST(TurnsNeverOverlap, LetsACrashCutTheTurnsOfItsNode) {
  const History busy = History().turn_starts(1s, 1, 1, 9s);

  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(
                History(busy).crashed(2s).restarted(3s).turn_starts(4s, 2, 1, 5s).turn_ends(5s, 2, 1, 4s))),
            "holds");
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(History(busy).crashed(2s, 5).turn_starts(4s, 2, 1, 5s))),
            "one_turn_at_a_time");
  EXPECT_EQ(rule_of(judged<TurnsNeverOverlap>(
                History(busy).crashed(2s).turn_starts(4s, 2, 1, 6s).turn_starts(5s, 3, 1, 7s))),
            "one_turn_at_a_time");
}

TEST(TurnsNeverOverlap, SeesATurnThatEndsAfterItsInstance) {
  EXPECT_EQ(
      rule_of(judged<TurnsNeverOverlap>(History().turn_starts(1s, 1, 1, 3s).ended(2s, 1).turn_ends(3s, 1, 1, 1s))),
      "ended_turns_had_started");
}

}  // namespace
}  // namespace orrery::properties
