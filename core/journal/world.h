// What happened to the world that the runtime lives in, and what the run loop saw of itself.
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/base/value.h"

namespace orrery::journal {

// A mistake in our own code ended the run.
struct InternalError {
  static constexpr std::string_view name = "internal_error";
  Value what;
  static constexpr auto fields() { return std::tuple{field("what", &InternalError::what)}; }
};

// Fault `number` of the experiment's plan, from 0, strikes the node of this record.
struct FaultStruck {
  static constexpr std::string_view name = "fault_struck";
  std::uint64_t number{};
  static constexpr auto fields() { return std::tuple{field("number", &FaultStruck::number)}; }
};

// The node's process is gone, with all that it held in memory. Of the sectors that were written and not yet synced,
// so many survive, are lost, and are torn.
struct Crashed {
  static constexpr std::string_view name = "crashed";
  std::uint64_t kept{};
  std::uint64_t dropped{};
  std::uint64_t torn{};
  static constexpr auto fields() {
    return std::tuple{field("kept", &Crashed::kept), field("dropped", &Crashed::dropped),
                      field("torn", &Crashed::torn)};
  }
};

// A new process runs on the node. It serves when it has read its log.
struct Restarted {
  static constexpr std::string_view name = "restarted";
  std::uint64_t boot{};  // counts the processes of this node, from 1
  static constexpr auto fields() { return std::tuple{field("boot", &Restarted::boot)}; }
};

// The node stands still until Resumed: whatever comes meanwhile waits.
struct Paused {
  static constexpr std::string_view name = "paused";
  static constexpr auto fields() { return std::tuple<>{}; }
};
struct Resumed {
  static constexpr std::string_view name = "resumed";
  static constexpr auto fields() { return std::tuple<>{}; }
};

// Between these two the node's disk takes no more bytes.
struct DiskFull {
  static constexpr std::string_view name = "disk_full";
  static constexpr auto fields() { return std::tuple<>{}; }
};
struct DiskHasRoom {
  static constexpr std::string_view name = "disk_has_room";
  static constexpr auto fields() { return std::tuple<>{}; }
};

// A sync of the node's disk failed: what it should have made durable may be lost.
struct SyncFailed {
  static constexpr std::string_view name = "sync_failed";
  static constexpr auto fields() { return std::tuple<>{}; }
};

// The run is over: after a loss of power on all machines, this is what the disk of the object's machine holds.
struct ReadBack {
  static constexpr std::string_view name = "read_back";
  ObjectId object;
  CommitIndex index;
  std::uint64_t chain{};
  std::uint64_t digest{};
  static constexpr auto fields() {
    return std::tuple{field("object", &ReadBack::object), field("index", &ReadBack::index),
                      field("chain", &ReadBack::chain), field("digest", &ReadBack::digest)};
  }
};

// From here to NetworkHealed, fault `number` of the plan has the network in its grip.
struct NetworkImpaired {
  static constexpr std::string_view name = "network_impaired";
  std::uint64_t number{};
  static constexpr auto fields() { return std::tuple{field("number", &NetworkImpaired::number)}; }
};

// The fault is over. So many datagrams were lost by it, came twice, or came later; so many messages on streams it held
// back; so many connections were given up because of it.
struct NetworkHealed {
  static constexpr std::string_view name = "network_healed";
  std::uint64_t number{};
  std::uint64_t datagrams{};
  std::uint64_t messages{};
  std::uint64_t connections{};
  static constexpr auto fields() {
    return std::tuple{field("number", &NetworkHealed::number), field("datagrams", &NetworkHealed::datagrams),
                      field("messages", &NetworkHealed::messages),
                      field("connections", &NetworkHealed::connections)};
  }
};

// The node has lost its disk, and begins again with a new one that is empty.
struct DiskReplaced {
  static constexpr std::string_view name = "disk_replaced";
  static constexpr auto fields() { return std::tuple<>{}; }
};

}  // namespace orrery::journal
