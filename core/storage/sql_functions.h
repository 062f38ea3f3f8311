// SQL functions whose answers would hang on the process or on the connection, made to hang on the turn and on the
// object: random(), randomblob(n), last_insert_rowid(), changes(), total_changes().
#pragma once

#include <sqlite3.h>

#include <cstdint>

namespace orrery::storage {

// What a connection knows besides its database. It is carried over to the next one, so that nobody sees a connection
// being closed.
struct Carried {
  std::int64_t last_insert_rowid = 0;
  std::int64_t changes = 0;
  std::int64_t total_changes = 0;
  std::uint8_t switches_set = 0;  // a bit for each place in `switches` (authorizer.h)
  std::uint8_t switches_on = 0;
};

// `carried` and `has_changed_rows` must outlive the connection: what the one before left, and whether this one has
// run a statement of the kind that sets changes().
void install_functions(sqlite3* connection, const Carried& carried, const bool& has_changed_rows);

}  // namespace orrery::storage
