// The numbers by which a node tells its own affairs apart.
#pragma once

#include <cstdint>

#include "core/base/ids.h"

namespace orrery::node {

// Timer tokens: what to do in the upper byte, to whom in the rest.
inline constexpr std::uint64_t turn_timer = std::uint64_t{1} << 56;
inline constexpr std::uint64_t lookup_timer = std::uint64_t{2} << 56;
inline constexpr std::uint64_t sweep_timer = std::uint64_t{3} << 56;
inline constexpr std::uint64_t sleep_timer = std::uint64_t{4} << 56;
inline constexpr std::uint64_t commit_timer = std::uint64_t{5} << 56;
inline constexpr std::uint64_t register_timer = std::uint64_t{6} << 56;
inline constexpr std::uint64_t lease_timer = std::uint64_t{7} << 56;
inline constexpr std::uint64_t watch_timer = std::uint64_t{8} << 56;
inline constexpr std::uint64_t placing_timer = std::uint64_t{9} << 56;
inline constexpr std::uint64_t lease_end_timer = std::uint64_t{10} << 56;
inline constexpr std::uint64_t replication_timer = std::uint64_t{11} << 56;
inline constexpr std::uint64_t silence_timer = std::uint64_t{12} << 56;
inline constexpr std::uint64_t whom_mask = (std::uint64_t{1} << 56) - 1;
// An object, as whom a timer is for.
inline std::uint64_t key_of(const ObjectId& object) { return object.words[0] & whom_mask; }

// The places of what a call gives rise to on its way (base/draws.h).
inline constexpr std::uint64_t forwarded = 0;
inline constexpr std::uint64_t looked_up = 1;  // and one more for each repetition
inline constexpr std::uint64_t turn_ends = std::uint64_t{1} << 32;
inline constexpr std::uint64_t log_written = turn_ends + 1;
inline constexpr std::uint64_t placed = turn_ends + 2;
inline constexpr std::uint64_t replicated = turn_ends + 3;
// And those of a lookup: its answer, which has place 0, and the timer that repeats it.
inline constexpr std::uint64_t lookup_ends = 1;

// Kinds of background work (base/draws.h).
inline constexpr std::uint64_t opening_of_log = 2;
inline constexpr std::uint64_t sweep_of_objects = 3;
inline constexpr std::uint64_t watch_over_commits = 4;
inline constexpr std::uint64_t incarnation_of_process = 5;
inline constexpr std::uint64_t upkeep_of_leases = 6;
inline constexpr std::uint64_t end_of_lease = 7;
inline constexpr std::uint64_t watch_over_followers = 8;
inline constexpr std::uint64_t watch_over_owners = 9;

}  // namespace orrery::node
