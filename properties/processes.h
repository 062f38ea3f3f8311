// Which process of a node is meant: a crash ends one, and what comes later from that node comes from another.
#pragma once

#include <cstdint>

#include "core/base/ids.h"
#include "core/base/lookup.h"

namespace orrery::properties {

// A node, and how often it had crashed before.
using Process = Id<struct ProcessTag>;

class Processes {
 public:
  void on_crash(NodeId node) { ++crashes_[node]; }

  Process of(NodeId node) const {
    const std::uint32_t* crashes = crashes_.find(node);
    return Process{std::uint64_t{node.value} << 32 | (crashes == nullptr ? 0 : *crashes)};
  }
  bool has_ended(Process process) const {
    return of(NodeId{static_cast<std::uint32_t>(process.value >> 32)}) != process;
  }

 private:
  Lookup<NodeId, std::uint32_t> crashes_;
};

}  // namespace orrery::properties
