// Which nodes a world has, and what each knows of the others.
#include <algorithm>
#include <utility>

#include "sim/world.h"

namespace orrery::sim {

// Numbers the nodes: the edges in the order of the cities, the machines, the acceptors or the directory, the services.
std::vector<Site> World::lay_out() {
  std::vector<Site> sites;
  std::vector<std::vector<NodeId>> placed_by_city(plan_.topology.cities.size());
  const auto add = [&sites](const Site& site) {
    sites.push_back(site);
    return NodeId{static_cast<std::uint32_t>(sites.size() - 1)};
  };

  for (std::size_t city = 0; city < plan_.topology.cities.size(); ++city) add({.city = city});
  for (const Site& site : plan_.topology.machines()) placed_by_city[site.city].push_back(add(site));
  const std::size_t before_keepers = sites.size();
  for (const Site& site : plan_.topology.acceptor_sites()) add(site);
  const bool has_acceptors = sites.size() > before_keepers;
  const NodeId directory = has_acceptors ? NodeId{} : add({.city = 0});

  for (std::size_t i = 0; i < sites.size(); ++i)
    node_configs_.push_back({.city = static_cast<std::uint32_t>(sites[i].city),
                             .is_acceptor = has_acceptors && i >= before_keepers,
                             .directory = directory,
                             .runs_objects = sites[i].data_center != Site::edge && i < before_keepers,
                             .placed_by_city = std::nullopt});
  if (has_acceptors)
    place_by_registers(sites, std::move(placed_by_city));
  else
    node_configs_.back().placed_by_city = std::move(placed_by_city);

  for (const Service& service : plan_.services)
    environment_.services.push_back({service.name, add({.city = service.city})});
  return sites;
}

void World::place_by_registers(const std::vector<Site>& sites, std::vector<std::vector<NodeId>>&& machines_by_city) {
  std::vector<NodeId> acceptors;
  for (std::uint32_t i = 0; i < node_configs_.size(); ++i)
    if (node_configs_[i].is_acceptor) acceptors.push_back(NodeId{i});
  const auto by_distance = [&](const Site& from) {
    return [this, &sites, from](NodeId node) { return plan_.topology.one_way(from, sites[node.value]); };
  };
  std::vector<node::MachinesNear> machines_near;
  for (std::size_t city = 0; city < machines_by_city.size(); ++city) {
    node::MachinesNear near{machines_by_city[city], machines_by_city[city].size()};
    for (std::size_t other = 0; other < machines_by_city.size(); ++other)
      if (other != city) near.machines.insert(near.machines.end(), machines_by_city[other].begin(),
                                              machines_by_city[other].end());
    const auto elsewhere = std::ranges::subrange(near.machines.begin() + static_cast<std::ptrdiff_t>(near.in_city),
                                                 near.machines.end());
    std::ranges::stable_sort(elsewhere, {}, by_distance({.city = city}));
    machines_near.push_back(std::move(near));
  }
  const auto shared = std::make_shared<const std::vector<node::MachinesNear>>(std::move(machines_near));
  for (std::size_t i = 0; i < node_configs_.size(); ++i) {
    node_configs_[i].acceptors = acceptors;
    std::ranges::stable_sort(node_configs_[i].acceptors, {}, by_distance(sites[i]));
    node_configs_[i].machines_near = shared;
    node_configs_[i].is_strict = plan_.topology.has_strict_leases;
    if (!node_configs_[i].runs_objects) continue;
    for (const Site& each : plan_.topology.follower_data_centers(sites[i])) {
      std::vector<NodeId>& machines = node_configs_[i].followers.emplace_back();
      for (std::uint32_t node = 0; node < sites.size(); ++node)
        if (node_configs_[node].runs_objects && sites[node].city == each.city &&
            sites[node].data_center == each.data_center)
          machines.push_back(NodeId{node});
    }
  }
}

}  // namespace orrery::sim
