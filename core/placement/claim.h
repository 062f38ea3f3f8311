// How a node becomes the owner of an object.
//
// The object's record names its owner, an incarnation, and counts its owners in epochs. It changes from an owner to
// itself never, and to another only if nobody owns the object yet, if its owner has given it up, or if its owner is
// known to be dead. Two that claim at once change the same record: one of them finds the other in it.
//
// What the record says is only half: the owner may run the object while it holds its lease (lease.h), and a new one has
// the log refuse what lower epochs write (replication).
//
// Invariants:
//  1. An object has one owner in each epoch, and epochs only grow.
//  2. An owner is followed by another only when its incarnation is dead, or has given the object up.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/placement/lease.h"

namespace orrery::placement {

// What an object's register holds. Nothing: the object was never asked for.
struct OwnerRecord {
  Incarnation owner;
  NodeId node;
  Epoch epoch;
  bool is_free = false;  // given up by its owner
  // The machines that keep its commits: those from which the next owner reads them, and those to which this one writes.
  // None: they are on the owner's own disk only.
  std::vector<NodeId> readable{};
  std::vector<NodeId> followers{};
  friend bool operator==(const OwnerRecord&, const OwnerRecord&) = default;
  static constexpr auto fields() {
    return std::tuple{field("owner", &OwnerRecord::owner), field("node", &OwnerRecord::node),
                      field("epoch", &OwnerRecord::epoch), field("free", &OwnerRecord::is_free),
                      field("readable", &OwnerRecord::readable), field("followers", &OwnerRecord::followers)};
  }
};

// From an edge to a machine: own this object, unless somebody does. Answered by Found. `unreachable` is the epoch of
// the owner that could not be reached; 0: nobody was tried.
struct Place {
  ObjectId object;
  ClassId object_class;
  Epoch unreachable;
  static constexpr auto fields() {
    return std::tuple{field("object", &Place::object), field("class", &Place::object_class),
                      field("unreachable", &Place::unreachable)};
  }
};
// The answer to a call of an object that this machine does not own.
struct NotHere {
  ObjectId object;
  static constexpr auto fields() { return std::tuple{field("object", &NotHere::object)}; }
};

// From an edge that has heard nothing of an owner for a while, and the answer.
struct Ping {
  static constexpr auto fields() { return std::tuple{}; }
};
struct Pong {
  static constexpr auto fields() { return std::tuple{}; }
};

// ---- The claim's inputs and effects.

struct Begin {};
// How the last question to the register came out: what it holds now.
struct OwnerAnswer {
  std::optional<OwnerRecord> current;
};

struct ReadOwner {};
struct ChangeOwner {
  std::optional<OwnerRecord> expected;
  OwnerRecord value;
};
// Somebody else owns it. Tell with Dead if that one is.
struct OwnedByOther {
  OwnerRecord record;
};
struct Owned {
  OwnerRecord record;
};
using ClaimEffect = std::variant<ReadOwner, ChangeOwner, OwnedByOther, Owned>;

class Claim {
 public:
  // `followers` are those of an object that nobody has owned yet.
  Claim(Incarnation self, NodeId node, std::vector<NodeId> followers = {})
      : self_(self), node_(node), followers_(std::move(followers)) {}

  // Append what must follow to `effects`, in order.
  void step(Begin begin, std::vector<ClaimEffect>& effects);
  void step(const OwnerAnswer& answer, std::vector<ClaimEffect>& effects);
  void step(const Dead& dead, std::vector<ClaimEffect>& effects);

  static constexpr auto fields() {
    return std::tuple{field("self", &Claim::self_), field("node", &Claim::node_), field("other", &Claim::other_)};
  }

 private:
  void take_after(const std::optional<OwnerRecord>& current, std::vector<ClaimEffect>& effects);

  Incarnation self_;
  NodeId node_;
  std::vector<NodeId> followers_;
  std::optional<OwnerRecord> other_;  // who owns it, when last looked
};

}  // namespace orrery::placement
