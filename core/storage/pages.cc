#include "core/storage/pages.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/config.h"
#include "core/base/invariant.h"
#include "core/base/mix.h"

namespace orrery::storage {
namespace {

static_assert(std::endian::native == std::endian::little, "words of images are read as they lie in memory");

constexpr std::size_t word_bytes = sizeof(std::uint64_t);
constexpr std::size_t page_words = page_bytes / word_bytes;
constexpr std::size_t block_words = 32;  // compared at once
constexpr std::size_t spare_max = 3;

std::uint64_t word_at(const char* bytes, std::size_t word) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes + word * word_bytes, word_bytes);
  return value;
}

std::uint64_t share(std::uint64_t word, std::uint32_t page, std::size_t place) {
  return word == 0 ? 0 : mix(word, std::uint64_t{page} * page_words + place);
}

std::uint64_t share_of(const char* contents, std::uint32_t page, std::size_t first, std::size_t end) {
  std::uint64_t sum = 0;
  for (std::size_t place = first; place < end; ++place) sum += share(word_at(contents, place), page, place);
  return sum;
}

// The first word from `place` on that differs; page_words if none does.
std::size_t first_difference(const char* before, const char* after, std::size_t place) {
  for (; place % block_words != 0; ++place)
    if (word_at(before, place) != word_at(after, place)) return place;
  while (place < page_words &&
         std::memcmp(before + place * word_bytes, after + place * word_bytes, block_words * word_bytes) == 0)
    place += block_words;
  for (; place < page_words; ++place)
    if (word_at(before, place) != word_at(after, place)) return place;
  return page_words;
}

// Calls visit(first, end) for each stretch of words of which every one differs.
template <class Visit>
void for_each_difference(const char* before, const char* after, Visit&& visit) {
  for (std::size_t first = first_difference(before, after, 0); first < page_words;) {
    std::size_t end = first + 1;
    while (end < page_words && word_at(before, end) != word_at(after, end)) ++end;
    visit(first, end);
    first = end < page_words ? first_difference(before, after, end) : page_words;
  }
}

template <class Number>
void append(Bytes& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

// Appends what differs in one page, if anything does, and says by how much the digest changes. The runs begin and end
// with a byte that differs.
std::uint64_t append_page(Bytes& change, std::uint32_t page, const char* before, const char* after) {
  const std::size_t head = change.size();
  std::uint64_t digest = 0;
  std::uint16_t runs = 0;
  for_each_difference(before, after, [&](std::size_t first, std::size_t end) {
    digest += share_of(after, page, first, end) - share_of(before, page, first, end);
    if (runs++ == 0) {
      append(change, page);
      append(change, runs);
    }
    const std::uint64_t at_first = word_at(before, first) ^ word_at(after, first);
    const std::uint64_t at_last = word_at(before, end - 1) ^ word_at(after, end - 1);
    const std::size_t from = first * word_bytes + static_cast<std::size_t>(std::countr_zero(at_first)) / 8;
    const std::size_t to = end * word_bytes - static_cast<std::size_t>(std::countl_zero(at_last)) / 8;
    append(change, static_cast<std::uint16_t>(from));
    append(change, static_cast<std::uint16_t>(to - from));
    change.append(after + from, to - from);
  });
  if (runs > 0) std::memcpy(change.data() + head + sizeof page, &runs, sizeof runs);
  return digest;
}

template <class Number>
std::optional<Number> take(std::string_view& bytes) {
  if (bytes.size() < sizeof(Number)) return std::nullopt;
  Number number{};
  std::memcpy(&number, bytes.data(), sizeof number);
  bytes.remove_prefix(sizeof number);
  return number;
}

}  // namespace

const Pages::Contents Pages::zeros{};

const Pages::Contents& Pages::at(std::uint64_t page) const {
  return page < pages_.size() ? contents_of(pages_[page].contents) : zeros;
}

std::unique_ptr<Pages::Contents> Pages::new_contents() {
  if (spare_.empty()) return std::make_unique_for_overwrite<Contents>();
  std::unique_ptr<Contents> contents = std::move(spare_.back());
  spare_.pop_back();
  return contents;
}

void Pages::recycle(std::unique_ptr<Contents> contents) {
  if (contents && spare_.size() < spare_max) spare_.push_back(std::move(contents));
}

std::uint64_t Pages::digest() const {
  std::uint64_t digest = taken_digest_;
  for (const Saved& saved : saved_) {
    const Contents& before = contents_of(saved.contents);
    const Contents& after = at(saved.page);
    digest += share_of(after.data(), saved.page, 0, page_words) - share_of(before.data(), saved.page, 0, page_words);
  }
  return digest;
}

void Pages::read(std::uint64_t offset, char* out, std::size_t count) const {
  while (count > 0) {
    const std::uint64_t page = offset / page_bytes;
    const std::size_t in_page = offset % page_bytes;
    const std::size_t now = std::min(count, page_bytes - in_page);
    std::memcpy(out, at(page).data() + in_page, now);
    offset += now;
    out += now;
    count -= now;
  }
}

void Pages::write(std::uint64_t offset, std::string_view bytes) {
  const std::uint64_t page = offset / page_bytes;
  const std::size_t in_page = offset % page_bytes;
  PRECONDITION(in_page + bytes.size() <= page_bytes, "{} bytes at {} of a page", bytes.size(), in_page);
  PRECONDITION(page < UINT32_MAX, "page {}", page);

  if (page >= pages_.size()) resize(static_cast<std::uint32_t>(page + 1));
  Page& target = pages_[page];
  if (!target.is_saved) {
    // A page that is new since the last take_change() was zeros.
    saved_.push_back({static_cast<std::uint32_t>(page), std::move(target.contents)});
    target.is_saved = true;
    target.contents = new_contents();
    if (bytes.size() < page_bytes) *target.contents = contents_of(saved_.back().contents);
  } else if (!target.contents) {
    target.contents = new_contents();
    target.contents->fill(0);
  }
  std::memcpy(target.contents->data() + in_page, bytes.data(), bytes.size());
}

void Pages::resize(std::uint32_t pages) {
  const std::uint32_t former = count();
  for (std::uint32_t page = pages; page < former; ++page) {
    Page& cut_off = pages_[page];
    if (cut_off.is_saved || page >= taken_count_)
      recycle(std::move(cut_off.contents));
    else
      saved_.push_back({page, std::move(cut_off.contents)});
  }
  // What came since the last take_change() and has gone was never there.
  const std::uint32_t first_gone = std::max(pages, taken_count_);
  if (first_gone < former) std::erase_if(saved_, [first_gone](const Saved& each) { return each.page >= first_gone; });

  pages_.resize(pages);
  // Those that were there at the last take_change() went to `saved_` when they were cut off.
  for (std::uint32_t page = former; page < std::min(pages, taken_count_); ++page) pages_[page].is_saved = true;
}

bool Pages::has_changed() const { return !saved_.empty() || count() != taken_count_; }

Bytes Pages::take_change() {
  if (!has_changed()) return {};
  std::sort(saved_.begin(), saved_.end(), [](const Saved& a, const Saved& b) { return a.page < b.page; });
  Bytes change;
  append(change, count());
  std::uint64_t digest = taken_digest_;
  for (Saved& saved : saved_) {
    const char* before = contents_of(saved.contents).data();
    const char* after = at(saved.page).data();
    if (saved.page < count()) {
      digest += append_page(change, saved.page, before, after);
      pages_[saved.page].is_saved = false;
    } else {
      digest -= share_of(before, saved.page, 0, page_words);
    }
    recycle(std::move(saved.contents));
  }
  if (change.size() == sizeof(std::uint32_t) && count() == taken_count_) change.clear();
  saved_.clear();
  taken_count_ = count();
  taken_digest_ = digest;
  return change;
}

void Pages::drop_change() {
  if (!has_changed()) return;
  pages_.resize(taken_count_);
  for (Saved& saved : saved_) {
    if (saved.page >= taken_count_) continue;
    recycle(std::move(pages_[saved.page].contents));
    pages_[saved.page] = {std::move(saved.contents), false};
  }
  saved_.clear();
}

bool Pages::apply(std::string_view change) {
  PRECONDITION(!has_changed(), "a change is applied to an image with {} changed pages", saved_.size());
  const auto pages = take<std::uint32_t>(change);
  if (!pages || *pages > config::database_bytes_max / page_bytes) return false;
  for (std::uint32_t page = *pages; page < count(); ++page)
    taken_digest_ -= share_of(at(page).data(), page, 0, page_words);
  pages_.resize(*pages);
  taken_count_ = *pages;

  while (!change.empty()) {
    const auto page = take<std::uint32_t>(change);
    const auto runs = take<std::uint16_t>(change);
    if (!page || !runs || *page >= *pages || !apply_page(*page, *runs, change)) return false;
  }
  return true;
}

bool Pages::apply_page(std::uint32_t page, std::uint16_t runs, std::string_view& change) {
  Page& target = pages_[page];
  if (!target.contents) target.contents = std::make_unique<Contents>();
  char* contents = target.contents->data();
  for (std::uint16_t run = 0; run < runs; ++run) {
    const auto offset = take<std::uint16_t>(change);
    const auto length = take<std::uint16_t>(change);
    if (!offset || !length || std::size_t{*offset} + *length > page_bytes || *length > change.size()) return false;
    const std::size_t first = *offset / word_bytes;
    const std::size_t end = (std::size_t{*offset} + *length + word_bytes - 1) / word_bytes;
    taken_digest_ -= share_of(contents, page, first, end);
    std::memcpy(contents + *offset, change.data(), *length);
    taken_digest_ += share_of(contents, page, first, end);
    change.remove_prefix(*length);
  }
  return true;
}

Bytes Pages::nothing_changed() const {
  Bytes change;
  append(change, count());
  return change;
}

Bytes Pages::as_change() const {
  Bytes change;
  append(change, count());
  for (std::uint32_t page = 0; page < count(); ++page) append_page(change, page, zeros.data(), at(page).data());
  return change;
}

std::uint64_t Pages::computed_digest() const {
  std::uint64_t digest = 0;
  for (std::uint32_t page = 0; page < count(); ++page) digest += share_of(at(page).data(), page, 0, page_words);
  return digest;
}

}  // namespace orrery::storage
