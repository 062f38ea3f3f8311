// An object's private storage, as its author sees it: ctx().storage().
//
// One database. For classes of the older kind (kinds.h) it is keys and values only. kv() is a table of keys and values, sql() is all of SQL; both see the same transaction, and no call on
// them waits. The calls of storage itself are the older ones (keys.h), which may. What a turn wrote is seen by the
// object's reads at once, and becomes durable after the turn: all of it or nothing. Until then the output gate keeps
// back whatever the object sends.
//
// Every call may throw ObjectError: what was asked is not allowed, too big, or wrong SQL, and then the object goes
// on; or its database cannot be read back or is full, and then the object ends. Handlers may let either pass.
#pragma once

#include <cstdint>
#include <functional>

#include "core/base/task.h"
#include "core/storage/keys.h"
#include "core/storage/kv.h"
#include "core/storage/object_store.h"
#include "core/storage/sql.h"

namespace orrery {

class Storage : public Keys {
 public:
  Storage(storage::ObjectStore& store, storage::Waits& waits) : Keys(store, waits, nullptr) {}

  Kv kv() const;   // throws ObjectError if the class is of the older kind
  Sql sql() const;  // likewise
  // Runs the closure alone in the object, as a critical section (durable_object.h), and writes all of what it wrote or
  // nothing. An exception of the closure undoes it and goes on to the caller. Calls on the storage itself are part of
  // the transaction while it is open.
  Task<void> transaction(std::function<Task<void>(Transaction)> closure) const;
  // The same at once, for a closure that waits for nothing. Transactions of this kind may lie in each other.
  void transaction_sync(const std::function<void()>& closure) const;
  // Waits until all that was written before is durable. Other events of the object may run meanwhile.
  Task<void> sync() const;
  // Of the whole database, in bytes, without the pages that are free.
  std::uint64_t database_size() const;
};

}  // namespace orrery
