#include "core/storage/keys.h"

#include <algorithm>
#include <utility>

#include "core/storage/object_store.h"
#include "core/storage/older_keys.h"
#include "core/storage/transaction.h"
#include "core/storage/waits.h"

namespace orrery {
namespace {

using storage::Caller;

bool is_of_older_kind(const Caller& caller) { return caller.store->kind() == StorageKind::kv; }

Task<std::optional<Value>> get_one(Caller caller, std::string key, ReadOptions options) {
  caller.check("get");
  if (is_of_older_kind(caller)) {
    std::optional<Value> value = co_await older_get(std::move(caller), std::move(key), options);
    co_return value;
  }
  co_return Kv(*caller.store).get(key);
}

Task<Entries> get_many(Caller caller, std::vector<std::string> keys, ReadOptions options) {
  caller.check("get");
  const bool is_older = is_of_older_kind(caller);
  if (is_older) storage::check_number_of_keys(keys.size());
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  if (is_older) {
    Entries entries = co_await older_get(std::move(caller), std::move(keys), options);
    co_return entries;
  }
  Entries found;
  for (std::string& key : keys) {
    std::optional<Value> value = Kv(*caller.store).get(key);
    if (value) found.emplace_back(std::move(key), std::move(*value));
  }
  co_return found;
}

Task<Entries> list_all(Caller caller, ListOptions list, ReadOptions options) {
  caller.check("list");
  if (is_of_older_kind(caller)) {
    Entries entries = co_await older_list(std::move(caller), std::move(list), options);
    co_return entries;
  }
  co_return storage::entries_of(*caller.store, list);
}

Task<void> put_all(Caller caller, Entries entries, WriteOptions options) {
  caller.check("put");
  std::erase_if(entries, [](const auto& entry) { return std::holds_alternative<Undefined>(entry.second); });
  if (is_of_older_kind(caller)) {
    co_await older_put(caller, std::move(entries), options);
  } else {
    const storage::During locking = caller.writing(options);
    storage::run_transaction_sync(*caller.store, [&] {
      for (const auto& [key, value] : entries) Kv(*caller.store).put(key, value);
    });
  }
  caller.waits->after_await();
}

Task<void> put_one(Caller caller, std::string key, Value value, WriteOptions options) {
  if (std::holds_alternative<Undefined>(value)) throw ObjectError::type_error("put() called with undefined value.");
  if (is_of_older_kind(caller)) {
    Entries entry;
    entry.emplace_back(std::move(key), std::move(value));
    co_await put_all(std::move(caller), std::move(entry), options);
    co_return;
  }
  caller.check("put");
  {
    const storage::During locking = caller.writing(options);
    Kv(*caller.store).put(key, value);
  }
  caller.waits->after_await();
}

Task<std::int64_t> erase_all(Caller caller, std::vector<std::string> keys, WriteOptions options) {
  caller.check("delete");
  std::int64_t erased = 0;
  if (is_of_older_kind(caller)) {
    erased = co_await older_erase(caller, std::move(keys), options);
  } else {
    const storage::During locking = caller.writing(options);
    for (const std::string& key : keys) erased += Kv(*caller.store).erase(key) ? 1 : 0;
  }
  caller.waits->after_await();
  co_return erased;
}

Task<bool> erase_one(Caller caller, std::string key, WriteOptions options) {
  std::vector<std::string> keys;
  keys.push_back(std::move(key));
  const std::int64_t erased = co_await erase_all(std::move(caller), std::move(keys), options);
  co_return erased > 0;
}

Task<void> empty(Caller caller) {
  const bool is_older = is_of_older_kind(caller);
  if (caller.transaction || (!is_older && caller.store->is_in_transaction()))
    throw ObjectError("Cannot call deleteAll() within a transaction");
  if (is_older) caller.waits->commit_now();  // it is flushed before
  caller.waits->clear_now();
  if (is_older) caller.store->cache().learn_that_all_is_empty();
  co_return;
}

}  // namespace

Task<std::optional<Value>> Keys::get(std::string key, ReadOptions options) const {
  return get_one({store_, waits_, transaction_}, std::move(key), options);
}
Task<Entries> Keys::get(std::vector<std::string> keys, ReadOptions options) const {
  return get_many({store_, waits_, transaction_}, std::move(keys), options);
}
Task<Entries> Keys::list(ListOptions options, ReadOptions reading) const {
  return list_all({store_, waits_, transaction_}, std::move(options), reading);
}
Task<void> Keys::put(std::string key, Value value, WriteOptions options) const {
  return put_one({store_, waits_, transaction_}, std::move(key), std::move(value), options);
}
Task<void> Keys::put(Entries entries, WriteOptions options) const {
  return put_all({store_, waits_, transaction_}, std::move(entries), options);
}
Task<bool> Keys::erase(std::string key, WriteOptions options) const {
  return erase_one({store_, waits_, transaction_}, std::move(key), options);
}
Task<std::int64_t> Keys::erase(std::vector<std::string> keys, WriteOptions options) const {
  return erase_all({store_, waits_, transaction_}, std::move(keys), options);
}
Task<void> Keys::delete_all(WriteOptions) const { return empty({store_, waits_, transaction_}); }

}  // namespace orrery
