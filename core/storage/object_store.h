// One object's storage, as its instance drives it, and the databases of one node.
//
// The instance begins each turn here and ends it with commit() or rollback(). The database is opened by the first
// call that needs it, and only a bounded number of them is open on a node: one that is closed is made again from
// the node's log (images.h), so closing changes nothing that anybody can see.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/config.h"
#include "core/base/draws.h"
#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/storage/database.h"
#include "core/storage/images.h"
#include "core/storage/key_cache.h"
#include "core/storage/kinds.h"
#include "core/storage/vfs.h"

namespace orrery::storage {

class ObjectStore;

struct DatabaseLimits {
  // Open at once. Those in a transaction, or read by a cursor, stay open beyond it.
  std::size_t open_max = config::open_databases_max;
  std::uint64_t bytes_max = config::database_bytes_max;  // of each
};

// The open databases of one node. The one used least recently is closed first.
class Databases {
 public:
  // `images` and `draws` must outlive the databases, and they the stores. Makes SQLite begin anew, as every run must
  // (vfs.h).
  Databases(Images& images, const Draws& draws, DatabaseLimits limits = {});
  Databases(const Databases&) = delete;
  Databases& operator=(const Databases&) = delete;

  std::size_t open() const { return open_.size(); }

 private:
  friend class ObjectStore;

  struct Open {
    Open(Pages&& pages, Carried& carried, std::uint64_t bytes_max, ObjectStore& owner)
        : database(std::move(pages), carried, bytes_max), store(&owner) {}
    Database database;
    ObjectStore* store;
  };

  void make_room();

  Images& images_;
  const Draws& draws_;
  DatabaseLimits limits_;
  std::list<Open> open_;  // the one used last is in front
};

class ObjectStore {
 public:
  // The databases must outlive the store. `pages` is the object's image, if whoever makes the store has it at hand:
  // it stands for the one that the first call would ask for.
  ObjectStore(Databases& databases, const ObjectId& object, Pages pages = {},
              StorageKind kind = StorageKind::sqlite);
  ~ObjectStore() { close(); }
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;

  // What SQL calls now, and what its random() hangs on, until the next turn. Sets operations() to 0.
  void begin_turn(LocalTime now, Cause cause) { turn_ = {.now = now, .cause = cause}; }
  // Of this turn: keys read, written or listed, SQL statements.
  std::uint32_t operations() const { return turn_.operations; }

  // Whether something is written that no commit has: what is emitted from now on shows it.
  bool has_written() const { return open_ != nullptr && open_->database.is_writing(); }
  // Whether what is emitted from now on waits for the next commit. Not for an author's transaction that is open: its
  // commit comes when it ends.
  bool locks_outputs() const { return has_written() && transactions_ == 0 && open_->database.locks_outputs(); }

  // Grows with whatever is written.
  std::int64_t changes() const { return has_written() ? 1 + open_->database.total_changes() : 0; }

  struct Change {
    Bytes change;                // pages.h
    std::uint64_t digest{};      // of the database afterwards
    bool locks_outputs = false;  // what the object sends from now on waits until it is durable
  };
  // Ends the turn's transaction, unless it is one of the author's that goes on. Nothing if the database is as it was.
  // Throws ObjectError, having rolled back, if what was written may not stand (a deferred constraint is violated, the
  // database is full): the instance must end then.
  std::optional<Change> commit() {
    if (!has_written() || transactions_ > 0) return std::nullopt;
    return commit_what_was_written();
  }
  // Empties the database, with all that this turn wrote. PRECONDITION: no author's transaction is open.
  std::optional<Change> clear();

  // A transaction of its author's, which may lie over many turns. They may lie in each other.
  void begin_transaction();
  [[nodiscard]] bool end_transaction(bool keeps);  // see Database::end_savepoint
  bool is_in_transaction() const { return transactions_ > 0; }
  // The database is as the last commit() left it. Cursors are ended.
  void rollback();
  // Forgets the database: it is no longer what the log says, or nobody needs it. Cursors are ended.
  void close();

  // For Kv, Sql and Storage. Opens the database if need be; throws ObjectError if its image cannot be had.
  Database& database();
  SqlTurn& turn() { return turn_; }
  const Draws& draws() const { return databases_.draws_; }
  StorageKind kind() const { return kind_; }
  // Of the older kind: which keys are in memory.
  KeyCache& cache() { return *cache_; }

 private:
  friend class Databases;

  std::optional<Change> commit_what_was_written();
  void open(Pages&& pages);

  Databases& databases_;
  ObjectId object_;
  Databases::Open* open_ = nullptr;  // null: closed
  std::list<Databases::Open>::iterator open_at_;
  SqlTurn turn_;
  Carried carried_;
  std::uint32_t transactions_ = 0;
  StorageKind kind_;
  std::unique_ptr<KeyCache> cache_;  // of the older kind only
};

}  // namespace orrery::storage
