// A log whose commits may be replaced, and its notes: whatever happens, what it holds is what it held at some moment
// that is not before the last one that was durable.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/invariant.h"
#include "core/replication/log.h"
#include "tests/core/log_rig.h"

namespace orrery::replication {
namespace {

constexpr LogSizes tiny_and_cut{.segment_bytes = 4096, .snapshot_after_bytes = 600, .segments_min = 3,
                                .may_be_cut = true};

// As an object, or a key, was at a moment.
struct State {
  std::vector<CommitRecord> commits;  // commit i is at i - 1
  std::uint64_t confirmed = 0;
  std::optional<Bytes> note;
  std::uint64_t batch = 0;  // that made it durable
};

class CutRig {
 public:
  explicit CutRig(std::uint64_t seed = 1) : bench(seed) { open(); }

  std::uint64_t drawn(std::uint64_t below) {
    return bench.draws.below(below, Purpose::experiment, Cause{}, ++draws_made_);
  }
  State& now(std::uint64_t number) {
    std::vector<State>& all = history[number];
    if (all.empty()) all.emplace_back();
    return all.back();
  }

  // A commit of the epoch with this index, behind the one before it.
  void put(std::uint64_t number, std::uint64_t epoch, std::uint64_t index) {
    State next = now(number);
    const bool replaces = index <= next.commits.size();
    next.commits.resize(index - 1);
    storage::Pages pages = pages_of(next.commits);
    pages.write(drawn(1000), "change " + std::to_string(++draws_made_));
    const CommitRecord before = next.commits.empty() ? CommitRecord{} : next.commits.back();
    CommitRecord record{.object = object(number),
                        .epoch = {epoch},
                        .index = {index},
                        .previous_epoch = before.epoch,
                        .previous_chain = before.chain,
                        .chain = 0,
                        .digest = pages.digest(),
                        .change = pages.take_change()};
    record.digest = pages.digest();
    record.chain = chained(before.chain, record.epoch, record.index, record.digest);
    next.commits.push_back(record);
    if (replaces)
      EXPECT_TRUE(log->replace(std::move(record)));
    else
      log->append(std::move(record));
    remember(number, std::move(next));
  }
  void put_note(std::uint64_t number, const Bytes& note) {
    State next = now(number);
    next.note = note;
    log->put_note(object(number), note);
    remember(number, std::move(next));
  }
  void confirm(std::uint64_t number, std::uint64_t index) {
    now(number).confirmed = index;
    log->confirm(object(number), {index});
  }

  void flush() {
    std::vector<ObjectId> refused;
    log->flush({mix(7, ++causes_)}, refused);
    ASSERT_TRUE(refused.empty());
  }
  bool complete() {
    const auto synced = bench.next();
    if (!synced) return false;
    std::vector<Log::Durable> durable;
    log->on_synced(synced->token, durable);
    for (const Log::Durable& each : durable) {
      const std::vector<CommitRecord>& commits = now(each.object.words[0]).commits;
      EXPECT_LE(each.index.value, commits.size()) << "told of a commit that was cut";
      EXPECT_EQ(each.epoch, commits.at(each.index.value - 1).epoch);
    }
    return true;
  }
  void settle() {
    do flush();
    while (complete());
  }

  void open() {
    log.emplace(bench.disk, tiny_and_cut);
    log->open({mix(7, ++causes_)});
    while (!log->is_open()) ASSERT_TRUE(complete());
    compare_all(true);
  }
  void crash() {
    durable_ = log->durable_batches();
    log.reset();
    bench.disk.crash("");
  }

  // After a crash it may be as it was at any moment since the last that was durable.
  void compare_all(bool may_be_older) {
    for (auto& [number, all] : history) {
      const auto tail = log->tail_of(object(number));
      ASSERT_TRUE(tail) << tail.error();
      const auto note = log->note_of(object(number));
      ASSERT_TRUE(note) << note.error();
      const std::uint64_t confirmed = all.back().confirmed;
      std::size_t at = all.size();
      bool is_found = false;
      while (!is_found && at > 0) {
        --at;
        is_found = is_like(all[at], *tail, confirmed) && all[at].note == *note;
        if (!may_be_older || (all[at].batch != 0 && all[at].batch <= durable_)) break;
      }
      ASSERT_TRUE(is_found) << "object " << number;
      all = {all[at]};
      all.back().batch = 0;
      all.back().confirmed = std::min(confirmed, all.back().commits.size());
      const auto image = log->image_of(object(number));
      ASSERT_TRUE(image) << image.error();
      EXPECT_EQ(image->pages.computed_digest(), pages_of(all.back().commits).digest());
    }
  }

  Bench bench;
  std::optional<Log> log;
  std::map<std::uint64_t, std::vector<State>> history;

 private:
  static storage::Pages pages_of(const std::vector<CommitRecord>& commits) {
    storage::Pages pages;
    for (const CommitRecord& each : commits) EXPECT_TRUE(pages.apply(each.change));
    return pages;
  }
  void remember(std::uint64_t number, State&& state) {
    state.batch = log->batch();
    history[number].push_back(std::move(state));
  }
  // The tail ends like the state, and begins with a commit of it that was confirmed.
  static bool is_like(const State& state, const std::vector<CommitRecord>& tail, std::uint64_t confirmed) {
    if (tail.empty()) return state.commits.empty();
    const std::uint64_t first = tail.front().index.value;
    if (first > 1 && first > confirmed) return false;
    if (first - 1 + tail.size() != state.commits.size()) return false;
    for (std::size_t i = 0; i < tail.size(); ++i)
      if (tail[i].chain != state.commits[first - 1 + i].chain) return false;
    return true;
  }

  std::uint64_t draws_made_ = 0;
  std::uint64_t causes_ = 0;
  std::uint64_t durable_ = 0;
};

TEST(LogCut, PutsACommitInThePlaceOfAnotherAndAllBehindIt) {
  CutRig rig;
  for (std::uint64_t index = 1; index <= 4; ++index) rig.put(1, 1, index);
  rig.settle();

  rig.put(1, 2, 3);
  rig.compare_all(false);
  rig.settle();
  rig.crash();
  rig.open();

  ASSERT_EQ(rig.now(1).commits.size(), 3u);
  EXPECT_EQ(rig.now(1).commits[2].epoch, Epoch{2});
}

TEST(LogCut, TellsOfNoCommitThatWasCutBeforeItWasDurable) {
  CutRig rig;
  rig.put(1, 1, 1);
  rig.put(1, 1, 2);
  rig.flush();
  rig.put(1, 1, 3);
  rig.put(1, 2, 2);  // while the first batch is under way

  rig.settle();

  EXPECT_EQ(rig.log->durable_through(object(1)), CommitIndex{2});
}

TEST(LogCut, ReplacesTheFirstCommit) {
  CutRig rig;
  rig.put(1, 1, 1);
  rig.put(1, 2, 1);
  rig.settle();
  rig.crash();
  rig.open();

  EXPECT_EQ(rig.now(1).commits.at(0).epoch, Epoch{2});
}

TEST(LogCut, RefusesToReplaceWhatIsConfirmed) {
  CutRig rig;
  for (std::uint64_t index = 1; index <= 3; ++index) rig.put(1, 1, index);
  rig.confirm(1, 2);

  EXPECT_THROW(rig.put(1, 2, 2), Bug);
}

TEST(LogCut, FoldsOnlyWhatIsConfirmed) {
  CutRig rig;
  for (std::uint64_t index = 1; index <= 40; ++index) rig.put(1, 1, index);
  EXPECT_EQ(rig.log->tail_of(object(1))->front().index, CommitIndex{1});

  rig.confirm(1, 30);
  const auto tail = rig.log->tail_of(object(1));

  EXPECT_EQ(tail->front().index, CommitIndex{30});
  EXPECT_EQ(tail->size(), 11u);
  rig.put(1, 2, 31);
  rig.compare_all(false);
}

TEST(LogCut, KeepsTheLastNoteOfAKeyThatIsAnObjectsToo) {
  CutRig rig;
  EXPECT_EQ(rig.log->note_of(object(1)).value(), std::nullopt);
  rig.put_note(1, "one");
  rig.put(1, 1, 1);
  rig.put_note(1, Bytes(2'000, '2'));
  rig.settle();
  rig.crash();
  rig.open();

  EXPECT_EQ(rig.log->note_of(object(1)).value(), Bytes(2'000, '2'));
  EXPECT_EQ(rig.log->tail_of(object(1))->size(), 1u);
}

TEST(LogCut, NamesTheObjectsWhoseCommitsAFullDiskRefusedAndNoKeysOfNotes) {
  CutRig rig;
  for (std::uint64_t index = 1; index <= 40; ++index) rig.put(1, 1, index);
  rig.settle();
  rig.bench.disk.set_full(true);
  rig.confirm(1, 40);  // a snapshot, and nothing that would be lost
  rig.put_note(2, "refused");
  rig.put_note(3, "refused");
  rig.put(3, 1, 1);

  std::vector<ObjectId> refused;
  EXPECT_FALSE(rig.log->flush({77}, refused));

  EXPECT_EQ(refused, std::vector{object(3)});
  EXPECT_EQ(rig.log->note_of(object(2)).value(), std::nullopt);
  EXPECT_TRUE(rig.log->tail_of(object(3))->empty());
  EXPECT_EQ(rig.log->tail_of(object(1))->back().index, CommitIndex{40});
}

TEST(LogCut, RecoversWhatItHeldThroughLongHistories) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    CutRig rig(seed);
    std::uint64_t epoch = 1;
    for (int step = 0; step < 200; ++step) {
      const std::uint64_t number = 1 + rig.drawn(3);
      const State& state = rig.now(number);
      const std::uint64_t last = state.commits.size();
      switch (rig.drawn(12)) {
        case 0: rig.put_note(number, Bytes(rig.drawn(700), 'n')); break;
        case 1:
          if (last > state.confirmed) rig.confirm(number, state.confirmed + 1 + rig.drawn(last - state.confirmed));
          break;
        case 2:
          if (last > state.confirmed) rig.put(number, ++epoch, state.confirmed + 1 + rig.drawn(last - state.confirmed));
          break;
        case 3: rig.flush(); break;
        case 4: rig.complete(); break;
        case 5:
          if (rig.drawn(4) > 0) break;
          rig.crash();
          rig.open();
          ++epoch;
          break;
        default: rig.put(number, epoch, last + 1);
      }
      if (::testing::Test::HasFatalFailure()) return;
    }
    rig.compare_all(false);
  }
}

}  // namespace
}  // namespace orrery::replication
