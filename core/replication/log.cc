#include "core/replication/log.h"

#include <algorithm>
#include <utility>

#include "core/base/invariant.h"

namespace orrery::replication {
namespace {

using ports::FileId;
using ports::sector_bytes;

constexpr std::size_t change_bytes_max = std::size_t{1} << 30;
constexpr std::uint64_t visit_bytes = 64;  // what looking at a slot counts as, in bytes written

RecordHead head_of(const CommitRecord& record, Position previous) {
  return {.kind = RecordKind::change,
          .length = static_cast<std::uint32_t>(record.change.size()),
          .object = record.object,
          .previous = previous,
          .epoch = record.epoch,
          .index = record.index,
          .previous_epoch = record.previous_epoch,
          .previous_chain = record.previous_chain,
          .chain = record.chain,
          .digest = record.digest};
}

}  // namespace

Log::Log(ports::Disk& disk, const LogSizes& sizes) : disk_(disk), sizes_(sizes) {}

// ---- What is appended.

Log::Slot Log::slot_of(const ObjectId& object) {
  Slot& slot = slots_[object];
  if (slot == 0) {
    entries_.emplace_back();
    slot = static_cast<Slot>(entries_.size());
  }
  return slot - 1;
}

const Log::Entry* Log::find(const ObjectId& object) const {
  const Slot* slot = slots_.find(object);
  return slot && entries_[*slot - 1].last != Position{} ? &entries_[*slot - 1] : nullptr;
}

void Log::append(CommitRecord&& record) {
  PRECONDITION(is_open_, "commit {} before the log is open", record.index.value);
  PRECONDITION(record.change.size() <= change_bytes_max, "a change of {} bytes", record.change.size());
  const Slot slot = slot_of(record.object);
  const Entry& before = entries_[slot];
  PRECONDITION(record.index.value == before.index.value + 1 && record.previous_epoch == before.epoch &&
                   record.previous_chain == before.chain,
               "commit {} of epoch {} after commit {} of epoch {}", record.index.value, record.epoch.value,
               before.index.value, before.epoch.value);
  PRECONDITION(before.last >= damaged_through_, "commit {} of an object that may have had others",
               record.index.value);

  const RecordHead head = head_of(record, before.last);
  enter(slot, head, batch_.put(head, record.change));
  ++entries_[slot].pending;
  gathered_.push_back({slot, {record.object, record.epoch, record.index}});

  const Entry& entry = entries_[slot];
  if (entry.later_bytes > std::max(sizes_.snapshot_after_bytes, entry.base_bytes)) put_snapshot(slot);
}

void Log::enter(Slot slot, const RecordHead& head, Position at) {
  Entry& entry = entries_[slot];
  if (entry.last < batch_.start()) undo_.push_back({slot, head.object, entry});
  if (head.is_base()) {
    live_bytes_ -= entry.base_bytes + entry.later_bytes;
    entry.base_bytes = head.bytes();
    entry.later_bytes = 0;
    entry.base_segment = at.segment;
    current().based.push_back(slot);
  } else {
    entry.later_bytes += head.bytes();
  }
  live_bytes_ += head.bytes();
  entry.last = at;
  entry.epoch = head.epoch;
  entry.index = head.index;
  entry.chain = head.chain;
}

// False if that cannot be: what the snapshot would be made of is damaged, or too long.
bool Log::put_snapshot(Slot slot) {
  std::expected<std::vector<Found>, std::string> way = way_back(entries_[slot]);
  if (!way) return false;
  RecordHead head = way->front().head;
  if (way->size() > 1 || head.kind != RecordKind::snapshot) {
    const std::expected<storage::Image, std::string> image = image_of(*way);
    if (!image) return false;
    way->front().change = image->pages.as_change();
  }
  const Bytes& change = way->front().change;
  if (change.size() > change_bytes_max) return false;
  head.kind = RecordKind::snapshot;
  head.length = static_cast<std::uint32_t>(change.size());
  head.previous = {};
  enter(slot, head, batch_.put(head, change));
  return true;
}

// ---- What is written.

void Log::begin_segment(std::uint32_t number, std::uint32_t former_segment, std::uint32_t former_sectors) {
  header_.segment = number;
  header_.former_segment = former_segment;
  header_.former_sectors = former_sectors;
  segments_.push_back({.number = number, .sectors = 0, .based = {}});
}

void Log::begin_batch() {
  batch_.begin(current().number, current().sectors);
  based_before_ = current().based.size();
  undo_.clear();
  gathered_.clear();
}

void Log::flush(Cause cause, std::vector<ObjectId>& refused) {
  if (!is_open_ || token_ != 0 || batch_.is_empty()) return;
  const std::size_t committed = undo_.size();
  const Emptied emptied = emptied_;
  const std::uint64_t sectors = sectors_;
  if (batch_.first_sector() == 0 && !is_damaged_) header_.oldest = segments_[emptied_.segments].number;
  empty_oldest();
  if (write(cause)) return;
  sectors_ = sectors;
  emptied_ = emptied;
  roll_back(committed, refused);
}

// False if the disk is full.
bool Log::write(Cause cause) {
  const std::uint64_t offset = batch_.first_sector() * sector_bytes;
  if (!disk_.write(FileId{batch_.segment()}, offset, batch_.seal(header_), cause)) return false;
  token_ = std::uint64_t{batch_.segment()} << 32 | ++syncs_;
  disk_.sync(token_, cause);
  under_way_.swap(gathered_);
  current().sectors += batch_.sectors();
  sectors_ += batch_.sectors();
  if (current().sectors * sector_bytes >= sizes_.segment_bytes)
    begin_segment(current().number + 1, current().number, current().sectors);
  begin_batch();
  return true;
}

void Log::roll_back(std::size_t committed, std::vector<ObjectId>& refused) {
  for (std::size_t at = undo_.size(); at > 0; --at) {
    const Undo& undo = undo_[at - 1];
    Entry& entry = entries_[undo.slot];
    live_bytes_ -= entry.base_bytes + entry.later_bytes;
    entry = undo.before;
    entry.pending = 0;  // since no sync is under way
    live_bytes_ += entry.base_bytes + entry.later_bytes;
  }
  for (std::size_t at = 0; at < committed; ++at) refused.push_back(undo_[at].object);
  current().based.resize(based_before_);
  begin_batch();
}

void Log::on_synced(std::uint64_t token, std::vector<Durable>& durable) {
  if (token_ == 0 || token != token_) return;
  token_ = 0;
  is_open_ = true;
  for (const Pending& pending : under_way_) {
    --entries_[pending.slot].pending;
    durable.push_back(pending.commit);
  }
  under_way_.clear();
  remove_unneeded();
}

// ---- What is forgotten.

bool Log::should_shorten() const {
  const std::uint64_t enough =
      std::max(sizes_.segments_min * sizes_.segment_bytes, config::log_bytes_per_needed_byte * live_bytes_);
  return bytes_needed() > enough && emptied_.segments + 1 < segments_.size();
}

// Twice as much as the batch held: so the log's end, in which nothing is needless, comes to be at most half as long
// again as what is needed before its beginning has been through here.
void Log::empty_oldest() {
  std::uint64_t budget = 2 * sector_bytes * batch_.sectors();
  while (budget > 0 && !is_damaged_) {
    if (emptied_.slots == 0 && !should_shorten()) return;
    const Segment& oldest = segments_[emptied_.segments];
    if (emptied_.slots == oldest.based.size()) {
      sectors_ -= oldest.sectors;
      emptied_ = {.segments = emptied_.segments + 1, .slots = 0};
      continue;
    }
    const Slot slot = oldest.based[emptied_.slots++];
    std::uint64_t cost = visit_bytes;
    if (entries_[slot].base_segment == oldest.number) {
      is_damaged_ = !put_snapshot(slot);
      cost += entries_[slot].base_bytes;
    }
    budget -= std::min(budget, cost);
  }
}

void Log::remove_unneeded() {
  for (const FileId file : unneeded_) disk_.remove(file);
  unneeded_.clear();
  std::size_t removed = 0;
  while (segments_[removed].number < header_.oldest) disk_.remove(FileId{segments_[removed++].number});
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(removed));
  emptied_.segments -= removed;
}

// ---- What can be read.

CommitIndex Log::durable_through(const ObjectId& object) const {
  const Entry* entry = find(object);
  return entry ? CommitIndex{entry->index.value - entry->pending} : CommitIndex{};
}

std::expected<storage::Image, std::string> Log::image_of(const ObjectId& object) {
  const Entry* entry = find(object);
  if (entry ? entry->last < damaged_through_ : damaged_through_ != Position{})
    return std::unexpected("a part of the log cannot be read, and the object may have had commits there");
  if (!entry) return storage::Image{};
  const std::expected<std::vector<Found>, std::string> way = way_back(*entry);
  if (!way) return std::unexpected(way.error());
  INVARIANT(way->front().head.object == object, "{} where {} should be", to_hex(way->front().head.object),
            to_hex(object));
  return image_of(*way);
}

std::expected<storage::Image, std::string> Log::image_of(const std::vector<Found>& way) const {
  storage::Image image;
  for (std::size_t at = way.size(); at > 0; --at) {
    const RecordHead& head = way[at - 1].head;
    if (!image.pages.apply(way[at - 1].change) || image.pages.digest() != head.digest)
      return std::unexpected(
          fmt::format("commit {} of the object gives another database than it should", head.index.value));
    image.epoch = head.epoch;
    image.index = head.index;
    image.chain = head.chain;
  }
  if (image.pages.computed_digest() != image.pages.digest())
    return std::unexpected(
        fmt::format("the database after commit {} of the object is not what its digest says", image.index.value));
  return image;
}

// The object's records from its last one back to its base, each proven by the one after it.
std::expected<std::vector<Log::Found>, std::string> Log::way_back(const Entry& entry) const {
  std::vector<Found> way;
  RecordHead expected;  // as if a record followed
  expected.previous = entry.last;
  expected.index = {entry.index.value + 1};
  expected.previous_epoch = entry.epoch;
  expected.previous_chain = entry.chain;
  do {
    const CommitIndex index{expected.index.value - 1};
    std::expected<Found, std::string> found = record_at(expected.previous, index);
    if (!found) return std::unexpected(found.error());
    const RecordHead& head = found->head;
    const bool is_the_one = head.index == index && head.epoch == expected.previous_epoch &&
                            head.chain == expected.previous_chain &&
                            head.chain == chained(head.previous_chain, head.epoch, head.index, head.digest) &&
                            (way.empty() || head.object == expected.object);
    const bool leads_on = head.is_base() ? head.kind == RecordKind::snapshot || index.value == 1
                                         : head.kind == RecordKind::change && head.previous < expected.previous;
    if (!is_the_one || !leads_on)
      return std::unexpected(fmt::format("commit {} of the object is not in the log", index.value));
    expected = head;
    way.push_back(std::move(*found));
  } while (!expected.is_base());
  return way;
}

std::expected<Log::Found, std::string> Log::record_at(Position at, CommitIndex index) const {
  std::expected<Bytes, std::string> start = payloads(at, payload_bytes - at.in_sector(), index);
  if (!start) return std::unexpected(start.error());
  if (start->size() < head_bytes)
    return std::unexpected(fmt::format("commit {} of the object is not in the log", index.value));
  Found found{head_at(*start), std::move(*start)};
  Bytes& change = found.change;
  change.erase(0, head_bytes);
  if (change.size() < found.head.length) {
    const Position rest = Position::of_sector(at.segment, at.sector() + 1);
    const std::expected<Bytes, std::string> more = payloads(rest, found.head.length - change.size(), index);
    if (!more) return std::unexpected(more.error());
    change += *more;
  }
  change.resize(found.head.length);
  return found;
}

// Bytes of the log, from disk or from the batch. The error speaks of that commit.
std::expected<Bytes, std::string> Log::payloads(Position from, std::uint64_t bytes, CommitIndex of) const {
  const std::uint64_t sectors = (from.in_sector() + bytes + payload_bytes - 1) / payload_bytes;
  const bool is_gathered = from >= batch_.start();
  std::optional<Bytes> read;
  if (!is_gathered) {
    read = disk_.read(FileId{from.segment}, from.sector() * sector_bytes, sectors * sector_bytes);
    if (!read || read->size() < sectors * sector_bytes)
      return std::unexpected(
          fmt::format("commit {} of the object cannot be read: the disk does not give it", of.value));
  }
  Bytes found;
  for (std::uint32_t sector = from.sector(); sector < from.sector() + sectors; ++sector) {
    if (is_gathered) {
      found += batch_.payload(sector);
      continue;
    }
    const std::string_view raw =
        std::string_view(*read).substr((sector - from.sector()) * sector_bytes, sector_bytes);
    if (state_of(raw, from.segment, sector) != SectorState::valid)
      return std::unexpected(fmt::format("commit {} of the object cannot be read: its checksum is wrong", of.value));
    found += payload_of(raw);
  }
  return found.substr(from.in_sector(), bytes);
}

}  // namespace orrery::replication
