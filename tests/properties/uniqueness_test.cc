#include "properties/uniqueness.h"

#include <gtest/gtest.h>

#include "tests/histories.h"

namespace orrery::properties {
namespace {

using tests::History;
using tests::judged;
using tests::rule_of;

TEST(GlobalUniqueness, HoldsWhenEveryObjectHasOneInstance) {
  const Verdict verdict = judged<GlobalUniqueness>(
      History().placed(1s, 1, 4).placed(1s, 1, 5, 8).started(2s, 1, 1, 4).started(2s, 2, 1, 5, 8));

  EXPECT_EQ(verdict.kind, Verdict::Kind::holds);
  EXPECT_EQ(verdict.tested, 2u);
}

TEST(GlobalUniqueness, IsUntestedUntilAnInstanceStarts) {
  EXPECT_EQ(judged<GlobalUniqueness>(History().placed(1s, 1, 4)).kind, Verdict::Kind::untested);
}

TEST(GlobalUniqueness, AllowsAPlacementToBeToldTwice) {
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(History().placed(1s, 1, 4).placed(2s, 1, 4).started(3s, 1, 1, 4))),
            "holds");
}

TEST(GlobalUniqueness, SeesAnEpochWithTwoOwners) {
  const Verdict verdict = judged<GlobalUniqueness>(History().placed(1s, 1, 4).placed(2s, 2, 5).placed(3s, 1, 6));

  ASSERT_EQ(rule_of(verdict), "one_owner_per_epoch");
  EXPECT_EQ(verdict.violation->object, to_hex(tests::object_named(tests::the_object)));
  EXPECT_EQ(verdict.violation->text, "epoch 1 is placed on node 6, and was placed on node 4");
  EXPECT_EQ(verdict.violation->at, tests::at(3s));
}

TEST(GlobalUniqueness, SeesAnEpochThatDoesNotGrow) {
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(History().placed(1s, 3, 4).placed(2s, 2, 5))), "epochs_grow");
}

TEST(GlobalUniqueness, SeesASecondInstanceOnTheSameNode) {
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(History().placed(1s, 1, 4).started(2s, 1, 1, 4).started(3s, 2, 1, 4))),
            "one_instance_at_a_time");
}

TEST(GlobalUniqueness, SeesASecondInstanceInALaterEpoch) {
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(
                History().placed(1s, 1, 4).started(2s, 1, 1, 4).placed(3s, 2, 5).started(4s, 2, 2, 5))),
            "one_instance_at_a_time");
}

TEST(GlobalUniqueness, SeesAnInstanceThatIsNotOnItsOwner) {
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(History().placed(1s, 1, 4).started(2s, 1, 1, 5))),
            "started_by_the_owner");
}

TEST(GlobalUniqueness, SeesAnInstanceOfAnEpochNeverPlaced) {
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(History().placed(1s, 1, 4).started(2s, 1, 2, 4))),
            "started_by_the_owner");
}

TEST(GlobalUniqueness, LetsANewInstanceStartInTheSameEpochWhenTheOldOneHasEnded) {
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(
                History().placed(1s, 1, 4).started(2s, 1, 1, 4).ended(3s, 1).started(4s, 2, 1, 4))),
            "holds");
  EXPECT_EQ(
      rule_of(judged<GlobalUniqueness>(
          History().placed(1s, 1, 4).started(2s, 1, 1, 4).crashed(3s, 4).restarted(4s, 4).started(5s, 2, 1, 4))),
      "holds");
}

TEST(GlobalUniqueness, SeesASecondInstanceAfterTheEndOfAnotherObjectsOrNode) {
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(
                History().placed(1s, 1, 4).started(2s, 1, 1, 4).crashed(3s, 5).started(4s, 2, 1, 4))),
            "one_instance_at_a_time");
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(
                History().placed(1s, 1, 4).started(2s, 1, 1, 4).ended(3s, 9).started(4s, 2, 1, 4))),
            "one_instance_at_a_time");
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(
                History().placed(1s, 1, 4).crashed(2s, 4).started(3s, 1, 1, 4).started(4s, 2, 1, 4))),
            "one_instance_at_a_time");
}

TEST(GlobalUniqueness, SeesAnInstanceThatStartsTwice) {
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(
                History().placed(1s, 1, 4).started(2s, 1, 1, 4).ended(3s, 1).started(4s, 1, 1, 4))),
            "no_instance_starts_twice");
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(
                History().placed(1s, 1, 4).started(2s, 1, 1, 4).crashed(3s, 4).started(4s, 1, 1, 4))),
            "no_instance_starts_twice");
}

}  // namespace
}  // namespace orrery::properties
