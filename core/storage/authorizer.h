// What an author's SQL may do (workerd util/sqlite.c++, isAuthorized).
//
// Everything that SQL without a database of its own can want is allowed: tables, indexes, triggers, views, and the
// virtual tables of full-text search and R-trees. Not allowed is what would reach beyond the object's one database,
// what belongs to the platform (names that begin with _cf_), and what belongs to the turn (transactions).
#pragma once

#include <cstdint>
#include <string_view>

namespace orrery::storage {

inline constexpr std::string_view transaction_refused_text =
    "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs "
    "instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript API is safer because it will "
    "automatically roll back on exceptions, and because it interacts correctly with Durable Objects' automatic "
    "atomic "
    "write coalescing.";

// The pragmas that set a switch of a connection. SQLite forgets them with the connection.
inline constexpr std::string_view switches[] = {
    "case_sensitive_like",       "defer_foreign_keys", "foreign_keys",
    "ignore_check_constraints",  "legacy_alter_table", "recursive_triggers",
    "reverse_unordered_selects",
};
inline constexpr std::string_view deferral = "defer_foreign_keys";  // the end of a transaction sets it back
inline constexpr std::string_view foreign_keys = "foreign_keys";    // not heeded within a transaction
inline constexpr int no_switch = -1;

// What was found out about a statement while SQLite prepared it.
struct Seen {
  bool wants_transaction = false;  // and was refused for it
  bool may_rename = false;         // a table, to a name that SQLite does not ask about
  bool touches_rows = false;       // inserts, updates, deletes; dropping a table does as well
  bool changes_schema = false;
  int sets_switch = no_switch;  // its place in `switches`
  bool sets_it_on = false;
};

// SQLite's question whether a statement may do something: one of its SQLITE_... actions, with its arguments, some of
// which are null. Answers SQLITE_OK, SQLITE_DENY or, for what may quietly be left undone, SQLITE_IGNORE.
int authorize(Seen& seen, int action, const char* first, const char* second, const char* database);

}  // namespace orrery::storage
