#include "core/storage/older_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/config.h"
#include "core/storage/transaction.h"
#include "core/storage/value_size.h"

namespace orrery::storage {
namespace {

void check_key(const std::string& key) {
  if (key.size() > config::older_key_bytes_max)
    throw ObjectError::range_error(
        fmt::format("Keys cannot be larger than {} bytes. A key of size {} was provided.", config::older_key_bytes_max,
                    key.size()));
}

void check_value(const Value& value) {
  const std::size_t size = serialized_size(value);
  if (size > config::older_value_bytes_max + config::older_value_bytes_more)
    throw ObjectError::range_error(
        fmt::format("Values cannot be larger than {} bytes. A value of size {} was provided.",
                    config::older_value_bytes_max, size));
}

// One key as the caller sees it.
struct Found {
  std::optional<Value> value;
  bool is_in_memory = false;
};
Found look_up(const Caller& caller, const std::string& key) {
  if (caller.transaction) {
    const auto& writes = caller.transaction->writes;
    const auto own = writes.find(key);
    if (own != writes.end()) return {own->second, true};
  }
  return {Kv(*caller.store).get(key), caller.store->cache().knows(key, caller.store->turn().now)};
}

void learn(ObjectStore& store, const std::string& key, const std::optional<Value>& value, bool keeps) {
  if (keeps)
    store.cache().learn(key, key.size() + (value ? serialized_size(*value) : 0), store.turn().now);
  else
    store.cache().forget(key);
}

// What is written already, and known to be there, is not written again.
void write(ObjectStore& store, const std::string& key, const std::optional<Value>& value, bool keeps) {
  Kv kv(store);
  const bool is_known = store.cache().knows(key, store.turn().now);
  if (!is_known || kv.get(key) != value) {
    if (value)
      kv.put(key, *value);
    else
      kv.erase(key);
  }
  learn(store, key, value, keeps);
}

void overlay(Entries& entries, const Overlay& writes, const ListOptions& list) {
  std::map<std::string, Value> all;
  for (auto& [key, value] : entries) all.insert_or_assign(key, std::move(value));
  for (const auto& [key, value] : writes) {
    if (!list.includes(key)) continue;
    if (value)
      all.insert_or_assign(key, *value);
    else
      all.erase(key);
  }
  entries.assign(std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
  if (list.is_backwards()) std::ranges::reverse(entries);
  if (list.limit()) entries.resize(std::min<std::size_t>(entries.size(), static_cast<std::size_t>(*list.limit())));
}

}  // namespace

During Caller::writing(const WriteOptions& options) const {
  return store->database().locking_outputs(!options.allow_unconfirmed);
}

void Caller::check_has_not_ended(std::string_view call) const {
  if (transaction && transaction->has_ended)
    throw ObjectError(fmt::format("Cannot call {}() on transaction that has already committed: did you move `txn` "
                                  "outside of the closure?",
                                  call));
}

void Caller::check(std::string_view call) const {
  check_has_not_ended(call);
  if (transaction && transaction->was_rolled_back)
    throw ObjectError(fmt::format("Cannot {}() on rolled back transaction", call));
}

void check_number_of_keys(std::size_t keys) {
  if (keys > config::older_keys_max)
    throw ObjectError::range_error(fmt::format("Maximum number of key value pairs is {}. {} pairs were provided.",
                                               config::older_keys_max, keys));
}

Entries entries_of(ObjectStore& store, const ListOptions& list) {
  Entries found;
  KvList entries = Kv(store).list(list);
  while (std::optional<std::pair<std::string, Value>> entry = entries.next()) found.push_back(std::move(*entry));
  return found;
}

Task<std::optional<Value>> older_get(Caller caller, std::string key, ReadOptions options) {
  check_key(key);
  Found found = look_up(caller, key);
  if (!found.is_in_memory) {
    co_await caller.waits->read(!options.allow_concurrency);
  }
  learn(*caller.store, key, found.value, !options.no_cache);
  co_return std::move(found.value);
}

Task<Entries> older_get(Caller caller, std::vector<std::string> keys, ReadOptions options) {
  std::vector<Found> found;
  bool all_in_memory = true;
  for (const std::string& key : keys) {
    found.push_back(look_up(caller, key));
    all_in_memory = all_in_memory && found.back().is_in_memory;
  }
  if (!all_in_memory) {
    co_await caller.waits->read(!options.allow_concurrency);
  }
  Entries entries;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    learn(*caller.store, keys[i], found[i].value, !options.no_cache);
    if (found[i].value) entries.emplace_back(std::move(keys[i]), std::move(*found[i].value));
  }
  co_return entries;
}

Task<Entries> older_list(Caller caller, ListOptions list, ReadOptions options) {
  // Of a transaction, what it erased makes room for more.
  const bool is_of_transaction = caller.transaction && !caller.transaction->writes.empty();
  Entries entries = entries_of(*caller.store, is_of_transaction ? list.without_limit() : list);
  const KeyRange range = list.range_read(entries);
  KeyCache& cache = caller.store->cache();
  if (!cache.knows_all(range, entries, caller.store->turn().now)) {
    co_await caller.waits->read(!options.allow_concurrency);
  }
  if (!options.no_cache) {
    cache.learn_range(range);
    for (const auto& [key, value] : entries) learn(*caller.store, key, value, true);
  }
  if (is_of_transaction) overlay(entries, caller.transaction->writes, list);
  co_return entries;
}

Task<void> older_put(Caller caller, Entries entries, WriteOptions options) {
  for (const auto& [key, value] : entries) {
    check_key(key);
    check_value(value);
  }
  if (caller.transaction) {
    for (auto& [key, value] : entries) caller.transaction->writes.insert_or_assign(key, std::move(value));
    co_return;
  }
  for (const auto& [key, value] : entries) {
    const During locking = caller.writing(options);
    write(*caller.store, key, value, !options.no_cache);
  }
  if (caller.waits->is_far_behind()) {
    co_await caller.waits->until_durable(!options.allow_concurrency);
  }
}

Task<std::int64_t> older_erase(Caller caller, std::vector<std::string> keys, WriteOptions options) {
  if (keys.size() == 1) check_key(keys.front());
  std::int64_t erased = 0;
  bool all_in_memory = true;
  for (const std::string& key : keys) {
    const During locking = caller.writing(options);
    const Found found = look_up(caller, key);
    erased += found.value ? 1 : 0;
    all_in_memory = all_in_memory && found.is_in_memory;
    if (caller.transaction)
      caller.transaction->writes.insert_or_assign(key, std::nullopt);
    else
      write(*caller.store, key, std::nullopt, !options.no_cache);
  }
  if (!all_in_memory) {
    co_await caller.waits->read(!options.allow_concurrency);
  }
  co_return erased;
}

void write_older(ObjectStore& store, const Overlay& writes) {
  for (const auto& [key, value] : writes) write(store, key, value, true);
}

}  // namespace orrery::storage
