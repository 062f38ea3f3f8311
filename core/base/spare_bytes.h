// Memory for messages, used again.
//
// A message lives from its sender's encoding to its reader's decoding, and there are many: whoever has read one gives
// its memory back for the next. What nobody gives back is freed as usual. One store for each thread.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "core/base/value.h"

namespace orrery {

class SpareBytes {
 public:
  // With room for something; what it holds is to be written over.
  static Bytes take() {
    Store& store = of_thread();
    if (store.count == 0) return Bytes();
    return std::move(store.kept[--store.count]);
  }
  static void give_back(Bytes&& bytes) {
    Store& store = of_thread();
    if (bytes.capacity() < bytes_min || bytes.capacity() > bytes_max || store.count == store.kept.size()) return;
    store.kept[store.count++].swap(bytes);
  }

 private:
  static constexpr std::size_t bytes_min = 64;
  static constexpr std::size_t bytes_max = 1'024;

  struct Store {
    std::array<Bytes, 256> kept;
    std::size_t count = 0;
  };
  static Store& of_thread() {
    static thread_local Store own;
    return own;
  }
};

}  // namespace orrery
