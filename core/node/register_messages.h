// What nodes and acceptors say to each other about one of many registers: the messages of placement/register.h, with
// the register's name before them.
//
// An object's register is named by its id. A node's lease has one too, which register_of_lease() names.
#pragma once

#include <tuple>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/placement/register.h"

namespace orrery::node {

template <class Message>
struct OfRegister {
  ObjectId key;
  Message message;
  static constexpr auto fields() {
    return std::tuple{field("register", &OfRegister::key), field("message", &OfRegister::message)};
  }
};

// No object's id is like this one: those are hashes.
inline ObjectId register_of_lease(NodeId node) { return {{node.value, 0, 0, 0}}; }
inline bool is_of_lease(const ObjectId& key) { return (key.words[1] | key.words[2] | key.words[3]) == 0; }
inline NodeId node_of_lease(const ObjectId& key) { return NodeId{static_cast<std::uint32_t>(key.words[0])}; }

}  // namespace orrery::node
