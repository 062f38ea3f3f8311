#include "core/storage/transaction.h"

#include <exception>
#include <memory>
#include <utility>

#include "core/base/object_error.h"
#include "core/storage/older_keys.h"

namespace orrery {
namespace storage {

Task<void> run_transaction(ObjectStore& store, Waits& waits, std::function<Task<void>(Transaction)> closure) {
  const auto open = std::make_shared<OpenTransaction>();
  const bool is_of_older_kind = store.kind() == StorageKind::kv;
  if (!is_of_older_kind) store.begin_transaction();
  std::exception_ptr thrown;
  try {
    Task<void> body = closure(Transaction(store, waits, open));
    co_await std::move(body);
  } catch (...) { thrown = std::current_exception(); }
  open->has_ended = true;
  const bool ends_savepoint = !is_of_older_kind && !open->was_rolled_back;
  if (ends_savepoint && !store.end_transaction(!thrown)) waits.fail_commit();
  if (thrown) std::rethrow_exception(thrown);
  if (is_of_older_kind) write_older(store, open->writes);
  waits.commit_now();
}

void run_transaction_sync(ObjectStore& store, const std::function<void()>& closure) {
  Database& database = store.database();
  database.begin_savepoint();
  try {
    closure();
  } catch (...) {
    if (!database.end_savepoint(false)) throw ObjectError::internal_error();
    throw;
  }
  if (!database.end_savepoint(true)) throw ObjectError::internal_error();
}

}  // namespace storage

void Transaction::rollback() const {
  storage::Caller{store_, waits_, transaction_}.check_has_not_ended("rollback");
  if (std::exchange(transaction_->was_rolled_back, true)) return;
  transaction_->writes.clear();
  if (store_->kind() == StorageKind::sqlite && !store_->end_transaction(false)) waits_->fail_commit();
}

}  // namespace orrery
