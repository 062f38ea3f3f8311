// Chance, as a pure function.
//
// Whatever is drawn during a run is a function of (seed, purpose, cause). There is no generator whose
// state moves on, so one draw more or less in one place changes nothing anywhere else, and taking one
// operation out of an experiment changes only what hung on it.
//
// A cause names what made something happen. An operation of the experiment is a root: (client, number).
// Background work has the root (node, kind, period). A message, timer or turn is a child of what made it,
// by its place among the children. Two different paths from the roots have different keys.
#pragma once

#include <cstdint>

#include "core/base/ids.h"
#include "core/base/mix.h"

namespace orrery {

// What a draw is for. The numbers are part of every fingerprint: add at the end, never renumber.
enum class Purpose : std::uint8_t {
  arrival = 1,  // time from one operation of a client to the next
  choice_of_call = 2,
  choice_of_key = 3,
  access = 4,   // round trip between a user and the edge
  latency = 5,  // of one message between nodes
  turn_cost = 6,
  service_time = 7,  // of a simulated service
  rank = 8,          // of events that fall on the same instant
  placement = 9,
  unique_id = 10,
  experiment = 11,   // everything that is drawn before the run
  refusal = 12,      // by a simulated service
  sector_fate = 13,  // what a crash does to a sector that was not synced
  disk_time = 14,    // of a sync
  sql_random = 15,   // what SQL calls random
  argument = 16,     // of an operation
  authors_own = 17,  // what an object's author asks for
  backoff = 18,      // before a client's next attempt
  storage_read = 19,  // of the older kind of storage
  coalescing = 20,   // whether an await ends a unit of writes
  datagram_dropped = 21,
  datagram_duplicated = 22,
  datagram_delayed = 23,
  patience = 24,     // of a proposer
  incarnation = 25,  // of a node's process
};

struct Cause {
  std::uint64_t key = 0;

  static constexpr Cause operation(ClientId client, std::uint64_t number) {
    return {mix(mix(1, client.value), number)};
  }
  static constexpr Cause background(NodeId node, std::uint64_t kind, std::uint64_t period) {
    return {mix(mix(mix(2, node.value), kind), period)};
  }
  constexpr Cause child(std::uint64_t place) const { return {mix(key, place)}; }

  friend constexpr bool operator==(Cause, Cause) = default;
};

// A cause that counts its children, for whoever makes several of them.
class Lineage {
 public:
  Lineage() = default;
  explicit Lineage(Cause cause) : cause_(cause) {}
  Cause cause() const { return cause_; }
  Cause next_child() { return cause_.child(children_++); }

 private:
  Cause cause_;
  std::uint64_t children_ = 0;
};

class Draws {
 public:
  explicit constexpr Draws(std::uint64_t seed) : seed_(mix(seed, 0x6f7272657279u)) {}

  // 64 uniform bits. `place` tells apart several draws of one purpose for one cause.
  constexpr std::uint64_t bits(Purpose purpose, Cause cause, std::uint64_t place = 0) const {
    return avalanche(mix(mix(seed_ ^ cause.key, static_cast<std::uint64_t>(purpose)), place ^ cause.key));
  }
  // Uniform in [0, n); n > 0. The bias is below n / 2^64.
  constexpr std::uint64_t below(std::uint64_t n, Purpose purpose, Cause cause, std::uint64_t place = 0) const {
    return scaled(bits(purpose, cause, place), n);
  }

 private:
  std::uint64_t seed_;
};

}  // namespace orrery
