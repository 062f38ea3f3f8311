// The bytes of the log: sectors that prove themselves, and records in them.
//
//   segment = sector { sector }            one file; its first sector holds the header, padded with zeros
//   sector  = payload:496 check:u64 place:u32 first:u16 mark:u16
//   header  = magic:u64 version:u32 segment:u32 oldest:u32 former:{ segment:u32 sectors:u32 } batch_sectors:u32
//   batch   = sector { sector }            what one write appends; `place` counts its sectors from 0
//   record  = head:96 change               a head lies in one sector; if no head has room, the next sector begins
//   head    = kind:u32 length:u32 object:32 previous:{ segment:u32 offset:u32 } epoch:u64 index:u64
//             previous_epoch:u64 previous_chain:u64 chain:u64 digest:u64
//
// Numbers are little-endian. A kind of 0 says that no record follows in this batch. Offsets count the bytes of the
// payloads only, so that a record is one run of bytes. `first` is where the first head of the sector begins; none
// does: 65535. `previous` is where the object's record before this one lies; a record without one is the base of all
// that follow: the object's first commit, or a snapshot.
//
// `check` stands for the payload, for place and first, and for where the sector lies: bytes that were written
// elsewhere do not pass. It is built from core/base/mix.h: 64 bits let a wrong sector pass once in 10^19, need no
// table, and cost 25 ns a sector; a CRC's promise for few wrong bits is worth less here than its 32 bits cost.
//
// `mark` is never zero and the last to be written. A crash leaves a sector of a new file whole, blank, or with zeros
// behind some byte. So a sector that is wrong and yet ends with something else was not torn: it was damaged later.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/ids.h"
#include "core/ports/disk.h"
#include "core/replication/commit.h"

namespace orrery::replication {

inline constexpr std::size_t payload_bytes = 496;
inline constexpr std::size_t head_bytes = 96;
inline constexpr std::uint16_t no_head = 0xffff;

// Where something lies in the log. The default is nowhere, and before everything.
struct Position {
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;  // in the payloads
  friend constexpr auto operator<=>(Position, Position) = default;
  std::uint32_t sector() const { return offset / static_cast<std::uint32_t>(payload_bytes); }
  std::uint32_t in_sector() const { return offset % static_cast<std::uint32_t>(payload_bytes); }
  static Position of_sector(std::uint32_t segment, std::uint32_t sector) {
    return {segment, sector * static_cast<std::uint32_t>(payload_bytes)};
  }
};

enum class RecordKind : std::uint32_t {
  none,
  change,    // of the image that the record before it gives
  snapshot,  // of an empty image; the other fields are those of the commit that it repeats
  folded,    // a snapshot and the commits that follow it; the other fields are those of the last one
  note,      // no commit, but bytes that stand until others replace them; `index` counts them
};

struct RecordHead {
  RecordKind kind{};
  std::uint32_t length = 0;  // of the change
  ObjectId object;
  Position previous;
  Epoch epoch;
  CommitIndex index;
  Epoch previous_epoch;
  std::uint64_t previous_chain = 0;
  std::uint64_t chain = 0;
  std::uint64_t digest = 0;

  bool is_base() const { return previous == Position{}; }
  std::uint64_t bytes() const { return head_bytes + length; }
};

// Of that commit as a change, and the other way round.
RecordHead head_of(const CommitRecord& record, Position previous);
CommitRecord record_of(const RecordHead& head, Bytes change);

struct SegmentHeader {
  std::uint32_t segment = 0;
  std::uint32_t oldest = 0;          // what lies before that segment is not needed, and may be gone
  std::uint32_t former_segment = 0;  // the log before this segment ends there; 0: nothing is before it
  std::uint32_t former_sectors = 0;  // so many of that one count
  std::uint32_t batch_sectors = 0;   // of the batch that begins with the header
};

// One sector's 512 bytes, wherever they are held.
enum class SectorState : std::uint8_t { valid, blank, torn, damaged };
// Fewer bytes than a sector count as if zeros followed.
SectorState state_of(std::string_view sector, std::uint32_t segment, std::uint32_t number);
// PRECONDITION: it is a whole sector.
std::uint32_t place_of(std::string_view sector);
std::uint16_t first_head_of(std::string_view sector);
inline std::string_view payload_of(std::string_view sector) { return sector.substr(0, payload_bytes); }

// PRECONDITION: the bytes hold a head.
RecordHead head_at(std::string_view bytes);
// Nothing, if the payload is no header of that segment.
std::optional<SegmentHeader> header_in(std::string_view payload, std::uint32_t segment);

// What will be written at once, as it is gathered.
class Batch {
 public:
  // Empties it. Its first sector will be that one; if that begins the segment it is kept for the header.
  void begin(std::uint32_t segment, std::uint32_t sector);
  // Where the record begins.
  Position put(const RecordHead& head, std::string_view change);
  // Completes the sectors. The header is used if the batch begins the segment; it learns how long the batch is.
  const Bytes& seal(const SegmentHeader& header);

  bool is_empty() const { return records_ == 0; }
  Position start() const { return Position::of_sector(segment_, sector_); }
  std::uint32_t segment() const { return segment_; }
  std::uint32_t first_sector() const { return sector_; }
  std::uint32_t sectors() const { return static_cast<std::uint32_t>(bytes_.size() / ports::sector_bytes); }
  // PRECONDITION: the batch has that sector of the segment.
  std::string_view payload(std::uint32_t sector) const;

 private:
  void add_sector();

  Bytes bytes_;
  std::size_t used_ = payload_bytes;  // of the last sector
  std::uint32_t segment_ = 0;
  std::uint32_t sector_ = 0;
  std::uint64_t records_ = 0;
};

}  // namespace orrery::replication
