// Things on their way, named by a small number. A slot is used again as soon as its thing was taken.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace orrery {

template <class T>
class Pool {
 public:
  std::uint32_t put(T item) {
    if (free_.empty()) {
      items_.push_back(std::move(item));
      return static_cast<std::uint32_t>(items_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    items_[slot] = std::move(item);
    return slot;
  }
  const T& at(std::uint32_t slot) const { return items_[slot]; }
  T take(std::uint32_t slot) {
    free_.push_back(slot);
    return std::move(items_[slot]);
  }

 private:
  std::vector<T> items_;
  std::vector<std::uint32_t> free_;
};

}  // namespace orrery
