#include "core/storage/kv.h"

#include <algorithm>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/config.h"
#include "core/storage/object_store.h"
#include "core/storage/sqlite_error.h"

namespace orrery {

using storage::Own;

namespace {

// What SQLite adds to a key and a value in a row is less.
constexpr std::size_t row_overhead_max = 64;

// The key must live until the statement is reset.
void bind_key(sqlite3_stmt* statement, std::string_view key) {
  if (key.size() > config::entry_bytes_max) throw ObjectError(std::string(storage::too_big_text));
  if (key.data() == nullptr) key = "";  // SQLite would take it for NULL
  sqlite3_bind_text(statement, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
}

std::string_view bytes_of(sqlite3_stmt* statement, int column) {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

Value decoded(std::string_view bytes) { return Reader(bytes).next<Value>(); }

// While this lives, a row may be as long as the longest key with its value makes it.
class LongRow {
 public:
  LongRow(storage::Database& database, std::size_t entry_bytes)
      : database_(database), is_long_(entry_bytes + row_overhead_max > config::entry_bytes_max) {
    if (is_long_) database_.allow_length(config::entry_bytes_max + row_overhead_max);
  }
  ~LongRow() {
    if (is_long_) database_.allow_length(config::entry_bytes_max);
  }
  LongRow(const LongRow&) = delete;
  LongRow& operator=(const LongRow&) = delete;

 private:
  storage::Database& database_;
  bool is_long_;
};

// The least text that is greater than all that begin with this one; nothing if there is none.
std::optional<std::string> end_of_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

void bind_text(sqlite3_stmt* statement, int place, const std::string& text) {
  sqlite3_bind_text64(statement, place, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

}  // namespace

ListOptions ListOptions::with_prefix(std::string prefix) {
  ListOptions options;
  options.prefix_ = std::move(prefix);
  return options;
}

ListOptions ListOptions::from(std::string start) && {
  from_ = std::move(start);
  return std::move(*this);
}

ListOptions ListOptions::after(std::string start) && {
  after_ = std::move(start);
  return std::move(*this);
}

ListOptions ListOptions::until(std::string end) && {
  until_ = std::move(end);
  return std::move(*this);
}

ListOptions ListOptions::backwards() && {
  is_backwards_ = true;
  return std::move(*this);
}

ListOptions ListOptions::limited_to(std::int64_t entries) && {
  limit_ = entries;
  return std::move(*this);
}

storage::KeyRange ListOptions::range() const {
  storage::KeyRange range{from_.value_or(std::string()), until_};
  if (after_) range.from = *after_ + '\0';
  if (!prefix_) return range;
  range.from = std::max(range.from, *prefix_);
  const std::optional<std::string> end_of_all = end_of_prefix(*prefix_);
  if (end_of_all) range.until = range.until ? std::min(*range.until, *end_of_all) : *end_of_all;
  return range;
}

bool ListOptions::includes(std::string_view key) const {
  const storage::KeyRange all = range();
  return key >= all.from && (!all.until || key < *all.until);
}

ListOptions ListOptions::without_limit() const {
  ListOptions all = *this;
  all.limit_.reset();
  return all;
}

storage::KeyRange ListOptions::range_read(const std::vector<std::pair<std::string, Value>>& entries) const {
  storage::KeyRange all = range();
  if (!limit_ || std::cmp_less(entries.size(), *limit_)) return all;
  const std::string& last = entries.back().first;
  if (is_backwards_)
    all.from = last;
  else
    all.until = last + '\0';
  return all;
}

KvList::KvList(std::unique_ptr<storage::Reading> reading) : reading_(std::move(reading)) {}
KvList::KvList(KvList&&) noexcept = default;
KvList& KvList::operator=(KvList&&) noexcept = default;
KvList::~KvList() = default;

std::optional<std::pair<std::string, Value>> KvList::next() {
  if (!reading_) return std::nullopt;
  if (reading_->was_emptied()) throw ObjectError::internal_error();
  if (reading_->was_cut_off())
    throw ObjectError("kv.list() iterator cannot be used: the object's storage was closed.");
  if (reading_->database() == nullptr)
    throw ObjectError(
        "kv.list() iterator was invalidated because a new call to kv.list() was started. Only one kv.list() iterator "
        "can exist at a time.");
  if (!reading_->database()->step_own(reading_->handle())) {
    reading_.reset();
    return std::nullopt;
  }
  return std::pair(std::string(bytes_of(reading_->handle(), 0)), decoded(bytes_of(reading_->handle(), 1)));
}

std::optional<Value> Kv::get(std::string_view key) {
  ++store_->turn().operations;
  storage::Database& database = store_->database();
  if (!database.has_keys_table()) return std::nullopt;
  sqlite3_stmt* statement = database.own(Own::get_key);
  bind_key(statement, key);
  if (!database.step_own(statement)) return std::nullopt;
  Value value = decoded(bytes_of(statement, 0));
  sqlite3_reset(statement);
  return value;
}

void Kv::put(std::string_view key, const Value& value) {
  ++store_->turn().operations;
  const std::size_t size = key.size() + size_in_bytes(value);
  if (size > config::entry_bytes_max) throw ObjectError(std::string(storage::too_big_text));
  const Bytes encoded = to_bytes_of(value);

  storage::Database& database = store_->database();
  database.begin_keys_write();
  sqlite3_stmt* statement = database.own(Own::put_key);
  const LongRow long_row(database, size);
  bind_key(statement, key);
  sqlite3_bind_blob(statement, 2, encoded.data(), static_cast<int>(encoded.size()), SQLITE_STATIC);
  database.step_own(statement);
}

bool Kv::erase(std::string_view key) {
  ++store_->turn().operations;
  storage::Database& database = store_->database();
  if (!database.has_keys_table()) return false;
  database.begin_keys_write();
  sqlite3_stmt* statement = database.own(Own::erase_key);
  bind_key(statement, key);
  database.step_own(statement);
  return sqlite3_changes64(sqlite3_db_handle(statement)) > 0;
}

KvList Kv::list(const ListOptions& options) {
  if (options.from_ && options.after_)
    throw ObjectError::type_error("list() cannot be called with both start and startAfter values.");
  if (options.limit_.value_or(1) <= 0) throw ObjectError::type_error("List limit must be positive.");

  ++store_->turn().operations;
  const auto [start, end] = options.range();

  storage::Database& database = store_->database();
  database.end_lists();
  if (!database.has_keys_table() || (end && *end <= start)) return KvList(nullptr);
  const Own upwards = end ? Own::list_range : Own::list_from;
  const Own downwards = end ? Own::list_range_down : Own::list_from_down;
  auto reading =
      std::make_unique<storage::Reading>(database, database.own(options.is_backwards_ ? downwards : upwards));
  bind_text(reading->handle(), 1, start);
  if (end) bind_text(reading->handle(), 2, *end);
  sqlite3_bind_int64(reading->handle(), 3, options.limit_.value_or(-1));
  return KvList(std::move(reading));
}

}  // namespace orrery
