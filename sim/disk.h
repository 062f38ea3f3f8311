// The disk of one machine: what of it a crash leaves behind.
//
// Reads show each write at once. What a crash would do is kept apart: every sector of a write that is not durable yet
// remembers what it held before, so that a crash can put it back. When a sync ends, the sectors that were written
// before it began are durable and their memory is dropped.
//
// The faults, and why no more:
// * In a crash each un-synced sector has a fate of its own: kept, dropped, or torn (its first 1 to 511 bytes are new,
//   the others old), a third each. A sector that was written twice meets two fates, one after the other. That is what
//   a disk with a volatile cache may do; it reorders writes as it likes, and only a sync orders them. A sector that
//   is durable and not being written is never touched.
// * A file is afterwards as long as its last sector that survived; what was lost before that reads as zeros. A file
//   that was made and not synced is gone if none of its sectors survived. One that was removed may be back.
// * A sync that fails decides for each sector it covered whether it is durable, and no later sync changes that, as in
//   kernels that mark a page clean when writing it back failed. Reads go on showing the new bytes until a crash. Only
//   a new write to the sector can still make it durable.
// * A full disk refuses what would make a file longer.
//
// Fates are drawn by (cause of the write, number of the sector in it), so they do not hang on what else was written.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/fifo.h"
#include "core/ports/disk.h"
#include "sim/adversary.h"
#include "sim/event_queue.h"

namespace orrery::sim {

struct DiskPlan {
  Distribution sync = Distribution::lognormal(200us, 300'000);  // how long a sync takes
  friend bool operator==(const DiskPlan&, const DiskPlan&) = default;
};

// What a crash did to the sectors that were written and not synced.
struct CrashLoss {
  std::uint64_t kept = 0;
  std::uint64_t dropped = 0;
  std::uint64_t torn = 0;
  friend bool operator==(const CrashLoss&, const CrashLoss&) = default;
};

class Disk final : public ports::Disk {
 public:
  // `completion` is the kind of event by which syncs come back, with `where` = `node`. All must outlive the disk.
  Disk(const DiskPlan& plan, const Draws& draws, Adversary& adversary, EventQueue& queue, std::uint16_t completion,
       std::uint32_t node);

  std::vector<ports::FileId> files() const override;
  std::uint64_t size(ports::FileId file) const override;
  std::optional<Bytes> read(ports::FileId file, std::uint64_t offset, std::uint64_t count) const override;
  bool write(ports::FileId file, std::uint64_t offset, const Bytes& bytes, Cause cause) override;
  void remove(ports::FileId file) override;
  void sync(std::uint64_t token, Cause cause) override;

  // A sync of this disk has ended: Event::what of the completion. Nothing if a crash came between.
  struct Synced {
    std::uint64_t token;
    bool well;
    Cause cause;
    std::uint64_t began;  // EventQueue::pushed() then: what is recorded with that or less, it covers
  };
  std::optional<Synced> complete(std::uint64_t what);

  // The machine loses power. The fates of the un-synced sectors, in the order in which they were written, are the
  // letters of `fates`: k kept, d dropped, t torn; those beyond its end are drawn. Syncs under way never end.
  CrashLoss crash(std::string_view fates);

  // After a crash: another disk is in its place, on which nothing was ever written.
  void replace();

  void set_full(bool full) { full_ = full; }
  // The next sync fails, when it ends.
  void fail_next_sync() { fail_next_sync_ = true; }

  // How many sectors a crash would find without a fate.
  std::uint64_t unsynced_sectors() const { return unsynced_sectors_; }

 private:
  struct File {
    ports::FileId name;
    Bytes bytes;
    std::uint64_t durable_size = 0;
    bool is_durable = false;  // else a crash takes it away, unless a sector of it survives
    bool is_removed = false;  // a crash may bring it back
  };

  // Something that is not durable yet: a sector of a write, or that a file was made or removed.
  struct Unsynced {
    enum class Kind : std::uint8_t { sector, made, removed } kind{};
    std::uint64_t file = 0;    // its number
    std::uint64_t sector = 0;  // its number in the file
    std::uint64_t end = 0;     // how long the file must be to hold what was written of the sector
    Cause cause;
    std::uint64_t place = 0;  // of the sector in its write
    Bytes held;               // before the write, as far as the file went; while a crash is worked out, afterwards
  };
  struct UnderWay {
    std::uint64_t number;
    std::uint64_t covers;  // how much had been written when it began
    std::uint64_t token;
    Cause cause;
    std::uint64_t began;
  };
  enum class Fate : std::uint8_t { kept, dropped, torn };

  const File* find(ports::FileId file) const;
  void remember(Unsynced&& what);
  void settle(Unsynced& what, bool well);
  void harden(const Unsynced& what);
  Fate fate_of(const Unsynced& sector, char letter) const;
  void take_back(Unsynced& what);
  void survive(const Unsynced& sector, Fate fate);
  void forget_lost_files();

  const DiskPlan plan_;
  const Draws& draws_;
  Adversary& adversary_;
  EventQueue& queue_;
  const std::uint16_t completion_;
  const std::uint32_t node_;

  std::map<std::uint64_t, File> files_;  // by number: a name that is used again means another file
  std::map<ports::FileId, std::uint64_t> names_;
  std::uint64_t files_made_ = 0;
  std::uint64_t removals_ = 0;

  std::vector<Unsynced> unsynced_;  // in the order of writing, from `first_unsynced_` on
  std::size_t first_unsynced_ = 0;
  std::uint64_t written_ = 0;   // entries of unsynced_ that there ever were
  std::vector<Unsynced> lost_;  // what failed syncs covered, and the next crash will take
  std::uint64_t unsynced_sectors_ = 0;

  Fifo<UnderWay> under_way_;
  std::uint64_t syncs_ = 0;
  Time last_end_{};
  bool full_ = false;
  bool fail_next_sync_ = false;
};

}  // namespace orrery::sim
