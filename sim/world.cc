#include "sim/world.h"

#include "core/node/message.h"

namespace orrery::sim {
namespace {

// Kinds of events beside those of the network and the machines.
constexpr std::uint16_t user_wakes = node_timer + 1;
constexpr std::uint16_t service_is_done = node_timer + 2;

object::Environment environment_of(const WorldPlan& plan) {
  object::Environment environment;
  for (const ObjectClass& each : plan.classes) environment.classes.push_back({each, Namespace(each.name())});
  return environment;
}

}  // namespace

World::World(WorldPlan plan)
    : plan_(std::move(plan)),
      draws_(plan_.seed),
      recorder_(queue_),
      adversary_(plan_.adversary, draws_),
      environment_(environment_of(plan_)),
      sites_(lay_out()),
      network_(plan_.topology, sites_, plan_.link, draws_, adversary_, queue_) {
  start_machines();
}

World::~World() = default;

// Numbers the nodes: the edges in the order of the cities, the machines, the directory, the services.
std::vector<Site> World::lay_out() {
  std::vector<Site> sites;
  std::vector<std::vector<NodeId>> placed_by_city(plan_.topology.cities.size());
  const auto add = [&sites](const Site& site) {
    sites.push_back(site);
    return NodeId{static_cast<std::uint32_t>(sites.size() - 1)};
  };

  for (std::size_t city = 0; city < plan_.topology.cities.size(); ++city) add({.city = city});
  for (const Site& site : plan_.topology.machines()) placed_by_city[site.city].push_back(add(site));
  const NodeId directory = add({.city = 0});

  for (const Site& site : sites)
    node_configs_.push_back({static_cast<std::uint32_t>(site.city), directory, std::nullopt});
  node_configs_.back().placed_by_city = std::move(placed_by_city);

  for (const Service& service : plan_.services)
    environment_.services.push_back({service.name, add({.city = service.city})});
  return sites;
}

void World::start_machines() {
  const Commons commons{queue_, network_, adversary_, recorder_, *this, draws_, environment_};
  for (std::uint32_t node = 0; node < node_configs_.size(); ++node)
    machines_.push_back(std::make_unique<Machine>(commons, NodeId{node}, node_configs_[node]));
}

void World::run(Players& players) {
  Event event;
  while (queue_.pop(event)) {
    if (event.kind < kinds_of_delivery)
      deliver(event, players);
    else if (event.kind == node_timer)
      machines_[event.where]->guest().on_timer(event.what);
    else if (event.kind == user_wakes)
      players.on_wake(ClientId{event.where});
    else
      answer_from_service(event);
  }
}

void World::wake(ClientId client, Time at) { queue_.push(at, Class::client, user_wakes, client.value, 0); }

void World::send(ClientId from, Bytes bytes, Cause cause) {
  network_.send_from_user(from, edge_of(from), std::move(bytes), cause);
}

void World::deliver(const Event& event, Players& players) {
  const Packet packet = network_.take(event);
  switch (static_cast<Delivery>(event.kind)) {
    case Delivery::datagram:
      machines_[event.where]->guest().on_datagram(packet.from, packet.bytes, packet.cause);
      return;
    case Delivery::stream:
      if (event.where >= machines_.size())
        serve(event.where - machines_.size(), packet);
      else
        machines_[event.where]->guest().on_stream(packet.from, packet.stream, packet.bytes, packet.cause);
      return;
    case Delivery::from_user:
      machines_[event.where]->guest().on_user(ClientId{packet.from.value}, packet.bytes, packet.cause);
      return;
    case Delivery::to_user: players.on_answer(ClientId{event.where}, packet.bytes); return;
  }
}

void World::serve(std::size_t service, const Packet& packet) {
  const CallId fetch = node::from_bytes_as<node::ServiceCall>(packet.bytes).fetch;
  const Service& plan = plan_.services[service];
  const bool refuses =
      draws_.below(1'000'000, Purpose::refusal, packet.cause) < static_cast<std::uint64_t>(plan.refusals_millionths);
  const Job job{service, packet.from, fetch, refuses ? 403 : 200, packet.cause.child(0)};
  const Time done = queue_.now() + plan.latency.sample(draws_.bits(Purpose::service_time, packet.cause));

  const std::uint32_t rank = adversary_.rank(job.cause);
  queue_.push(adversary_.moved(done, job.cause), Class::delivery, service_is_done, 0, jobs_.put(job), rank);
}

void World::answer_from_service(const Event& event) {
  const Job job = jobs_.take(static_cast<std::uint32_t>(event.what));
  const NodeId self = environment_.services[job.service].node;
  const node::ServiceAnswer answer{job.fetch, Response::with_status(job.status)};
  network_.send_on_stream(self, job.caller, ports::own_stream, node::to_bytes(answer), job.cause.child(0));
}

}  // namespace orrery::sim
