#include "core/replication/leader.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "core/base/invariant.h"

namespace orrery::replication {
namespace {

constexpr ObjectId object{{1, 2, 3, 4}};

const Place nothing;

// What one input makes follow.
template <class... Input>
std::vector<LeaderEffect> after(Leader& leader, Input&&... input) {
  std::vector<LeaderEffect> effects;
  leader.step(std::forward<Input>(input)..., effects);
  return effects;
}

CommitRecord proposed(Leader& leader, std::uint64_t digest) {
  const std::vector<LeaderEffect> effects = after(leader, Propose{"change", digest});
  return std::get<Append>(effects.at(0)).record;
}

TEST(Leader, BeginsWithAFirstRecordThatContinuesNothing) {
  Leader leader(object, Epoch{1}, nothing, CommitIndex{0});

  const CommitRecord record = proposed(leader, 77);

  EXPECT_EQ(record.object, object);
  EXPECT_EQ(record.epoch, Epoch{1});
  EXPECT_EQ(record.index, CommitIndex{1});
  EXPECT_EQ(record.previous_epoch, Epoch{0});
  EXPECT_EQ(record.previous_chain, 0u);
  EXPECT_EQ(record.chain, chained(0, Epoch{1}, CommitIndex{1}, 77));
  EXPECT_EQ(record.digest, 77u);
  EXPECT_EQ(record.change, "change");
}

TEST(Leader, LetsEachRecordContinueTheOneBefore) {
  Leader leader(object, Epoch{5}, Place{Epoch{3}, CommitIndex{9}, 1234}, CommitIndex{9});

  const CommitRecord first = proposed(leader, 1);
  const CommitRecord second = proposed(leader, 2);

  EXPECT_EQ(first.index, CommitIndex{10});
  EXPECT_EQ(first.previous_epoch, Epoch{3});
  EXPECT_EQ(first.previous_chain, 1234u);
  EXPECT_EQ(second.index, CommitIndex{11});
  EXPECT_EQ(second.previous_epoch, Epoch{5});
  EXPECT_EQ(second.previous_chain, first.chain);
  EXPECT_EQ(second.chain, chained(first.chain, Epoch{5}, CommitIndex{11}, 2));
}

TEST(Leader, ConfirmsNothingBeforeItsDiskHoldsIt) {
  Leader leader(object, Epoch{1}, nothing, CommitIndex{0});
  proposed(leader, 1);
  proposed(leader, 2);

  EXPECT_EQ(leader.confirmed(), CommitIndex{0});
  const std::vector<LeaderEffect> effects = after(leader, Persisted{Epoch{1}, CommitIndex{1}});

  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(std::get<Confirm>(effects[0]).index, CommitIndex{1});
  EXPECT_EQ(leader.confirmed(), CommitIndex{1});
}

TEST(Leader, ConfirmsEachCommitOnce) {
  Leader leader(object, Epoch{1}, nothing, CommitIndex{0});
  for (std::uint64_t digest = 1; digest <= 3; ++digest) proposed(leader, digest);

  EXPECT_EQ(after(leader, Persisted{Epoch{1}, CommitIndex{3}}).size(), 1u);
  EXPECT_EQ(after(leader, Persisted{Epoch{1}, CommitIndex{3}}).size(), 0u);
  EXPECT_EQ(after(leader, Persisted{Epoch{1}, CommitIndex{2}}).size(), 0u);
  EXPECT_EQ(leader.confirmed(), CommitIndex{3});
}

TEST(Leader, TakesWhatWasDurableBeforeItAsConfirmedAndTheRestAsPending) {
  Leader leader(object, Epoch{2}, Place{Epoch{2}, CommitIndex{9}, 1}, CommitIndex{7});

  EXPECT_EQ(leader.confirmed(), CommitIndex{7});
  EXPECT_EQ(after(leader, Persisted{Epoch{2}, CommitIndex{7}}).size(), 0u);
  EXPECT_EQ(after(leader, Persisted{Epoch{2}, CommitIndex{9}}).size(), 1u);
}

TEST(Leader, RefusesWhatCannotBe) {
  const Place place{Epoch{3}, CommitIndex{9}, 1};
  EXPECT_THROW(Leader(object, Epoch{2}, place, CommitIndex{9}), Bug);
  EXPECT_THROW(Leader(object, Epoch{3}, place, CommitIndex{10}), Bug);
  EXPECT_THROW(Leader(object, Epoch{0}, nothing, CommitIndex{0}), Bug);

  Leader leader(object, Epoch{3}, place, CommitIndex{9});
  EXPECT_THROW(after(leader, Persisted{Epoch{3}, CommitIndex{10}}), Bug);
  EXPECT_THROW(after(leader, Persisted{Epoch{4}, CommitIndex{9}}), Bug);
}

// ---- With three followers, two of which are a quorum.

constexpr Quorum two_of_three{.followers = 3, .needed = 2};

Held held(std::uint64_t through) { return {Epoch{5}, CommitIndex{through}}; }

class LeaderOfFollowers : public ::testing::Test {
 protected:
  // From which record on a follower is sent what there is.
  template <class... Input>
  std::vector<std::pair<std::uint32_t, std::uint64_t>> sent(Input&&... input) {
    std::vector<std::pair<std::uint32_t, std::uint64_t>> all;
    for (const LeaderEffect& effect : after(leader_, std::forward<Input>(input)...))
      if (const auto* send = std::get_if<SendFrom>(&effect)) all.emplace_back(send->follower, send->first.value);
    return all;
  }
  using Sent = std::vector<std::pair<std::uint32_t, std::uint64_t>>;

  // It continues commit 9 of epoch 3.
  Leader leader_{object, Epoch{5}, Place{Epoch{3}, CommitIndex{9}, 1}, CommitIndex{}, two_of_three};
};

TEST_F(LeaderOfFollowers, SendsEachRecordOnceToAll) {
  EXPECT_EQ(sent(Propose{"", 1}), (Sent{{0, 10}, {1, 10}, {2, 10}}));
  EXPECT_EQ(sent(Propose{"", 2}), (Sent{{0, 11}, {1, 11}, {2, 11}}));
}

TEST_F(LeaderOfFollowers, ConfirmsWhatAQuorumHolds) {
  proposed(leader_, 1);
  proposed(leader_, 2);

  EXPECT_TRUE(after(leader_, 0u, held(11)).empty());
  const std::vector<LeaderEffect> effects = after(leader_, 2u, held(10));

  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(std::get<Confirm>(effects[0]).index, CommitIndex{10});
}

TEST_F(LeaderOfFollowers, ConfirmsNothingByItsOwnDisk) {
  proposed(leader_, 1);

  EXPECT_TRUE(after(leader_, Persisted{Epoch{5}, CommitIndex{10}}).empty());
}

TEST_F(LeaderOfFollowers, CountsAFollowerOnceThoughItAnswersTwice) {
  proposed(leader_, 1);

  EXPECT_TRUE(after(leader_, 0u, held(10)).empty());
  EXPECT_TRUE(after(leader_, 0u, held(10)).empty());
}

TEST_F(LeaderOfFollowers, DoesNotConfirmRecordsOfFormerEpochsByCountingThem) {
  EXPECT_TRUE(after(leader_, 0u, held(9)).empty());
  EXPECT_TRUE(after(leader_, 1u, held(9)).empty());

  proposed(leader_, 1);
  after(leader_, 0u, held(10));
  EXPECT_EQ(after(leader_, 1u, held(10)).size(), 1u);
  EXPECT_EQ(leader_.confirmed(), CommitIndex{10});
}

TEST_F(LeaderOfFollowers, IgnoresAnswersToOtherEpochs) {
  proposed(leader_, 1);
  after(leader_, 0u, held(10));

  EXPECT_TRUE(after(leader_, 1u, Held{Epoch{4}, CommitIndex{10}}).empty());
  EXPECT_TRUE(after(leader_, 1u, Lacks{Epoch{4}, nothing}).empty());
  EXPECT_TRUE(after(leader_, Outdated{Epoch{4}, Epoch{5}}).empty());
}

TEST_F(LeaderOfFollowers, SendsAllThatAFollowerLacks) {
  proposed(leader_, 1);

  EXPECT_EQ(sent(1u, Lacks{Epoch{5}, Place{Epoch{2}, CommitIndex{4}, 7}}), (Sent{{1, 5}}));
}

TEST_F(LeaderOfFollowers, SendsAgainWhatIsOverdue) {
  proposed(leader_, 1);
  proposed(leader_, 2);
  after(leader_, 0u, held(11));
  after(leader_, 1u, held(10));

  EXPECT_EQ(sent(Overdue{}), (Sent{{1, 11}, {2, 10}}));
}

TEST_F(LeaderOfFollowers, TellsOfNothingThatIsConfirmedBeforeItIsSettled) {
  proposed(leader_, 1);
  after(leader_, 0u, held(10));
  after(leader_, 1u, held(10));

  EXPECT_EQ(leader_.told_as_confirmed(), CommitIndex{0});
  leader_.settle();
  EXPECT_EQ(leader_.told_as_confirmed(), CommitIndex{10});
}

TEST_F(LeaderOfFollowers, EndsWhenAHigherEpochWasPromised) {
  const std::vector<LeaderEffect> effects = after(leader_, Outdated{Epoch{5}, Epoch{6}});

  ASSERT_EQ(effects.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<Deposed>(effects[0]));
}

}  // namespace
}  // namespace orrery::replication
