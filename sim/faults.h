// Faults, as data, and when they strike.
//
// A fault strikes a machine: one that is named, or the one that an object lives on at that moment; a fault of the
// network, or of clocks, may strike all that stands in some cities. It strikes at a time, or at the n-th time that
// its target passes a point on the way of a turn. Points are read off the records that the target makes, so a fault's
// place in the story does not move when times do.
//
// What a fault does stands in the file that it bends: machine.h, disk.h, network.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/base/lookup.h"
#include "core/base/time.h"
#include "core/journal/event.h"
#include "sim/event_queue.h"

namespace orrery::sim {

enum class FaultKind : std::uint8_t {
  crash,       // the process ends, un-synced bytes may be lost; a new one starts after `lasts`
  pause,       // the machine stands still for `lasts`
  evict,       // the platform wants the memory of the object's instance; the target is an object
  sync_fails,  // the next sync of the machine's disk fails
  disk_full,   // for `lasts` the machine's disk takes no more bytes
  new_disk,    // a crash that takes the disk with it: the new process finds an empty one
  // Of the network, for `lasts`:
  partition,  // nothing gets from the target to all others, or nothing back, or neither
  drop,       // at a rate, datagrams that the target sends or is sent are lost
  duplicate,  // ... arrive twice
  delay,      // ... arrive later, by at most `by`
  // Of clocks:
  drift,  // from then on that of the target is fast or slow, by a rate; known beforehand, so only at a time
};
inline constexpr std::array<std::string_view, 11> fault_kind_names = {
    "crash",     "pause", "evict",     "sync_fails", "disk_full", "new_disk",
    "partition", "drop",  "duplicate", "delay",      "drift"};

constexpr bool is_of_network(FaultKind kind) { return kind >= FaultKind::partition && kind <= FaultKind::delay; }

// What a partition stops, as its target sees it.
enum class Direction : std::uint8_t { both, out, in };
inline constexpr std::array<std::string_view, 3> direction_names = {"both", "out", "in"};

enum class FaultPoint : std::uint8_t {
  at_time,
  in_turn,      // a turn has begun
  at_await,     // a fetch, or a call to another object, has left
  before_sync,  // a commit was made, and is not durable yet
  after_sync,   // a commit is durable, but the node does not know yet
};
inline constexpr std::array<std::string_view, 5> fault_point_names = {"at", "in_turn", "at_await", "before_sync",
                                                                      "after_sync"};

// All that stands in these cities of the topology.
struct Cities {
  std::vector<std::uint32_t> numbers;
  friend bool operator==(const Cities&, const Cities&) = default;
};
using FaultTarget = std::variant<NodeId, ObjectId, Cities>;

struct Fault {
  FaultKind kind{};
  FaultPoint point{};
  Duration at{};          // at_time: since the start
  std::uint32_t nth = 1;  // all others: at which passing, from 1
  FaultTarget target{};
  Duration lasts{};
  std::string sectors{};             // crash: fates of the un-synced sectors (disk.h); those beyond its end are drawn
  Direction stops{};                 // partition
  bool with_users = false;           // partition: a machine keeps the edge of its city, and so the users there
  std::int64_t rate_millionths = 0;  // drop, duplicate, delay: of the datagrams; drift: how fast
  Duration by{};                     // delay: at most
};

// Watches the records of a run and says when each fault of its plan strikes. What it then does is the world's.
class Faults final : public journal::Sink {
 public:
  // Faults that strike are pushed as events of this kind, with the fault's number as `what`. The queue must outlive
  // this.
  Faults(std::vector<Fault> plan, EventQueue& queue, std::uint16_t strikes);

  const Fault& fault(std::uint64_t number) const { return plan_[number]; }
  // The machine that fault `number` would strike now. Nothing, if its object was never placed, or it strikes cities.
  std::optional<NodeId> target_of(std::uint64_t number) const;

  // A sync of that machine's disk has ended well, and the node does not know yet: the faults that wait for this. Ask
  // once. `began` is the queue's pushed() when the sync began: it covers the commits that were recorded before.
  std::vector<std::uint64_t> due_after_sync(NodeId node, std::uint64_t began);

  journal::Interest interest() const override;
  void on(const journal::Record& record) override;

 private:
  void pass(FaultPoint point, NodeId node, const ObjectId& object);

  const std::vector<Fault> plan_;
  EventQueue& queue_;
  const std::uint16_t strikes_;
  std::vector<std::uint64_t> at_points_;  // the numbers of those that strike at a point
  std::vector<std::uint32_t> passed_;     // by number: how often its target has passed its point
  Lookup<ObjectId, NodeId> owners_;
  struct Armed {
    std::uint64_t number;
    NodeId node;
    std::uint64_t committed;  // the queue's pushed() then: a sync pushes its end, so one that began before has less
  };
  std::vector<Armed> armed_;  // after_sync: what it waited for was committed
};

}  // namespace orrery::sim
