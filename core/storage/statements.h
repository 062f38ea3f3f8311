// Prepared statements of one connection.
//
// A statement belongs to the connection that prepared it, and goes before it. Whoever runs one takes it out of the
// cache and gives it back, so that one text can be running twice.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage/authorizer.h"

namespace orrery::storage {

class Statement {
 public:
  // Owns the handle.
  Statement(sqlite3_stmt* handle, const Seen& seen) : handle_(handle), seen_(seen) {}
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  sqlite3_stmt* handle() const { return handle_; }
  // The text by which the cache knows it; none: it is not to be kept.
  const std::string& sql() const { return sql_; }
  void set_sql(std::string_view sql) { sql_ = sql; }
  const Seen& seen() const { return seen_; }
  bool is_read_only() const { return sqlite3_stmt_readonly(handle_) != 0; }

 private:
  sqlite3_stmt* handle_;
  std::string sql_;
  Seen seen_;
};

class StatementCache {
 public:
  // Nothing, if no statement with this text is here now.
  std::unique_ptr<Statement> take(std::string_view sql);
  // Resets the statement and keeps it; the one that was given longest ago may go for it.
  void give(std::unique_ptr<Statement> statement);
  void clear() { statements_.clear(); }

 private:
  std::vector<std::unique_ptr<Statement>> statements_;  // in the order in which they were given
};

}  // namespace orrery::storage
