// Something for each of an object's last commits: added behind the newest, forgotten in front when commits are
// confirmed, and behind when a recovery undoes some.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/invariant.h"

namespace orrery::properties {

template <class T>
class ByCommit {
 public:
  bool is_empty() const { return size() == 0; }
  std::uint64_t size() const { return items_.size() - head_; }

  // Nothing, if there is none for that commit.
  const T* find(CommitIndex commit) const {
    const std::uint64_t place = commit.value - first_.value;  // huge, if the commit is older
    return place < size() ? &items_[head_ + place] : nullptr;
  }
  // PRECONDITION: nothing is held, or the commit follows the newest.
  void add(CommitIndex commit, T item) {
    if (is_empty()) first_ = commit;
    PRECONDITION(commit.value - first_.value == size(), "commit {} does not follow", commit.value);
    items_.push_back(std::move(item));
  }

  void forget_before(CommitIndex commit) {
    if (commit <= first_) return;
    const std::uint64_t count = std::min(size(), commit.value - first_.value);
    head_ += count;
    first_.value += count;
    if (is_empty()) return clear();
    if (head_ < 32 || head_ * 2 < items_.size()) return;
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  void forget_after(CommitIndex commit) {
    if (commit < first_) return clear();
    const std::uint64_t place = commit.value - first_.value;
    if (place < size()) items_.resize(head_ + place + 1);
  }
  void clear() {
    items_.clear();
    head_ = 0;
  }

 private:
  std::vector<T> items_;
  std::size_t head_ = 0;
  CommitIndex first_;  // of items_[head_]
};

}  // namespace orrery::properties
