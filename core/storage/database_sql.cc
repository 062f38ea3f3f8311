// The part of Database that runs the author's SQL.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/config.h"
#include "core/base/invariant.h"
#include "core/storage/database.h"
#include "core/storage/sqlite_error.h"

namespace orrery::storage {
namespace {

constexpr std::pair<int, int> limits[] = {
    {SQLITE_LIMIT_LENGTH, static_cast<int>(config::entry_bytes_max)},
    {SQLITE_LIMIT_SQL_LENGTH, config::sql_bytes_max},
    {SQLITE_LIMIT_COLUMN, config::sql_columns_max},
    {SQLITE_LIMIT_EXPR_DEPTH, config::sql_expression_depth_max},
    {SQLITE_LIMIT_COMPOUND_SELECT, config::sql_compound_selects_max},
    {SQLITE_LIMIT_VDBE_OP, config::sql_program_steps_max},
    {SQLITE_LIMIT_FUNCTION_ARG, config::sql_function_arguments_max},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, config::sql_pattern_bytes_max},
    {SQLITE_LIMIT_VARIABLE_NUMBER, config::sql_parameters_max},
    {SQLITE_LIMIT_TRIGGER_DEPTH, config::sql_trigger_depth_max},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

}  // namespace

// A connection that only keys are read and written on needs none of this.
void Database::make_ready_for_author() {
  if (is_ready_for_author_) return;
  sqlite3* const handle = connection();
  is_ready_for_author_ = true;
  for (const auto& [limit, value] : limits) sqlite3_limit(handle, limit, value);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  sqlite3_set_authorizer(handle, on_authorize, this);
  install_functions(handle, carried_, has_changed_rows_);
  run("PRAGMA temp_store = MEMORY");
  for (std::size_t place = 0; place < std::size(switches); ++place) {
    const auto bit = static_cast<std::uint8_t>(1U << place);
    if ((carried_.switches_set & bit) == 0) continue;
    const int on = (carried_.switches_on & bit) != 0 ? 1 : 0;
    if (switches[place] == foreign_keys)
      sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, on, nullptr);
    else
      run(fmt::format("PRAGMA {} = {}", switches[place], on));
  }
}

int Database::on_authorize(void* database, int action, const char* first, const char* second, const char* schema,
                           const char*) {
  auto& self = *static_cast<Database*>(database);
  return self.runs_author_ ? authorize(self.seen_, action, first, second, schema) : SQLITE_OK;
}

std::unique_ptr<Statement> Database::prepare(std::string_view& sql) {
  make_ready_for_author();
  seen_ = {};
  sqlite3_stmt* handle = nullptr;
  const char* tail = nullptr;
  const int length = static_cast<int>(std::min<std::size_t>(sql.size(), INT32_MAX));
  int result = SQLITE_OK;
  {
    const During author(runs_author_, true);
    result = sqlite3_prepare_v3(connection_, sql.data(), length, SQLITE_PREPARE_PERSISTENT, &handle, &tail);
  }
  if (result != SQLITE_OK && seen_.wants_transaction) throw ObjectError(std::string(transaction_refused_text));
  if (result != SQLITE_OK) fail();
  sql.remove_prefix(static_cast<std::size_t>(tail - sql.data()));
  if (handle == nullptr) return nullptr;
  auto statement = std::make_unique<Statement>(handle, seen_);
  note_switch(seen_);
  return statement;
}

// SQLite sets its switches while it prepares the statement. One of them it would set back when it has next read
// something outside of a transaction, so there is one.
void Database::note_switch(const Seen& seen) {
  if (seen.sets_switch == no_switch) return;
  if (switches[seen.sets_switch] == deferral) return begin_write();
  if (switches[seen.sets_switch] == foreign_keys && sqlite3_get_autocommit(connection_) == 0) return;
  const auto bit = static_cast<std::uint8_t>(1U << seen.sets_switch);
  carried_.switches_set |= bit;
  carried_.switches_on =
      static_cast<std::uint8_t>(seen.sets_it_on ? carried_.switches_on | bit : carried_.switches_on & ~bit);
}

bool Database::first_step(Statement& statement) {
  if (statement.is_read_only()) return next_step(statement);
  begin_write();
  sqlite3_randomness(0, nullptr);
  try {
    const bool has_row = statement.seen().may_rename ? rename(statement) : next_step(statement);
    note_changes(statement.seen());
    return has_row;
  } catch (const ObjectError&) {
    note_changes(statement.seen());  // it may have failed in the middle
    throw;
  }
}

void Database::note_changes(const Seen& seen) {
  if (seen.changes_schema) {
    // SQLite's own statements for virtual tables leave their counts behind. Here a change of the schema leaves none,
    // and no statement that was prepared before it.
    carried_.changes = 0;
    has_changed_rows_ = false;
    cache_.clear();
  } else if (seen.touches_rows) {
    has_changed_rows_ = true;
  }
}

bool Database::next_step(Statement& statement) {
  const During author(runs_author_, true);
  const int result = sqlite3_step(statement.handle());
  if (result != SQLITE_ROW && result != SQLITE_DONE) fail();
  return result == SQLITE_ROW;
}

// SQLite does not ask whether a table may have its new name: it is given, looked at, and taken back.
bool Database::rename(Statement& statement) {
  run("SAVEPOINT before_renaming");
  try {
    next_step(statement);
  } catch (const ObjectError&) {
    if (critical_error_.empty()) run("RELEASE before_renaming");
    throw;
  }
  sqlite3_reset(statement.handle());
  sqlite3_stmt* found = own(Own::has_reserved_name);
  const bool is_refused = step_own(found);
  sqlite3_reset(found);
  if (is_refused) run("ROLLBACK TO before_renaming");
  run("RELEASE before_renaming");
  if (is_refused) throw ObjectError("not authorized: SQLITE_AUTH");
  return false;
}

void Database::give_back(std::unique_ptr<Statement> statement) {
  // A switch is set by preparing the statement, not by running it again. What a change of the schema does hangs on
  // the schema that it finds.
  if (statement->seen().sets_switch == no_switch && !statement->seen().changes_schema)
    cache_.give(std::move(statement));
}

void Database::allow_length(std::size_t bytes) {
  if (is_ready_for_author_) sqlite3_limit(connection_, SQLITE_LIMIT_LENGTH, static_cast<int>(bytes));
}

Reading::Reading(Database& database, std::unique_ptr<Statement> statement)
    : database_(&database), statement_(std::move(statement)), handle_(statement_->handle()), is_own_(false) {
  database.readings_.push_back(this);
}

Reading::Reading(Database& database, sqlite3_stmt* own) : database_(&database), handle_(own), is_own_(true) {
  database.readings_.push_back(this);
}

void Reading::end() {
  if (database_ == nullptr) return;
  auto& readings = database_->readings_;
  readings.erase(std::find(readings.begin(), readings.end(), this));
  if (statement_)
    database_->give_back(std::move(statement_));
  else
    sqlite3_reset(handle_);
  database_ = nullptr;
}

void Reading::cut_off() {
  was_cut_off_ = true;
  end();
}

}  // namespace orrery::storage
