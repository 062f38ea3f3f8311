// The waiting calls on keys and values for classes of the older kind (kinds.h; workerd io/actor-cache).
//
// Its keys and values are rows of the object's database like those of the other kind. What differs is time: a read
// of what is not in memory waits, and keeps the lock of its event while it does, unless it allows others. What a
// read gives is what was there when it began. Calls of a transaction are about what that wrote and, beneath it, the
// rest.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/storage/keys.h"
#include "core/storage/object_store.h"
#include "core/storage/waits.h"

namespace orrery::storage {

using Overlay = std::map<std::string, std::optional<Value>>;

// Whose call it is. Copied, for a call outlives the handle that it was made on.
struct Caller {
  ObjectStore* store;
  Waits* waits;
  std::shared_ptr<OpenTransaction> transaction;  // null: none

  // Throws ObjectError if the transaction is over, or was rolled back.
  void check(std::string_view call) const;
  void check_has_not_ended(std::string_view call) const;
  // While it lives, writes of the object are confirmed or not, as the options say.
  During writing(const WriteOptions& options) const;
};

// All that a list() gives.
Entries entries_of(ObjectStore& store, const ListOptions& list);

Task<std::optional<Value>> older_get(Caller caller, std::string key, ReadOptions options);
Task<Entries> older_get(Caller caller, std::vector<std::string> keys, ReadOptions options);
Task<Entries> older_list(Caller caller, ListOptions list, ReadOptions options);
Task<void> older_put(Caller caller, Entries entries, WriteOptions options);
Task<std::int64_t> older_erase(Caller caller, std::vector<std::string> keys, WriteOptions options);

// Throws ObjectError if these are too many for one get().
void check_number_of_keys(std::size_t keys);
// What a transaction wrote.
void write_older(ObjectStore& store, const Overlay& writes);

}  // namespace orrery::storage
