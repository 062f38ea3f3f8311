// One machine: the ports of core, made of simulated parts, and the process of the node that uses them.
//
// All that a process does by time it does by the clock of its machine: its timers, and the time that a turn takes
// too.
//
// A crash ends the process and leaves the disk. A process is numbered, so that what was meant for an earlier one (a
// timer, a sync) can be told from what is meant for its successor.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/node/node.h"
#include "core/ports/host.h"
#include "sim/adversary.h"
#include "sim/clock.h"
#include "sim/disk.h"
#include "sim/event_queue.h"
#include "sim/log.h"
#include "sim/network.h"
#include "sim/recorder.h"

namespace orrery::sim {

// The kinds of events by which a machine's timers and syncs come back. A timer's `where` is the process and `what`
// its token; a sync's `where` is the node.
inline constexpr std::uint16_t node_timer = kinds_of_network_event;
inline constexpr std::uint16_t node_upkeep = kinds_of_network_event + 1;
inline constexpr std::uint16_t disk_synced = kinds_of_network_event + 2;

// What all machines of a world share.
struct Commons {
  EventQueue& queue;
  Network& network;
  Adversary& adversary;
  Recorder& recorder;
  ports::Probe& probe;
  const Draws& draws;
  const object::Environment& environment;
  const DiskPlan& disk;
  std::size_t& upkeep_pending;  // timers of this kind in the queue
  sim::Log* log;                // nothing: nobody reads along
};

// Thrown by a process that ends itself, and caught by the world.
struct ProcessEnded {};

class Machine final : private ports::Clock,
                      private ports::Timers,
                      private ports::Network,
                      private ports::Users,
                      private ports::Process,
                      private ports::Observer,
                      private ports::Log {
 public:
  // The commons must outlive the machine.
  Machine(const Commons& commons, NodeId self, node::NodeConfig config, SteadyClock clock);
  ~Machine() override;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Starts a process of that number. Then call guest().on_start().
  void start(std::uint32_t process);
  CrashLoss crash(std::string_view fates);
  bool is_up() const { return node_ != nullptr; }
  std::uint32_t process() const { return process_; }
  std::uint64_t boot() const { return boot_; }
  ports::Guest& guest() { return *node_; }
  Disk& disk() { return disk_; }

  // While it is paused, the world puts here what should have happened to it.
  bool is_paused = false;
  std::vector<Event> held_back;
  std::vector<Disk::Synced> syncs_held_back;
  // Its disk takes no bytes until then, or any later instant.
  Time full_until;

 private:
  LocalTime steady() const override;
  ports::TimerId set(Duration after, std::uint64_t token, Cause cause) override;
  void set_upkeep(Duration after, std::uint64_t token, Cause cause) override;
  void cancel(ports::TimerId timer) override;
  void send_datagram(NodeId to, Bytes bytes, Cause cause) override;
  void send_on_stream(NodeId to, ports::StreamId stream, Bytes bytes, Cause cause) override;
  void answer_on_stream(NodeId to, ports::StreamId stream, Bytes bytes, Cause cause) override;
  void answer(ClientId client, Bytes bytes, Cause cause) override;
  [[noreturn]] void end(std::string_view why) override;
  bool wants(ports::LogLevel level) const override { return commons_.log && commons_.log->wants(level); }
  void write(ports::LogLevel level, LocalTime when, std::string_view text) override;
  void report(journal::Record& record) override;
  Time time_of_timer(Duration after, Cause cause) const;

  const Commons commons_;
  const NodeId self_;
  const node::NodeConfig config_;
  const SteadyClock clock_;
  Lookup<InstanceId, Time> turns_began_;  // the last of each instance, if the clock drifts
  Disk disk_;
  std::uint64_t boot_ = 0;
  std::uint32_t process_ = 0;
  std::unique_ptr<node::Node> node_;  // nothing while the machine is down
};

}  // namespace orrery::sim
