// SQL, as ctx.storage.sql of the original has it (Cloudflare docs, "SQLite-backed Durable Object Storage").
//
// All of SQLite's SQL within the object's one database, except what would leave it (storage/authorizer.h). Statements
// that fail throw ObjectError with the original's text; what the failed statement had done is undone, the turn goes
// on.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/value.h"

namespace orrery {

namespace storage {
class ObjectStore;
struct SqlReading;
}  // namespace storage

// NULL, an integer, a real, text, a blob.
using SqlValue = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;
using SqlRow = std::vector<SqlValue>;

// The rows of one query, read as they are asked for. It may be kept across awaits, and then sees later writes. It is
// one row ahead: its query has begun before the first next(), and is over when the last row was given.
class Cursor {
 public:
  Cursor(Cursor&&) noexcept;
  Cursor& operator=(Cursor&&) noexcept;
  ~Cursor();

  // Nothing at the end. Throws ObjectError if the object's storage was closed before.
  std::optional<SqlRow> next();
  std::vector<SqlRow> to_array();  // all that are left
  SqlRow one();                    // throws ObjectError unless there is exactly one
  const std::vector<std::string>& column_names() const;
  std::uint64_t rows_read() const;  // so far: those given, or those passed over in search of them if they are more
  std::uint64_t rows_written() const;

 private:
  friend class Sql;
  explicit Cursor(std::unique_ptr<storage::SqlReading> reading);

  std::unique_ptr<storage::SqlReading> reading_;
};

class Sql {
 public:
  explicit Sql(storage::ObjectStore& store) : store_(&store) {}

  // Runs all statements in the query; the cursor is that of the last one, and the bindings are its parameters: null
  // pointers, truth values, numbers, texts, blobs, or an SqlValue.
  template <class... Bindings>
  Cursor exec(std::string_view query, Bindings&&... bindings) {
    std::vector<SqlValue> values;
    values.reserve(sizeof...(bindings));
    (values.push_back(sql_value(std::forward<Bindings>(bindings))), ...);
    return exec_with(query, std::move(values));
  }
  Cursor exec_with(std::string_view query, std::vector<SqlValue> bindings);

 private:
  static SqlValue sql_value(SqlValue value) { return value; }
  static SqlValue sql_value(Blob blob) { return SqlValue(std::move(blob)); }
  static SqlValue sql_value(std::nullptr_t) { return SqlValue(); }
  static SqlValue sql_value(std::string text) { return SqlValue(std::move(text)); }
  static SqlValue sql_value(std::string_view text) { return SqlValue(std::string(text)); }
  static SqlValue sql_value(const char* text) { return SqlValue(std::string(text)); }
  static SqlValue sql_value(std::integral auto number) { return SqlValue(static_cast<std::int64_t>(number)); }
  static SqlValue sql_value(std::floating_point auto number) { return SqlValue(static_cast<double>(number)); }

  storage::ObjectStore* store_;
};

}  // namespace orrery
