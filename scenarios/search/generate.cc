#include "scenarios/search/generate.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/config.h"
#include "core/base/draws.h"
#include "scenarios/catalogue.h"

namespace orrery::scenarios {
namespace {

constexpr std::uint64_t nth_max = 20;

// Draws made before the run, one after the other; each has a place of its own.
class Choices {
 public:
  explicit Choices(std::uint64_t seed) : draws_(seed) {}
  std::uint64_t below(std::uint64_t n) { return draws_.below(n, Purpose::experiment, Cause{}, place_++); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  Duration up_to(Duration most) { return Duration(static_cast<std::int64_t>(below(count(most) + 1))); }
  // Between both, at least 1: each doubling is as likely as any other, and in each there are 16 steps.
  std::uint64_t skewed(std::uint64_t least, std::uint64_t most) {
    std::uint64_t doublings = 1;
    while (least << doublings <= most) ++doublings;
    const std::uint64_t from = least << below(doublings);
    return std::min(from + from * below(16) / 16, most);
  }
  Duration skewed(Duration least, Duration most) {
    return Duration(static_cast<std::int64_t>(skewed(count(least), count(most))));
  }

 private:
  static std::uint64_t count(Duration duration) { return static_cast<std::uint64_t>(nanoseconds(duration)); }

  Draws draws_;
  std::uint64_t place_ = 0;
};

bool has_leases(const Experiment& experiment) { return experiment.world.acceptors > 0; }

// Of more than three groups one to three stay, if none of them has calls of its own.
void draw_groups(Choices& choose, Experiment& experiment) {
  std::vector<ClientGroup>& groups = experiment.clients;
  const auto* law = std::get_if<Law>(&experiment.workload);
  if (!law || groups.size() <= 3) return;
  if (std::ranges::any_of(law->mix, [](const CallShare& share) { return !share.from.empty(); })) return;
  for (const std::uint64_t kept = 1 + choose.below(3); groups.size() > kept;)
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(choose.below(groups.size())));
}

void draw_timing(Choices& choose, Experiment& experiment) {
  const std::uint64_t timing = choose.below(4);
  if (timing == 2) {
    experiment.adversary.grid = choose.skewed(1us, 50ms);
    experiment.adversary.ranked = true;
  } else if (timing == 3) {
    const std::uint64_t clients = client_count(experiment);
    for (std::uint64_t count = 1 + choose.below(3); count > 0; --count) {
      const ClientId client{static_cast<std::uint32_t>(choose.below(clients))};
      const std::uint64_t number = choose.below(10);
      const auto hop = static_cast<std::uint32_t>(choose.below(4));
      experiment.adversary.postponed.push_back({client, number, hop, choose.skewed(1ms, 1s)});
    }
  }
}

// What the clients will call.
std::vector<Operation> operations_of(const Experiment& experiment, const Code& code) {
  Experiment listed = explicit_form(experiment, code);
  return std::get<std::vector<Operation>>(std::move(listed.workload));
}

// An object that will be called, the more often the likelier, and how often that will be.
struct Called {
  std::string object;
  std::uint64_t times = 1;
};
Called drawn_object(Choices& choose, const Experiment& experiment, const std::vector<Operation>& operations) {
  if (operations.empty()) return {experiment.classes.front().name + "/0"};
  const Operation& drawn = operations[choose.below(operations.size())];
  const ClassPlan& plan = experiment.classes[class_named(experiment, drawn.object_class).value];
  const std::string object = object_of(plan, drawn.key);
  const auto is_alike = [&](const Operation& each) {
    return each.object_class == drawn.object_class && object_of(plan, each.key) == object;
  };
  return {fmt::format("{}/{}", drawn.object_class, object),
          static_cast<std::uint64_t>(std::ranges::count_if(operations, is_alike))};
}

// In a city of users: objects live there.
std::string drawn_machine(Choices& choose, const Experiment& experiment) {
  const sim::Topology topology = topology_of(experiment.world).value();
  const std::string& city = experiment.clients[choose.below(experiment.clients.size())].city;
  sim::Site site;
  site.city =
      static_cast<std::size_t>(std::ranges::find(topology.cities, city, &sim::City::name) - topology.cities.begin());
  site.data_center = static_cast<int>(choose.below(static_cast<std::uint64_t>(topology.data_centers_per_city)));
  site.machine = static_cast<int>(choose.below(static_cast<std::uint64_t>(topology.machines_per_data_center)));
  return sim::name_of(topology, site);
}

FaultPlan drawn_fault(Choices& choose, const Experiment& experiment, const std::vector<Operation>& operations) {
  using enum sim::FaultKind;
  using enum sim::FaultPoint;
  constexpr sim::FaultKind kinds[] = {crash, crash, crash, crash, crash, crash, pause, evict, sync_fails, disk_full};
  constexpr sim::FaultPoint points[] = {in_turn,     in_turn,     in_turn,     at_await,
                                        before_sync, before_sync, before_sync, after_sync};
  FaultPlan fault;
  fault.kind = kinds[choose.below(std::size(kinds))];
  const Called called = drawn_object(choose, experiment, operations);
  const bool is_machine = choose.one_in(5) && fault.kind != evict;
  fault.target = is_machine ? drawn_machine(choose, experiment) : called.object;
  if ((fault.kind == crash || fault.kind == evict) && !choose.one_in(4)) {
    fault.point = points[choose.below(std::size(points))];
    // An object's calls pass its points; one call may do so several times.
    const std::uint64_t most = choose.one_in(4) ? nth_max : std::min(called.times, nth_max);
    fault.nth = static_cast<std::uint32_t>(choose.skewed(1, most));
  } else {
    fault.at = choose.up_to(experiment.lasts);
  }
  if (fault.kind == crash) fault.lasts = choose.skewed(1ms, 3s);
  if (fault.kind == pause) fault.lasts = choose.skewed(1ms, 5s);
  if (fault.kind == disk_full) fault.lasts = choose.skewed(1ms, 1s);
  return fault;
}

// Some of the cities that have users, and not all of the world's; nothing, if the world has one.
std::string drawn_cities(Choices& choose, const Experiment& experiment) {
  const sim::Topology topology = topology_of(experiment.world).value();
  std::vector<std::string> drawn;
  for (const sim::City& city : topology.cities) {
    const bool has_users =
        std::ranges::any_of(experiment.clients, [&](const ClientGroup& group) { return group.city == city.name; });
    if (has_users && choose.one_in(2)) drawn.push_back(city.code);
  }
  if (drawn.size() == topology.cities.size()) drawn.pop_back();
  return fmt::format("{}", fmt::join(drawn, ","));
}

FaultPlan drawn_network_fault(Choices& choose, const Experiment& experiment,
                              const std::vector<Operation>& operations) {
  using enum sim::FaultKind;
  constexpr sim::FaultKind kinds[] = {partition, partition, partition, partition, drop, duplicate, delay};
  FaultPlan fault = drawn_fault(choose, experiment, operations);  // for its target, time and point
  fault.kind = kinds[choose.below(std::size(kinds))];
  const std::string cities = drawn_cities(choose, experiment);
  if (fault.kind == partition) {
    if (choose.one_in(2) && !cities.empty() && fault.point == sim::FaultPoint::at_time)
      fault.target = cities;
    else
      fault.with_users = choose.one_in(3);
    if (choose.one_in(3)) fault.stops = choose.one_in(2) ? sim::Direction::out : sim::Direction::in;
    fault.lasts = choose.skewed(1ms, 40s);
    return fault;
  }
  if (fault.point == sim::FaultPoint::at_time) fault.target = "all";
  fault.rate_millionths = static_cast<std::int64_t>(choose.skewed(10'000, 1'000'000));
  fault.lasts = choose.skewed(10ms, 5s);
  if (fault.kind == delay) fault.by = choose.skewed(1ms, 3s);
  return fault;
}

FaultPlan drawn_drift(Choices& choose, const Experiment& experiment) {
  FaultPlan fault{.kind = sim::FaultKind::drift};
  const std::string cities = drawn_cities(choose, experiment);
  fault.target = cities.empty() || choose.one_in(3) ? drawn_machine(choose, experiment) : cities;
  if (choose.one_in(2)) fault.at = choose.up_to(experiment.lasts);
  const bool is_slow = choose.one_in(2);
  const std::uint64_t most = is_slow ? 500'000 : 1'000'000;
  // Leases rest on clocks within their bound.
  const std::uint64_t bound = has_leases(experiment) ? config::clock_drift_millionths_max : most;
  const auto rate = static_cast<std::int64_t>(choose.skewed(100, bound));
  fault.rate_millionths = is_slow ? -rate : rate;
  return fault;
}

void draw_faults(Choices& choose, const Code& code, Experiment& experiment) {
  if (choose.one_in(8)) {
    const Duration base = choose.skewed(1ms, 50ms);
    const auto slow = choose.one_in(2) ? Distribution::constant(base) : Distribution::lognormal(base, 500'000);
    if (experiment.disk == sim::DiskPlan{}) experiment.disk.sync = slow;
  }
  if (choose.one_in(2)) return;
  const std::vector<Operation> operations = operations_of(experiment, code);
  for (std::uint64_t count = 1 + choose.below(3); count > 0; --count) {
    experiment.faults.push_back(drawn_fault(choose, experiment, operations));
    // What a failed sync left behind shows when the machine starts anew.
    FaultPlan after = experiment.faults.back();
    if (after.kind != sim::FaultKind::sync_fails || choose.one_in(4)) continue;
    after.kind = sim::FaultKind::crash;
    after.at = std::min(after.at + choose.skewed(1ms, 100ms), experiment.lasts);
    after.lasts = choose.skewed(1ms, 3s);
    experiment.faults.push_back(std::move(after));
  }
  if (choose.one_in(6)) experiment.faults.push_back(drawn_drift(choose, experiment));
  if (choose.one_in(2)) return;
  for (std::uint64_t count = 1 + choose.below(2); count > 0; --count)
    experiment.faults.push_back(drawn_network_fault(choose, experiment, operations));
}

}  // namespace

Experiment drawn_experiment(const Scenario& scenario, const Settings& settings, std::uint64_t seed,
                            DrawnFaults faults) {
  return drawn_experiment(experiment_of(scenario, settings, seed), code_of({scenario}), seed, faults);
}

Experiment drawn_experiment(const Experiment& base, const Code& code, std::uint64_t seed, DrawnFaults faults) {
  Experiment experiment = base;
  experiment.seed = seed;
  Choices choose(seed);
  // Long enough for leases to run out, where there are any.
  const Duration quarter = has_leases(experiment) ? 8s : 250ms;
  experiment.lasts = std::min(experiment.lasts, quarter * static_cast<std::int64_t>(1 + choose.below(4)));
  for (ClassPlan& each : experiment.classes) each.keys = std::min<std::uint64_t>(each.keys, 1 + choose.below(50));
  draw_groups(choose, experiment);
  draw_timing(choose, experiment);
  if (faults == DrawnFaults::off) {
    experiment.faults.clear();
    return experiment;
  }
  std::erase_if(experiment.faults, [&](const FaultPlan& fault) { return fault.at > experiment.lasts; });
  draw_faults(choose, code, experiment);
  return experiment;
}

}  // namespace orrery::scenarios
