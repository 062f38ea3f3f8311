// SQLite's errors as the original words them (workerd util/sqlite.c++):
//
//   no such table: t: SQLITE_ERROR
//   near "x": syntax error at offset 3: SQLITE_ERROR
//   UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>

namespace orrery::storage {

inline constexpr std::string_view too_big_text = "string or blob too big: SQLITE_TOOBIG";

// Of the connection's last call, which failed.
std::string error_text(sqlite3* connection);

}  // namespace orrery::storage
