#include "core/storage/sql_functions.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "core/storage/vfs.h"

namespace orrery::storage {
namespace {

void random_number(sqlite3_context* context, int, sqlite3_value**) {
  sqlite3_result_int64(context, static_cast<std::int64_t>(next_sql_draw()));
}

void random_blob(sqlite3_context* context, int, sqlite3_value** arguments) {
  const std::int64_t wanted = std::max<std::int64_t>(1, sqlite3_value_int64(arguments[0]));
  if (wanted > sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1)) {
    sqlite3_result_error_toobig(context);
    return;
  }
  std::string bytes(static_cast<std::size_t>(wanted), '\0');
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t bits = next_sql_draw();
    std::memcpy(bytes.data() + at, &bits, std::min(sizeof bits, bytes.size() - at));
  }
  sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}

struct Counters {
  const Carried* carried;
  const bool* has_changed_rows;
};

void changes(sqlite3_context* context, int, sqlite3_value**) {
  const auto& counters = *static_cast<const Counters*>(sqlite3_user_data(context));
  sqlite3_result_int64(context, *counters.has_changed_rows ? sqlite3_changes64(sqlite3_context_db_handle(context))
                                                           : counters.carried->changes);
}

void total_changes(sqlite3_context* context, int, sqlite3_value**) {
  const auto& counters = *static_cast<const Counters*>(sqlite3_user_data(context));
  sqlite3_result_int64(context,
                       counters.carried->total_changes + sqlite3_total_changes64(sqlite3_context_db_handle(context)));
}

void delete_counters(void* counters) { delete static_cast<Counters*>(counters); }

}  // namespace

void install_functions(sqlite3* connection, const Carried& carried, const bool& has_changed_rows) {
  sqlite3_create_function_v2(connection, "random", 0, SQLITE_UTF8, nullptr, random_number, nullptr, nullptr, nullptr);
  sqlite3_create_function_v2(connection, "randomblob", 1, SQLITE_UTF8, nullptr, random_blob, nullptr, nullptr,
                             nullptr);
  sqlite3_create_function_v2(connection, "changes", 0, SQLITE_UTF8, new Counters{&carried, &has_changed_rows},
                             changes, nullptr, nullptr, delete_counters);
  sqlite3_create_function_v2(connection, "total_changes", 0, SQLITE_UTF8, new Counters{&carried, &has_changed_rows},
                             total_changes, nullptr, nullptr, delete_counters);
  sqlite3_set_last_insert_rowid(connection, carried.last_insert_rowid);
}

}  // namespace orrery::storage
