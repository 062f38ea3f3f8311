// An object's private storage, as its author sees it: ctx().storage().
//
// One SQLite database. kv() is a table of keys and values, sql() is all of SQL; both see the same transaction. No
// call waits. What a turn wrote is seen by the object's reads at once, and becomes durable after the turn: all of it
// or nothing. Until then the output gate keeps back whatever the object sends.
//
// Every call may throw ObjectError: what was asked is not allowed, too big, or wrong SQL, and then the object goes
// on; or its database cannot be read back or is full, and then the object ends. Handlers may let either pass.
#pragma once

#include <cstdint>

#include "core/base/task.h"
#include "core/storage/kv.h"
#include "core/storage/object_store.h"
#include "core/storage/sql.h"

namespace orrery {

namespace storage {

// Who knows when commits are durable.
class Commits {
 public:
  virtual Task<void> until_durable() = 0;

 protected:
  ~Commits() = default;
};

}  // namespace storage

class Storage {
 public:
  Storage(storage::ObjectStore& store, storage::Commits& commits) : store_(&store), commits_(&commits) {}

  Kv kv() const { return Kv(*store_); }
  Sql sql() const { return Sql(*store_); }
  // Waits until all that was written before is durable. Other events of the object may run meanwhile.
  Task<void> sync() const { return commits_->until_durable(); }
  // Of the whole database, in bytes, without the pages that are free.
  std::uint64_t database_size() const { return store_->database().size_in_bytes(); }

 private:
  storage::ObjectStore* store_;
  storage::Commits* commits_;
};

}  // namespace orrery
