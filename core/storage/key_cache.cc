#include "core/storage/key_cache.h"

#include <algorithm>
#include <utility>

namespace orrery::storage {

bool KeyCache::knows(std::string_view key, LocalTime now) {
  if (knows_itself(key, now)) return true;
  // A key that is there was learned, or is no longer known: forgetting it cuts the range.
  const std::string next = std::string(key) + '\0';
  return covers({std::string(key), next});
}

bool KeyCache::knows_itself(std::string_view key, LocalTime now) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return false;
  if (now - found->second->used > config::key_cache_unused_max) {
    forget(key);
    return false;
  }
  found->second->used = now;
  uses_.splice(uses_.begin(), uses_, found->second);
  return true;
}

bool KeyCache::covers(const KeyRange& range) const {
  auto after = ranges_.upper_bound(range.from);
  if (after == ranges_.begin()) return false;
  const std::optional<std::string>& until = std::prev(after)->second;
  if (!until) return true;
  return range.until && *range.until <= *until;
}

void KeyCache::learn(std::string_view key, std::size_t bytes, LocalTime now) {
  auto found = keys_.find(key);
  if (found == keys_.end()) {
    uses_.push_front({std::string(key), 0, now});
    found = keys_.emplace(std::string(key), uses_.begin()).first;
  }
  bytes_ += bytes - found->second->bytes;
  found->second->bytes = bytes;
  found->second->used = now;
  uses_.splice(uses_.begin(), uses_, found->second);
  while (bytes_ > bytes_max_ && uses_.size() > 1) forget(std::string(uses_.back().key));
}

void KeyCache::learn_range(KeyRange range) {
  // What it touches becomes part of it.
  auto at = ranges_.upper_bound(range.from);
  if (at != ranges_.begin() && (!std::prev(at)->second || *std::prev(at)->second >= range.from)) --at;
  while (at != ranges_.end() && (!range.until || at->first <= *range.until)) {
    range.from = std::min(range.from, at->first);
    if (!at->second || (range.until && *range.until < *at->second)) range.until = at->second;
    at = ranges_.erase(at);
  }
  ranges_.emplace(std::move(range.from), std::move(range.until));
}

void KeyCache::learn_that_all_is_empty() {
  uses_.clear();
  keys_.clear();
  bytes_ = 0;
  ranges_.clear();
  ranges_.emplace("", std::nullopt);
}

void KeyCache::forget(std::string_view key) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return;
  cut(key);
  bytes_ -= found->second->bytes;
  uses_.erase(found->second);
  keys_.erase(found);
}

// No range includes the key any more.
void KeyCache::cut(std::string_view key) {
  auto after = ranges_.upper_bound(key);
  if (after == ranges_.begin()) return;
  const auto range = std::prev(after);
  if (range->second && *range->second <= key) return;
  const std::optional<std::string> until = std::exchange(range->second, std::string(key));
  if (range->first == key) ranges_.erase(range);
  std::string behind = std::string(key) + '\0';
  if (!until || behind < *until) ranges_.emplace(std::move(behind), until);
}

}  // namespace orrery::storage
