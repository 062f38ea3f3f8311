#include "core/storage/storage.h"

#include <utility>

#include "core/storage/transaction.h"
#include "core/storage/waits.h"

namespace orrery {

Kv Storage::kv() const {
  if (store_->kind() == StorageKind::kv)
    throw ObjectError(
        "The storage.kv (synchronous KV) API is only available for SQLite-backed Durable Objects, but this object's "
        "namespace is not declared to use SQLite. You can use the older, asyncronous interface via methods of "
        "`storage` itself (e.g. `storage.get()`). SQLite can be enabled on a new Durable Object class by using the "
        "`new_sqlite_classes` instead of `new_classes` under `migrations` in your wrangler.jsonc or wrangler.toml, but "
        "an already-deployed class cannot be converted to SQLite (except by deleting the existing data).");
  return Kv(*store_);
}

namespace {

void check_has_sql(const storage::ObjectStore& store) {
  if (store.kind() == StorageKind::kv)
    throw ObjectError(
        "This Durable Object is not backed by SQLite storage, so the SQL API is not available. SQL can be enabled on a "
        "new Durable Object class by using the `new_sqlite_classes` instead of `new_classes` under `[[migrations]]` in "
        "your wrangler.toml, but an already-deployed class cannot be converted to SQLite (except by deleting the "
        "existing data).");
}

}  // namespace

Sql Storage::sql() const {
  check_has_sql(*store_);
  return Sql(*store_);
}

std::uint64_t Storage::database_size() const {
  check_has_sql(*store_);
  return store_->database().size_in_bytes();
}

Task<void> Storage::transaction(std::function<Task<void>(Transaction)> closure) const {
  return waits_->alone(storage::run_transaction(*store_, *waits_, std::move(closure)));
}

void Storage::transaction_sync(const std::function<void()>& closure) const {
  if (store_->kind() == StorageKind::kv) throw ObjectError("Durable Object is not backed by SQL.");
  storage::run_transaction_sync(*store_, closure);
}

Task<void> Storage::sync() const { return waits_->until_durable(false); }

}  // namespace orrery
