#include "core/replication/log.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/invariant.h"

namespace orrery::replication {
namespace {

using ports::FileId;
using ports::sector_bytes;

constexpr std::size_t change_bytes_max = std::size_t{1} << 30;
constexpr std::uint64_t visit_bytes = 64;  // what looking at a slot counts as, in bytes written

}  // namespace

Log::Log(ports::Disk& disk, const LogSizes& sizes) : disk_(disk), sizes_(sizes) {}

// ---- What is appended.

Log::Slot Log::slot_of(const ObjectId& object, RecordKind kind) {
  Slot& slot = (kind == RecordKind::note ? notes_ : slots_)[object];
  if (slot == 0) {
    entries_.emplace_back();
    slot = static_cast<Slot>(entries_.size());
  }
  return slot - 1;
}

const Log::Entry* Log::find(const Lookup<ObjectId, Slot>& slots, const ObjectId& key) const {
  const Slot* slot = slots.find(key);
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

  put(slot, record, before.last);
  if (!sizes_.may_be_cut && needs_snapshot(entries_[slot])) put_snapshot(slot);
}

void Log::put(Slot slot, const CommitRecord& record, Position previous) {
  const RecordHead head = head_of(record, previous);
  enter(slot, head, batch_.put(head, record.change));
  await(slot, record);
}

void Log::await(Slot slot, const CommitRecord& record) {
  ++entries_[slot].pending;
  gathered_.push_back({slot, {record.object, record.epoch, record.index}});
}

bool Log::needs_snapshot(const Entry& entry) const {
  return entry.later_bytes > std::max(sizes_.snapshot_after_bytes, entry.base_bytes);
}

bool Log::replace(CommitRecord&& record) {
  PRECONDITION(is_open_ && sizes_.may_be_cut, "commit {} of a log that cannot be cut", record.index.value);
  PRECONDITION(record.change.size() <= change_bytes_max, "a change of {} bytes", record.change.size());
  const Slot slot = slot_of(record.object);
  PRECONDITION(entries_[slot].last >= damaged_through_, "commit {} of an object that may have had others",
               record.index.value);
  PRECONDITION(record.index <= entries_[slot].index && record.index > entries_[slot].confirmed,
               "commit {} in the place of another; the last is {}, confirmed is {}", record.index.value,
               entries_[slot].index.value, entries_[slot].confirmed.value);
  std::expected<std::vector<Found>, std::string> way = way_back(entries_[slot]);
  if (!way) return false;
  const auto replaced = std::ranges::find(*way, record.index, [](const Found& each) { return each.head.index; });
  if (replaced == way->end()) return false;
  PRECONDITION(record.previous_epoch == replaced->head.previous_epoch &&
                   record.previous_chain == replaced->head.previous_chain,
               "commit {} continues another than the one before it", record.index.value);
  const auto before = replaced + 1;
  if (before == way->end() && record.index.value > 1) return false;
  if (before == way->end() || !before->is_inside) {
    cut(slot, record.index);
    put(slot, record, before == way->end() ? Position{} : before->at);
    return true;
  }
  *replaced = {.head = head_of(record, before->at), .change = std::move(record.change), .at = {}};
  if (!put_base(slot, {replaced, way->end()})) return false;
  cut(slot, record.index);
  await(slot, record);
  return true;
}

void Log::install(CommitRecord&& snapshot) {
  PRECONDITION(is_open_ && sizes_.may_be_cut, "snapshot {} in a log that cannot be cut", snapshot.index.value);
  PRECONDITION(snapshot.change.size() <= change_bytes_max, "a snapshot of {} bytes", snapshot.change.size());
  const Slot slot = slot_of(snapshot.object);
  cut(slot, CommitIndex{1});
  Found base{.head = head_of(snapshot, {}), .change = std::move(snapshot.change), .at = {}};
  base.head.kind = RecordKind::snapshot;
  put_base(slot, {&base, 1});
  entries_[slot].confirmed = snapshot.index;
  await(slot, snapshot);
}

// What was cut is not told of when it is durable.
void Log::cut(Slot slot, CommitIndex from) {
  for (std::vector<Pending>* all : {&under_way_, &gathered_})
    for (Pending& each : *all) {
      if (each.slot != slot || each.commit.index < from || std::exchange(each.is_cut, true)) continue;
      --entries_[slot].pending;
    }
}

void Log::confirm(const ObjectId& object, CommitIndex index) {
  if (!sizes_.may_be_cut) return;
  PRECONDITION(is_open_, "commit {} is confirmed before the log is open", index.value);
  const Slot slot = slot_of(object);
  Entry& entry = entries_[slot];
  PRECONDITION(index <= entry.index, "commit {} is confirmed, the last is {}", index.value, entry.index.value);
  entry.confirmed = std::max(entry.confirmed, index);
  if (needs_snapshot(entry)) put_snapshot(slot);
}

void Log::put_note(const ObjectId& key, const Bytes& note) {
  PRECONDITION(is_open_ && note.size() <= change_bytes_max, "a note of {} bytes", note.size());
  const Slot slot = slot_of(key, RecordKind::note);
  PRECONDITION(entries_[slot].last >= damaged_through_, "a note of a key that may have had another");
  RecordHead head;
  head.kind = RecordKind::note;
  head.length = static_cast<std::uint32_t>(note.size());
  head.object = key;
  head.index = {entries_[slot].index.value + 1};
  head.chain = chained(0, {}, head.index, 0);
  enter(slot, head, batch_.put(head, note));
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
  const CommitIndex through = sizes_.may_be_cut ? entries_[slot].confirmed : entries_[slot].index;
  const auto is_folded = [through](const Found& each) { return each.head.index <= through || each.head.is_base(); };
  const auto newest = std::ranges::find_if(*way, is_folded);
  const std::span<Found> folded(newest, way->end());
  Found& base = folded.front();
  if (folded.size() > 1 || base.head.kind == RecordKind::change) {
    const std::expected<storage::Image, std::string> image = image_of(folded);
    if (!image) return false;
    base.change = image->pages.as_change();
    base.head.kind = RecordKind::snapshot;
  }
  return put_base(slot, {way->begin(), newest + 1});
}

// One record of these commits, the newest first, the last of which stands for all before it.
bool Log::put_base(Slot slot, std::span<Found> commits) {
  RecordHead head = commits.front().head;
  Bytes change;
  if (commits.size() == 1) {
    change = std::move(commits.front().change);
  } else {
    std::vector<CommitRecord> records;
    for (auto each = commits.rbegin(); each != commits.rend(); ++each)
      records.push_back(record_of(each->head, std::move(each->change)));
    change = to_bytes_of(records);
    head.kind = RecordKind::folded;
  }
  if (change.size() > change_bytes_max) return false;
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

bool Log::flush(Cause cause, std::vector<ObjectId>& refused) {
  if (!is_open_ || token_ != 0 || batch_.is_empty()) return true;
  const std::size_t committed = undo_.size();
  const Emptied emptied = emptied_;
  const std::uint64_t sectors = sectors_;
  if (batch_.first_sector() == 0 && !is_damaged_) header_.oldest = segments_[emptied_.segments].number;
  empty_oldest();
  if (write(cause)) return true;
  sectors_ = sectors;
  emptied_ = emptied;
  roll_back(committed, refused);
  return false;
}

// False if the disk is full.
bool Log::write(Cause cause) {
  const std::uint64_t offset = batch_.first_sector() * sector_bytes;
  if (!disk_.write(FileId{batch_.segment()}, offset, batch_.seal(header_), cause)) return false;
  token_ = std::uint64_t{batch_.segment()} << 32 | ++syncs_;
  ++batches_written_;
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
  for (std::size_t at = 0; at < committed; ++at)
    if (entries_[undo_[at].slot].pending > 0) refused.push_back(undo_[at].object);
  for (std::size_t at = undo_.size(); at > 0; --at) {
    const Undo& undo = undo_[at - 1];
    Entry& entry = entries_[undo.slot];
    live_bytes_ -= entry.base_bytes + entry.later_bytes;
    entry = undo.before;
    entry.pending = 0;  // since no sync is under way
    live_bytes_ += entry.base_bytes + entry.later_bytes;
  }
  current().based.resize(based_before_);
  begin_batch();
}

void Log::on_synced(std::uint64_t token, std::vector<Durable>& durable) {
  if (token_ == 0 || token != token_) return;
  token_ = 0;
  is_open_ = true;
  batches_durable_ = batches_written_;
  for (const Pending& pending : under_way_) {
    if (pending.is_cut) continue;
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

}  // namespace orrery::replication
