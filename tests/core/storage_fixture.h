// Objects with storage and a log in memory, for the tests of core/storage.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/storage/storage.h"

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

// Everything is durable at once.
struct DurableAtOnce final : Commits {
  Task<void> until_durable() override { co_return; }
};

// A node's databases with some objects, numbered from 0.
class Node {
 public:
  explicit Node(DatabaseLimits limits = {}, std::uint64_t seed = 1) : draws(seed), databases(log, draws, limits) {}

  ObjectStore& store(std::uint64_t number = 0) {
    return stores.try_emplace(number, databases, id(number)).first->second;
  }
  Storage storage(std::uint64_t number = 0) { return Storage(store(number), durable); }
  Kv kv(std::uint64_t number = 0) { return storage(number).kv(); }
  Sql sql(std::uint64_t number = 0) { return storage(number).sql(); }

  // Begins the next turn of the object.
  void begin(std::uint64_t number = 0) {
    ++turns;
    store(number).begin_turn(LocalTime(std::chrono::seconds(turns)), Cause{turns});
  }
  // Ends it. True: something was committed.
  bool commit(std::uint64_t number = 0) {
    std::optional<ObjectStore::Change> change = store(number).commit();
    if (!change) return false;
    log.changes[id(number)].push_back(std::move(*change));
    return true;
  }

  static ObjectId id(std::uint64_t number) { return {{7, number}}; }

  Draws draws;
  ChangeLog log;
  Databases databases;
  DurableAtOnce durable;
  std::map<std::uint64_t, ObjectStore> stores;
  std::uint64_t turns = 0;
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
