// The commits of all objects of one node, on its disk.
//
// One log for the whole node: whatever turns wait for the disk, one write and one sync serve them all. Records are
// gathered while a sync is under way, and written together when it has ended.
//
// The log is a row of segments, each a file (log_format.h says how they look). A process appends only to segments
// that it began itself. A batch is written when everything before it is durable, and begins with a fresh sector: so
// no durable sector is ever written again, and every sector that proves itself proves that all before its batch was
// durable.
//
// Invariants:
//  1. A commit is told to anybody only when a sync that began after it was written has ended well.
//  2. The header of a segment says how long the log before it counts. What lies beyond that was cut, for ever.
//  3. A record names where the object's record before it lies, and that one's epoch and chain. From the object's last
//     record the way leads back to a base, and an image is made only along this way, with every sector, chain and
//     digest on it verified. Nothing else is ever believed: not that a file exists, nor the order in a segment.
//  4. An object's records are needed from its last base on. A segment in which no object's base lies is not needed.
//     When that is durable the next header says so, and when that header is durable the file is removed.
//
// Recovery finds D, where the last batch begins. All before D is durable, and may have been told. A segment whose
// first batch is not whole has not begun: D lies before it.
// * The last batch was perhaps never told of. If all of its sectors are whole, blank or torn, the log ends at the
//   first that is not whole. The whole records before it are written once more, with the new header: it is not sure
//   that they are durable, since a process also ends when its sync failed. What lies behind it is dropped, whole or
//   not: what was appended later may rest on what was appended before.
// * A sector before D that is not whole is damage, and so is one in the last batch that is neither whole nor as a
//   crash leaves it. The log keeps it. Where the damage hit a change, that record's object cannot be recovered until
//   it has a later snapshot. Where it may have hit heads of records, nobody can tell whose they were: an object
//   without a record behind the damage, known or unknown, may have had commits there and cannot be recovered. One
//   with a later record can, if its way back to a base is whole.
// * A sector of the last batch that has become all zeros looks as if it had never been written: this damage alone
//   cannot be told from a crash.
// A log with damage is not shortened any more.
//
// Where commits are replicated, one that is not confirmed may be replaced by another, and all behind it are cut. The
// record that replaces it names the record before it like any other; so nothing is changed on the disk, and the way
// back from the object's last record passes by what was cut. There only what is confirmed becomes part of a snapshot,
// and what follows is written once more in the same record, so that they are whole together or not at all.
//
// Beside commits the log keeps notes: bytes under a key, that stand until others replace them. What a node has promised
// is such a note.
//
// What it holds in memory is about 160 bytes for each object, and what is being gathered.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/config.h"
#include "core/base/draws.h"
#include "core/base/ids.h"
#include "core/base/lookup.h"
#include "core/ports/disk.h"
#include "core/replication/commit.h"
#include "core/replication/log_format.h"
#include "core/storage/images.h"

namespace orrery::replication {

struct LogSizes {
  std::uint64_t segment_bytes = config::segment_bytes;
  std::uint64_t snapshot_after_bytes = config::snapshot_after_bytes;
  std::uint64_t segments_min = config::log_segments_min;
  bool may_be_cut = false;  // what is not confirmed
};

class Log final : public storage::Images {
 public:
  // The disk must outlive the log.
  explicit Log(ports::Disk& disk, const LogSizes& sizes = {});

  // Reads what a former process left and begins a new segment. The log is open when that is durable: until then
  // nothing can be told to anybody, and nothing appended. False if the disk is full: then the log stays closed, and
  // what it held can be read.
  bool open(Cause cause);
  bool is_open() const { return is_open_; }

  // Takes the record into the batch that is being gathered, and a snapshot of the object when its changes have grown
  // long. PRECONDITION: the log is open, and the record continues the object's last one.
  void append(CommitRecord&& record);

  // The same in the place of another commit, which is cut with all behind it. False if that cannot be: what it
  // continues cannot be read, or was confirmed and left behind.
  [[nodiscard]] bool replace(CommitRecord&& record);
  // All of an object's database, which is confirmed, in the place of all that the log holds of the object.
  void install(CommitRecord&& snapshot);
  // None of the object's commits through that one will be replaced.
  void confirm(const ObjectId& object, CommitIndex index);

  // In the place of the key's last note. Keys of notes and of objects have nothing to do with each other.
  void put_note(const ObjectId& key, const Bytes& note);

  // All that is appended now is durable when so many batches are, unless flush() refuses it.
  std::uint64_t batch() const { return batches_written_ + 1; }
  std::uint64_t durable_batches() const { return batches_durable_; }

  // Writes the batch and asks for a sync, unless one is under way or nothing was gathered. False if the disk is full and
  // the batch is forgotten: `refused` gets the objects whose commits it held, each once. Their images are again as
  // before, and so are the notes.
  bool flush(Cause cause, std::vector<ObjectId>& refused);

  struct Durable {
    ObjectId object;
    Epoch epoch;
    CommitIndex index;
  };
  // The sync that flush() or open() asked for has ended well. `durable` gets the commits that it made durable, in the
  // order in which they were appended; those that open() found are not among them. Any other token means nothing.
  // Call flush() next. (A sync that failed ends the process: nothing is told.)
  void on_synced(std::uint64_t token, std::vector<Durable>& durable);

  // The last commit of the object that is durable; 0 if none is. Before the log is open it is what open() found.
  CommitIndex durable_through(const ObjectId& object) const;

  std::expected<storage::Image, std::string> image_of(const ObjectId& object) override;

  // The object's commits, from one that was confirmed to the last; if none was, from the first. The first one's change
  // is all of its database.
  std::expected<std::vector<CommitRecord>, std::string> tail_of(const ObjectId& object) const;
  // Nothing: there is none.
  std::expected<std::optional<Bytes>, std::string> note_of(const ObjectId& key) const;

  // Whether bytes were found that are not as they were written.
  bool is_damaged() const { return is_damaged_; }
  // The log's length on disk, without the segments that are no longer needed.
  std::uint64_t bytes_needed() const { return sectors_ * ports::sector_bytes; }

 private:
  // Where one object stands.
  struct Entry {
    Position last;  // of its records; nowhere: it never had a commit
    Epoch epoch;
    CommitIndex index;
    std::uint64_t chain = 0;
    std::uint64_t base_bytes = 0;
    std::uint64_t later_bytes = 0;   // of the records since its base
    std::uint32_t base_segment = 0;  // 0: not known
    std::uint32_t pending = 0;       // commits that stand and are not durable yet
    CommitIndex confirmed;           // if it may be cut
  };
  using Slot = std::uint32_t;

  struct Segment {
    std::uint32_t number = 0;
    std::uint32_t sectors = 0;  // that count
    std::vector<Slot> based;    // whose base was put here; it may be elsewhere by now
  };
  struct Pending {
    Slot slot = 0;
    Durable commit;
    bool is_cut = false;
  };
  struct Undo {
    Slot slot = 0;
    ObjectId object;
    Entry before;
  };
  struct Found {
    RecordHead head;
    Bytes change;
    Position at;
    bool is_inside = false;  // of a record that ends with another commit
  };
  // How far the oldest segments have been emptied.
  struct Emptied {
    std::size_t segments = 0;  // wholly, from the first on
    std::size_t slots = 0;     // of the next one's, looked at
  };

  // The log as a former process left it (log_recovery.cc).
  class Recovery;

  Segment& current() { return segments_.back(); }
  Slot slot_of(const ObjectId& object, RecordKind kind = RecordKind::change);
  void put(Slot slot, const CommitRecord& record, Position previous);
  void await(Slot slot, const CommitRecord& record);
  bool needs_snapshot(const Entry& entry) const;
  void cut(Slot slot, CommitIndex from);
  // Nothing, if it never had a record.
  const Entry* find(const Lookup<ObjectId, Slot>& slots, const ObjectId& key) const;
  void begin_segment(std::uint32_t number, std::uint32_t former_segment, std::uint32_t former_sectors);
  void begin_batch();
  void enter(Slot slot, const RecordHead& head, Position at);
  bool put_snapshot(Slot slot);
  bool put_base(Slot slot, std::span<Found> commits);

  bool write(Cause cause);
  void roll_back(std::size_t committed, std::vector<ObjectId>& refused);
  bool should_shorten() const;
  void empty_oldest();
  void remove_unneeded();

  std::expected<Bytes, std::string> payloads(Position from, std::uint64_t bytes, CommitIndex of) const;
  std::expected<Found, std::string> record_at(Position at, CommitIndex index) const;
  std::expected<std::vector<Found>, std::string> way_to(const Lookup<ObjectId, Slot>& slots,
                                                        const ObjectId& key) const;
  std::expected<std::vector<Found>, std::string> way_back(const Entry& entry) const;
  static bool unfold(Found&& folded, std::vector<Found>& way);
  std::expected<storage::Image, std::string> image_of(std::span<const Found> way) const;

  ports::Disk& disk_;
  const LogSizes sizes_;
  bool is_open_ = false;
  std::uint64_t syncs_ = 0;
  std::uint64_t token_ = 0;  // of the sync under way; 0: none is
  std::uint64_t batches_written_ = 0;
  std::uint64_t batches_durable_ = 0;

  Lookup<ObjectId, Slot> slots_;  // a slot's number and one
  Lookup<ObjectId, Slot> notes_;  // the same
  std::vector<Entry> entries_;
  std::uint64_t live_bytes_ = 0;  // of the records that are needed

  std::vector<Segment> segments_;        // oldest first; the last is the one that is being written
  std::uint64_t sectors_ = 0;            // of those that are not emptied
  Emptied emptied_;                      // all of it durable, unless a sync is under way
  SegmentHeader header_;                 // of the current segment
  std::vector<ports::FileId> unneeded_;  // found by open()
  bool is_damaged_ = false;
  Position damaged_through_;  // whoever has no record behind it may have lost some

  Batch batch_;
  std::vector<Pending> gathered_;
  std::vector<Undo> undo_;          // as objects stood before the batch, each once
  std::size_t based_before_ = 0;    // of the current segment's, before the batch
  std::vector<Pending> under_way_;  // what the sync will make durable
};

}  // namespace orrery::replication
