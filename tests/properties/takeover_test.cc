// What properties make of a new owner.
#include <gtest/gtest.h>

#include "properties/durability.h"
#include "properties/late_effects.h"
#include "properties/output_gate.h"
#include "properties/uniqueness.h"
#include "tests/histories.h"

namespace orrery::properties {
namespace {

using tests::History;
using tests::judged;
using tests::rule_of;

// In epoch 1, instance 1 makes commits 1 to 3 on node 1; the first two are confirmed.
History three_commits() {
  return History()
      .recovered(0s, 1, 0)
      .committed(1s, 1)
      .committed(1s, 2)
      .committed(1s, 3)
      .confirmed(2s, 1)
      .confirmed(2s, 2);
}

// ---- Durability.

TEST(TakeoverDurability, HoldsWhetherTheUnconfirmedCommitIsFoundOrNot) {
  for (const std::uint64_t through : {2u, 3u}) {
    const Verdict verdict = judged<Durability>(three_commits().taken_over(9s, 2, through));

    EXPECT_EQ(rule_of(verdict), "holds") << through;
    EXPECT_EQ(verdict.tested, 1u);
  }
}

TEST(TakeoverDurability, SeesANewOwnerThatFindsLessThanWasConfirmed) {
  const Verdict verdict = judged<Durability>(three_commits().taken_over(9s, 2, 1));

  ASSERT_EQ(rule_of(verdict), "confirmed_survives");
  EXPECT_EQ(verdict.violation->text, "the owner of epoch 2 starts from commit 1, but commit 2 was confirmed");
}

TEST(TakeoverDurability, LetsAConfirmationOfWhatWasFoundComeLate) {
  EXPECT_EQ(rule_of(judged<Durability>(three_commits().taken_over(9s, 2, 3).confirmed(10s, 3))), "holds");
}

TEST(TakeoverDurability, SeesAConfirmationOfWhatTheNewOwnerWentOnWithout) {
  const Verdict verdict = judged<Durability>(three_commits().taken_over(9s, 2, 2).confirmed(10s, 3));

  ASSERT_EQ(rule_of(verdict), "confirmed_survives");
  EXPECT_EQ(verdict.violation->text, "commit 3 of epoch 1 is confirmed, but epoch 2 went on without it");
}

TEST(TakeoverDurability, LetsALaterOwnerFindAMarkerThatWasNeverConfirmed) {
  EXPECT_EQ(rule_of(judged<Durability>(three_commits().marked(5s, 2, 4).taken_over(9s, 3, 4))), "holds");
  EXPECT_EQ(rule_of(judged<Durability>(three_commits().taken_over(9s, 3, 4))), "recovered_was_committed");
}

TEST(TakeoverDurability, CountsTheMarkerAsConfirmed) {
  const History taken = three_commits().taken_over(9s, 2, 3);

  EXPECT_EQ(rule_of(judged<Durability>(History(taken).taken_over(12s, 3, 3))), "confirmed_survives");
}

// ---- The output gate.

TEST(TakeoverOutputGate, LetsOutThatShowsTheMarker) {
  const History taken = three_commits().taken_over(9s, 2, 3).recovered(9s, 2, 4);

  EXPECT_EQ(rule_of(judged<OutputGate>(History(taken).left(10s, 1, 4, journal::OutputKind::reply, 2))), "holds");
  EXPECT_EQ(rule_of(judged<OutputGate>(History(taken).left(10s, 1, 5, journal::OutputKind::reply, 2))),
            "leaves_when_durable");
}

// ---- Late effects, and uniqueness by leases.

History sealed() {
  return History()
      .placed(0s, 1, 1)
      .lease_taken(0s, 7, 1)
      .started(1s, 1, 1, 1)
      .turn_starts(2s, 1, 1, 2s)
      .left(2s, 1, 0)
      .lease_sealed(9s, 7, 1);
}

TEST(NoLateEffects, HoldsWhileNothingIsSeenAfterTheSeal) {
  const Verdict verdict = judged<NoLateEffects>(sealed());

  EXPECT_EQ(rule_of(verdict), "holds");
  EXPECT_EQ(verdict.tested, 2u);
}

TEST(NoLateEffects, SeesATurnACommitAndAnOutputAfterTheSeal) {
  EXPECT_EQ(rule_of(judged<NoLateEffects>(sealed().turn_starts(10s, 1, 2, 10s))), "no_turn_after_the_seal");
  EXPECT_EQ(rule_of(judged<NoLateEffects>(sealed().committed(10s, 1))), "no_commit_after_the_seal");
  EXPECT_EQ(rule_of(judged<NoLateEffects>(sealed().left(10s, 2, 0))), "no_output_after_the_seal");
}

TEST(NoLateEffects, SaysNothingOfTheNextIncarnation) {
  const Verdict verdict = judged<NoLateEffects>(
      sealed().lease_taken(10s, 8, 1).started(11s, 2, 2, 1).turn_starts(12s, 2, 1, 12s).left(
          12s, 1, 0, journal::OutputKind::reply, 2));

  EXPECT_EQ(rule_of(verdict), "holds");
  EXPECT_EQ(verdict.tested, 4u);
}

TEST(TakeoverUniqueness, CountsNoInstanceWhoseLeaseWasSealed) {
  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(sealed().placed(10s, 2, 3).started(11s, 2, 2, 3))), "holds");
}

TEST(TakeoverUniqueness, SeesTwoInstancesWhileTheLeaseStands) {
  const History taken = History().placed(0s, 1, 1).lease_taken(0s, 7, 1).started(1s, 1, 1, 1);

  EXPECT_EQ(rule_of(judged<GlobalUniqueness>(History(taken).placed(10s, 2, 3).started(11s, 2, 2, 3))),
            "one_instance_at_a_time");
}

}  // namespace
}  // namespace orrery::properties
