// Memory for messages, used again.
//
// A message lives from its sender's encoding to its reader's decoding, and there are many: whoever has read one gives
// its memory back for the next. What nobody gives back is freed as usual. One store for each thread.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/base/value.h"

namespace orrery {

class SpareBytes {
 public:
  // Empty, with room for something.
  static Bytes take() {
    std::vector<Bytes>& kept = of_thread();
    if (kept.empty()) return Bytes();
    Bytes taken = std::move(kept.back());
    kept.pop_back();
    return taken;
  }
  static void give_back(Bytes&& bytes) {
    std::vector<Bytes>& kept = of_thread();
    if (bytes.capacity() < bytes_min || bytes.capacity() > bytes_max || kept.size() == kept_max) return;
    bytes.clear();
    kept.push_back(std::move(bytes));
  }

 private:
  static constexpr std::size_t bytes_min = 64;
  static constexpr std::size_t bytes_max = 1'024;
  static constexpr std::size_t kept_max = 256;

  static std::vector<Bytes>& of_thread() {
    static thread_local std::vector<Bytes> own;
    return own;
  }
};

}  // namespace orrery
