// Which keys are asked for most, in memory that has a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/lookup.h"

namespace orrery::scenarios {

// The sum, or the highest number if that is less.
constexpr std::uint64_t capped_sum(std::uint64_t a, std::uint64_t b) { return a + b < a ? UINT64_MAX : a + b; }

// Counts requests by key: exactly, as long as all keys have room. Then each new key takes the room of those that were
// asked for least, and begins where the largest count that ever had to go ended, since it may be that key come back
// (Metwally, Agrawal, El Abbadi: Efficient computation of frequent and top-k elements in data streams, 2005).
//
// Invariant: a key that is held was asked for at most `requests` times, and at least `requests` - `error`.
// Invariant: a key that is not held was asked for at most `gone_max_` times.
class TraceKeys {
 public:
  struct Counted {
    std::string key;
    std::uint64_t requests = 0;
    std::uint64_t error = 0;
  };

  // How many keys, and how many bytes of them in all.
  explicit TraceKeys(std::size_t keys_max, std::size_t bytes_max = 256'000'000);

  void add(std::string_view key, std::uint64_t requests);

  // How many different ones there were, as long as all had room; then how many had.
  std::size_t different() const { return is_full_ ? different_ : slot_of_.size(); }
  bool are_all() const { return !is_full_; }
  // The highest count; of several the first in the alphabet. Nothing was asked for: an empty key.
  Counted busiest() const;

 private:
  // With its hash, so that only equal texts are compared, as good as always.
  struct Text {
    std::string_view text;
    std::uint64_t hash = 0;
    friend bool operator==(const Text& a, const Text& b) { return a.hash == b.hash && a.text == b.text; }
    friend std::uint64_t hash_of(const Text& text) { return text.hash; }
  };
  struct Slot {
    Counted counted;
    std::uint32_t place = 0;  // in `order_`
  };

  static Text hashed(std::string_view text);
  void make_room(std::size_t bytes);
  void drop_least();
  bool asked_less(std::uint32_t a, std::uint32_t b) const;
  void put_in_place(std::size_t place, std::uint32_t slot);
  void sift_up(std::size_t place);
  void sift_down(std::size_t place);

  std::size_t keys_max_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  bool is_full_ = false;
  std::size_t different_ = 0;
  std::uint64_t gone_max_ = 0;
  std::deque<Slot> slots_;  // a key stays where it is
  std::vector<std::uint32_t> free_;
  Lookup<Text, std::uint32_t> slot_of_;
  std::vector<std::uint32_t> order_;  // once it is full: a heap of slots, the least asked for in front
};

}  // namespace orrery::scenarios
