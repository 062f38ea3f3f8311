#include "core/replication/log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/invariant.h"
#include "tests/core/log_rig.h"

namespace orrery::replication {
namespace {

using ports::FileId;
using ports::sector_bytes;

// ---- Opening, appending, reading.

TEST(Log, IsOpenWhenItsFirstSegmentIsDurable) {
  Rig rig;
  rig.begin_process();
  EXPECT_FALSE(rig.log->is_open());

  EXPECT_TRUE(rig.complete());

  EXPECT_TRUE(rig.log->is_open());
  EXPECT_EQ(rig.bench.disk.files(), std::vector{FileId{1}});
  EXPECT_EQ(rig.bench.disk.unsynced_sectors(), 0u);
}

TEST(Log, KnowsAnEmptyImageOfAnObjectThatNeverHadACommit) {
  Rig rig;
  ASSERT_TRUE(rig.open());
  const auto image = rig.log->image_of(object(1));

  ASSERT_TRUE(image);
  EXPECT_EQ(image->index, CommitIndex{0});
  EXPECT_EQ(image->pages.count(), 0u);
  EXPECT_EQ(rig.log->durable_through(object(1)), CommitIndex{0});
}

TEST(Log, GivesBackWhatWasGatheredWrittenOrSynced) {
  Rig rig;
  ASSERT_TRUE(rig.open());

  for (std::uint64_t bytes : {1u, 40u, 400u, 496u, 900u}) {
    rig.append(1, bytes);
    rig.compare_all();
    rig.flush();
    rig.compare_all();
    rig.complete();
    rig.compare_all();
  }
  EXPECT_EQ(rig.objects[1].told, 5u);
}

TEST(Log, GivesAWholeDatabaseBackThatTakesManySectors) {
  Rig rig;
  ASSERT_TRUE(rig.open());
  for (int change = 0; change < 20; ++change) rig.append(1, 3000);
  rig.settle();
  rig.crash();

  EXPECT_TRUE(rig.open());
  EXPECT_EQ(rig.objects[1].commits.size(), 20u);
}

TEST(Log, TellsOfNothingBeforeItsSyncEnds) {
  Rig rig;
  ASSERT_TRUE(rig.open());
  rig.append(1);
  rig.flush();
  EXPECT_EQ(rig.log->durable_through(object(1)), CommitIndex{0});
  std::vector<Log::Durable> durable;
  rig.log->on_synced(12345, durable);
  rig.log->on_synced(0, durable);
  EXPECT_TRUE(durable.empty()) << "a token of nothing ended the sync";

  rig.complete();
  EXPECT_EQ(rig.log->durable_through(object(1)), CommitIndex{1});
}

TEST(Log, LetsCommitsThatWaitedForASyncShareTheNextOne) {
  Rig rig;
  ASSERT_TRUE(rig.open());
  rig.append(1);
  rig.flush();
  for (std::uint64_t number = 1; number <= 9; ++number) {
    rig.append(number);
    rig.flush();
  }
  rig.complete();
  EXPECT_EQ(rig.told_at_once, 1u);
  rig.flush();
  rig.complete();

  EXPECT_EQ(rig.told_at_once, 9u);
  EXPECT_FALSE(rig.complete()) << "there was more than one sync";
}

TEST(Log, AsksForNoSyncWhenNothingWasAppended) {
  Rig rig;
  ASSERT_TRUE(rig.open());
  rig.flush();

  EXPECT_FALSE(rig.complete());
}

TEST(Log, RefusesARecordThatContinuesNothing) {
  Rig rig;
  ASSERT_TRUE(rig.open());
  rig.append_durable(1);
  const CommitRecord good{.object = object(1),
                          .epoch = {1},
                          .index = {2},
                          .previous_epoch = {1},
                          .previous_chain = rig.objects[1].commits[0].chain,
                          .change = "change"};

  CommitRecord record = good;
  record.index = {3};
  EXPECT_THROW(rig.log->append(std::move(record)), Bug);
  record = good;
  record.previous_epoch = {2};
  EXPECT_THROW(rig.log->append(std::move(record)), Bug);
  record = good;
  record.previous_chain += 1;
  EXPECT_THROW(rig.log->append(std::move(record)), Bug);
  rig.begin_process();
  EXPECT_THROW(rig.log->append(CommitRecord(good)), Bug) << "the log is not open";
}

// ---- A full disk.

TEST(Log, ForgetsTheBatchThatAFullDiskRefuses) {
  Rig rig;
  ASSERT_TRUE(rig.open());
  rig.append_durable(1);
  rig.append_durable(2);
  rig.bench.disk.set_full(true);
  for (const std::uint64_t number : {1u, 3u, 1u}) rig.append(number);

  EXPECT_FALSE(rig.flush());

  EXPECT_EQ(rig.log->image_of(object(1))->index, CommitIndex{1});
  EXPECT_EQ(rig.log->image_of(object(3))->index, CommitIndex{0});
  EXPECT_FALSE(rig.complete()) << "a sync was asked for";
  rig.bench.disk.set_full(false);
  for (const std::uint64_t number : {3u, 2u, 1u}) rig.append(number);
  rig.settle();
  rig.crash();
  EXPECT_TRUE(rig.open());
  EXPECT_EQ(rig.objects[1].commits.size(), 2u);
}

TEST(Log, KnowsWhatIsDurableAlsoAfterARefusalOfWhatCameLater) {
  Rig rig;
  ASSERT_TRUE(rig.open());
  rig.append(1);
  rig.flush();
  rig.append(1);
  rig.complete();
  rig.bench.disk.set_full(true);
  EXPECT_FALSE(rig.flush());

  EXPECT_EQ(rig.log->durable_through(object(1)), CommitIndex{1});
}

TEST(Log, StaysClosedOnAFullDiskAndCanBeRead) {
  Rig rig;
  ASSERT_TRUE(rig.open());
  rig.append_durable(1);
  rig.crash();
  rig.bench.disk.set_full(true);

  EXPECT_FALSE(rig.open());
  rig.compare_all();
  EXPECT_FALSE(rig.log->is_open());
  EXPECT_EQ(rig.objects[1].commits.size(), 1u);

  rig.bench.disk.set_full(false);
  EXPECT_TRUE(rig.open());
}

// ---- Snapshots, and what is no longer needed.

TEST(Log, FoldsAnObjectsChangesIntoSnapshots) {
  Rig rig(1, {.segment_bytes = 1 << 20, .snapshot_after_bytes = 2000, .segments_min = 8});
  ASSERT_TRUE(rig.open());
  std::uint64_t longest = 0;
  for (int change = 0; change < 500; ++change) {
    const std::uint64_t before = rig.log->bytes_needed();
    rig.append_durable(1);
    longest = std::max(longest, rig.log->bytes_needed() - before);
  }

  EXPECT_GT(longest, 4 * sector_bytes) << "there was no snapshot";
  EXPECT_LT(rig.log->bytes_needed(), 1'000'000u) << "there were too many";
  rig.compare_all();
  rig.crash();
  EXPECT_TRUE(rig.open());
}

TEST(Log, IsAsLongAsWhatIsNeededAllowsHoweverLongItsHistory) {
  Rig rig(1, {.segment_bytes = 16'384, .snapshot_after_bytes = 2000, .segments_min = 8});
  ASSERT_TRUE(rig.open());
  for (std::uint64_t idle = 100; idle < 120; ++idle) rig.append_durable(idle);
  std::uint64_t longest = 0;
  for (int change = 0; change < 20'000; ++change) {
    rig.append(rig.drawn(10));
    if (rig.drawn(4) == 0) rig.settle();
    longest = std::max(longest, rig.bytes_on_disk());
  }
  rig.settle();

  EXPECT_LT(longest, 16 * 16'384u);
  EXPECT_GT(rig.bench.disk.files().front().value, 50u) << "nothing was ever removed";
  rig.crash();
  EXPECT_TRUE(rig.open());
  EXPECT_EQ(rig.objects[110].commits.size(), 1u);
}

TEST(Log, LosesNothingOldWhenTheDiskIsFullNowAndThen) {
  Rig rig;
  ASSERT_TRUE(rig.open());
  for (std::uint64_t idle = 100; idle < 130; ++idle) rig.append_durable(idle);
  std::uint64_t refused = 0;
  for (int change = 0; change < 3000; ++change) {
    rig.append(rig.drawn(3));
    rig.bench.disk.set_full(rig.drawn(2) == 0);
    refused += rig.flush() ? 0 : 1;
    rig.complete();
    ASSERT_FALSE(HasFailure()) << "change " << change;
    ASSERT_LE(rig.log->bytes_needed(), rig.bytes_on_disk());
    ASSERT_LT(rig.bytes_on_disk(), 16 * tiny.segment_bytes);
  }
  rig.bench.disk.set_full(false);
  rig.crash();

  EXPECT_TRUE(rig.open());
  EXPECT_GT(refused, 1000u);
  EXPECT_GT(rig.bench.disk.files().front().value, 50u) << "nothing was ever removed";
}

// ---- Crashes.

TEST(Log, RecoversWhatWasToldAndNothingThatNeverWas) {
  sim::CrashLoss loss;
  std::uint64_t failed = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Rig rig(seed);
    const auto crash = [&] {
      const sim::CrashLoss each = rig.crash();
      loss.kept += each.kept;
      loss.dropped += each.dropped;
      loss.torn += each.torn;
    };
    for (int step = 0; step < 120; ++step) {
      if (!rig.log) {
        if (rig.drawn(5) == 0) {
          rig.begin_process();
          if (rig.drawn(2) == 0) rig.complete();
          crash();
        }
        rig.bench.disk.set_full(false);
        if (!rig.open()) crash();
      } else if (const std::uint64_t what = rig.drawn(100); what < 55) {
        rig.append(rig.drawn(5), rig.drawn(20) == 0 ? 1500 : 1 + rig.drawn(60));
      } else if (what < 75) {
        refused += rig.flush() ? 0 : 1;
      } else if (what < 92) {
        rig.complete();
        failed += rig.log ? 0 : 1;
      } else if (what < 96) {
        crash();
      } else if (what < 98) {
        rig.bench.disk.set_full(rig.drawn(2) == 0);
      } else {
        rig.bench.disk.fail_next_sync();
      }
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", step " << step;
    }
  }

  EXPECT_GT(std::min({loss.kept, loss.dropped, loss.torn}), 3000u);
  EXPECT_GT(failed, 300u);
  EXPECT_GT(refused, 300u);
}

// A rig that was crashed while a batch was not durable: three records, of which one is torn across sectors.
struct Unlucky {
  Rig rig{1, {.segment_bytes = 4096, .snapshot_after_bytes = 100'000, .segments_min = 3}};
  explicit Unlucky(std::string_view fates) {
    EXPECT_TRUE(rig.open());
    for (const std::uint64_t number : {1u, 2u, 3u}) rig.append_durable(number);
    rig.append(1, 250);
    rig.append(2, 900);
    rig.append(1, 250);
    rig.append(3, 300);
    rig.flush();
    sectors = rig.bench.disk.unsynced_sectors();
    rig.crash(fates);
  }
  std::uint64_t sectors = 0;
};

TEST(Log, RecoversAlsoLongHistories) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Rig rig(seed);
    ASSERT_TRUE(rig.open());
    for (std::uint64_t idle = 100; idle < 110; ++idle) rig.append_durable(idle);
    for (int step = 0; step < 3000; ++step) {
      rig.append(rig.drawn(4));
      if (rig.drawn(2) == 0) rig.flush();
      if (rig.drawn(2) == 0) rig.complete();
      if (rig.drawn(60) != 0) continue;
      rig.crash();
      ASSERT_TRUE(rig.open());
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", step " << step;
    }
    EXPECT_GT(rig.bench.disk.files().front().value, 20u) << "nothing was ever removed";
    EXPECT_LT(rig.bytes_on_disk(), 16 * tiny.segment_bytes);
  }
}

TEST(Log, RecoversAPrefixOfABatchWhateverBecameOfEachOfItsSectors) {
  const std::uint64_t sectors = Unlucky("").sectors;
  ASSERT_GE(sectors, 5u);
  ASSERT_LE(sectors, 6u);
  std::vector<std::string> all{""};
  for (std::uint64_t sector = 0; sector < sectors; ++sector) {
    std::vector<std::string> longer;
    for (const std::string& fates : all)
      for (const char fate : {'k', 'd', 't'}) longer.push_back(fates + fate);
    all.swap(longer);
  }

  std::set<std::vector<std::size_t>> seen;
  for (const std::string& fates : all) {
    Unlucky unlucky(fates);
    Rig& rig = unlucky.rig;
    ASSERT_TRUE(rig.open()) << fates;
    ASSERT_FALSE(HasFailure()) << fates;
    seen.insert({rig.objects[1].commits.size(), rig.objects[2].commits.size(), rig.objects[3].commits.size()});
    rig.append_durable(2);
    rig.crash("");
    ASSERT_TRUE(rig.open()) << fates;
    ASSERT_FALSE(HasFailure()) << fates << ": what had been cut came back";
  }

  const std::set<std::vector<std::size_t>> prefixes{{1, 1, 1}, {2, 1, 1}, {2, 2, 1}, {3, 2, 1}, {3, 2, 2}};
  EXPECT_EQ(seen, prefixes);
}

TEST(Log, CanBeCrashedWhileItOpensWhateverBecameOfEachSector) {
  for (const std::string first : {"kkkkkk", "kkkktd", "dddddd", "kktkkk"})
    for (const char header : {'k', 'd', 't'})
      for (const char later : {'k', 'd', 't'}) {
        Unlucky unlucky(first);
        unlucky.rig.begin_process();
        unlucky.rig.crash(std::string(1, header) + std::string(9, later));
        ASSERT_TRUE(unlucky.rig.open());
        unlucky.rig.append_durable(1);
        unlucky.rig.crash();
        ASSERT_TRUE(unlucky.rig.open());
        ASSERT_FALSE(HasFailure()) << first << header << later;
      }
}

TEST(Log, MakesDurableWhatItFoundAfterASyncThatFailed) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rig rig(seed);
    ASSERT_TRUE(rig.open());
    rig.append_durable(1);
    for (int change = 0; change < 9; ++change) rig.append(1, 200);
    rig.flush();
    rig.bench.disk.fail_next_sync();
    rig.complete();
    ASSERT_EQ(rig.log, nullptr);

    ASSERT_TRUE(rig.open());
    EXPECT_EQ(rig.objects[1].commits.size(), 10u) << "what can be read is recovered";
    rig.crash();
    ASSERT_TRUE(rig.open());
    ASSERT_FALSE(HasFailure()) << "seed " << seed << ": what had been shown was lost in a crash";
  }
}

TEST(Log, IsNotOpenedByASyncOfAFormerProcess) {
  Rig rig;
  rig.begin_process();
  rig.begin_process();
  rig.complete();
  EXPECT_FALSE(rig.log->is_open()) << "its own header is not durable yet";

  rig.complete();
  EXPECT_TRUE(rig.log->is_open());
}

TEST(Log, RemovesFilesThatDoNotCount) {
  Rig rig;
  for (int opening = 0; opening < 20; ++opening) {
    ASSERT_TRUE(rig.open());
    rig.append_durable(1);
    rig.crash();
    rig.begin_process();
    rig.crash(opening % 2 == 0 ? "t" : "k");
  }
  ASSERT_TRUE(rig.open());

  EXPECT_LE(rig.bench.disk.files().size(), 22u);
  EXPECT_EQ(rig.objects[1].commits.size(), 20u);
}

}  // namespace
}  // namespace orrery::replication
