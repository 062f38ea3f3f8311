// One object's database while it is open: an image in memory, and SQLite on it.
//
// The image is what counts. SQLite is connected when something needs it, and can be disconnected between turns: the
// next connection behaves as this one would have. For that, what a connection knows besides its database is kept in
// `Carried`, and what SQLite writes does not tell how often it was connected (vfs.h).
//
// All writes of a turn are one transaction. It begins with the first of them. If SQLite itself rolls it back (the
// database is full), the turn can write no more, and commit() says why.
#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/object_error.h"
#include "core/storage/authorizer.h"
#include "core/storage/pages.h"
#include "core/storage/sql_functions.h"
#include "core/storage/statements.h"

namespace orrery::storage {

class Reading;

// Our own statements; `database.cc` has their texts, in this order.
enum class Own : std::uint8_t {
  begin,
  commit,
  get_key,
  put_key,
  erase_key,
  list_from,  // the keys from one on, or from one to another; upwards and downwards
  list_range,
  list_from_down,
  list_range_down,
  has_reserved_name,
  make_keys_table,
  page_count,
  free_pages,
  end_of_list,
};

// While this lives, a flag has another value.
class During {
 public:
  During(bool& flag, bool value) : flag_(flag), before_(std::exchange(flag, value)) {}
  ~During() { flag_ = before_; }
  During(const During&) = delete;
  During& operator=(const During&) = delete;

 private:
  bool& flag_;
  bool before_;
};

class Database {
 public:
  // `carried` must outlive the database. It may take `bytes_max` bytes.
  Database(Pages pages, Carried& carried, std::uint64_t bytes_max);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const Pages& pages() const { return pages_; }
  bool is_empty() const { return pages_.count() == 0 && !is_writing_; }
  bool is_writing() const { return is_writing_; }
  // A write of this transaction asked that outputs wait for it.
  bool locks_outputs() const { return locks_outputs_; }
  // While this lives, writes do so or not.
  During locking_outputs(bool locks) { return During(writes_unconfirmed_, writes_unconfirmed_ || !locks); }
  // In a transaction, or read by a cursor or a list: it cannot be disconnected unseen.
  bool is_in_use() const { return is_writing_ || !readings_.empty(); }

  // Begins the turn's transaction, unless it has begun. Throws ObjectError if SQLite rolled it back.
  void begin_write();
  // Ends it, and says what changed in the image since the last time. Throws ObjectError, having rolled back, if the
  // transaction may not stand.
  Bytes commit();
  // The image is as after the last commit(). Readings are cut off.
  void rollback();
  void disconnect();

  // A transaction within the transaction, which it begins if need be. They lie in each other; what was begun last ends
  // first, and is undone or kept. False: all of it is gone, because SQLite rolled it back or its author emptied the
  // database.
  void begin_savepoint();
  [[nodiscard]] bool end_savepoint(bool keeps);

  // Empties it at once: what comes of the transaction is undone, readings are cut off, and what is left is nothing.
  // Gives that as a change.
  Bytes clear();

  // Throws ObjectError if SQLite rolled the transaction back: nothing can be done until it has ended.
  void check() const;
  // Without the pages that are free.
  std::uint64_t size_in_bytes();

  // The statement, ready to be bound. Those about keys need the table: ask first.
  sqlite3_stmt* own(Own which);
  // Steps it. True: there is a row. At the end it is reset. Throws ObjectError, having reset it.
  bool step_own(sqlite3_stmt* statement);
  bool has_keys_table();
  // Begins the transaction, and sees to it that the table is there.
  void begin_keys_write();
  // Ends the readings of our own statements.
  void end_lists();

  // The author's SQL (database_sql.cc). prepare() takes the first statement off `sql`; nothing if there is none.
  std::unique_ptr<Statement> take_cached(std::string_view sql) { return cache_.take(sql); }
  std::unique_ptr<Statement> prepare(std::string_view& sql);
  // Steps it; the first step begins the transaction if it writes. True: there is a row. Throws ObjectError.
  bool first_step(Statement& statement);
  bool next_step(Statement& statement);
  void give_back(std::unique_ptr<Statement> statement);
  std::int64_t total_changes() { return sqlite3_total_changes64(connection()); }

  // Throws SQLite's last error as the author sees it.
  [[noreturn]] void fail();

  // How long a value or a row can be, in bytes, until this is called again.
  void allow_length(std::size_t bytes);

 private:
  friend class Reading;

  sqlite3* connection();
  void connect();
  void make_ready_for_author();
  void run(const std::string& sql);
  void forget_transaction();
  bool rename(Statement& statement);
  void note_changes(const Seen& seen);
  void note_switch(const Seen& seen);
  static int on_authorize(void* database, int action, const char* first, const char* second, const char* schema,
                          const char* trigger);

  Pages pages_;
  Carried& carried_;
  std::uint64_t bytes_max_;
  sqlite3* connection_ = nullptr;
  std::array<sqlite3_stmt*, static_cast<std::size_t>(Own::end_of_list)> own_{};
  StatementCache cache_;
  std::vector<Reading*> readings_;
  std::string critical_error_;  // why SQLite rolled the transaction back; empty: it did not
  Seen seen_;                   // by the authorizer, since the last statement was prepared
  std::uint32_t savepoints_ = 0;
  bool is_writing_ = false;
  bool locks_outputs_ = false;
  bool writes_unconfirmed_ = false;
  bool has_keys_table_ = false;
  bool is_ready_for_author_ = false;
  bool runs_author_ = false;  // the authorizer asks nothing of our own statements
  bool has_changed_rows_ = false;
};

// One statement that is being read row by row. The database cuts it off when it is disconnected.
class Reading {
 public:
  Reading(Database& database, std::unique_ptr<Statement> statement);
  Reading(Database& database, sqlite3_stmt* own);
  ~Reading() { end(); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  Database* database() const { return database_; }  // null: it has ended
  bool is_own() const { return is_own_; }
  bool was_cut_off() const { return was_cut_off_; }
  // Because its author emptied the database.
  bool was_emptied() const { return was_emptied_; }
  void lose_database() { was_emptied_ = true; }
  sqlite3_stmt* handle() const { return handle_; }
  Statement& statement() { return *statement_; }

  // Gives the statement back.
  void end();
  void cut_off();

 private:
  Database* database_;
  std::unique_ptr<Statement> statement_;  // null: one of our own
  sqlite3_stmt* handle_;
  bool is_own_;
  bool was_cut_off_ = false;
  bool was_emptied_ = false;
};

}  // namespace orrery::storage
