// The fingerprint of a run: every record folded into 64 bits, in order.
//
// Two runs are the same run if their fingerprints are equal. Checkpoints of it are kept every 2^k records, at
// most `checkpoints_max` of them however long the run, so that the first different record of two runs can be
// looked for in one window instead of in all of both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/journal/event.h"

namespace orrery::sim {

// The hash of one record: of its time, its node, its kind and every field.
std::uint64_t hash_of(const journal::Record& record);

// The fingerprint after `interval` records, after twice as many, and so on.
struct Checkpoints {
  std::uint64_t interval = 64;  // a power of two
  std::vector<std::uint64_t> values;
};

class Fingerprint {
 public:
  static constexpr std::size_t checkpoints_max = 1024;

  void fold(const journal::Record& record);

  std::uint64_t value() const { return value_; }
  std::uint64_t records() const { return records_; }
  const Checkpoints& checkpoints() const { return checkpoints_; }

 private:
  void keep_checkpoint();

  std::uint64_t value_ = 0x6f72726572790000;
  std::uint64_t records_ = 0;
  Checkpoints checkpoints_;
};

// The records, by number from 0, among which the first difference of two runs lies: [first, second). Nothing
// if all common checkpoints agree; then it lies behind the last of them, or nowhere.
std::optional<std::pair<std::uint64_t, std::uint64_t>> window_of_first_difference(const Checkpoints& a,
                                                                                  const Checkpoints& b);

}  // namespace orrery::sim
