// Log-linear buckets over the numbers 0 .. 2^63 - 1, with a cell in each.
//
// Up to 2,047 each number has a bucket of its own. From there each power of two is cut into 1,024 buckets of
// equal width, so a bucket that holds the number v is at most v / 1,024 wide.
//
// Only neighbourhoods of 64 buckets that were touched take memory.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace orrery::reports {

template <class Cell>
class Buckets {
 public:
  static constexpr std::size_t bucket_of(std::uint64_t number) {
    const std::size_t shift = number < 2 * per_octave ? 0 : std::bit_width(number) - 1 - precision_bits;
    return shift * per_octave + static_cast<std::size_t>(number >> shift);
  }
  // The highest number of the bucket.
  static constexpr std::uint64_t highest_in(std::size_t bucket) {
    if (bucket < 2 * per_octave) return bucket;
    const std::size_t shift = bucket / per_octave - 1;
    return ((std::uint64_t{bucket} - shift * per_octave + 1) << shift) - 1;
  }

  // The reference is good until the next call.
  Cell& cell_of(std::size_t bucket) {
    const std::size_t block = bucket / block_size;
    if (block >= places_.size()) places_.resize(block + 1);
    if (places_[block] == 0) {
      blocks_.emplace_back();
      places_[block] = static_cast<std::uint32_t>(blocks_.size());
    }
    return blocks_[places_[block] - 1][bucket % block_size];
  }

  // Calls visit(bucket, cell) in order of the buckets, until it returns false. Untouched cells may be among them.
  template <class Visit>
  void walk(Visit&& visit) const {
    for (std::size_t block = 0; block < places_.size(); ++block) {
      if (places_[block] == 0) continue;
      const Block& cells = blocks_[places_[block] - 1];
      for (std::size_t i = 0; i < block_size; ++i)
        if (!visit(block * block_size + i, cells[i])) return;
    }
  }

  // Adds each cell of `other` to the cell of the same bucket.
  void merge(const Buckets& other) {
    other.walk([this](std::size_t bucket, const Cell& cell) {
      if (!(cell == Cell{})) cell_of(bucket) += cell;
      return true;
    });
  }

  // The order in which cells were touched plays no part.
  friend bool operator==(const Buckets& a, const Buckets& b) {
    if (a.places_.size() != b.places_.size() || a.blocks_.size() != b.blocks_.size()) return false;
    for (std::size_t block = 0; block < a.places_.size(); ++block) {
      if ((a.places_[block] == 0) != (b.places_[block] == 0)) return false;
      if (a.places_[block] != 0 && a.blocks_[a.places_[block] - 1] != b.blocks_[b.places_[block] - 1]) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t precision_bits = 10;
  static constexpr std::size_t per_octave = std::size_t{1} << precision_bits;
  static constexpr std::size_t block_size = 64;
  using Block = std::array<Cell, block_size>;

  std::vector<std::uint32_t> places_;  // by number of the block: its place in blocks_ counted from 1, or 0
  std::vector<Block> blocks_;
};

}  // namespace orrery::reports
