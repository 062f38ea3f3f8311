// The waiting calls on keys and values, as ctx.storage and a transaction of the original have them (workerd
// api/actor-state).
//
//   const std::optional<Value> count = co_await ctx().storage().get("count");
//
// They see the same keys as storage.kv(). For a class that is backed by SQLite they never wait. For the older kind they
// wait for what is not in the object's cache: then no other event of the object begins meanwhile, unless the call allows
// it. Keys come in the order of their UTF-8 bytes.
//
// All of them may throw ObjectError, when they are awaited.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/task.h"
#include "core/base/value.h"
#include "core/storage/kv.h"

namespace orrery {

namespace storage {
class ObjectStore;
class Waits;
struct OpenTransaction;
}  // namespace storage

using Entries = std::vector<std::pair<std::string, Value>>;

struct ReadOptions {
  bool allow_concurrency = false;  // other events may run while it waits
  bool no_cache = false;           // do not keep what was read; of the older kind only
};

struct WriteOptions {
  bool allow_concurrency = false;
  bool allow_unconfirmed = false;  // what the object sends need not wait until this is durable
  bool no_cache = false;
};

class Keys {
 public:
  Task<std::optional<Value>> get(std::string key, ReadOptions options = {}) const;  // nothing: no such key
  // Those that there are, in their order.
  Task<Entries> get(std::vector<std::string> keys, ReadOptions options = {}) const;
  Task<Entries> list(ListOptions options = ListOptions::all(), ReadOptions reading = {}) const;
  Task<void> put(std::string key, Value value, WriteOptions options = {}) const;
  // All or none. Values that are undefined are passed over.
  Task<void> put(Entries entries, WriteOptions options = {}) const;
  Task<bool> erase(std::string key, WriteOptions options = {}) const;  // whether there was such a key
  Task<std::int64_t> erase(std::vector<std::string> keys, WriteOptions options = {}) const;  // how many there were
  // The database as it was before the first write, with all that SQL made. It is durable before anybody outside
  // sees it, whatever the options say. Refused within a transaction.
  Task<void> delete_all(WriteOptions options = {}) const;

 protected:
  Keys(storage::ObjectStore& store, storage::Waits& waits, std::shared_ptr<storage::OpenTransaction> transaction)
      : store_(&store), waits_(&waits), transaction_(std::move(transaction)) {}

  storage::ObjectStore* store_;
  storage::Waits* waits_;
  std::shared_ptr<storage::OpenTransaction> transaction_;  // null: outside of any
};

// What the closure of a transaction is given. It may be copied, and is refused when the transaction is over.
class Transaction : public Keys {
 public:
  Transaction(storage::ObjectStore& store, storage::Waits& waits, std::shared_ptr<storage::OpenTransaction> transaction)
      : Keys(store, waits, std::move(transaction)) {}

  // All that the transaction wrote is undone at once; what it calls afterwards is refused. May be called again.
  void rollback() const;
};

}  // namespace orrery
