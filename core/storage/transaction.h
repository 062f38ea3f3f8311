// Transactions that authors begin: storage.transaction and storage.transactionSync.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "core/storage/keys.h"
#include "core/storage/object_store.h"
#include "core/storage/waits.h"

namespace orrery::storage {

// What all handles of one transaction share.
struct OpenTransaction {
  bool was_rolled_back = false;
  bool has_ended = false;
  // What it wrote, of the older kind: it is in the database when the transaction has ended. Nothing: erased.
  std::map<std::string, std::optional<Value>> writes{};
};

// See storage.h.
Task<void> run_transaction(ObjectStore& store, Waits& waits, std::function<Task<void>(Transaction)> closure);
void run_transaction_sync(ObjectStore& store, const std::function<void()>& closure);

}  // namespace orrery::storage
