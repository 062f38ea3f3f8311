// A world for nodes to live in: built from data and a seed, and run until nothing is left to happen.
//
// Each city has an edge and its data centers' machines. Acceptors keep the registers, or one node more, in the first
// city, a directory.
// Users and services outside are not nodes of the platform, but the network reaches them. Faults strike the machines
// of data centers only, but those of the network strike whatever stands in a city.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/pool.h"
#include "core/object/input_gate.h"
#include "core/object/object_class.h"
#include "sim/adversary.h"
#include "sim/disk.h"
#include "sim/faults.h"
#include "sim/machine.h"
#include "sim/network.h"
#include "sim/read_back.h"
#include "sim/topology.h"

namespace orrery::sim {

// Something outside the platform that answers every request after a while, without a body: with status 403 a
// given share of them, with 200 all others.
struct Service {
  std::string name;
  std::size_t city = 0;
  Distribution latency;
  std::int64_t refusals_millionths = 0;

  // Of its answer to the request of this cause.
  std::int32_t status(const Draws& draws, Cause cause) const;
  Duration time(const Draws& draws, Cause cause) const;
};

struct WorldPlan {
  struct Class {
    ObjectClass definition;
    object::Holding holding = object::Holding::turn;
    std::optional<std::uint32_t> place{};  // the city of its objects; nothing: that of their first callers
    StorageKind storage = StorageKind::sqlite;
  };
  Topology topology;
  Link link;
  std::vector<Service> services;
  AdversaryPlan adversary;
  DiskPlan disk;
  std::vector<Fault> faults;
  object::Environment::Costs costs;
  Coalescing coalescing = Coalescing::workerd;
  std::vector<Class> classes;                // by ClassId
  std::vector<std::uint32_t> client_cities;  // by ClientId
  std::uint64_t seed = 0;
};

// The users' side: whoever plays them is called when their time comes.
class Players {
 public:
  virtual ~Players() = default;
  virtual void on_wake(ClientId client, std::uint64_t token) = 0;
  virtual void on_answer(ClientId client, const Bytes& bytes) = 0;
};

class World final : private ports::Probe {
 public:
  // The log must outlive the world.
  explicit World(WorldPlan plan, Log* log = nullptr);
  ~World() override;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Runs until nothing is left to happen but upkeep. Then all machines lose their power, and what their disks hold of
  // each object is reported.
  void run(Players& players);

  // For the players: at `at`, call on_wake(client, token); send a user's call to the edge of its city.
  void wake(ClientId client, Time at, std::uint64_t token = 0);
  void send(ClientId from, Bytes bytes, Cause cause);
  NodeId edge_of(ClientId client) const { return NodeId{plan_.client_cities[client.value]}; }

  Time now() const { return queue_.now(); }
  const Draws& draws() const { return draws_; }
  Recorder& recorder() { return recorder_; }
  const object::Environment& environment() const { return environment_; }
  // How often each rare path was taken, by ports::Mark.
  const std::array<std::uint64_t, ports::mark_names.size()>& marks() const { return marks_; }

 private:
  void reached(ports::Mark mark) override { ++marks_[static_cast<std::size_t>(mark)]; }
  std::vector<Site> lay_out();
  void place_by_registers(const std::vector<Site>& sites, std::vector<std::vector<NodeId>>&& machines_by_city);
  void make_machines(Log* log);
  SteadyClock clock_of(NodeId node) const;
  void happen(const Event& event, Players& players);
  void deliver(const Event& event, Players& players);
  void to_service(const Event& event);
  void serve(std::size_t service, const Packet& packet);
  void answer_from_service(const Event& event);

  // What happens to a machine. The process may end by it.
  template <class Happen>
  void at(Machine& machine, Happen happen);
  void to_machine(const Event& event);
  void deliver_to_user(ClientId user, const Event& event, Players& players);
  void deliver_to_machine(NodeId node, const Event& event);
  void complete_sync(NodeId node, const Event& event);
  void start(NodeId node);
  void read_back();
  void read_back_followers();
  void crash(NodeId node, std::string_view fates, Duration down);
  void resume(NodeId node);
  void strike(std::uint64_t number);
  std::optional<NodeId> reporter_of(std::uint64_t number) const;
  void strike_network(std::uint64_t number, const Fault& fault);
  std::vector<bool> target_in_network(const Fault& fault, NodeId node) const;
  void heal_network(NodeId node, std::uint64_t number);
  template <class E>
  void report(NodeId node, E&& event);

  // A request that a service is working on.
  struct Job {
    std::size_t service = 0;
    NodeId caller;
    std::uint32_t connection = 0;  // by which it came
    CallId fetch;
    std::int32_t status = 200;
    Cause cause;
  };

  WorldPlan plan_;
  Draws draws_;
  EventQueue queue_;
  Recorder recorder_;
  Adversary adversary_;
  Faults faults_;
  Committers committers_;
  object::Environment environment_;
  std::vector<node::NodeConfig> node_configs_;  // of the machines; services come behind them
  std::vector<Site> sites_;
  std::array<std::uint64_t, ports::mark_names.size()> marks_{};
  Network network_;
  std::vector<std::unique_ptr<Machine>> machines_;  // by NodeId
  std::vector<NodeId> processes_;                   // by number: whose they are
  std::size_t upkeep_pending_ = 0;
  Pool<Job> jobs_;  // by Event::what
};

}  // namespace orrery::sim
