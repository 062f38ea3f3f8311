// Names of things, as numbers that cannot be mixed up.
//
// All of them are plain values: they compare, hash and print, and no arithmetic is done on them except
// by the one who hands them out.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace orrery {

template <class Tag, class Rep = std::uint64_t>
struct Id {
  Rep value{};
  friend constexpr auto operator<=>(Id, Id) = default;
};

using NodeId = Id<struct NodeTag, std::uint32_t>;      // a runtime process, an edge, or a service
using ClientId = Id<struct ClientTag, std::uint32_t>;  // one user
using CallId = Id<struct CallTag>;                     // one call, through all of its attempts
using StubId = Id<struct StubTag>;                     // one stub, wherever it is held
using InstanceId = Id<struct InstanceTag>;             // one life of an object in memory
using TurnNumber = Id<struct TurnTag>;                 // counts the turns of one instance, from 1
using Incarnation = Id<struct IncarnationTag>;         // one life of a node's process; 0 is nobody
using Epoch = Id<struct EpochTag>;                     // counts the owners of one object, from 1
using CommitIndex = Id<struct CommitTag>;              // counts the commits of one object, from 1; 0: none
using ClassId = Id<struct ClassTag, std::uint16_t>;    // an object class, by its place in the experiment
using MethodId = Id<struct MethodTag, std::uint16_t>;  // a method, by its place in its class; 0 is fetch

inline constexpr MethodId fetch_method{0};

// The 256 bits that name an object for ever; `object/namespace.h` says how they are made.
struct ObjectId {
  std::array<std::uint64_t, 4> words{};  // big-endian: words[0] holds the first 8 of the 32 bytes
  friend constexpr auto operator<=>(const ObjectId&, const ObjectId&) = default;
  // Without a branch, and without the call that comparing arrays would be.
  friend constexpr bool operator==(const ObjectId& a, const ObjectId& b) {
    return ((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1]) | (a.words[2] ^ b.words[2]) |
            (a.words[3] ^ b.words[3])) == 0;
  }
};

// 64 lowercase hexadecimal digits.
std::string to_hex(const ObjectId& id);

}  // namespace orrery
