#include "core/storage/object_store.h"

#include <expected>
#include <string>
#include <utility>

#include "core/base/invariant.h"
#include "core/base/object_error.h"

namespace orrery::storage {

Databases::Databases(Images& images, const Draws& draws, DatabaseLimits limits)
    : images_(images), draws_(draws), limits_(limits) {
  reset_sqlite();
}

// Closes databases until another one may be opened.
void Databases::make_room() {
  for (auto at = open_.end(); at != open_.begin() && open_.size() >= limits_.open_max;) {
    --at;
    if (at->database.is_in_use()) continue;
    at->store->open_ = nullptr;
    at = open_.erase(at);
  }
}

ObjectStore::ObjectStore(Databases& databases, const ObjectId& object, Pages pages, StorageKind kind)
    : databases_(databases),
      object_(object),
      kind_(kind),
      cache_(kind == StorageKind::kv ? std::make_unique<KeyCache>() : nullptr) {
  if (pages.count() > 0) open(std::move(pages));
}

// Costs no more than the memory of its pages until SQLite is connected.
void ObjectStore::open(Pages&& pages) {
  databases_.make_room();
  auto& all = databases_.open_;
  all.emplace_front(std::move(pages), carried_, databases_.limits_.bytes_max, *this);
  open_at_ = all.begin();
  open_ = &all.front();
}

Database& ObjectStore::database() {
  auto& all = databases_.open_;
  if (open_ != nullptr) {
    if (open_ != &all.front()) all.splice(all.begin(), all, open_at_);
    open_->database.check();
    return open_->database;
  }
  std::expected<Image, std::string> image = databases_.images_.image_of(object_);
  if (!image) throw ObjectError(std::move(image.error()));
  open(std::move(image->pages));
  return open_->database;
}

std::optional<ObjectStore::Change> ObjectStore::commit_what_was_written() {
  const bool locks_outputs = open_->database.locks_outputs();
  Bytes change = open_->database.commit();
  if (change.empty()) return std::nullopt;
  return Change{std::move(change), open_->database.pages().digest(), locks_outputs};
}

std::optional<ObjectStore::Change> ObjectStore::clear() {
  PRECONDITION(transactions_ == 0, "a transaction is open");
  Bytes change = database().clear();
  if (change.empty()) return std::nullopt;
  return Change{std::move(change), open_->database.pages().digest(), true};
}

void ObjectStore::begin_transaction() {
  database().begin_savepoint();
  ++transactions_;
}

bool ObjectStore::end_transaction(bool keeps) {
  --transactions_;
  return open_->database.end_savepoint(keeps);
}

void ObjectStore::rollback() {
  transactions_ = 0;
  if (open_ != nullptr) open_->database.rollback();
}

void ObjectStore::close() {
  if (open_ == nullptr) return;
  databases_.open_.erase(open_at_);
  open_ = nullptr;
  carried_ = {};
}

}  // namespace orrery::storage
