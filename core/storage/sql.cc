#include "core/storage/sql.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "core/storage/object_store.h"

namespace orrery {

namespace storage {

struct SqlReading {
  SqlReading(ObjectStore& of, std::unique_ptr<Statement> statement)
      : store(&of), reading(of.database(), std::move(statement)) {
    sqlite3_stmt_status(reading.handle(), SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);  // of its former runs
  }

  // Takes the step's outcome: the row is there now, or there is none.
  void stepped(bool has_row) {
    is_at_row = has_row;
    if (has_row) ++rows_given;
    const int passed_over = sqlite3_stmt_status(reading.handle(), SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
    rows_read = std::max(rows_given, passed_over == 0 ? 0 : static_cast<std::uint64_t>(passed_over) + 1);
    if (!has_row) reading.end();
  }

  ObjectStore* store;              // good while the reading has a database
  std::vector<SqlValue> bindings;  // where SQLite reads them
  Reading reading;
  std::vector<std::string> column_names;
  std::deque<SqlRow> rows;  // of a statement that writes: all, at once
  bool is_at_row = false;
  std::uint64_t rows_given = 0;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;
};

}  // namespace storage

namespace {

// What may stand between statements and behind the last. A comment or a further semicolon behind the last is one more
// statement, and an empty one.
std::string_view without_blanks(std::string_view sql) {
  const std::size_t first = sql.find_first_not_of(" \t\n\f\r");
  sql.remove_prefix(std::min(first, sql.size()));
  return sql;
}

struct Bind {
  sqlite3_stmt* statement;
  int place;

  int operator()(std::monostate) const { return sqlite3_bind_null(statement, place); }
  int operator()(std::int64_t number) const { return sqlite3_bind_int64(statement, place, number); }
  int operator()(double number) const { return sqlite3_bind_double(statement, place, number); }
  int operator()(const std::string& text) const {
    return sqlite3_bind_text64(statement, place, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  int operator()(const Blob& blob) const {
    return sqlite3_bind_blob64(statement, place, blob.bytes.data(), blob.bytes.size(), SQLITE_STATIC);
  }
};

SqlValue value_at(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT: return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      return Blob{Bytes(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)))};
    }
    default: return std::monostate();
  }
}

SqlRow row_of(sqlite3_stmt* statement) {
  const int columns = sqlite3_data_count(statement);
  SqlRow row;
  row.reserve(static_cast<std::size_t>(columns));
  for (int column = 0; column < columns; ++column) row.push_back(value_at(statement, column));
  return row;
}

std::vector<std::string> names_of(sqlite3_stmt* statement) {
  std::vector<std::string> names;
  for (int column = 0; column < sqlite3_column_count(statement); ++column)
    names.emplace_back(sqlite3_column_name(statement, column));
  return names;
}

// Runs every statement but the last, which it gives back.
std::unique_ptr<storage::Statement> run_to_last(storage::Database& database, storage::SqlTurn& turn,
                                                std::string_view query) {
  std::string_view rest = without_blanks(query);
  for (;;) {
    const std::string_view to_end = rest;
    std::unique_ptr<storage::Statement> statement = database.prepare(rest);
    if (!statement) throw ObjectError("SQL code did not contain a statement.");
    rest = without_blanks(rest);
    if (rest.empty()) {
      statement->set_sql(to_end);
      return statement;
    }
    if (sqlite3_bind_parameter_count(statement->handle()) != 0)
      throw ObjectError(
          "When executing multiple SQL statements in a single call, only the last statement can have parameters.");
    ++turn.operations;
    database.first_step(*statement);
  }
}

}  // namespace

Cursor::Cursor(std::unique_ptr<storage::SqlReading> reading) : reading_(std::move(reading)) {}
Cursor::Cursor(Cursor&&) noexcept = default;
Cursor& Cursor::operator=(Cursor&&) noexcept = default;
Cursor::~Cursor() = default;

std::optional<SqlRow> Cursor::next() {
  storage::SqlReading& here = *reading_;
  if (!here.rows.empty()) {
    SqlRow row = std::move(here.rows.front());
    here.rows.pop_front();
    return row;
  }
  if (!here.is_at_row) return std::nullopt;
  if (here.reading.was_emptied())
    throw ObjectError("SQLite query was canceled because the database was deleted.");
  if (here.reading.database() == nullptr)
    throw ObjectError("SQL cursor cannot be used: the object's storage was closed.");
  SqlRow row = row_of(here.reading.handle());
  const storage::InTurn in_turn(here.store->turn(), here.store->draws());
  here.is_at_row = false;
  try {
    here.stepped(here.reading.database()->next_step(here.reading.statement()));
  } catch (const ObjectError&) {
    here.reading.end();
    throw;
  }
  return row;
}

std::vector<SqlRow> Cursor::to_array() {
  std::vector<SqlRow> rows;
  while (std::optional<SqlRow> row = next()) rows.push_back(std::move(*row));
  return rows;
}

SqlRow Cursor::one() {
  std::optional<SqlRow> row = next();
  if (!row) throw ObjectError("Expected exactly one result from SQL query, but got no results.");
  if (!reading_->rows.empty() || reading_->is_at_row) {
    reading_->rows.clear();
    reading_->is_at_row = false;
    reading_->reading.end();
    throw ObjectError("Expected exactly one result from SQL query, but got multiple results.");
  }
  return std::move(*row);
}

const std::vector<std::string>& Cursor::column_names() const { return reading_->column_names; }
std::uint64_t Cursor::rows_read() const { return reading_->rows_read; }
std::uint64_t Cursor::rows_written() const { return reading_->rows_written; }

Cursor Sql::exec_with(std::string_view query, std::vector<SqlValue> bindings) {
  storage::Database& database = store_->database();
  const storage::InTurn in_turn(store_->turn(), store_->draws());
  std::unique_ptr<storage::Statement> statement = database.take_cached(without_blanks(query));
  if (!statement) statement = run_to_last(database, store_->turn(), query);

  auto here = std::make_unique<storage::SqlReading>(*store_, std::move(statement));
  sqlite3_stmt* const handle = here->reading.handle();
  if (bindings.size() != static_cast<std::size_t>(sqlite3_bind_parameter_count(handle)))
    throw ObjectError("Wrong number of parameter bindings for SQL query.");
  here->bindings = std::move(bindings);
  for (std::size_t i = 0; i < here->bindings.size(); ++i)
    if (std::visit(Bind{handle, static_cast<int>(i) + 1}, here->bindings[i]) != SQLITE_OK) database.fail();

  ++store_->turn().operations;
  const std::int64_t changes_before = database.total_changes();
  bool has_row = database.first_step(here->reading.statement());
  here->column_names = names_of(handle);
  if (!here->reading.statement().is_read_only()) {
    // A statement that still writes would keep the turn from being committed.
    for (; has_row; has_row = database.next_step(here->reading.statement())) here->rows.push_back(row_of(handle));
    here->rows_written = static_cast<std::uint64_t>(database.total_changes() - changes_before);
  }
  here->stepped(has_row);
  return Cursor(std::move(here));
}

}  // namespace orrery
