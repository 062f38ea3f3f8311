#include "sim/disk.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/invariant.h"

namespace orrery::sim {
namespace {

using ports::FileId;
using ports::sector_bytes;

constexpr std::uint16_t completion = 9;
constexpr std::uint32_t node = 4;
constexpr FileId a{1};
constexpr FileId b{2};

Cause cause(std::uint64_t number) { return Cause::background(NodeId{node}, 99, number); }

Bytes filled(char with, std::uint64_t sectors = 1) { return Bytes(sectors * sector_bytes, with); }

// A disk, and what is needed to drive it.
struct Bench {
  explicit Bench(std::uint64_t seed = 1, const AdversaryPlan& unlucky = {})
      : draws(seed), adversary(unlucky, draws) {}

  // The next event, as the disk sees it.
  std::optional<Disk::Synced> next() {
    Event event;
    if (!queue.pop(event)) return std::nullopt;
    EXPECT_EQ(std::tuple(event.kind, event.where, event.event_class()),
              std::tuple(completion, node, Class::delivery));
    return disk.complete(event.what);
  }
  bool write(FileId file, std::uint64_t offset, const Bytes& bytes) {
    return disk.write(file, offset, bytes, cause(++writes));
  }
  // Writes, and syncs to the end.
  void write_durable(FileId file, std::uint64_t offset, const Bytes& bytes) {
    EXPECT_TRUE(write(file, offset, bytes));
    disk.sync(0, cause(++writes));
    EXPECT_TRUE(next()->well);
  }
  Bytes contents(FileId file) const { return disk.read(file, 0, UINT64_MAX).value_or("unreadable"); }

  Draws draws;
  Adversary adversary;
  EventQueue queue;
  Disk disk{DiskPlan{}, draws, adversary, queue, completion, node};
  std::uint64_t writes = 0;
};

TEST(Disk, ShowsWhatWasWrittenAtOnce) {
  Bench bench;

  EXPECT_TRUE(bench.write(a, 0, "hello"));
  EXPECT_TRUE(bench.write(a, 4, "y world"));

  EXPECT_EQ(bench.contents(a), "helly world");
  EXPECT_EQ(bench.disk.read(a, 6, 3), "wor");
  EXPECT_EQ(bench.disk.read(a, 9, 100), "ld");
  EXPECT_EQ(bench.disk.read(a, 100, 100), "");
  EXPECT_EQ(bench.disk.size(a), 11u);
  EXPECT_EQ(bench.disk.size(b), 0u);
}

TEST(Disk, PutsZerosBeforeAnOffsetBeyondTheEnd) {
  Bench bench;
  EXPECT_TRUE(bench.write(a, 3, "x"));

  EXPECT_EQ(bench.contents(a), Bytes("\0\0\0x", 4));
}

TEST(Disk, ThatIsReplacedIsEmptyAndGoesOn) {
  Bench bench;
  bench.write_durable(a, 0, "old");
  bench.disk.fail_next_sync();
  bench.disk.crash("");

  bench.disk.replace();

  EXPECT_TRUE(bench.disk.files().empty());
  EXPECT_EQ(bench.disk.size(a), 0u);
  EXPECT_EQ(bench.contents(a), "");
  bench.write_durable(a, 0, "new");
  bench.disk.crash("");
  EXPECT_EQ(bench.contents(a), "new");
}

TEST(Disk, ListsItsFilesByNameInOrder) {
  Bench bench;
  for (const FileId file : {FileId{7}, FileId{2}, FileId{5}}) EXPECT_TRUE(bench.write(file, 0, "x"));
  bench.disk.remove(FileId{5});

  EXPECT_EQ(bench.disk.files(), (std::vector{FileId{2}, FileId{7}}));
}

TEST(Disk, LosesNothingThatWasSynced) {
  Bench bench;
  bench.write_durable(a, 0, filled('x', 3));

  const CrashLoss loss = bench.disk.crash("");

  EXPECT_EQ(loss, CrashLoss{});
  EXPECT_EQ(bench.contents(a), filled('x', 3));
}

TEST(Disk, GivesEachUnsyncedSectorTheFateItWasTold) {
  Bench bench;
  bench.write_durable(a, 0, filled('x', 3));
  EXPECT_TRUE(bench.write(a, 0, filled('y', 3)));
  EXPECT_EQ(bench.disk.unsynced_sectors(), 3u);

  EXPECT_EQ(bench.disk.crash("kdt"), (CrashLoss{.kept = 1, .dropped = 1, .torn = 1}));

  const Bytes after = bench.contents(a);
  EXPECT_EQ(after.substr(0, 512), filled('y'));
  EXPECT_EQ(after.substr(512, 512), filled('x'));
  const std::size_t torn_at = after.find('x', 1024);
  EXPECT_GT(torn_at, 1024u);
  EXPECT_LT(torn_at, 1536u);
  EXPECT_EQ(after.substr(1024), Bytes(torn_at - 1024, 'y') + Bytes(1536 - torn_at, 'x'));
  EXPECT_EQ(bench.disk.unsynced_sectors(), 0u);
}

TEST(Disk, EndsAFileBehindTheLastSectorThatSurvived) {
  for (const auto& [fates, length] : {std::pair{"kdd", 512u}, {"dkd", 1024u}, {"ddk", 1300u}, {"ddt", 1300u}}) {
    Bench bench;
    EXPECT_TRUE(bench.write(a, 0, Bytes(1300, 'x')));
    bench.disk.crash(fates);

    EXPECT_EQ(bench.disk.size(a), length) << fates;
  }
}

TEST(Disk, TakesAwayAFileOfWhichNothingSurvived) {
  Bench bench;
  EXPECT_TRUE(bench.write(a, 0, filled('x', 2)));
  EXPECT_TRUE(bench.write(b, 0, ""));
  bench.disk.crash("dd");

  EXPECT_TRUE(bench.disk.files().empty());
}

TEST(Disk, KeepsWhatWasSyncedOfASectorThatWasWrittenAgain) {
  for (const std::string fates : {"dd", "kd", "dk", "kk"}) {
    Bench bench;
    bench.write_durable(a, 0, filled('1'));
    EXPECT_TRUE(bench.write(a, 0, filled('2')));
    EXPECT_TRUE(bench.write(a, 0, filled('3')));
    bench.disk.crash(fates);

    const char expected = fates[1] == 'k' ? '3' : fates[0] == 'k' ? '2' : '1';
    EXPECT_EQ(bench.contents(a), filled(expected)) << fates;
  }
}

TEST(Disk, DrawsEachFateForAThirdOfTheSectors) {
  CrashLoss sum;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Bench bench(seed);
    EXPECT_TRUE(bench.write(a, 0, filled('x', 10)));
    const CrashLoss loss = bench.disk.crash("");
    sum.kept += loss.kept;
    sum.dropped += loss.dropped;
    sum.torn += loss.torn;
  }

  for (const std::uint64_t each : {sum.kept, sum.dropped, sum.torn}) {
    EXPECT_GT(each, 900u);
    EXPECT_LT(each, 1100u);
  }
}

TEST(Disk, DrawsTheFateOfASectorWithoutRegardToOtherWrites) {
  Bench alone;
  EXPECT_TRUE(alone.disk.write(b, 0, filled('x', 8), cause(7)));
  alone.disk.crash("");
  Bench second;
  EXPECT_TRUE(second.disk.write(a, 0, filled('y', 5), cause(3)));
  EXPECT_TRUE(second.disk.write(b, 0, filled('x', 8), cause(7)));
  second.disk.crash("");

  EXPECT_EQ(alone.contents(b), second.contents(b));
}

TEST(Disk, SyncsOnlyWhatWasWrittenBeforeTheSyncBegan) {
  Bench bench;
  EXPECT_TRUE(bench.write(a, 0, filled('x')));
  bench.disk.sync(1, cause(1));
  EXPECT_TRUE(bench.write(a, 512, filled('y')));
  EXPECT_TRUE(bench.next()->well);
  EXPECT_EQ(bench.disk.unsynced_sectors(), 1u);
  bench.disk.crash("d");

  EXPECT_EQ(bench.contents(a), filled('x'));
}

TEST(Disk, MakesNothingDurableBeforeTheSyncEnds) {
  Bench bench;
  EXPECT_TRUE(bench.write(a, 0, filled('x')));
  bench.disk.sync(1, cause(1));
  bench.disk.crash("d");

  EXPECT_TRUE(bench.disk.files().empty());
  EXPECT_EQ(bench.next(), std::nullopt) << "a sync of before the crash ended after it";
}

TEST(Disk, EndsSyncsInTheOrderInWhichTheyBegan) {
  for (const Duration grid : {0ms, 5ms}) {
    Bench bench(3, {.grid = grid, .ranked = true, .postponed = {}});
    for (std::uint64_t token = 1; token <= 50; ++token) bench.disk.sync(token, cause(token));

    Time before{};
    for (std::uint64_t token = 1; token <= 50; ++token) {
      const auto synced = bench.next();
      ASSERT_TRUE(synced);
      EXPECT_EQ(std::tuple(synced->token, synced->well, synced->cause), std::tuple(token, true, cause(token)));
      EXPECT_GT(bench.queue.now(), before);
      before = bench.queue.now();
    }
  }
}

TEST(Disk, TakesAsLongForASyncAsIsDrawnForItsCause) {
  Bench bench;
  bench.disk.sync(1, cause(42));
  bench.next();

  const Duration drawn = DiskPlan{}.sync.sample(bench.draws.bits(Purpose::disk_time, cause(42)));
  EXPECT_EQ(bench.queue.now(), Time{drawn});
}

TEST(Disk, MayBringBackAFileWhoseRemovalWasNotSynced) {
  std::set<bool> seen;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Bench bench(seed);
    bench.write_durable(a, 0, filled('x'));
    bench.disk.remove(a);
    EXPECT_TRUE(bench.disk.files().empty());
    bench.disk.crash("");
    seen.insert(bench.disk.files().empty());
    if (!bench.disk.files().empty()) { EXPECT_EQ(bench.contents(a), filled('x')); }
  }

  EXPECT_EQ(seen.size(), 2u) << "it always comes back, or never";
}

TEST(Disk, NeverBringsBackAFileWhoseRemovalWasSynced) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Bench bench(seed);
    bench.write_durable(a, 0, filled('x'));
    bench.disk.remove(a);
    bench.disk.sync(1, cause(2));
    bench.next();
    bench.disk.crash("");

    EXPECT_TRUE(bench.disk.files().empty());
  }
}

TEST(Disk, GivesANameToTheFileThatWasMadeLast) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Bench bench(seed);
    bench.write_durable(a, 0, filled('x'));
    bench.disk.remove(a);
    EXPECT_TRUE(bench.write(a, 0, filled('y', 2)));
    bench.disk.crash("kk");

    EXPECT_EQ(bench.contents(a), filled('y', 2));
    EXPECT_EQ(bench.disk.files().size(), 1u);
  }
}

TEST(Disk, ShowsAfterAFailedSyncWhatWasWrittenUntilTheCrash) {
  CrashLoss sum;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Bench bench(seed);
    bench.write_durable(a, 0, filled('x', 4));
    EXPECT_TRUE(bench.write(a, 0, filled('y', 4)));
    bench.disk.fail_next_sync();
    bench.disk.sync(1, cause(2));
    EXPECT_FALSE(bench.next()->well);
    EXPECT_EQ(bench.contents(a), filled('y', 4));
    EXPECT_EQ(bench.disk.unsynced_sectors(), 0u);
    bench.disk.sync(2, cause(3));
    EXPECT_TRUE(bench.next()->well) << "only the next sync was to fail";

    sum.dropped += bench.disk.crash("kkkk").dropped;
  }

  EXPECT_GT(sum.dropped, 50u) << "a later sync made durable what a failed one had lost";
  EXPECT_LT(sum.dropped, 150u) << "a failed sync made nothing durable";
}

TEST(Disk, MakesASectorDurableThatIsWrittenAgainAfterAFailedSync) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Bench bench(seed);
    bench.write_durable(a, 0, filled('x', 4));
    EXPECT_TRUE(bench.write(a, 0, filled('y', 4)));
    bench.disk.fail_next_sync();
    bench.disk.sync(1, cause(2));
    bench.next();
    bench.write_durable(a, 0, filled('z', 4));
    bench.disk.crash("");

    EXPECT_EQ(bench.contents(a), filled('z', 4));
  }
}

TEST(Disk, RefusesWhenItIsFullWhatWouldMakeAFileLonger) {
  Bench bench;
  EXPECT_TRUE(bench.write(a, 0, "abc"));
  bench.disk.set_full(true);

  EXPECT_FALSE(bench.write(a, 2, "xyz"));
  EXPECT_FALSE(bench.write(b, 0, ""));
  EXPECT_TRUE(bench.write(a, 1, "B"));
  EXPECT_EQ(bench.contents(a), "aBc");
  EXPECT_EQ(bench.disk.files().size(), 1u);

  bench.disk.set_full(false);
  EXPECT_TRUE(bench.write(a, 2, "xyz"));
}

TEST(Disk, KnowsOnlyThreeFates) {
  Bench bench;
  EXPECT_TRUE(bench.write(a, 0, "abc"));
  EXPECT_THROW(bench.disk.crash("x"), Bug);
}

}  // namespace
}  // namespace orrery::sim
