// What can be read of the log: images, tails and notes, each along a way that proves itself (log.h).
#include <algorithm>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/invariant.h"
#include "core/replication/log.h"

namespace orrery::replication {
namespace {

using ports::FileId;
using ports::sector_bytes;

bool continues(const CommitRecord& record, const CommitRecord& before) {
  return record.index.value == before.index.value + 1 && record.previous_epoch == before.epoch &&
         record.previous_chain == before.chain &&
         record.chain == chained(record.previous_chain, record.epoch, record.index, record.digest);
}

}  // namespace

CommitIndex Log::durable_through(const ObjectId& object) const {
  const Entry* entry = find(slots_, object);
  return entry ? CommitIndex{entry->index.value - entry->pending} : CommitIndex{};
}

std::expected<storage::Image, std::string> Log::image_of(const ObjectId& object) {
  const std::expected<std::vector<Found>, std::string> way = way_to(slots_, object);
  if (!way) return std::unexpected(way.error());
  if (way->empty()) return storage::Image{};
  return image_of(*way);
}

std::expected<std::vector<CommitRecord>, std::string> Log::tail_of(const ObjectId& object) const {
  std::expected<std::vector<Found>, std::string> way = way_to(slots_, object);
  if (!way) return std::unexpected(way.error());
  std::vector<CommitRecord> tail;
  for (auto each = way->rbegin(); each != way->rend(); ++each)
    tail.push_back(record_of(each->head, std::move(each->change)));
  return tail;
}

std::expected<std::optional<Bytes>, std::string> Log::note_of(const ObjectId& key) const {
  std::expected<std::vector<Found>, std::string> way = way_to(notes_, key);
  if (!way) return std::unexpected(way.error());
  if (way->empty()) return std::nullopt;
  return std::move(way->front().change);
}

std::expected<storage::Image, std::string> Log::image_of(std::span<const Found> way) const {
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

// Empty, if the key never had a record.
std::expected<std::vector<Log::Found>, std::string> Log::way_to(const Lookup<ObjectId, Slot>& slots,
                                                                const ObjectId& key) const {
  const Entry* entry = find(slots, key);
  if (entry ? entry->last < damaged_through_ : damaged_through_ != Position{})
    return std::unexpected("a part of the log cannot be read, and the object may have had commits there");
  if (!entry) return std::vector<Found>();
  std::expected<std::vector<Found>, std::string> way = way_back(*entry);
  INVARIANT(!way || way->front().head.object == key, "{} where {} should be", to_hex(way->front().head.object),
            to_hex(key));
  return way;
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
    const bool leads_on = head.is_base() ? head.kind != RecordKind::change || index.value == 1
                                         : head.kind == RecordKind::change && head.previous < expected.previous;
    if (!is_the_one || !leads_on)
      return std::unexpected(fmt::format("commit {} of the object is not in the log", index.value));
    expected = head;
    if (head.kind != RecordKind::folded)
      way.push_back(std::move(*found));
    else if (!unfold(std::move(*found), way))
      return std::unexpected(fmt::format("commit {} of the object is not in the log", index.value));
  } while (!expected.is_base());
  return way;
}

// False if it does not hold a row of commits that ends with the one that it stands for.
bool Log::unfold(Found&& folded, std::vector<Found>& way) {
  Reader reader(folded.change);
  auto commits = reader.next<std::vector<CommitRecord>>();
  if (commits.empty() || commits.back().chain != folded.head.chain) return false;
  for (std::size_t at = commits.size(); at > 0; --at) {
    CommitRecord& each = commits[at - 1];
    RecordHead head = head_of(each, at > 1 ? folded.at : Position{});
    if (at > 1 && !continues(each, commits[at - 2])) return false;
    if (at == 1) head.kind = RecordKind::snapshot;
    way.push_back({head, std::move(each.change), folded.at, at < commits.size()});
  }
  return true;
}

std::expected<Log::Found, std::string> Log::record_at(Position at, CommitIndex index) const {
  std::expected<Bytes, std::string> start = payloads(at, payload_bytes - at.in_sector(), index);
  if (!start) return std::unexpected(start.error());
  if (start->size() < head_bytes)
    return std::unexpected(fmt::format("commit {} of the object is not in the log", index.value));
  Found found{.head = head_at(*start), .change = std::move(*start), .at = at};
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
