#include "core/replication/log_recovery.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/invariant.h"

namespace orrery::replication {
namespace {

using ports::FileId;
using ports::sector_bytes;

}  // namespace

bool Log::open(Cause cause) {
  PRECONDITION(segments_.empty(), "the log is opened twice");
  Recovery(*this).run();
  return write(cause);
}

void Log::Recovery::run() {
  for (const FileId file : log_.disk_.files()) files_.push_back(static_cast<std::uint32_t>(file.value));
  const std::vector<std::uint32_t> all = files_;
  const std::uint32_t next = all.empty() ? 1 : all.back() + 1;

  const Part end = find_end();
  const std::vector<Part> parts = parts_up_to(end);
  for (const Part& part : parts) replay(part);
  for (const std::uint32_t file : all)
    if (std::none_of(parts.begin(), parts.end(), [file](const Part& part) { return part.segment == file; }))
      log_.unneeded_.push_back(FileId{file});

  log_.begin_segment(next, end.segment, end.sectors);
  log_.header_.oldest = oldest_.value_or(parts.empty() ? next : parts.front().segment);
  log_.begin_batch();
  copy_tail();
}

// ---- Where it ends.

// Takes off the files that never counted, and says up to where the log is proven.
Log::Recovery::Part Log::Recovery::find_end() {
  for (; !files_.empty(); files_.pop_back()) {
    newest_ = read(files_.back(), UINT32_MAX);
    const std::optional<SegmentHeader> header = newest_.header();
    const std::uint32_t batch = newest_.last_batch();
    const std::uint32_t damaged = newest_.find(batch, SectorState::damaged);
    if (damaged < newest_.count()) return {newest_.segment, newest_.count()};
    const std::uint32_t end = newest_.find(batch, SectorState::valid, true);
    // A first batch that is not whole was never durable, and may lack what it was to repeat of the segment before.
    const bool has_begun = batch > 0 || (header && end >= header->batch_sectors);
    if (!has_begun) continue;
    tail_begin_ = std::max(batch, 1u);
    tail_end_ = end;
    if (header) oldest_ = header->oldest;
    if (batch > 0) return {newest_.segment, batch};
    files_.pop_back();
    return {header->former_segment, header->former_sectors};
  }
  return {};
}

Log::Recovery::Part Log::Recovery::whole_file_before(std::uint32_t segment) const {
  const auto after = std::lower_bound(files_.begin(), files_.end(), segment);
  if (after == files_.begin()) return {};
  const std::uint32_t file = *std::prev(after);
  return {file, static_cast<std::uint32_t>(log_.disk_.size(FileId{file}) / sector_bytes)};
}

// The segments that count, oldest first. Each header says which is the one before; if it cannot be read or the file
// is not there, any file before it has to do: what is found there wrongly lies before the damage, and is not
// believed.
std::vector<Log::Recovery::Part> Log::Recovery::parts_up_to(Part last) {
  std::vector<Part> parts;
  std::uint32_t successor = newest_.segment;
  for (Part part = last; part.segment != 0 && part.segment >= oldest_.value_or(0);) {
    if (!std::binary_search(files_.begin(), files_.end(), part.segment)) {
      found_damage(Position::of_sector(successor, 0));
      part = whole_file_before(part.segment);
      continue;
    }
    parts.push_back(part);
    successor = part.segment;
    const std::optional<SegmentHeader> header = read(part.segment, 1).header();
    if (header && !oldest_) oldest_ = header->oldest;
    part = header ? Part{header->former_segment, header->former_sectors} : whole_file_before(part.segment);
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

// ---- What it holds.

void Log::Recovery::replay(const Part& part) {
  const Sectors sectors = read(part.segment, part.sectors);
  log_.segments_.push_back({.number = part.segment, .sectors = part.sectors, .based = {}});
  log_.sectors_ += part.sectors;
  const bool has_header = sectors.header().has_value();
  if (!has_header) found_damage(Position::of_sector(part.segment, 0));
  walk(
      sectors, 1, part.sectors,
      [this](const RecordHead& head, Position at, bool is_whole) {
        log_.enter(log_.slot_of(head.object, head.kind), head, at);
        if (!is_whole) log_.is_damaged_ = true;
      },
      [this](Position at) { found_damage(at); });
}

// Appends the whole records of the last batch once more. Each keeps its predecessor, wherever that now lies.
void Log::Recovery::copy_tail() {
  std::map<Position, Position> copied;
  const auto copy = [&](RecordHead head, Position at, bool is_whole) {
    if (!is_whole) return;
    const Slot slot = log_.slot_of(head.object, head.kind);
    if (const auto previous = copied.find(head.previous); previous != copied.end()) head.previous = previous->second;
    Bytes change;
    std::uint32_t sector = at.sector();
    std::string_view here = payload_of(newest_.sector(sector)).substr(at.in_sector() + head_bytes);
    while (change.size() + here.size() < head.length) {
      change += here;
      here = payload_of(newest_.sector(++sector));
    }
    change += here.substr(0, head.length - change.size());
    copied[at] = log_.batch_.put(head, change);
    log_.enter(slot, head, copied[at]);
  };
  walk(newest_, tail_begin_, tail_end_, copy, [](Position) {});
}

void Log::Recovery::found_damage(Position through) {
  log_.is_damaged_ = true;
  log_.damaged_through_ = std::max(log_.damaged_through_, through);
}

// Calls on_record(head, where, whether all of it is valid) for each head that can be read, and on_damage(where) for
// each sector that cannot be read though a head may have begun there.
template <class OnRecord, class OnDamage>
void Log::Recovery::walk(const Sectors& sectors, std::uint32_t from, std::uint32_t end, OnRecord on_record,
                         OnDamage on_damage) {
  Position at = Position::of_sector(sectors.segment, from);
  while (at.sector() < end) {
    std::uint32_t sector = at.sector();
    if (!sectors.is_valid(sector)) {
      on_damage(Position::of_sector(sectors.segment, sector));
      do ++sector;
      while (sector < end && sectors.is_valid(sector) && first_head_of(sectors.sector(sector)) == no_head);
      at = Position::of_sector(sectors.segment, sector);
      if (sector < end && sectors.is_valid(sector)) at.offset += first_head_of(sectors.sector(sector));
      continue;
    }
    const std::string_view rest = payload_of(sectors.sector(sector)).substr(at.in_sector());
    if (rest.size() < head_bytes || head_at(rest).kind == RecordKind::none) {
      at = Position::of_sector(sectors.segment, sector + 1);
      continue;
    }
    const RecordHead head = head_at(rest);
    const std::uint64_t next = at.offset + head.bytes();
    const std::uint64_t last = (next - 1) / payload_bytes;
    bool is_whole = last < end;
    for (; is_whole && sector < last; ++sector)
      is_whole = sectors.is_valid(sector + 1) &&
                 place_of(sectors.sector(sector + 1)) == place_of(sectors.sector(sector)) + 1;
    on_record(head, at, is_whole);
    if (last >= end) return;
    at.offset = static_cast<std::uint32_t>(next);
  }
}

// ---- Sectors.

Log::Recovery::Sectors Log::Recovery::read(std::uint32_t segment, std::uint64_t sectors_max) const {
  const FileId file{segment};
  const std::uint64_t count = std::min((log_.disk_.size(file) + sector_bytes - 1) / sector_bytes, sectors_max);
  Sectors found;
  found.segment = segment;
  found.bytes = log_.disk_.read(file, 0, count * sector_bytes).value_or(Bytes());
  found.bytes.resize(count * sector_bytes, '\0');
  for (std::uint32_t number = 0; number < count; ++number)
    found.states.push_back(state_of(found.sector(number), segment, number));
  return found;
}

std::string_view Log::Recovery::Sectors::sector(std::uint32_t number) const {
  return std::string_view(bytes).substr(number * sector_bytes, sector_bytes);
}

bool Log::Recovery::Sectors::is_valid(std::uint32_t number) const {
  return number < count() && states[number] == SectorState::valid;
}

std::optional<SegmentHeader> Log::Recovery::Sectors::header() const {
  return is_valid(0) ? header_in(payload_of(sector(0)), segment) : std::nullopt;
}

std::uint32_t Log::Recovery::Sectors::last_batch() const {
  std::uint32_t last = 0;
  for (std::uint32_t number = 0; number < count(); ++number)
    if (is_valid(number)) last = std::max(last, number - std::min(number, place_of(sector(number))));
  return last;
}

std::uint32_t Log::Recovery::Sectors::find(std::uint32_t from, SectorState state, bool is_not) const {
  while (from < count() && (states[from] == state) == is_not) ++from;
  return from;
}

}  // namespace orrery::replication
