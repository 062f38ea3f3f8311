// Leases and claims, sentence by sentence. That no two owners hold at once is explored in tests/explore.
#include "core/placement/lease.h"

#include <gtest/gtest.h>

#include "core/base/invariant.h"
#include "core/placement/claim.h"

namespace orrery::placement {
namespace {

constexpr Incarnation me{7};
constexpr Incarnation before_me{6};

LocalTime at(Duration since) { return LocalTime{} + since; }

template <class Effect, class Effects>
std::optional<Effect> only(const Effects& effects) {
  for (const auto& each : effects)
    if (const auto* effect = std::get_if<Effect>(&each)) return *effect;
  return std::nullopt;
}

class LeaseTest : public ::testing::Test {
 protected:
  template <class Input>
  void step(Duration now, const Input& input) {
    effects_.clear();
    lease_.step(at(now), input, effects_);
  }
  // Takes the lease, sent at 0.
  void take() {
    step(0s, Want{});
    step(0s, LeaseAnswer{});
    step(100ms, LeaseAnswer{only<ChangeLease>(effects_)->value});
  }

  Lease lease_{me};
  std::vector<LeaseEffect> effects_;
};

TEST_F(LeaseTest, CountsFromTheSendingLessTheDrift) {
  take();

  EXPECT_EQ(only<LeaseHeld>(effects_)->until, at(4s - 2ms));
  EXPECT_TRUE(lease_.is_held(at(4s - 3ms)));
  EXPECT_FALSE(lease_.is_held(at(4s - 2ms)));
}

TEST_F(LeaseTest, IsNotHeldBeforeTheAnswer) {
  step(0s, Want{});
  step(0s, LeaseAnswer{});

  EXPECT_FALSE(lease_.is_held(at(1ms)));
}

TEST_F(LeaseTest, ReplacesTheFormerIncarnationOfItsNode) {
  step(0s, Want{});
  step(0s, LeaseAnswer{LeaseRecord{before_me, 12, false}});

  EXPECT_EQ(only<ChangeLease>(effects_)->expected, (LeaseRecord{before_me, 12, false}));
  EXPECT_EQ(only<ChangeLease>(effects_)->value, (LeaseRecord{me, 1, false}));
}

TEST_F(LeaseTest, RenewsWithANumberThatItNeverSent) {
  take();
  step(1s, TimeIsUp{lease_.timer()});
  EXPECT_EQ(only<ChangeLease>(effects_)->value.number, 2u);

  step(2s, TimeIsUp{lease_.timer()});  // no answer yet
  EXPECT_TRUE(only<ReadLease>(effects_));
  step(2100ms, LeaseAnswer{LeaseRecord{me, 1, false}});
  step(3s, TimeIsUp{lease_.timer()});

  EXPECT_EQ(only<ChangeLease>(effects_)->value.number, 3u);
}

TEST_F(LeaseTest, CountsFromTheAttemptThatStandsInTheRecord) {
  take();
  step(1s, TimeIsUp{lease_.timer()});
  step(2s, TimeIsUp{lease_.timer()});
  step(2500ms, LeaseAnswer{LeaseRecord{me, 2, false}});  // sent at 1 s

  EXPECT_EQ(only<LeaseHeld>(effects_)->until, at(5s - 2ms));
}

TEST_F(LeaseTest, IsDeadWhenSealed) {
  take();
  step(1s, TimeIsUp{lease_.timer()});
  step(1100ms, LeaseAnswer{LeaseRecord{me, 1, true}});

  EXPECT_TRUE(only<LeaseLost>(effects_));
  EXPECT_TRUE(lease_.is_dead());
  EXPECT_FALSE(lease_.is_held(at(1200ms)));
  EXPECT_THROW(step(2s, Want{}), Bug);
}

TEST_F(LeaseTest, IsDeadWhenAnotherIncarnationStandsInItsPlace) {
  take();
  step(1s, TimeIsUp{lease_.timer()});
  step(1100ms, LeaseAnswer{LeaseRecord{Incarnation{8}, 1, false}});

  EXPECT_TRUE(lease_.is_dead());
}

TEST_F(LeaseTest, IsNotRenewedWhenNothingRuns) {
  take();
  step(500ms, LetGo{});
  step(1s, TimeIsUp{lease_.timer()});
  EXPECT_TRUE(effects_.empty());

  step(9s, Want{});
  EXPECT_EQ(only<ChangeLease>(effects_)->value.number, 2u);
}

class WatchTest : public ::testing::Test {
 protected:
  template <class Input>
  void step(Duration now, const Input& input) {
    effects_.clear();
    watch_.step(at(now), input, effects_);
  }
  void look(Duration now, std::uint32_t acceptor, std::uint64_t number) {
    step(now, LeaseLook{acceptor, LeaseRecord{me, number, false}});
  }
  void answer(Duration now, std::uint64_t number) { step(now, LeaseAnswer{LeaseRecord{me, number, false}}); }

  LeaseWatch watch_{me, 3};
  std::vector<WatchEffect> effects_;
};

TEST_F(WatchTest, SealsWhatHasStoodForALeaseAndTheDriftSinceItsFirstSight) {
  step(0s, LookAgain{});
  EXPECT_TRUE(only<LookAtAcceptors>(effects_));
  look(100ms, 0, 5);
  EXPECT_TRUE(effects_.empty());
  look(200ms, 1, 5);
  EXPECT_EQ(only<SetLeaseTimer>(effects_)->after, 4s + 2ms - 100ms);

  step(4s, LookAgain{});
  EXPECT_TRUE(only<LookAtAcceptors>(effects_));
  look(4s, 0, 5);
  look(4s, 1, 5);
  EXPECT_EQ(only<SetLeaseTimer>(effects_)->after, 102ms);
  step(4102ms, TimeIsUp{watch_.timer()});
  EXPECT_EQ(only<Seal>(effects_)->expected, (LeaseRecord{me, 5, false}));
}

TEST_F(WatchTest, LooksAgainWhenNoMajorityAnswers) {
  step(0s, LookAgain{});
  EXPECT_EQ(only<SetLeaseTimer>(effects_)->after, 1s);
  look(0s, 0, 5);
  look(0s, 0, 5);  // the same one twice
  EXPECT_TRUE(effects_.empty());

  step(1s, TimeIsUp{watch_.timer()});
  EXPECT_TRUE(only<LookAtAcceptors>(effects_));
}

TEST_F(WatchTest, BeginsAnewWhenAnyAcceptorShowsANewerNumber) {
  step(0s, LookAgain{});
  look(0s, 0, 5);
  look(0s, 1, 5);
  step(3s, LookAgain{});
  look(3s, 2, 6);
  look(3s, 1, 5);  // it is behind

  EXPECT_EQ(only<SetLeaseTimer>(effects_)->after, 4s + 2ms);
  step(4002ms, LookAgain{});
  EXPECT_FALSE(only<Seal>(effects_));
}

TEST_F(WatchTest, BeginsAnewWhenTheSealFindsAnotherNumber) {
  step(0s, LookAgain{});
  look(0s, 0, 5);
  look(0s, 1, 5);
  step(4002ms, TimeIsUp{watch_.timer()});
  answer(4100ms, 4);  // 5 was never chosen

  EXPECT_FALSE(only<Dead>(effects_));
  EXPECT_EQ(only<SetLeaseTimer>(effects_)->after, 4s + 2ms);
  step(8102ms, TimeIsUp{watch_.timer()});
  EXPECT_EQ(only<Seal>(effects_)->expected, (LeaseRecord{me, 4, false}));
}

TEST_F(WatchTest, ReadsTheRegisterBeforeItTakesALooksWordForADeath) {
  step(0s, LookAgain{});
  step(0s, LeaseLook{0, LeaseRecord{me, 5, true}});
  look(0s, 1, 5);
  EXPECT_FALSE(only<Dead>(effects_));
  EXPECT_TRUE(only<ReadLease>(effects_));

  answer(100ms, 6);
  EXPECT_EQ(only<SetLeaseTimer>(effects_)->after, 4s + 2ms);
}

TEST_F(WatchTest, TellsOfTheDeathOfWhoIsSealedOrReplaced) {
  step(0s, LookAgain{});
  step(0s, LeaseLook{0, std::nullopt});
  step(0s, LeaseLook{1, std::nullopt});
  step(0s, LeaseAnswer{LeaseRecord{Incarnation{8}, 1, false}});

  EXPECT_EQ(only<Dead>(effects_)->incarnation, me);
  EXPECT_TRUE(watch_.is_over());
}

class ClaimTest : public ::testing::Test {
 protected:
  template <class Input>
  void step(const Input& input) {
    effects_.clear();
    claim_.step(input, effects_);
  }

  const OwnerRecord theirs_{before_me, NodeId{3}, Epoch{4}, false};
  Claim claim_{me, NodeId{2}};
  std::vector<ClaimEffect> effects_;
};

TEST_F(ClaimTest, TakesWhatNobodyOwnsInTheFirstEpoch) {
  step(Begin{});
  EXPECT_TRUE(only<ReadOwner>(effects_));
  step(OwnerAnswer{});
  EXPECT_EQ(only<ChangeOwner>(effects_)->expected, std::nullopt);
  step(OwnerAnswer{only<ChangeOwner>(effects_)->value});

  EXPECT_EQ(only<Owned>(effects_)->record.epoch, Epoch{1});
}

TEST_F(ClaimTest, LeavesItToTheOtherUntilThatOneIsDead) {
  step(Begin{});
  step(OwnerAnswer{theirs_});
  EXPECT_EQ(only<OwnedByOther>(effects_)->record, theirs_);
  step(Dead{Incarnation{99}});
  EXPECT_TRUE(effects_.empty());

  step(Dead{before_me});
  EXPECT_EQ(only<ChangeOwner>(effects_)->expected, theirs_);
  EXPECT_EQ(only<ChangeOwner>(effects_)->value, (OwnerRecord{me, NodeId{2}, Epoch{5}, false}));
}

TEST_F(ClaimTest, TakesWhatItsOwnerHasGivenUpInTheNextEpoch) {
  step(Begin{});
  step(OwnerAnswer{OwnerRecord{before_me, NodeId{3}, Epoch{4}, true}});

  EXPECT_EQ(only<ChangeOwner>(effects_)->value.epoch, Epoch{5});
}

TEST_F(ClaimTest, FindsTheWinnerOfARace) {
  step(Begin{});
  step(OwnerAnswer{});
  step(OwnerAnswer{OwnerRecord{Incarnation{9}, NodeId{9}, Epoch{1}, false}});

  EXPECT_EQ(only<OwnedByOther>(effects_)->record.owner, Incarnation{9});
}

}  // namespace
}  // namespace orrery::placement
