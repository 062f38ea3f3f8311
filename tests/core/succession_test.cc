#include "core/replication/succession.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace orrery::replication {
namespace {

constexpr Quorum two_of_three{.followers = 3, .needed = 2};

Fenced fenced(std::uint64_t epoch, std::uint64_t index) {
  return {Epoch{5}, Place{Epoch{epoch}, CommitIndex{index}, 10 * epoch + index}};
}

class SuccessionTest : public ::testing::Test {
 protected:
  template <class... Input>
  std::vector<SuccessionEffect> step(Input&&... input) {
    std::vector<SuccessionEffect> effects;
    succession_.step(std::forward<Input>(input)..., effects);
    return effects;
  }
  // Through the fence, with what the last two of these answer.
  FetchFrom fetch_after(const Fenced& first, const Fenced& second) {
    step(Begin{});
    step(0u, first);
    return std::get<FetchFrom>(step(2u, second).at(0));
  }
  void mark() {
    const FetchFrom fetch = fetch_after(fenced(3, 7), fenced(3, 7));
    step(Fetched{fetch.follower, fetch.last});
  }
  Succession succession_{Epoch{5}, two_of_three, false};
};

TEST_F(SuccessionTest, BeginsWithAFence) {
  EXPECT_EQ(std::get<AskForFence>(step(Begin{}).at(0)).fence.epoch, Epoch{5});
  EXPECT_FALSE(succession_.serves());
}

TEST_F(SuccessionTest, FetchesNothingBeforeAQuorumIsFenced) {
  step(Begin{});

  EXPECT_TRUE(step(0u, fenced(3, 7)).empty());
  EXPECT_TRUE(step(0u, fenced(3, 7)).empty());  // the same one again
  EXPECT_EQ(step(1u, fenced(3, 7)).size(), 1u);
}

TEST_F(SuccessionTest, TakesTheLogWhoseLastRecordHasTheHighestEpoch) {
  const FetchFrom fetch = fetch_after(fenced(4, 6), fenced(3, 9));

  EXPECT_EQ(fetch.follower, 0u);
  EXPECT_EQ(fetch.last.index, CommitIndex{6});
}

TEST_F(SuccessionTest, TakesTheLongestLogOfOneEpoch) {
  EXPECT_EQ(fetch_after(fenced(3, 6), fenced(3, 9)).follower, 2u);
}

TEST_F(SuccessionTest, ServesWhenItsMarkerIsConfirmedAndNotBefore) {
  const FetchFrom fetch = fetch_after(fenced(3, 6), fenced(3, 9));

  const std::vector<SuccessionEffect> fetched = step(Fetched{fetch.follower, fetch.last});
  EXPECT_EQ(std::get<Continue>(fetched.at(0)).last, fetch.last);
  EXPECT_FALSE(succession_.serves());

  EXPECT_TRUE(std::holds_alternative<Serve>(step(Marked{}).at(0)));
  EXPECT_TRUE(succession_.serves());
  EXPECT_TRUE(step(Marked{}).empty());
}

TEST_F(SuccessionTest, IgnoresALogThatIsNotTheOneItChose) {
  const FetchFrom fetch = fetch_after(fenced(3, 6), fenced(3, 9));

  EXPECT_TRUE(step(Fetched{fetch.follower, Place{Epoch{6}, CommitIndex{10}, 1}}).empty());
  EXPECT_TRUE(step(Fetched{0, fetch.last}).empty());
}

TEST_F(SuccessionTest, ChangesTheRecordBeforeItServesWhenTheFollowersAreOthers) {
  succession_ = Succession(Epoch{5}, two_of_three, true);
  mark();

  EXPECT_TRUE(std::holds_alternative<ChangeReadable>(step(Marked{}).at(0)));
  EXPECT_FALSE(succession_.serves());
  EXPECT_TRUE(std::holds_alternative<Serve>(step(Changed{true}).at(0)));
}

TEST_F(SuccessionTest, IsDeposedWhenTheRecordNamesAnother) {
  succession_ = Succession(Epoch{5}, two_of_three, true);
  mark();
  step(Marked{});

  EXPECT_TRUE(std::holds_alternative<Deposed>(step(Changed{false}).at(0)));
  EXPECT_TRUE(succession_.is_deposed());
}

TEST_F(SuccessionTest, IsDeposedWhenAFollowerHasPromisedMore) {
  step(Begin{});

  EXPECT_TRUE(step(Outdated{Epoch{4}, Epoch{5}}).empty());  // to another
  EXPECT_TRUE(std::holds_alternative<Deposed>(step(Outdated{Epoch{5}, Epoch{6}}).at(0)));
  EXPECT_TRUE(step(0u, fenced(3, 7)).empty());
}

TEST_F(SuccessionTest, AsksAgainWhenNothingIsHeard) {
  step(Begin{});

  EXPECT_TRUE(std::holds_alternative<AskForFence>(step(Overdue{}).at(0)));
}

TEST_F(SuccessionTest, AsksForAnotherQuorumWhenTheLogCannotBeFetched) {
  fetch_after(fenced(3, 6), fenced(3, 9));

  EXPECT_TRUE(std::holds_alternative<AskForFence>(step(Overdue{}).at(0)));
  EXPECT_TRUE(step(0u, fenced(3, 6)).empty());
  EXPECT_EQ(std::get<FetchFrom>(step(1u, fenced(3, 6)).at(0)).follower, 0u);
}

TEST_F(SuccessionTest, OfTheFirstEpochHasNothingToTakeOver) {
  succession_ = Succession(Epoch{1}, two_of_three, false);

  EXPECT_TRUE(std::holds_alternative<Serve>(step(Begin{}).at(0)));
}

}  // namespace
}  // namespace orrery::replication
