#include "core/storage/database.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/config.h"
#include "core/base/invariant.h"
#include "core/storage/sqlite_error.h"
#include "core/storage/vfs.h"

namespace orrery::storage {
namespace {

constexpr std::string_view constraints_violated_text =
    "Durable Object was reset and rolled back to its last known good state because the application left the database "
    "in a state where constraints were violated: ";

constexpr std::array<const char*, static_cast<std::size_t>(Own::end_of_list)> own_texts{
    "BEGIN",
    "COMMIT",
    "SELECT value FROM _cf_KV WHERE key = ?1",
    "REPLACE INTO _cf_KV VALUES (?1, ?2)",
    "DELETE FROM _cf_KV WHERE key = ?1",
    "SELECT key, value FROM _cf_KV WHERE key >= ?1 ORDER BY key LIMIT ?3",
    "SELECT key, value FROM _cf_KV WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3",
    "SELECT key, value FROM _cf_KV WHERE key >= ?1 ORDER BY key DESC LIMIT ?3",
    "SELECT key, value FROM _cf_KV WHERE key >= ?1 AND key < ?2 ORDER BY key DESC LIMIT ?3",
    "SELECT 1 FROM sqlite_schema WHERE lower(substr(name, 1, 4)) = '_cf_' AND name <> '_cf_KV'",
    "CREATE TABLE _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",
    "PRAGMA page_count",
    "PRAGMA freelist_count",
};

// The image of a database that has the table of keys, and nothing in it. Made once, by SQLite.
const Pages& empty_keys() {
  static const Pages pages = [] {
    Pages made;
    Carried carried;
    Database database({}, carried, config::database_bytes_max);
    database.own(Own::make_keys_table);  // connects, so that there is no image to begin with
    database.begin_keys_write();
    const bool is_change = made.apply(database.commit());
    INVARIANT(is_change, "the image of an empty database cannot be made");
    return made;
  }();
  return pages;
}

}  // namespace

Database::Database(Pages pages, Carried& carried, std::uint64_t bytes_max)
    : pages_(std::move(pages)), carried_(carried), bytes_max_(bytes_max) {
  use_our_sqlite();
}

Database::~Database() { disconnect(); }

sqlite3* Database::connection() {
  if (connection_ == nullptr) connect();
  return connection_;
}

void Database::connect() {
  connection_ = open_connection(pages_);
  INVARIANT(connection_ != nullptr, "SQLite opens no connection to an image of {} pages", pages_.count());
  run("PRAGMA locking_mode = EXCLUSIVE");
  run("PRAGMA journal_mode = MEMORY");
  run("PRAGMA synchronous = OFF");
  run(fmt::format("PRAGMA max_page_count = {}", bytes_max_ / page_bytes));
}

void Database::disconnect() {
  while (!readings_.empty()) readings_.back()->cut_off();
  if (connection_ == nullptr) return;
  if (is_ready_for_author_) carried_.last_insert_rowid = sqlite3_last_insert_rowid(connection_);
  if (has_changed_rows_) carried_.changes = sqlite3_changes64(connection_);
  carried_.total_changes += sqlite3_total_changes64(connection_);
  for (sqlite3_stmt*& statement : own_) sqlite3_finalize(std::exchange(statement, nullptr));
  cache_.clear();
  const int result = sqlite3_close(std::exchange(connection_, nullptr));
  INVARIANT(result == SQLITE_OK, "a connection cannot be closed: {}", sqlite3_errstr(result));
  has_keys_table_ = false;
  is_ready_for_author_ = false;
  has_changed_rows_ = false;
}

void Database::run(const std::string& sql) {
  const int result = sqlite3_exec(connection(), sql.c_str(), nullptr, nullptr, nullptr);
  INVARIANT(result == SQLITE_OK, "{}: {}", sql, error_text(connection_));
}

void Database::fail() {
  std::string text = error_text(connection_);
  if (is_writing_ && sqlite3_get_autocommit(connection_) != 0) {
    const bool is_full = sqlite3_errcode(connection_) == SQLITE_FULL;
    critical_error_ = is_full ? text : ObjectError::internal_error().message();
    has_keys_table_ = false;
  }
  throw ObjectError(std::move(text));
}

void Database::begin_write() {
  check();
  locks_outputs_ = locks_outputs_ || !writes_unconfirmed_;
  if (is_writing_) return;
  step_own(own(Own::begin));
  is_writing_ = true;
}

Bytes Database::commit() {
  if (!is_writing_) return {};
  std::string problem = std::exchange(critical_error_, {});
  if (problem.empty()) {
    sqlite3_stmt* statement = own(Own::commit);
    const int result = sqlite3_step(statement);
    if (result != SQLITE_DONE) problem = error_text(connection_);
    if ((result & 0xff) == SQLITE_CONSTRAINT) problem.insert(0, constraints_violated_text);
    sqlite3_reset(statement);
  }
  if (!problem.empty()) {
    rollback();
    throw ObjectError::instance_reset(std::move(problem));
  }
  forget_transaction();
  return pages_.take_change();
}

void Database::forget_transaction() {
  is_writing_ = false;
  locks_outputs_ = false;
  savepoints_ = 0;
}

// A new connection is sure to know nothing of what is undone.
void Database::rollback() {
  if (!is_writing_) return;
  disconnect();
  pages_.drop_change();
  critical_error_.clear();
  forget_transaction();
}

void Database::begin_savepoint() {
  const During unlocked(writes_unconfirmed_, true);  // nothing is written yet
  begin_write();
  run(fmt::format("SAVEPOINT _cf_savepoint_{}", savepoints_++));
}

bool Database::end_savepoint(bool keeps) {
  if (!critical_error_.empty() || savepoints_ == 0) return false;
  --savepoints_;
  if (!keeps) {
    run(fmt::format("ROLLBACK TO _cf_savepoint_{}", savepoints_));
    has_keys_table_ = false;  // perhaps
  }
  run(fmt::format("RELEASE _cf_savepoint_{}", savepoints_));
  return true;
}

void Database::check() const {
  if (!critical_error_.empty()) throw ObjectError(critical_error_);
}

Bytes Database::clear() {
  for (Reading* each : readings_) each->lose_database();
  rollback();
  disconnect();
  pages_.resize(0);
  return pages_.take_change();
}

std::uint64_t Database::size_in_bytes() {
  if (is_empty()) return page_bytes;  // as soon as it is opened it has one
  std::uint64_t pages[2] = {};
  for (const Own which : {Own::page_count, Own::free_pages}) {
    sqlite3_stmt* statement = own(which);
    step_own(statement);
    pages[which == Own::free_pages] = static_cast<std::uint64_t>(sqlite3_column_int64(statement, 0));
    sqlite3_reset(statement);
  }
  return (pages[0] - pages[1]) * page_bytes;
}

sqlite3_stmt* Database::own(Own which) {
  const auto place = static_cast<std::size_t>(which);
  if (own_[place] != nullptr) return own_[place];
  const int result =
      sqlite3_prepare_v3(connection(), own_texts[place], -1, SQLITE_PREPARE_PERSISTENT, &own_[place], nullptr);
  INVARIANT(result == SQLITE_OK, "{}: {}", own_texts[place], error_text(connection_));
  return own_[place];
}

bool Database::step_own(sqlite3_stmt* statement) {
  const int result = sqlite3_step(statement);
  if (result == SQLITE_ROW) return true;
  sqlite3_reset(statement);
  if (result != SQLITE_DONE) fail();
  return false;
}

bool Database::has_keys_table() {
  if (has_keys_table_ || is_empty()) return has_keys_table_;
  // What SQLite has read of the schema says it: a statement that asks would have to be prepared for each connection.
  const int result = sqlite3_table_column_metadata(connection(), "main", "_cf_KV", nullptr, nullptr, nullptr, nullptr,
                                                   nullptr, nullptr);
  if (result != SQLITE_OK && result != SQLITE_ERROR) fail();
  has_keys_table_ = result == SQLITE_OK;
  return has_keys_table_;
}

void Database::begin_keys_write() {
  if (connection_ == nullptr && is_empty()) {
    for (std::uint32_t page = 0; page < empty_keys().count(); ++page) {
      std::array<char, page_bytes> contents{};
      empty_keys().read(std::uint64_t{page} * page_bytes, contents.data(), contents.size());
      pages_.write(std::uint64_t{page} * page_bytes, std::string_view(contents.data(), contents.size()));
    }
    has_keys_table_ = true;
  }
  begin_write();
  has_changed_rows_ = true;
  if (has_keys_table()) return;
  step_own(own(Own::make_keys_table));
  has_keys_table_ = true;
}

void Database::end_lists() {
  // There is one at most.
  const auto list =
      std::find_if(readings_.begin(), readings_.end(), [](const Reading* each) { return each->is_own(); });
  if (list != readings_.end()) (*list)->end();
}

}  // namespace orrery::storage
