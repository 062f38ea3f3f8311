#include "core/replication/follower.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/base/invariant.h"

namespace orrery::replication {
namespace {

constexpr Place nothing;

CommitRecord record_after(const Place& before, std::uint64_t epoch, std::uint64_t digest) {
  const CommitIndex index{before.index.value + 1};
  return {.object = {},
          .epoch = Epoch{epoch},
          .index = index,
          .previous_epoch = before.epoch,
          .previous_chain = before.chain,
          .chain = chained(before.chain, Epoch{epoch}, index, digest),
          .digest = digest,
          .change = "change"};
}
// So many records of an epoch, each of which continues the one before.
std::vector<CommitRecord> row(Place before, std::uint64_t epoch, std::size_t count) {
  std::vector<CommitRecord> records;
  for (std::uint64_t digest = 1; digest <= count; ++digest) {
    records.push_back(record_after(before, epoch, digest));
    before = place_of(records.back());
  }
  return records;
}

class FollowerTest : public ::testing::Test {
 protected:
  FollowerStep take(std::uint64_t epoch, const Place& previous, const std::vector<CommitRecord>& records,
                    std::uint64_t confirmed = 0) {
    return follower_.step(Replicate{Epoch{epoch}, previous, records, CommitIndex{confirmed}});
  }
  Follower follower_;
};

TEST_F(FollowerTest, StoresWhatContinuesItsLogAndSaysSoWhenItIsOnDisk) {
  const std::vector<CommitRecord> records = row(nothing, 1, 2);

  const FollowerStep step = take(1, nothing, records);

  EXPECT_TRUE(step.must_persist);
  ASSERT_EQ(step.stored.size(), 2u);
  EXPECT_EQ(step.stored[1].change, "change");
  EXPECT_EQ(std::get<Held>(step.answer).through, CommitIndex{2});
  EXPECT_EQ(follower_.last(), place_of(records[1]));
}

TEST_F(FollowerTest, StoresARecordOnceThoughItComesTwice) {
  const std::vector<CommitRecord> records = row(nothing, 1, 2);
  take(1, nothing, records);

  const FollowerStep again = take(1, nothing, {records[0]});

  EXPECT_FALSE(again.must_persist);
  EXPECT_TRUE(again.stored.empty());
  EXPECT_EQ(std::get<Held>(again.answer).through, CommitIndex{1});  // it was asked for no more
  EXPECT_EQ(follower_.last(), place_of(records[1]));
}

TEST_F(FollowerTest, SaysWhereItsLogIsEverybodysWhenItLacksWhatARecordContinues) {
  const std::vector<CommitRecord> records = row(nothing, 1, 4);
  take(1, nothing, {records[0], records[1]}, 1);

  const FollowerStep step = take(1, place_of(records[2]), {records[3]});

  EXPECT_TRUE(step.stored.empty());
  EXPECT_EQ(std::get<Lacks>(step.answer).confirmed, place_of(records[0]));
}

TEST_F(FollowerTest, CutsWhatStandsInTheRecordsPlaceAndAllBehindIt) {
  const std::vector<CommitRecord> old = row(nothing, 1, 3);
  take(1, nothing, old);

  const CommitRecord other = record_after(place_of(old[0]), 2, 99);
  const FollowerStep step = take(2, place_of(old[0]), {other});

  EXPECT_EQ(step.stored.size(), 1u);
  EXPECT_EQ(follower_.last(), place_of(other));
  EXPECT_TRUE(std::holds_alternative<Lacks>(take(2, place_of(old[1]), {old[2]}).answer));
}

TEST_F(FollowerTest, KeepsTheEpochInWhichARecordWasMade) {
  const std::vector<CommitRecord> old = row(nothing, 1, 1);

  take(3, nothing, old);

  EXPECT_EQ(follower_.last().epoch, Epoch{1});
  EXPECT_EQ(follower_.promised(), Epoch{3});
}

TEST_F(FollowerTest, TakesNothingOfAnEpochBelowItsPromise) {
  EXPECT_TRUE(follower_.step(Fence{Epoch{2}}).must_persist);

  const FollowerStep step = take(1, nothing, row(nothing, 1, 1));

  EXPECT_TRUE(step.stored.empty());
  EXPECT_EQ(std::get<Outdated>(step.answer).promised, Epoch{2});
  EXPECT_TRUE(std::holds_alternative<Outdated>(follower_.step(Fence{Epoch{1}}).answer));
}

TEST_F(FollowerTest, AnswersAFenceWithTheEndOfItsLogAsOftenAsItIsAsked) {
  const std::vector<CommitRecord> records = row(nothing, 1, 2);
  take(1, nothing, records);

  EXPECT_EQ(std::get<Fenced>(follower_.step(Fence{Epoch{2}}).answer).last, place_of(records[1]));
  const FollowerStep again = follower_.step(Fence{Epoch{2}});
  EXPECT_FALSE(again.must_persist);
  EXPECT_EQ(std::get<Fenced>(again.answer).last, place_of(records[1]));
}

TEST_F(FollowerTest, PromisesWithTheFirstRecordsOfAnEpoch) {
  take(4, nothing, {});

  EXPECT_EQ(follower_.promised(), Epoch{4});
}

TEST_F(FollowerTest, ForgetsWhatIsConfirmedAndStillKnowsIt) {
  const std::vector<CommitRecord> records = row(nothing, 1, 3);
  take(1, nothing, records, 2);

  EXPECT_EQ(follower_.confirmed(), place_of(records[1]));
  EXPECT_EQ(std::get<Held>(take(1, nothing, {records[0]}).answer).through, CommitIndex{1});
}

TEST_F(FollowerTest, TakesOnlySoMuchAsConfirmedAsItHolds) {
  const std::vector<CommitRecord> records = row(nothing, 1, 2);

  take(1, nothing, {records[0]}, 7);

  EXPECT_EQ(follower_.confirmed(), place_of(records[0]));
}

TEST_F(FollowerTest, NeverCutsWhatIsConfirmed) {
  const std::vector<CommitRecord> records = row(nothing, 1, 3);
  take(1, nothing, records, 3);

  EXPECT_EQ(std::get<Held>(take(2, nothing, {record_after(nothing, 2, 9)}).answer).through, CommitIndex{1});
  EXPECT_EQ(follower_.last(), place_of(records[2]));
}

TEST_F(FollowerTest, GoesOnAfterARestartWhereItsDiskStands) {
  const std::vector<CommitRecord> records = row(nothing, 1, 2);
  Follower restarted(Epoch{2}, {nothing, place_of(records[0]), place_of(records[1])});

  EXPECT_EQ(std::get<Outdated>(restarted.step(Fence{Epoch{1}}).answer).promised, Epoch{2});
  EXPECT_EQ(std::get<Fenced>(restarted.step(Fence{Epoch{3}}).answer).last, place_of(records[1]));
  EXPECT_THROW(Follower(Epoch{1}, {}), Bug);
}

}  // namespace
}  // namespace orrery::replication
