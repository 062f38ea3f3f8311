// Every limit, timeout and cost that is not part of an experiment, with its unit and source.
#pragma once

#include <cstdint>

#include "core/base/time.h"

namespace orrery::config {

// What a turn costs at least, before what the handler declares: the documented guidance is 500 to 1,000
// simple requests per second and object (Cloudflare docs, "Rules of Durable Objects").
inline constexpr Duration turn_cost = 500us;

// Every cost of a turn is multiplied by a draw around 1; sigma in millionths. A spread of a quarter is what
// short CPU-bound handlers show on shared machines.
inline constexpr std::int64_t turn_cost_sigma_millionths = 250'000;

// A lookup of an object's owner that got no answer is repeated after this long.
inline constexpr Duration lookup_retry = 1s;
// An owner to which calls are under way, and of whom nothing was heard for so long, is asked whether it is there; after
// the other time it is looked for again, for it may be dead.
inline constexpr Duration owner_asked_after = 1s;
inline constexpr Duration owner_silent_max = 2s;
// A lookup is repeated so often. Then the calls that wait for it fail.
inline constexpr std::uint32_t lookups_max = 30;
// A machine that waits to become an owner looks again so often, so many times.
inline constexpr Duration placing_looked_at_every = 1s;
inline constexpr std::uint32_t placing_looks_max = 30;

// A proposer waits so long for acceptors, and before it tries again when another came between; twice as long each time,
// so often at most. The slowest majority of the usual acceptors answers in 187 ms.
inline constexpr Duration register_patience = 400ms;
inline constexpr Duration register_back_off = 50ms;
inline constexpr std::uint32_t register_back_off_doublings_max = 5;

// What followers have not acknowledged for so long is sent to them again. The slowest of the usual quorums answers in
// 130 ms.
inline constexpr Duration replication_patience = 500ms;

// A node's lease: how long it lasts, how often it is renewed, and how fast or slow clocks may run. Renewed each second
// for four, so that a crash is over before callers give up.
inline constexpr Duration lease_lasts = 4s;
inline constexpr Duration lease_renewed_every = 1s;
inline constexpr std::int64_t clock_drift_millionths_max = 500;

// An object sees the name of its id up to so many bytes (workerd server/server.c++).
inline constexpr std::size_t id_name_bytes_max = 1'024;

// A critical section may last so long, and a commit may take so long to be durable; then the object is reset. Sections
// may lie in each other so deep (workerd io/io-context.h, io/worker.c++).
inline constexpr Duration section_lasts_max = 30s;
inline constexpr Duration commit_lasts_max = 30s;
inline constexpr std::uint32_t sections_deep_max = 64;

// What each storage operation adds to its turn: keys read, written or listed, SQL statements. SQLite in the
// process of its caller answers in tens of microseconds (Cloudflare blog, "Zero-latency SQLite storage").
inline constexpr Duration storage_operation_cost = 20us;

// An instance that nobody called for so long may be evicted, at the next of the sweeps that come as often; so it is
// gone 70 to 140 s after its last event (Cloudflare docs, "Durable Object lifecycle"; workerd server/server.c++).
inline constexpr Duration idle_before_eviction = 70s;

// A read of the older kind of storage that is not in the object's memory asks a database of the region. Not published:
// an assumption.
inline constexpr Duration older_read = 5ms;
// The memory of that kind: keys and values of one object, in bytes; how long what nobody uses stays; bytes written and
// not yet durable beyond which a write waits (workerd server/server.c++).
inline constexpr std::size_t key_cache_bytes_max = 16'777'216;
inline constexpr Duration key_cache_unused_max = 30s;
inline constexpr std::size_t older_unconfirmed_bytes_max = 8'388'608;
// Its limits: bytes of a key, of a value, and what a value may take beyond; keys of one call (workerd
// io/actor-storage.c++).
inline constexpr std::size_t older_key_bytes_max = 2'048;
inline constexpr std::size_t older_value_bytes_max = 131'072;
inline constexpr std::size_t older_value_bytes_more = 34;
inline constexpr std::size_t older_keys_max = 128;

// SQLite connections that one node keeps open at most; those least recently used are closed and later made anew.
inline constexpr std::size_t open_databases_max = 256;

// One key and its value together, one row, one text or one BLOB, in bytes (Cloudflare docs, "Limits").
inline constexpr std::size_t entry_bytes_max = 2'000'000;
// What SQL may be (as above): bytes of a statement, columns of a table or result, bound parameters, bytes of a
// pattern of LIKE, arguments of a function. The rest is workerd's util/sqlite.c++, with the depth of expressions and
// the number of selects as documented.
inline constexpr int sql_bytes_max = 100'000;
inline constexpr int sql_columns_max = 100;
inline constexpr int sql_parameters_max = 100;
inline constexpr int sql_pattern_bytes_max = 50;
inline constexpr int sql_function_arguments_max = 32;
inline constexpr int sql_expression_depth_max = 100;
inline constexpr int sql_compound_selects_max = 5;
inline constexpr int sql_program_steps_max = 25'000;
inline constexpr int sql_trigger_depth_max = 10;

// Prepared statements that one open database keeps at most; those least recently used are prepared again.
inline constexpr std::size_t cached_statements_max = 32;

// What SQL calls the time when a node's clock reads zero: 2026-01-01T00:00:00Z, in milliseconds since 1970.
inline constexpr std::int64_t sql_time_origin_ms = 1'767'225'600'000;

// Of one database, in bytes (as above).
inline constexpr std::uint64_t database_bytes_max = 10'000'000'000;

// An object's commits are folded into a snapshot when they take so many bytes more than its last snapshot, and are
// at least so many bytes.
inline constexpr std::uint64_t snapshot_after_bytes = 16'384;
// A segment of the log is followed by the next when it is so long, in bytes.
inline constexpr std::uint64_t segment_bytes = 4'194'304;
// The oldest segment is emptied when there are more than so many, and the log is so many times as long as what is
// needed of it. A commit that is written alone fills half of its sector on average, so 2 would never be content.
inline constexpr std::uint64_t log_segments_min = 8;
inline constexpr std::uint64_t log_bytes_per_needed_byte = 3;

}  // namespace orrery::config
