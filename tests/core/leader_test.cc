#include "core/replication/leader.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/base/invariant.h"

namespace orrery::replication {
namespace {

class IgnoredMarks final : public ports::Probe {
 public:
  void reached(ports::Mark) override {}
};

constexpr ObjectId object{{1, 2, 3, 4}};

storage::Image recovered(Epoch epoch, CommitIndex index, std::uint64_t chain) {
  storage::Image image;
  image.epoch = epoch;
  image.index = index;
  image.chain = chain;
  return image;
}

// What one input makes follow.
std::vector<LeaderEffect> after(Leader& leader, LeaderInput input) {
  IgnoredMarks probe;
  std::vector<LeaderEffect> effects;
  leader.step(std::move(input), probe, effects);
  return effects;
}

CommitRecord proposed(Leader& leader, std::uint64_t digest) {
  const std::vector<LeaderEffect> effects = after(leader, Propose{"change", digest});
  EXPECT_EQ(effects.size(), 1u);
  return std::get<Append>(effects.at(0)).record;
}

TEST(Leader, BeginsWithAFirstRecordThatContinuesNothing) {
  Leader leader(object, Epoch{1}, storage::Image{}, CommitIndex{0});

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
  Leader leader(object, Epoch{5}, recovered(Epoch{3}, CommitIndex{9}, 1234), CommitIndex{9});

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
  Leader leader(object, Epoch{1}, storage::Image{}, CommitIndex{0});
  proposed(leader, 1);
  proposed(leader, 2);

  EXPECT_EQ(leader.confirmed(), CommitIndex{0});
  const std::vector<LeaderEffect> effects = after(leader, Persisted{Epoch{1}, CommitIndex{1}});

  ASSERT_EQ(effects.size(), 1u);
  EXPECT_EQ(std::get<Confirm>(effects[0]).index, CommitIndex{1});
  EXPECT_EQ(leader.confirmed(), CommitIndex{1});
}

TEST(Leader, ConfirmsEachCommitOnce) {
  Leader leader(object, Epoch{1}, storage::Image{}, CommitIndex{0});
  for (std::uint64_t digest = 1; digest <= 3; ++digest) proposed(leader, digest);

  EXPECT_EQ(after(leader, Persisted{Epoch{1}, CommitIndex{3}}).size(), 1u);
  EXPECT_EQ(after(leader, Persisted{Epoch{1}, CommitIndex{3}}).size(), 0u);
  EXPECT_EQ(after(leader, Persisted{Epoch{1}, CommitIndex{2}}).size(), 0u);
  EXPECT_EQ(leader.confirmed(), CommitIndex{3});
}

TEST(Leader, TakesWhatWasDurableBeforeItAsConfirmedAndTheRestAsPending) {
  Leader leader(object, Epoch{2}, recovered(Epoch{2}, CommitIndex{9}, 1), CommitIndex{7});

  EXPECT_EQ(leader.confirmed(), CommitIndex{7});
  EXPECT_EQ(after(leader, Persisted{Epoch{2}, CommitIndex{7}}).size(), 0u);
  EXPECT_EQ(after(leader, Persisted{Epoch{2}, CommitIndex{9}}).size(), 1u);
}

TEST(Leader, RefusesWhatCannotBe) {
  const storage::Image image = recovered(Epoch{3}, CommitIndex{9}, 1);
  EXPECT_THROW(Leader(object, Epoch{2}, image, CommitIndex{9}), Bug);
  EXPECT_THROW(Leader(object, Epoch{3}, image, CommitIndex{10}), Bug);
  EXPECT_THROW(Leader(object, Epoch{0}, storage::Image{}, CommitIndex{0}), Bug);

  Leader leader(object, Epoch{3}, image, CommitIndex{9});
  EXPECT_THROW(after(leader, Persisted{Epoch{3}, CommitIndex{10}}), Bug);
  EXPECT_THROW(after(leader, Persisted{Epoch{4}, CommitIndex{9}}), Bug);
}

}  // namespace
}  // namespace orrery::replication
