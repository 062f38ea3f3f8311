// One commit as data: what a turn changed in its object's database.
//
// A record keeps the epoch in which it was made, for ever. It continues the record before it, which it names by that
// one's epoch and chain; its own chain stands for itself and all before it.
#pragma once

#include <cstdint>
#include <tuple>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/base/mix.h"
#include "core/base/value.h"

namespace orrery::replication {

struct CommitRecord {
  ObjectId object;
  Epoch epoch;
  CommitIndex index;
  Epoch previous_epoch;  // 0 for the first commit
  std::uint64_t previous_chain{};
  std::uint64_t chain{};
  std::uint64_t digest{};  // of the database afterwards (storage/pages.h)
  Bytes change;            // storage/pages.h
  static constexpr auto fields() {
    return std::tuple{field("object", &CommitRecord::object),
                      field("epoch", &CommitRecord::epoch),
                      field("index", &CommitRecord::index),
                      field("previous_epoch", &CommitRecord::previous_epoch),
                      field("previous_chain", &CommitRecord::previous_chain),
                      field("chain", &CommitRecord::chain),
                      field("digest", &CommitRecord::digest),
                      field("change", &CommitRecord::change)};
  }
};

// The chain of a commit that leads from `previous` to a database with this digest.
constexpr std::uint64_t chained(std::uint64_t previous, Epoch epoch, CommitIndex index, std::uint64_t digest) {
  return mix(mix(mix(previous, epoch.value), index.value), digest);
}

}  // namespace orrery::replication
