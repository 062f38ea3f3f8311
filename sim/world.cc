#include "sim/world.h"

#include <algorithm>
#include <utility>

#include "core/base/spare_bytes.h"
#include "core/node/message.h"
#include "core/replication/log.h"

namespace orrery::sim {
namespace {

// Kinds of events beside those of the network and the machines.
constexpr std::uint16_t user_wakes = disk_synced + 1;
constexpr std::uint16_t service_is_done = disk_synced + 2;
constexpr std::uint16_t fault_strikes = disk_synced + 3;  // `what` is its number
constexpr std::uint16_t machine_restarts = disk_synced + 4;
constexpr std::uint16_t machine_resumes = disk_synced + 5;  // `what` is the process
constexpr std::uint16_t disk_has_room = disk_synced + 6;
constexpr std::uint16_t network_heals = disk_synced + 7;  // `what` is the number of the fault

// How soon a process that ended itself is followed by another.
constexpr Duration restart_after_end = 1s;

// Kinds of background work (draws.h).
constexpr std::uint64_t crash_of_machine = 1;
constexpr std::uint64_t read_back_of_disk = 4;  // 2 and 3 are a node's (core/node/tokens.h)

bool stands_in(const Cities& cities, const Site& site) {
  return std::ranges::find(cities.numbers, site.city) != cities.numbers.end();
}

object::Environment environment_of(const WorldPlan& plan) {
  object::Environment environment;
  environment.costs = plan.costs;
  environment.coalescing = plan.coalescing;
  for (const WorldPlan::Class& each : plan.classes)
    environment.classes.push_back({each.definition, Namespace(each.definition.name()), each.holding, each.place,
                                   each.storage});
  return environment;
}

}  // namespace

World::World(WorldPlan plan, Log* log)
    : plan_(std::move(plan)),
      draws_(plan_.seed),
      recorder_(queue_),
      adversary_(plan_.adversary, draws_),
      faults_(plan_.faults, queue_, fault_strikes),
      environment_(environment_of(plan_)),
      sites_(lay_out()),
      network_(plan_.topology, sites_, plan_.link, draws_, adversary_, queue_) {
  if (!plan_.faults.empty()) recorder_.add(faults_);
  recorder_.add(committers_);
  make_machines(log);
}

World::~World() = default;

void World::make_machines(Log* log) {
  const Commons commons{queue_, network_,     adversary_, recorder_,       *this,
                        draws_, environment_, plan_.disk, upkeep_pending_, log};
  for (std::uint32_t node = 0; node < node_configs_.size(); ++node)
    machines_.push_back(
        std::make_unique<Machine>(commons, NodeId{node}, node_configs_[node], clock_of(NodeId{node})));
}

SteadyClock World::clock_of(NodeId node) const {
  std::vector<SteadyClock::Drift> drifts;
  for (const Fault& each : plan_.faults) {
    if (each.kind != FaultKind::drift) continue;
    const auto* cities = std::get_if<Cities>(&each.target);
    const bool is_meant = cities ? stands_in(*cities, sites_[node.value]) : each.target == FaultTarget(node);
    if (is_meant) drifts.push_back({Time(each.at), each.rate_millionths});
  }
  std::ranges::stable_sort(drifts, {}, &SteadyClock::Drift::from);
  return SteadyClock(drifts);
}

void World::run(Players& players) {
  for (std::uint32_t node = 0; node < machines_.size(); ++node) start(NodeId{node});
  Event event;
  while (queue_.size() > upkeep_pending_ && queue_.pop(event)) happen(event, players);
  read_back();
}

void World::happen(const Event& event, Players& players) {
  if (event.kind == node_upkeep) --upkeep_pending_;
  if (event.kind < kinds_of_delivery) return deliver(event, players);
  switch (event.kind) {
    case node_timer:
    case node_upkeep:
    case disk_synced: return to_machine(event);
    case user_wakes: return players.on_wake(ClientId{event.where}, event.what);
    case service_is_done: return answer_from_service(event);
    case fault_strikes: return strike(event.what);
    case machine_restarts: return start(NodeId{event.where});
    case network_heals: return heal_network(NodeId{event.where}, event.what);
    case stalled_connection: return network_.on_stalled(event);
    case machine_resumes:
      if (machines_[event.where]->process() == event.what && machines_[event.where]->is_paused)
        resume(NodeId{event.where});
      return;
    case disk_has_room:
      if (queue_.now() < machines_[event.where]->full_until) return;
      machines_[event.where]->disk().set_full(false);
      report(NodeId{event.where}, journal::DiskHasRoom{});
      return;
  }
}

template <class E>
void World::report(NodeId node, E&& event) {
  journal::Record record{Time{}, node, std::forward<E>(event)};
  recorder_.report(record);
}

// ---- What happens to a machine.

template <class Happen>
void World::at(Machine& machine, Happen happen) {
  try {
    happen(machine.guest());
  } catch (const ProcessEnded&) { crash(processes_[machine.process()], "", restart_after_end); }
}

void World::to_machine(const Event& event) {
  const bool is_timer = event.kind != disk_synced;
  const NodeId node = is_timer ? processes_[event.where] : NodeId{event.where};
  Machine& machine = *machines_[node.value];
  if (is_timer && (!machine.is_up() || machine.process() != event.where)) return;
  if (machine.is_paused) {
    machine.held_back.push_back(event);
    return;
  }
  if (!is_timer) return complete_sync(node, event);
  at(machine, [&](ports::Guest& guest) { guest.on_timer(event.what); });
}

void World::complete_sync(NodeId node, const Event& event) {
  Machine& machine = *machines_[node.value];
  const auto synced = machine.disk().complete(event.what);
  if (!synced) return;
  if (!synced->well)
    report(node, journal::SyncFailed{});
  else
    for (const std::uint64_t number : faults_.due_after_sync(node, synced->began)) strike(number);
  if (!machine.is_up()) return;
  if (machine.is_paused) {
    machine.syncs_held_back.push_back(*synced);
    return;
  }
  at(machine, [&](ports::Guest& guest) { guest.on_synced(synced->token, synced->well, synced->cause); });
}

void World::start(NodeId node) {
  Machine& machine = *machines_[node.value];
  processes_.push_back(node);
  machine.start(static_cast<std::uint32_t>(processes_.size() - 1));
  if (machine.boot() > 1) report(node, journal::Restarted{machine.boot()});
  at(machine, [](ports::Guest& guest) { guest.on_start(); });
}

void World::crash(NodeId node, std::string_view fates, Duration down) {
  Machine& machine = *machines_[node.value];
  const Cause cause = Cause::background(node, crash_of_machine, machine.boot());
  const CrashLoss loss = machine.crash(fates);
  report(node, journal::Crashed{loss.kept, loss.dropped, loss.torn});
  network_.lose(node, cause);
  machine.syncs_held_back.clear();
  for (const Event& event : std::exchange(machine.held_back, {}))
    if (event.kind < kinds_of_delivery) network_.take(event, false);
  queue_.push(queue_.now() + down, Class::world, machine_restarts, node.value, 0);
}

void World::read_back() {
  if (plan_.topology.followers > 0) return read_back_followers();
  for (const auto& [node, objects] : committers_.by_node()) {
    Machine& machine = *machines_[node.value];
    if (machine.is_up()) machine.crash("");
    replication::Log log(machine.disk());
    log.open(Cause::background(node, read_back_of_disk, 0));
    for (const ObjectId& object : objects) {
      const auto image = log.image_of(object);
      if (image)
        report(node, journal::ReadBack{object, image->index, image->chain, image->pages.digest()});
      else
        report(node, journal::RecoveryFailed{object, image.error()});
    }
  }
}

// Of all copies of an object's log, the one that a new owner would take.
void World::read_back_followers() {
  std::vector<std::unique_ptr<replication::Log>> logs;
  for (std::uint32_t i = 0; i < machines_.size(); ++i) {
    if (!node_configs_[i].runs_objects) continue;
    if (machines_[i]->is_up()) machines_[i]->crash("");
    logs.push_back(std::make_unique<replication::Log>(machines_[i]->disk(), replication::LogSizes{.may_be_cut = true}));
    logs.back()->open(Cause::background(NodeId{i}, read_back_of_disk, 0));
  }
  for (const auto& [node, objects] : committers_.by_node())
    for (const ObjectId& object : objects) {
      journal::ReadBack best{object, {}, 0, 0};
      Epoch epoch;
      for (const auto& log : logs) {
        const auto image = log->image_of(object);
        if (!image || std::pair(image->epoch, image->index) <= std::pair(epoch, best.index)) continue;
        epoch = image->epoch;
        best = {object, image->index, image->chain, image->pages.digest()};
      }
      report(node, std::move(best));
    }
}

// What came while it stood still comes now: first what others sent and what its disk did, then its own timers.
void World::resume(NodeId node) {
  Machine& machine = *machines_[node.value];
  const std::uint32_t process = machine.process();
  machine.is_paused = false;
  report(node, journal::Resumed{});
  for (const Disk::Synced& synced : std::exchange(machine.syncs_held_back, {}))
    if (machine.is_up())
      at(machine, [&](ports::Guest& guest) { guest.on_synced(synced.token, synced.well, synced.cause); });
  const std::vector<Event> held_back = std::exchange(machine.held_back, {});
  const auto happens = [&](const Event& event) {
    if (event.kind < kinds_of_delivery)
      deliver_to_machine(node, event);
    else if (machine.is_up() && machine.process() == process)
      to_machine(event);
  };
  const auto is_timer = [](const Event& event) { return event.kind == node_timer || event.kind == node_upkeep; };
  for (const Event& event : held_back)
    if (!is_timer(event)) happens(event);
  for (const Event& event : held_back)
    if (is_timer(event)) happens(event);
}

// Does nothing if there is nothing to strike.
void World::strike(std::uint64_t number) {
  const Fault& fault = faults_.fault(number);
  if (is_of_network(fault.kind)) return strike_network(number, fault);
  const std::optional<NodeId> node = reporter_of(number);
  if (!node || !machines_[node->value]->is_up()) return;
  Machine& machine = *machines_[node->value];
  report(*node, journal::FaultStruck{number});
  switch (fault.kind) {
    case FaultKind::crash: crash(*node, fault.sectors, fault.lasts); break;
    case FaultKind::new_disk:
      crash(*node, "", fault.lasts);
      machine.disk().replace();
      report(*node, journal::DiskReplaced{});
      break;
    case FaultKind::pause:
      if (machine.is_paused) break;
      machine.is_paused = true;
      report(*node, journal::Paused{});
      queue_.push(queue_.now() + fault.lasts, Class::world, machine_resumes, node->value, machine.process());
      break;
    case FaultKind::evict:
      if (machine.is_paused) break;  // it cannot hear of it
      at(machine, [&](ports::Guest& guest) { guest.on_eviction_wanted(std::get<ObjectId>(fault.target)); });
      break;
    case FaultKind::sync_fails: machine.disk().fail_next_sync(); break;
    case FaultKind::disk_full:
      machine.disk().set_full(true);
      machine.full_until = std::max(machine.full_until, queue_.now() + fault.lasts);
      report(*node, journal::DiskFull{});
      queue_.push(queue_.now() + fault.lasts, Class::world, disk_has_room, node->value, 0);
      break;
    case FaultKind::partition:
    case FaultKind::drop:
    case FaultKind::duplicate:
    case FaultKind::delay: break;  // strike_network
    case FaultKind::drift: break;  // clock_of
  }
}

// The machine that the fault strikes, or the edge of the first city.
std::optional<NodeId> World::reporter_of(std::uint64_t number) const {
  const auto* cities = std::get_if<Cities>(&faults_.fault(number).target);
  return cities ? NodeId{cities->numbers.front()} : faults_.target_of(number);
}

void World::strike_network(std::uint64_t number, const Fault& fault) {
  const std::optional<NodeId> node = reporter_of(number);
  if (!node) return;
  report(*node, journal::FaultStruck{number});
  report(*node, journal::NetworkImpaired{number});
  network_.begin(number, fault, target_in_network(fault, *node));
  queue_.push(queue_.now() + fault.lasts, Class::world, network_heals, node->value, number);
}

std::vector<bool> World::target_in_network(const Fault& fault, NodeId node) const {
  std::vector<bool> target(sites_.size());
  if (const auto* cities = std::get_if<Cities>(&fault.target)) {
    for (std::size_t i = 0; i < sites_.size(); ++i) target[i] = stands_in(*cities, sites_[i]);
    return target;
  }
  target[node.value] = true;
  if (fault.with_users) target[sites_[node.value].city] = true;  // the number of a city is that of its edge
  return target;
}

void World::heal_network(NodeId node, std::uint64_t number) {
  const NetworkToll toll = network_.end(number);
  report(node, journal::NetworkHealed{number, toll.datagrams, toll.messages, toll.connections});
}

void World::wake(ClientId client, Time at, std::uint64_t token) {
  queue_.push(at, Class::client, user_wakes, client.value, token);
}

void World::send(ClientId from, Bytes bytes, Cause cause) {
  network_.send_from_user(from, edge_of(from), std::move(bytes), cause);
}

// ---- What the network brings.

void World::deliver(const Event& event, Players& players) {
  if (static_cast<Delivery>(event.kind) == Delivery::to_user)
    return deliver_to_user(ClientId{event.where}, event, players);
  if (network_.stops(event)) return;
  if (event.where >= machines_.size()) return to_service(event);
  Machine& machine = *machines_[event.where];
  if (machine.is_paused)
    machine.held_back.push_back(event);
  else
    deliver_to_machine(NodeId{event.where}, event);
}

void World::deliver_to_user(ClientId user, const Event& event, Players& players) {
  std::optional<Packet> packet = network_.take(event, true);
  players.on_answer(user, packet->bytes);
  SpareBytes::give_back(std::move(packet->bytes));
}

void World::deliver_to_machine(NodeId node, const Event& event) {
  Machine& machine = *machines_[node.value];
  std::optional<Packet> packet = network_.take(event, machine.is_up());
  if (!packet || !machine.is_up()) return;
  at(machine, [&](ports::Guest& guest) {
    switch (static_cast<Delivery>(event.kind)) {
      case Delivery::datagram: return guest.on_datagram(packet->from, packet->bytes, packet->cause);
      case Delivery::stream: return guest.on_stream(packet->from, packet->stream, packet->bytes, packet->cause);
      case Delivery::from_user: return guest.on_user(ClientId{packet->from.value}, packet->bytes, packet->cause);
      case Delivery::break_of_connection:
        return guest.on_connection_broken(packet->from, packet->was_accepted, packet->cause);
      case Delivery::to_user: return;
    }
  });
  SpareBytes::give_back(std::move(packet->bytes));
}

void World::to_service(const Event& event) {
  const std::optional<Packet> packet = network_.take(event, true);
  if (packet) serve(event.where - machines_.size(), *packet);
}

std::int32_t Service::status(const Draws& draws, Cause cause) const {
  const bool refuses =
      draws.below(1'000'000, Purpose::refusal, cause) < static_cast<std::uint64_t>(refusals_millionths);
  return refuses ? 403 : 200;
}

Duration Service::time(const Draws& draws, Cause cause) const {
  return latency.sample(draws.bits(Purpose::service_time, cause));
}

void World::serve(std::size_t service, const Packet& packet) {
  const CallId fetch = node::from_bytes_as<node::ServiceCall>(packet.bytes).fetch;
  const Service& plan = plan_.services[service];
  const std::int32_t status = plan.status(draws_, packet.cause);
  const Job job{service, packet.from, packet.connection, fetch, status, packet.cause.child(0)};
  const Time done = queue_.now() + plan.time(draws_, packet.cause);

  const std::uint32_t rank = adversary_.rank(job.cause);
  queue_.push(adversary_.moved(done, job.cause), Class::delivery, service_is_done, 0, jobs_.put(job), rank);
}

void World::answer_from_service(const Event& event) {
  const Job job = jobs_.take(static_cast<std::uint32_t>(event.what));
  const NodeId self = environment_.services[job.service].node;
  // A later process of the same node knows nothing of it.
  if (!network_.is_connected(job.caller, self, job.connection)) return;
  const node::ServiceAnswer answer{job.fetch, Response::with_status(job.status)};
  network_.answer_on_stream(self, job.caller, ports::own_stream, node::to_bytes(answer), job.cause.child(0));
}

}  // namespace orrery::sim
