// Who owns an object, decided in one place.
//
// The first lookup of an object places it on a machine in the city that it names; later lookups are told the same
// owner, whoever asks.
//
// Invariant: an object has one owner in each epoch.
#pragma once

#include <cstdint>
#include <tuple>
#include <variant>
#include <vector>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/base/lookup.h"

namespace orrery::placement {

// "Where does this object live?" Asked by datagram, so it may come twice. `near` is a city.
struct Find {
  ObjectId object;
  ClassId object_class;
  std::uint32_t near{};
  static constexpr auto fields() {
    return std::tuple{field("object", &Find::object), field("class", &Find::object_class),
                      field("near", &Find::near)};
  }
};
struct Found {
  ObjectId object;
  NodeId owner;
  Epoch epoch;
  static constexpr auto fields() {
    return std::tuple{field("object", &Found::object), field("owner", &Found::owner), field("epoch", &Found::epoch)};
  }
};

struct Tell {
  NodeId to;
  Found found;
};
// Report before telling.
struct Claimed {
  ObjectId object;
  ClassId object_class;
  NodeId owner;
  Epoch epoch;
};
using DirectoryEffect = std::variant<Tell, Claimed>;

class Directory {
 public:
  // The nodes that run objects, by city. Every city that can ask needs at least one.
  explicit Directory(std::vector<std::vector<NodeId>> nodes_by_city);

  void step(NodeId from, const Find& find, std::vector<DirectoryEffect>& effects);

 private:
  struct Owner {
    NodeId node;
    Epoch epoch;
  };

  std::vector<std::vector<NodeId>> nodes_by_city_;
  Lookup<ObjectId, Owner> owners_;
};

}  // namespace orrery::placement
