// What nodes do to own objects, and to lose them.
//
// A machine holds a lease, under the name of its incarnation, while it runs objects: LeaseTaken → LeaseEnded. Another
// may seal the lease of one that is silent: then that incarnation never holds it again, and what it owned can be placed
// anew (runtime.h, Placed).
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "core/base/fields.h"
#include "core/base/ids.h"

namespace orrery::journal {

// The node may run objects from now on.
struct LeaseTaken {
  static constexpr std::string_view name = "lease_taken";
  Incarnation incarnation;
  static constexpr auto fields() { return std::tuple{field("incarnation", &LeaseTaken::incarnation)}; }
};

// It has run out, or is lost for ever: nothing runs here any more.
struct LeaseEnded {
  static constexpr std::string_view name = "lease_ended";
  Incarnation incarnation;
  static constexpr auto fields() { return std::tuple{field("incarnation", &LeaseEnded::incarnation)}; }
};

// Another node knows that the incarnation is dead: its lease is sealed, or the next one's stands in its place.
struct LeaseSealed {
  static constexpr std::string_view name = "lease_sealed";
  Incarnation incarnation;
  NodeId owner;  // the node whose it was
  static constexpr auto fields() {
    return std::tuple{field("incarnation", &LeaseSealed::incarnation), field("owner", &LeaseSealed::owner)};
  }
};

// A follower here takes nothing from the owner of that epoch any more: it has promised a higher one.
struct OwnerRefused {
  static constexpr std::string_view name = "owner_refused";
  ObjectId object;
  Epoch epoch;
  Epoch promised;
  static constexpr auto fields() {
    return std::tuple{field("object", &OwnerRefused::object), field("epoch", &OwnerRefused::epoch),
                      field("promised", &OwnerRefused::promised)};
  }
};

// The new owner of `epoch` has put its marker behind what it has read of the object's log.
struct Marked {
  static constexpr std::string_view name = "marked";
  ObjectId object;
  Epoch epoch;
  CommitIndex index;
  std::uint64_t chain{};
  std::uint64_t digest{};
  static constexpr auto fields() {
    return std::tuple{field("object", &Marked::object), field("epoch", &Marked::epoch),
                      field("index", &Marked::index), field("chain", &Marked::chain),
                      field("digest", &Marked::digest)};
  }
};

// The marker is confirmed: the owner of `epoch` holds all that was confirmed before. The log that it found ends with
// commit `through`: all of it is the object's history from now on, and the marker, which changes nothing, comes next.
struct TakenOver {
  static constexpr std::string_view name = "taken_over";
  ObjectId object;
  Epoch epoch;
  CommitIndex through;
  std::uint64_t through_chain{};
  CommitIndex marker;
  std::uint64_t chain{};
  std::uint64_t digest{};
  static constexpr auto fields() {
    return std::tuple{field("object", &TakenOver::object),   field("epoch", &TakenOver::epoch),
                      field("through", &TakenOver::through), field("through_chain", &TakenOver::through_chain),
                      field("marker", &TakenOver::marker),   field("chain", &TakenOver::chain),
                      field("digest", &TakenOver::digest)};
  }
};

}  // namespace orrery::journal
