// Keys and values, as ctx.storage.kv of SQLite-backed objects has them (workerd api/sync-kv).
//
// They are the rows of a table that SQL cannot see, in the order of their keys' UTF-8 bytes. A key and its value
// together take at most 2 MB; more throws ObjectError and changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/object_error.h"
#include "core/base/value.h"
#include "core/storage/key_cache.h"

namespace orrery {

namespace storage {
class ObjectStore;
class Reading;
}  // namespace storage

// What list() gives: keys in the order of their UTF-8 bytes. Made by named functions only (task.h).
class ListOptions {
 public:
  static ListOptions all() { return ListOptions(); }
  static ListOptions with_prefix(std::string prefix);
  ListOptions from(std::string start) &&;   // included
  ListOptions after(std::string start) &&;  // not included
  ListOptions until(std::string end) &&;    // not included
  ListOptions backwards() &&;               // does not exchange start and end
  ListOptions limited_to(std::int64_t entries) &&;

  bool includes(std::string_view key) const;
  bool is_backwards() const { return is_backwards_; }
  const std::optional<std::int64_t>& limit() const { return limit_; }
  ListOptions without_limit() const;
  // What whoever was given these entries has read.
  storage::KeyRange range_read(const std::vector<std::pair<std::string, Value>>& entries) const;

 private:
  friend class Kv;
  ListOptions() = default;
  storage::KeyRange range() const;

  std::optional<std::string> prefix_;
  std::optional<std::string> from_;
  std::optional<std::string> after_;
  std::optional<std::string> until_;
  std::optional<std::int64_t> limit_;
  bool is_backwards_ = false;
};

// The entries of a list(), read as they are asked for. One live list at a time: a new list() ends the older one.
class KvList {
 public:
  KvList(KvList&&) noexcept;
  KvList& operator=(KvList&&) noexcept;
  ~KvList();

  // Nothing at the end. Throws ObjectError if a newer list() has begun, or if the object's storage was closed.
  std::optional<std::pair<std::string, Value>> next();

 private:
  friend class Kv;
  explicit KvList(std::unique_ptr<storage::Reading> reading);

  std::unique_ptr<storage::Reading> reading_;  // null: all were read
};

class Kv {
 public:
  explicit Kv(storage::ObjectStore& store) : store_(&store) {}

  std::optional<Value> get(std::string_view key);  // nothing: no such key
  // The value, or `otherwise` if there is no such key. Throws ObjectError of kind TypeError if it is of another type.
  template <class T>
  T get_or(std::string_view key, T otherwise) {
    std::optional<Value> value = get(key);
    if (!value) return otherwise;
    if (T* held = std::get_if<T>(&*value)) return std::move(*held);
    throw ObjectError::type_error("the value of this key is of another type");
  }
  void put(std::string_view key, const Value& value);
  bool erase(std::string_view key);  // whether there was such a key
  // Throws ObjectError of kind TypeError if the options contradict each other.
  KvList list(const ListOptions& options = ListOptions::all());

 private:
  storage::ObjectStore* store_;
};

}  // namespace orrery
