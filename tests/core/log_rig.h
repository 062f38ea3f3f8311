// A log on a simulated disk, and what it should say.
//
// What was appended is remembered. Whenever a log was opened, or refused a batch, each object's image is compared
// with that: it must be a commit that was appended, and not an older one than was said to be durable. The rig goes on
// from what was found.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/replication/log.h"
#include "sim/disk.h"

namespace orrery::replication {

constexpr ObjectId object(std::uint64_t number) { return {{number, 2, 3, 4}}; }

// So small that a short history fills segments, takes snapshots and empties what is old.
inline constexpr LogSizes tiny{.segment_bytes = 4096, .snapshot_after_bytes = 600, .segments_min = 3};

// The files of a disk by name.
using Files = std::map<ports::FileId, Bytes>;

// A disk with nothing else around it.
struct Bench {
  explicit Bench(std::uint64_t seed = 1, const Files& files = {}) : draws(seed) {
    for (const auto& [name, bytes] : files) EXPECT_TRUE(disk.write(name, 0, bytes, {1}));
    disk.sync(0, {1});
    next();
  }
  // What ends next on the disk; nothing if nothing does.
  std::optional<sim::Disk::Synced> next() {
    for (sim::Event event; queue.pop(event);)
      if (const auto synced = disk.complete(event.what)) return synced;
    return std::nullopt;
  }
  Files files() const {
    Files all;
    for (const ports::FileId file : disk.files()) all[file] = *disk.read(file, 0, disk.size(file));
    return all;
  }

  Draws draws;
  sim::EventQueue queue;
  sim::Adversary adversary{{}, draws};
  sim::Disk disk{sim::DiskPlan{}, draws, adversary, queue, 1, 1};
};

class Rig {
 public:
  struct Commit {
    Epoch epoch;
    std::uint64_t chain = 0;
    std::uint64_t digest = 0;
  };
  struct Object {
    storage::Pages pages;
    std::vector<Commit> commits;  // commit i is at i - 1
    std::uint64_t written = 0;    // of them, those whose batch was written
    std::uint64_t told = 0;       // of them, those that were said to be durable
  };

  explicit Rig(std::uint64_t seed = 1, const LogSizes& sizes = tiny) : bench(seed), sizes_(sizes) {}

  std::uint64_t drawn(std::uint64_t below) {
    return bench.draws.below(below, Purpose::experiment, Cause{}, ++draws_made_);
  }
  Cause next_cause() { return {mix(7, ++causes_)}; }

  // Changes the object's database, and appends that.
  void append(std::uint64_t number, std::uint64_t bytes = 40) {
    Object& model = objects[number];
    Bytes change;
    while (change.empty()) {
      Bytes text(bytes, '\0');
      for (char& each : text) each = static_cast<char>('a' + drawn(26));
      model.pages.write(drawn(2) * storage::page_bytes + drawn(1000), text);
      change = model.pages.take_change();
    }
    const Commit last = model.commits.empty() ? Commit{} : model.commits.back();
    const CommitIndex index{model.commits.size() + 1};
    const std::uint64_t digest = model.pages.digest();
    model.commits.push_back({epoch_, chained(last.chain, epoch_, index, digest), digest});
    log->append({.object = object(number),
                 .epoch = epoch_,
                 .index = index,
                 .previous_epoch = last.epoch,
                 .previous_chain = last.chain,
                 .chain = model.commits.back().chain,
                 .digest = digest,
                 .change = std::move(change)});
  }

  // False if the disk refused the batch.
  bool flush() {
    std::vector<ObjectId> refused;
    const std::uint64_t before = bench.queue.size();
    log->flush(next_cause(), refused);
    const std::set<ObjectId> distinct(refused.begin(), refused.end());
    EXPECT_EQ(refused.size(), distinct.size()) << "an object was named twice";
    for (auto& [number, model] : objects) {
      if (bench.queue.size() > before) model.written = model.commits.size();
      if (refused.empty()) continue;
      EXPECT_EQ(distinct.contains(object(number)), model.written < model.commits.size());
      model.commits.resize(model.written);
    }
    if (!refused.empty()) compare_all();
    return refused.empty();
  }

  // What ends next on the disk reaches the log, or ends its process if it failed. False if there was nothing.
  bool complete() {
    const std::optional<sim::Disk::Synced> synced = bench.next();
    if (!synced) return false;
    if (!synced->well) {
      log.reset();
      return true;
    }
    std::vector<Log::Durable> durable;
    log->on_synced(synced->token, durable);
    for (const Log::Durable& each : durable) {
      Object& model = objects.at(each.object.words[0]);
      EXPECT_EQ(each.index.value, ++model.told) << "not in the order of the commits";
      EXPECT_EQ(each.epoch, model.commits.at(model.told - 1).epoch);
    }
    for (const Log::Durable& each : durable)
      EXPECT_EQ(log->durable_through(each.object).value, objects.at(each.object.words[0]).told);
    told_at_once = durable.size();
    return true;
  }

  // Writes and syncs to the end.
  void settle() {
    do EXPECT_TRUE(flush());
    while (complete());
  }
  void append_durable(std::uint64_t number, std::uint64_t bytes = 40) {
    append(number, bytes);
    settle();
  }

  void begin_process() {
    log = std::make_unique<Log>(bench.disk, sizes_);
    log->open(next_cause());
  }
  // A log that is open; unless the disk is full, or the sync fails.
  bool open() {
    begin_process();
    while (log && !log->is_open())
      if (!complete()) return false;
    if (!log) return false;
    epoch_ = {epoch_.value + 1};
    compare_all();
    for (auto& [number, model] : objects) model.told = model.written = model.commits.size();
    return true;
  }
  sim::CrashLoss crash(std::string_view fates = "") {
    log.reset();
    return bench.disk.crash(fates);
  }

  void compare_all() {
    for (auto& [number, model] : objects) {
      std::expected<storage::Image, std::string> image = log->image_of(object(number));
      ASSERT_TRUE(image) << image.error();
      const std::uint64_t index = image->index.value;
      ASSERT_GE(index, model.told) << "a commit is lost that somebody was told of";
      ASSERT_LE(index, model.commits.size()) << "a commit came out of nowhere";
      ASSERT_TRUE(is_as_appended(number, *image)) << "object " << number << " at " << index;
      model.commits.resize(index);
      model.pages = std::move(image->pages);
    }
  }
  bool is_as_appended(std::uint64_t number, const storage::Image& image) const {
    const Commit commit = image.index.value == 0 ? Commit{} : objects.at(number).commits.at(image.index.value - 1);
    return std::tuple(image.epoch, image.chain, image.pages.computed_digest()) ==
           std::tuple(commit.epoch, commit.chain, commit.digest);
  }
  bool is_the_last(std::uint64_t number, const storage::Image& image) const {
    return image.index.value == objects.at(number).commits.size() && is_as_appended(number, image);
  }

  std::uint64_t bytes_on_disk() const {
    std::uint64_t sum = 0;
    for (const ports::FileId file : bench.disk.files()) sum += bench.disk.size(file);
    return sum;
  }

  Bench bench;
  std::unique_ptr<Log> log;  // nothing while no process runs
  std::map<std::uint64_t, Object> objects;
  std::size_t told_at_once = 0;  // by the last sync

 private:
  const LogSizes sizes_;
  Epoch epoch_;
  std::uint64_t causes_ = 0;
  std::uint64_t draws_made_ = 0;
};

}  // namespace orrery::replication
