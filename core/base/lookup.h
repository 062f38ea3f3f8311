// A hash table that cannot be walked.
//
// The order of a hash table is an accident, and an accident that reaches a decision makes two runs of one
// seed differ. This one has no iteration, so its order cannot leak; what must be walked is kept in a
// std::map or a vector. Open addressing, linear probing, deletion by shifting back: one array, no tombs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/mix.h"

namespace orrery {

// Part of every place in every table. Only whoever wants to show that nothing depends on these places sets it, before
// the first table is made.
inline std::uint64_t hash_salt = 0;

inline std::uint64_t hash_of(std::uint64_t word) { return mix(word, 0x2545f4914f6cdd1du); }
template <class Tag, class Rep>
std::uint64_t hash_of(Id<Tag, Rep> id) {
  return hash_of(static_cast<std::uint64_t>(id.value));
}
inline std::uint64_t hash_of(const ObjectId& id) { return mix(id.words[0], id.words[1]); }
inline std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = text.size();
  for (const char c : text) hash = mix(hash, static_cast<unsigned char>(c));
  return hash;
}
template <class A, class B>
std::uint64_t hash_of(const std::pair<A, B>& both) {
  return mix(hash_of(both.first), hash_of(both.second));
}

template <class Key, class Held>
class Lookup {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Nothing, if the key is absent. The pointer is good until the next insertion or erasure.
  Held* find(const Key& key) {
    Slot* const slot = slot_of(key);
    return slot ? &slot->held : nullptr;
  }
  const Held* find(const Key& key) const { return const_cast<Lookup*>(this)->find(key); }
  bool contains(const Key& key) const { return find(key) != nullptr; }

  // What the key holds, made by default if it was absent.
  Held& operator[](const Key& key) {
    Slot* slot = slot_for(key);
    if (slot && slot->used) return slot->held;
    if ((size_ + 1) * 4 > slots_.size() * 3) {
      grow();
      slot = slot_for(key);
    }
    slot->used = true;
    slot->key = key;
    ++size_;
    return slot->held;
  }

  bool erase(const Key& key) {
    Slot* const slot = slot_of(key);
    if (slot) vacate(slot);
    return slot;
  }
  // What the key held, which is absent from now on.
  std::optional<Held> take(const Key& key) {
    std::optional<Held> taken;
    if (Slot* const slot = slot_of(key)) {
      taken.emplace(std::move(slot->held));
      vacate(slot);
    }
    return taken;
  }

 private:
  struct Slot {
    Key key{};
    Held held{};
    bool used = false;
  };

  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t home(const Key& key) const { return static_cast<std::size_t>(hash_of(key) ^ hash_salt) & mask(); }
  std::size_t next(std::size_t at) const { return (at + 1) & mask(); }

  // Where the key is or would be; none while there are no slots.
  Slot* slot_for(const Key& key) {
    if (slots_.empty()) return nullptr;
    std::size_t at = home(key);
    while (slots_[at].used && !(slots_[at].key == key)) at = next(at);
    return &slots_[at];
  }
  // None, if the key is absent.
  Slot* slot_of(const Key& key) {
    Slot* const slot = slot_for(key);
    return slot && slot->used ? slot : nullptr;
  }

  void vacate(Slot* slot) {
    auto at = static_cast<std::size_t>(slot - slots_.data());
    for (std::size_t from = next(at); slots_[from].used; from = next(from)) {
      const std::size_t wanted = home(slots_[from].key);
      const bool may_move = ((from - wanted) & mask()) >= ((from - at) & mask());
      if (!may_move) continue;
      slots_[at] = std::move(slots_[from]);
      at = from;
    }
    std::destroy_at(&slots_[at]);
    std::construct_at(&slots_[at]);  // in its place: a copy of a new one would cost more than all of this
    --size_;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 4 : slots_.size() * 2);
    old.swap(slots_);
    for (Slot& slot : old) {
      if (!slot.used) continue;
      std::size_t at = home(slot.key);
      while (slots_[at].used) at = next(at);
      slots_[at] = std::move(slot);
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace orrery
