// Objects with storage and a log in memory, for the tests of core/storage.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/storage/storage.h"
#include "core/storage/waits.h"

namespace orrery::storage {

// The changes that were committed, in their order. An image is made by applying them all.
class ChangeLog final : public Images {
 public:
  std::expected<Image, std::string> image_of(const ObjectId& object) override {
    if (!refusal.empty()) return std::unexpected(refusal);
    Image image;
    for (const ObjectStore::Change& each : changes[object]) {
      if (!image.pages.apply(each.change)) return std::unexpected("a change that is none");
      if (image.pages.digest() != each.digest) return std::unexpected("a digest that is wrong");
    }
    image.index.value = changes[object].size();
    return image;
  }

  std::map<ObjectId, std::vector<ObjectStore::Change>> changes;
  std::string refusal;  // what it says instead of giving an image
};

// Everything is durable at once, and nobody else is in the object.
struct AtOnce final : Waits {
  explicit AtOnce(std::function<void(std::optional<ObjectStore::Change>)> take) : take(std::move(take)) {}
  Task<void> until_durable(bool) override { co_return; }
  Task<void> read(bool) override { co_return; }
  bool is_far_behind() const override { return false; }
  void after_await() override {}
  Task<void> alone(Task<void> section) override { return section; }
  void commit_now() override { take(store->commit()); }
  [[noreturn]] void fail_commit() override { throw ObjectError::internal_error(); }
  void clear_now() override { take(store->clear()); }

  std::function<void(std::optional<ObjectStore::Change>)> take;
  ObjectStore* store = nullptr;
};

// A node's databases with some objects, numbered from 0.
class Node {
 public:
  explicit Node(DatabaseLimits limits = {}, std::uint64_t seed = 1) : draws(seed), databases(log, draws, limits) {}

  ObjectStore& store(std::uint64_t number = 0) {
    return stores.try_emplace(number, databases, id(number)).first->second;
  }
  Storage storage(std::uint64_t number = 0) { return Storage(store(number), waits_of(number)); }
  Kv kv(std::uint64_t number = 0) { return storage(number).kv(); }
  Sql sql(std::uint64_t number = 0) { return storage(number).sql(); }

  // Begins the next turn of the object.
  void begin(std::uint64_t number = 0) {
    ++turns;
    store(number).begin_turn(LocalTime(std::chrono::seconds(turns)), Cause{turns});
  }
  // Ends it. True: something was committed.
  bool commit(std::uint64_t number = 0) {
    return take(number, store(number).commit());
  }

  static ObjectId id(std::uint64_t number) { return {{7, number}}; }

  Draws draws;
  ChangeLog log;
  Databases databases;
  std::map<std::uint64_t, AtOnce> waits;
  std::map<std::uint64_t, ObjectStore> stores;
  std::uint64_t turns = 0;

 private:
  bool take(std::uint64_t number, std::optional<ObjectStore::Change> change) {
    if (!change) return false;
    log.changes[id(number)].push_back(std::move(*change));
    return true;
  }
  AtOnce& waits_of(std::uint64_t number) {
    const auto keep = [this, number](std::optional<ObjectStore::Change> change) { take(number, std::move(change)); };
    AtOnce& made = waits.try_emplace(number, keep).first->second;
    made.store = &store(number);
    return made;
  }
};

template <class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const ObjectError& error) { return error.message(); }
  return "nothing was thrown";
}

template <class Call>
ObjectError::Kind kind_of(Call&& call) {
  try {
    call();
  } catch (const ObjectError& error) { return error.kind(); }
  return ObjectError::Kind::error;
}

}  // namespace orrery::storage
