#include "core/replication/log_format.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/invariant.h"
#include "core/base/mix.h"

namespace orrery::replication {
namespace {

using ports::sector_bytes;

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");

constexpr std::size_t check_at = payload_bytes;
constexpr std::size_t place_at = check_at + sizeof(std::uint64_t);
constexpr std::size_t first_at = place_at + sizeof(std::uint32_t);
constexpr std::size_t mark_at = first_at + sizeof(std::uint16_t);
static_assert(mark_at + sizeof(std::uint16_t) == sector_bytes);

constexpr std::uint16_t mark = 0xa55a;
constexpr std::uint64_t magic = 0x676f6c7972657272u;  // "rrerylog"
constexpr std::uint32_t version = 1;

template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  Number number{};
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}
template <class Number>
void put_at(char* bytes, std::size_t at, Number number) {
  std::memcpy(bytes + at, &number, sizeof number);
}

// Two words at a time in two lanes, which the processor follows side by side.
std::uint64_t check_of(std::string_view sector, std::uint32_t segment, std::uint32_t number) {
  constexpr std::size_t word = sizeof(std::uint64_t);
  std::uint64_t even = segment;
  std::uint64_t odd = number;
  for (std::size_t at = 0; at + 2 * word <= payload_bytes; at += 4 * word) {
    even = mix(even ^ number_at<std::uint64_t>(sector, at), number_at<std::uint64_t>(sector, at + word));
    if (at + 4 * word > payload_bytes) break;
    odd = mix(odd ^ number_at<std::uint64_t>(sector, at + 2 * word), number_at<std::uint64_t>(sector, at + 3 * word));
  }
  const std::uint64_t trailer = number_at<std::uint32_t>(sector, place_at) |
                                static_cast<std::uint64_t>(number_at<std::uint16_t>(sector, first_at)) << 32;
  return mix(mix(even, odd), trailer);
}

template <class Number>
void copy_out(char*& to, const Number& number) {
  std::memcpy(to, &number, sizeof number);
  to += sizeof number;
}
template <class Number>
void copy_in(const char*& from, Number& number) {
  std::memcpy(&number, from, sizeof number);
  from += sizeof number;
}

// The fields of a head in their order on disk.
template <class Head, class Visit>
void for_each_number(Head& head, Visit&& visit) {
  visit(head.kind);
  visit(head.length);
  for (auto& word : head.object.words) visit(word);
  visit(head.previous.segment);
  visit(head.previous.offset);
  visit(head.epoch.value);
  visit(head.index.value);
  visit(head.previous_epoch.value);
  visit(head.previous_chain);
  visit(head.chain);
  visit(head.digest);
}
static_assert(2 * 4 + 32 + 2 * 4 + 6 * 8 == head_bytes);

}  // namespace

SectorState state_of(std::string_view sector, std::uint32_t segment, std::uint32_t number) {
  const bool is_whole = sector.size() == sector_bytes;
  if (is_whole && number_at<std::uint64_t>(sector, check_at) == check_of(sector, segment, number))
    return SectorState::valid;
  if (is_whole && sector.back() != '\0') return SectorState::damaged;
  const bool is_blank = std::all_of(sector.begin(), sector.end(), [](char byte) { return byte == '\0'; });
  return is_blank ? SectorState::blank : SectorState::torn;
}

std::uint32_t place_of(std::string_view sector) { return number_at<std::uint32_t>(sector, place_at); }
std::uint16_t first_head_of(std::string_view sector) { return number_at<std::uint16_t>(sector, first_at); }

RecordHead head_at(std::string_view bytes) {
  PRECONDITION(bytes.size() >= head_bytes, "{} bytes", bytes.size());
  RecordHead head;
  const char* from = bytes.data();
  for_each_number(head, [&from](auto& number) { copy_in(from, number); });
  return head;
}

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

CommitRecord record_of(const RecordHead& head, Bytes change) {
  return {.object = head.object,
          .epoch = head.epoch,
          .index = head.index,
          .previous_epoch = head.previous_epoch,
          .previous_chain = head.previous_chain,
          .chain = head.chain,
          .digest = head.digest,
          .change = std::move(change)};
}

std::optional<SegmentHeader> header_in(std::string_view payload, std::uint32_t segment) {
  Reader reader(payload);
  if (reader.next<std::uint64_t>() != magic || reader.next<std::uint32_t>() != version) return std::nullopt;
  SegmentHeader header;
  reader.get(header.segment);
  reader.get(header.oldest);
  reader.get(header.former_segment);
  reader.get(header.former_sectors);
  reader.get(header.batch_sectors);
  if (header.segment != segment || header.former_segment >= segment) return std::nullopt;
  return header;
}

void Batch::begin(std::uint32_t segment, std::uint32_t sector) {
  bytes_.clear();
  used_ = payload_bytes;
  segment_ = segment;
  sector_ = sector;
  records_ = 0;
  if (sector != 0) return;
  add_sector();
  used_ = payload_bytes;
}

void Batch::add_sector() {
  INVARIANT(sector_ + sectors() < UINT32_MAX / payload_bytes, "segment {} at its end", segment_);
  bytes_.resize(bytes_.size() + sector_bytes, '\0');
  put_at(bytes_.data() + bytes_.size() - sector_bytes, first_at, no_head);
  used_ = 0;
}

Position Batch::put(const RecordHead& head, std::string_view change) {
  PRECONDITION(head.length == change.size(), "{} bytes in a record of {}", change.size(), head.length);
  if (payload_bytes - used_ < head_bytes) add_sector();
  char* sector = bytes_.data() + bytes_.size() - sector_bytes;
  Position at = Position::of_sector(segment_, sector_ + sectors() - 1);
  at.offset += static_cast<std::uint32_t>(used_);
  if (number_at<std::uint16_t>({sector, sector_bytes}, first_at) == no_head)
    put_at(sector, first_at, static_cast<std::uint16_t>(used_));
  char* to = sector + used_;
  for_each_number(head, [&to](const auto& number) { copy_out(to, number); });
  used_ += head_bytes;
  while (!change.empty()) {
    if (used_ == payload_bytes) add_sector();
    const std::size_t now = std::min(change.size(), payload_bytes - used_);
    std::memcpy(bytes_.data() + bytes_.size() - sector_bytes + used_, change.data(), now);
    used_ += now;
    change.remove_prefix(now);
  }
  ++records_;
  return at;
}

const Bytes& Batch::seal(const SegmentHeader& header) {
  if (sector_ == 0) {
    const Bytes bytes = to_bytes_of(magic, version, header.segment, header.oldest, header.former_segment,
                                    header.former_sectors, sectors());
    std::memcpy(bytes_.data(), bytes.data(), bytes.size());
  }
  for (std::uint32_t place = 0; place < sectors(); ++place) {
    char* sector = bytes_.data() + place * sector_bytes;
    put_at(sector, place_at, place);
    put_at(sector, mark_at, mark);
    put_at(sector, check_at, check_of({sector, sector_bytes}, segment_, sector_ + place));
  }
  return bytes_;
}

std::string_view Batch::payload(std::uint32_t sector) const {
  PRECONDITION(sector >= sector_ && sector - sector_ < sectors(), "sector {} of a batch from {}", sector, sector_);
  return std::string_view(bytes_).substr((sector - sector_) * sector_bytes, payload_bytes);
}

}  // namespace orrery::replication
