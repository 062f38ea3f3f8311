// Bytes of a log that change behind its back: an object has its last confirmed state, or says that it cannot be
// recovered.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "core/base/invariant.h"
#include "core/replication/log.h"
#include "tests/core/log_rig.h"

namespace orrery::replication {
namespace {

using ports::FileId;
using ports::sector_bytes;

constexpr std::uint64_t never_seen = 999;

// A history of several segments, all of it confirmed but what a crash cut off. Some objects are busy to the end,
// others were idle for long.
struct Confirmed {
  Rig rig{7};
  Files files;

  Confirmed() {
    EXPECT_TRUE(rig.open());
    for (std::uint64_t number = 1; number <= 8; ++number) rig.append_durable(number);
    for (int change = 0; change < 120; ++change) {
      rig.append(1 + rig.drawn(4), rig.drawn(15) == 0 ? 1200 : 40);
      if (rig.drawn(3) == 0) rig.settle();
      if (change % 30 == 20) crash_with_a_cut();
    }
    rig.settle();
    rig.append_durable(2);
    for (std::uint64_t number = 1; number <= 3; ++number) rig.append(number);
    rig.settle();
    files = rig.bench.files();
  }

  // Leaves whole records behind the end of the log.
  void crash_with_a_cut() {
    rig.settle();
    for (const std::uint64_t number : {1u, 8u, 2u, 7u, 8u}) rig.append(number, 300);
    rig.flush();
    rig.crash("d" + std::string(rig.bench.disk.unsynced_sectors() - 1, 'k'));
    EXPECT_TRUE(rig.open());
  }
};

struct Judged {
  std::set<std::uint64_t> right;
  std::set<std::string> errors;
};

// Whoever is not right must say so.
Judged judge(const Rig& rig, Log& log) {
  Judged judged;
  for (const auto& [number, model] : rig.objects) {
    const auto image = log.image_of(object(number));
    if (!image)
      judged.errors.insert(image.error());
    else if (rig.is_the_last(number, *image))
      judged.right.insert(number);
    else
      ADD_FAILURE() << "a wrong value of object " << number << ", index " << image->index.value;
  }
  if (const auto image = log.image_of(object(never_seen)); image) {
    EXPECT_EQ(image->index, CommitIndex{0});
    judged.right.insert(never_seen);
  }
  return judged;
}

// Commits of the object until a segment has been filled.
void go_on(Bench& bench, Log& log, std::uint64_t number) {
  storage::Image image = *log.image_of(object(number));
  std::vector<ObjectId> refused;
  std::vector<Log::Durable> durable;
  for (std::uint64_t done = 0; done < 2 * tiny.segment_bytes / sector_bytes; ++done) {
    image.pages.write(done, "x" + std::to_string(done));
    Bytes change = image.pages.take_change();
    const CommitIndex index{image.index.value + 1};
    const std::uint64_t digest = image.pages.digest();
    const std::uint64_t chain = chained(image.chain, image.epoch, index, digest);
    log.append({object(number), image.epoch, index, image.epoch, image.chain, chain, digest, std::move(change)});
    image.index = index;
    image.chain = chain;
    log.flush({done}, refused);
    log.on_synced(bench.next()->token, durable);
  }
}

// Opens the files twice: damage is not forgotten because a process has gone over it, and written more.
Judged judge(const Rig& rig, const Files& files) {
  Bench bench(1, files);
  Log first(bench.disk, tiny);
  EXPECT_TRUE(first.open({1}));
  Judged judged = judge(rig, first);
  std::vector<Log::Durable> durable;
  first.on_synced(bench.next()->token, durable);
  const std::uint64_t healthy = judged.right.empty() ? never_seen : *judged.right.begin();
  if (healthy != never_seen) go_on(bench, first, healthy);

  Log second(bench.disk, tiny);
  EXPECT_TRUE(second.open({2}));
  for (const auto& [number, model] : rig.objects) {
    const auto image = second.image_of(object(number));
    EXPECT_EQ(image.has_value(), judged.right.contains(number));
    if (image && number != healthy) { EXPECT_TRUE(rig.is_the_last(number, *image)); }
  }
  EXPECT_EQ(second.image_of(object(never_seen)).has_value(), judged.right.contains(never_seen));
  return judged;
}

TEST(LogDamage, IsNotSeenWhereThereIsNone) {
  const Confirmed confirmed;

  EXPECT_EQ(judge(confirmed.rig, confirmed.files).right.size(), 9u);
  EXPECT_GE(confirmed.files.size(), 3u);
}

TEST(LogDamage, OfAnyByteGivesNoWrongValue) {
  const Confirmed confirmed;
  std::uint64_t tried = 0;
  std::uint64_t right = 0;
  std::set<std::string> errors;
  for (const auto& [name, bytes] : confirmed.files)
    for (std::size_t at = tried % 5; at < bytes.size(); at += 5) {
      Files files = confirmed.files;
      char& byte = files[name][at];
      byte = static_cast<char>(byte ^ (tried % 2 == 0 ? 1 << (tried / 2 % 8) : 0xff));
      const Judged judged = judge(confirmed.rig, files);
      ASSERT_FALSE(HasFailure()) << "byte " << at << " of file " << name.value;
      right += judged.right.size();
      errors.insert(judged.errors.begin(), judged.errors.end());
      ++tried;
    }

  EXPECT_GT(tried, 2000u);
  EXPECT_GT(right, tried) << "hardly anything was recovered";
  EXPECT_LT(right, 8 * tried) << "hardly anything was damaged";
  EXPECT_GE(errors.size(), 3u);
}

TEST(LogDamage, OfAWholeSectorBeforeTheLastBatchGivesNoWrongValue) {
  const Confirmed confirmed;
  const FileId newest = confirmed.files.rbegin()->first;
  const Bytes& end = confirmed.files.rbegin()->second;
  const std::size_t last_batch =
      end.size() - (1 + place_of(std::string_view(end).substr(end.size() - sector_bytes))) * sector_bytes;
  std::uint64_t tried = 0;
  for (const auto& [name, bytes] : confirmed.files)
    for (std::size_t at = 0; at < (name == newest ? last_batch : bytes.size()); at += sector_bytes, ++tried) {
      Files zeros = confirmed.files;
      zeros[name].replace(at, sector_bytes, sector_bytes, '\0');
      judge(confirmed.rig, zeros);
      ASSERT_FALSE(HasFailure()) << "zeros at " << at << " of file " << name.value;

      Files misdirected = confirmed.files;
      const bool within_the_file = at % (2 * sector_bytes) == 0;
      const Bytes& source = within_the_file ? bytes : confirmed.files.begin()->second;
      const std::size_t from = within_the_file ? (at + sector_bytes) % bytes.size() : at % source.size();
      misdirected[name].replace(at, sector_bytes, source, from, sector_bytes);
      if (misdirected != confirmed.files) judge(confirmed.rig, misdirected);
      ASSERT_FALSE(HasFailure()) << "a misdirected write at " << at << " of file " << name.value;
    }
  EXPECT_GT(tried, 20u);
}

TEST(LogDamage, OfAFileThatIsGoneGivesNoWrongValue) {
  const Confirmed confirmed;
  for (auto file = confirmed.files.begin(); std::next(file) != confirmed.files.end(); ++file) {
    Files files = confirmed.files;
    files.erase(file->first);
    judge(confirmed.rig, files);
    files[file->first] = file->second.substr(0, 3 * sector_bytes - 100);
    judge(confirmed.rig, files);
    ASSERT_FALSE(HasFailure()) << "file " << file->first.value;
  }
}

TEST(LogDamage, OfTheLastBatchIsNoTornTail) {
  const Confirmed confirmed;
  const FileId newest = confirmed.files.rbegin()->first;
  Files files = confirmed.files;
  files[newest][files[newest].size() - sector_bytes + 150] ^= 1;

  const Judged judged = judge(confirmed.rig, files);

  EXPECT_TRUE(judged.right.empty()) << "nobody can know whose commits were confirmed there";
}

// A process begins a segment, and the machine crashes with a part of its first batch written; then the segment before
// it turns out to be damaged at its end. Nothing that lies early in that one may come to look like the newest.
TEST(LogDamage, BehindWhichASegmentHasNotBegunGivesNoOldValue) {
  constexpr std::uint32_t last_batch = 10;  // behind the header and nine commits
  constexpr std::uint32_t sectors = 4;
  for (std::uint32_t kept = 1; kept <= sectors; ++kept)
    for (std::uint32_t damaged = last_batch; damaged < last_batch + sectors; ++damaged) {
      Rig rig(1, {.segment_bytes = 1 << 20, .snapshot_after_bytes = 1 << 20, .segments_min = 8});
      ASSERT_TRUE(rig.open());
      for (int commit = 1; commit <= 9; ++commit) rig.append_durable(1);
      for (const std::uint64_t number : {2u, 3u, 4u, 5u}) rig.append(number, 300);
      rig.settle();
      ASSERT_EQ(rig.bench.disk.size(FileId{1}), (last_batch + sectors) * sector_bytes);
      rig.crash();
      rig.begin_process();
      ASSERT_EQ(rig.bench.disk.unsynced_sectors(), 1 + sectors) << "the last batch once more, behind a header";
      rig.crash(std::string(kept, 'k') + std::string(1 + sectors - kept, 'd'));
      Files files = rig.bench.files();
      files[FileId{1}][damaged * sector_bytes + 150] ^= 1;

      const Judged judged = judge(rig, files);

      EXPECT_FALSE(judged.right.contains(1)) << "its last commit lies before the damage, and may not be its last";
      ASSERT_FALSE(HasFailure()) << kept << " sectors kept, sector " << damaged << " damaged";
    }
}

TEST(LogDamage, OfOneChangeIsTheLossOfOneObject) {
  Rig rig(1, {.segment_bytes = 1 << 20, .snapshot_after_bytes = 1 << 20, .segments_min = 8});
  ASSERT_TRUE(rig.open());
  rig.append_durable(1);
  rig.append_durable(2, 2000);
  rig.append_durable(3);
  rig.append_durable(2);
  Files files = rig.bench.files();
  files[FileId{1}][4 * sector_bytes + 100] ^= 1;

  Bench bench(1, files);
  Log log(bench.disk);
  log.open({1});

  EXPECT_TRUE(log.is_damaged());
  EXPECT_TRUE(rig.is_the_last(1, *log.image_of(object(1))));
  EXPECT_TRUE(rig.is_the_last(3, *log.image_of(object(3))));
  EXPECT_EQ(log.image_of(object(2)).error(), "commit 1 of the object cannot be read: its checksum is wrong");
}

TEST(LogDamage, LetsTheOthersGoOn) {
  Rig rig;
  ASSERT_TRUE(rig.open());
  rig.append_durable(1);
  rig.append_durable(2);
  rig.append_durable(3);
  rig.append_durable(2);
  rig.append_durable(3);
  Files files = rig.bench.files();
  files[FileId{1}][sector_bytes + 10] ^= 1;
  Rig damaged;
  for (const auto& [name, bytes] : files) EXPECT_TRUE(damaged.bench.disk.write(name, 0, bytes, {1}));
  damaged.begin_process();
  damaged.complete();

  EXPECT_EQ(damaged.log->image_of(object(1)).error(),
            "a part of the log cannot be read, and the object may have had commits there");
  EXPECT_FALSE(damaged.log->image_of(object(never_seen)));
  auto image = damaged.log->image_of(object(2));
  ASSERT_TRUE(image);
  damaged.objects[2].commits = rig.objects[2].commits;
  damaged.objects[2].pages = std::move(image->pages);
  damaged.objects[2].told = 2;
  for (int change = 0; change < 100; ++change) damaged.append_durable(2);
  damaged.crash();
  damaged.begin_process();

  EXPECT_EQ(damaged.log->image_of(object(2))->index, CommitIndex{102});
  EXPECT_FALSE(damaged.log->image_of(object(1))) << "the damage was forgotten";
}

}  // namespace
}  // namespace orrery::replication
