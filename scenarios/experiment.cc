#include "scenarios/experiment.h"

#include <algorithm>
#include <memory>

#include "core/base/invariant.h"
#include "core/base/lookup.h"
#include "core/base/mix.h"
#include "core/object/namespace.h"
#include "properties/catalogue.h"
#include "properties/guarded.h"
#include "properties/invariant.h"
#include "properties/liveness.h"
#include "reports/coverage.h"
#include "reports/latency.h"
#include "reports/objects.h"
#include "reports/stages.h"
#include "scenarios/clients.h"
#include "scenarios/design/program.h"
#include "scenarios/law.h"
#include "scenarios/patience.h"
#include "sim/world.h"

namespace orrery::scenarios {
namespace {

// Nothing for objects that live at home or near their first callers.
std::optional<std::uint32_t> city_of_place(const std::string& place, const sim::Topology& topology) {
  if (place.empty() || place == place_home) return std::nullopt;
  const auto city = std::ranges::find(topology.cities, place, &sim::City::name);
  return static_cast<std::uint32_t>(city != topology.cities.end()
                                        ? static_cast<std::size_t>(city - topology.cities.begin())
                                        : sim::city_for_hint(topology, place));
}

std::string acceptor_name(std::uint32_t place) { return "acceptor-" + std::to_string(place + 1); }

// "fra,lhr", or "all". Nothing, if one of them is no city's code.
std::optional<sim::FaultTarget> cities_named(const std::string& codes, const sim::Topology& topology) {
  sim::Cities cities;
  for (std::uint32_t number = 0; codes == "all" && number < topology.cities.size(); ++number)
    cities.numbers.push_back(number);
  for (std::size_t from = 0; codes != "all" && from <= codes.size();) {
    const std::size_t comma = std::min(codes.find(',', from), codes.size());
    const auto city = std::ranges::find(topology.cities, codes.substr(from, comma - from), &sim::City::code);
    if (city == topology.cities.end()) return std::nullopt;
    cities.numbers.push_back(static_cast<std::uint32_t>(city - topology.cities.begin()));
    from = comma + 1;
  }
  return cities;
}

sim::WorldPlan plan_of(const Experiment& experiment, const Code& code) {
  sim::WorldPlan plan{.topology = *topology_of(experiment.world),
                      .link = experiment.link,
                      .services = {},
                      .adversary = experiment.adversary,
                      .disk = experiment.disk,
                      .faults = {},
                      .costs = experiment.costs,
                      .coalescing = experiment.coalescing,
                      .classes = {},
                      .client_cities = {},
                      .seed = experiment.seed};
  const auto city_named = [&plan](const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(plan.topology.cities, name, &sim::City::name) -
                                    plan.topology.cities.begin());
  };
  for (const ServicePlan& each : experiment.services)
    plan.services.push_back({each.name, city_named(each.city), each.latency, each.refusals_millionths});
  for (const ClassPlan& each : experiment.classes)
    plan.classes.push_back(
        {definition_of(each, code), each.holding, city_of_place(each.place, plan.topology), each.storage});
  for (const ClientGroup& group : experiment.clients)
    plan.client_cities.insert(plan.client_cities.end(), group.clients,
                              static_cast<std::uint32_t>(city_named(group.city)));
  for (const FaultPlan& each : experiment.faults)
    plan.faults.push_back({each.kind, each.point, each.at, each.nth,
                           *target_named(each.target, experiment, plan.topology), each.lasts, each.sectors, each.stops,
                           each.with_users, each.rate_millionths, each.by});
  return plan;
}

std::vector<properties::DeclaredModel> models_of(const Experiment& experiment, const Code& code) {
  std::vector<properties::DeclaredModel> models;
  for (std::size_t i = 0; i < experiment.classes.size(); ++i) {
    const ClassPlan& plan = experiment.classes[i];
    if (plan.model.empty()) continue;
    std::vector<std::string> methods;
    const ObjectClass definition = definition_of(plan, code);
    for (const ObjectClass::Method& method : definition.methods()) methods.push_back(method.name);
    models.push_back({ClassId{static_cast<std::uint16_t>(i)}, plan.model, std::move(methods)});
  }
  return models;
}

// One of the catalogue, of the author's own, or an invariant of a class.
std::unique_ptr<properties::Property> property_named(const std::string& name, const Experiment& experiment,
                                                     const Code& code, const journal::Names& names,
                                                     const std::vector<properties::DeclaredModel>& models,
                                                     bool witness) {
  properties::LivenessOptions patience{.answer_within = patience_of(experiment)};
  patience.settling += takeover_of(experiment);
  patience.network_settling += takeover_of(experiment);
  if (name == "liveness") return std::make_unique<properties::Liveness>(patience);
  if (auto known = properties::make_property(name, models, witness)) return known;
  for (const properties::OwnProperty& own : code.properties)
    if (own.name == name) return std::make_unique<properties::Guarded>(own, names);
  for (const CountedPlan& plan : experiment.counted)
    if (plan.name == name)
      return std::make_unique<properties::Counted>(name, plan.times, *event_named(plan.event, experiment, code),
                                                   plan.event, handler_named(plan.of, experiment, code));
  for (std::uint16_t i = 0; i < experiment.classes.size(); ++i) {
    const ObjectClass definition = definition_of(experiment.classes[i], code);
    const auto& invariants = definition.invariants();
    const auto found = std::ranges::find(invariants, name, &ObjectClass::Invariant::name);
    if (found == invariants.end()) continue;
    const auto place = static_cast<std::uint32_t>(found - invariants.begin());
    return std::make_unique<properties::AuthorsInvariant>(name, ClassId{i}, place);
  }
  PRECONDITION(false, "there is no property {}", name);
}

// "crash of Counter/0, in_turn 3".
std::string fault_name(const FaultPlan& fault) {
  const bool is_timed = fault.point == sim::FaultPoint::at_time;
  const std::string when = is_timed ? orrery::to_text(fault.at) : std::to_string(fault.nth);
  return fmt::format("{} of {}, {} {}", sim::fault_kind_names[static_cast<std::size_t>(fault.kind)], fault.target,
                     sim::fault_point_names[static_cast<std::size_t>(fault.point)], when);
}

// Counts what each client sends.
class Sent final : public journal::Sink {
 public:
  explicit Sent(std::uint64_t clients) : counts(clients) {}
  journal::Interest interest() const override { return journal::Interest::in<journal::Requested>(); }
  void on(const journal::Record& record) override {
    const auto& requested = std::get<journal::Requested>(record.event);
    if (requested.attempt == 0) ++counts[requested.client.value];
  }
  std::vector<std::uint64_t> counts;
};

}  // namespace

std::expected<sim::Topology, FileError> topology_of(const WorldShape& shape, std::string_view rtt_name,
                                                    std::string_view cities_name) {
  static const sim::Topology measured = sim::measured_world();
  const bool is_measured = shape.rtt_csv.empty() && shape.cities_csv.empty();
  auto topology = is_measured ? measured : sim::read_topology(shape.rtt_csv, rtt_name, shape.cities_csv, cities_name);
  if (!topology) return topology;
  topology->data_centers_per_city = shape.data_centers_per_city;
  topology->machines_per_data_center = shape.machines_per_data_center;
  topology->acceptors = shape.acceptors;
  topology->followers = shape.followers;
  topology->has_strict_leases = shape.has_strict_leases;
  return topology;
}

std::string object_of(const ClassPlan& plan, std::string_view key) {
  return name_for_key(key, plan.shards);
}

std::size_t home_of(const Experiment& experiment, std::string_view name) {
  return scaled(avalanche(mix(hash_of(name), 1)), experiment.clients.size());
}

ClassId class_named(const Experiment& experiment, const std::string& name) {
  const auto found = std::ranges::find(experiment.classes, name, &ClassPlan::name);
  return ClassId{static_cast<std::uint16_t>(found - experiment.classes.begin())};
}

ObjectClass definition_of(const ClassPlan& plan, const Code& code) {
  if (!plan.handlers.empty()) return class_of_steps(plan.name, plan.handlers, plan.storage);
  return *std::ranges::find(code.classes, plan.name, &ObjectClass::name);
}

// The world numbers its nodes in the order of cities' edges, then of machines (sim/world.cc).
std::optional<sim::FaultTarget> target_named(const std::string& target, const Experiment& experiment,
                                             const sim::Topology& topology) {
  const std::size_t slash = target.find('/');
  if (slash == target.npos) {
    const std::optional<std::size_t> machine = sim::machine_named(topology, target);
    const auto nodes = static_cast<std::uint32_t>(topology.cities.size());
    if (machine) return NodeId{nodes + static_cast<std::uint32_t>(*machine)};
    const auto machines = static_cast<std::uint32_t>(topology.machines().size());
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(topology.acceptors); ++i)
      if (target == acceptor_name(i)) return NodeId{nodes + machines + i};
    return cities_named(target, topology);
  }
  const std::string object_class = target.substr(0, slash);
  if (class_named(experiment, object_class).value == experiment.classes.size()) return std::nullopt;
  return Namespace(object_class).id_from_name(target.substr(slash + 1));
}

std::optional<properties::HandlerRuns> handler_named(const std::string& name, const Experiment& experiment,
                                                     const Code& code) {
  const std::size_t dot = std::min(name.find('.'), name.size());
  const ClassId its_class = class_named(experiment, name.substr(0, dot));
  if (its_class.value == experiment.classes.size() || dot == name.size()) return std::nullopt;
  const ObjectClass definition = definition_of(experiment.classes[its_class.value], code);
  const auto method = definition.method_named(name.substr(dot + 1));
  if (!method) return std::nullopt;
  return properties::HandlerRuns{its_class, *method};
}

std::optional<properties::CountedEvent> event_named(const std::string& event, const Experiment& experiment,
                                                    const Code& code) {
  const auto service = std::ranges::find(experiment.services, event, &ServicePlan::name);
  if (service == experiment.services.end()) return handler_named(event, experiment, code);
  const auto names = names_of(experiment, code).nodes;
  return properties::FetchesFrom{NodeId{
      static_cast<std::uint32_t>(names.size() - static_cast<std::size_t>(experiment.services.end() - service))}};
}

std::uint64_t client_count(const Experiment& experiment) {
  std::uint64_t count = 0;
  for (const ClientGroup& group : experiment.clients) count += group.clients;
  return count;
}

journal::Names names_of(const Experiment& experiment, const Code& code) {
  journal::Names names;
  for (const ClassPlan& plan : experiment.classes) {
    const ObjectClass definition = definition_of(plan, code);
    journal::ClassNames each{plan.name, {}, {}};
    for (const ObjectClass::Method& method : definition.methods()) each.methods.push_back(method.name);
    for (const ObjectClass::Invariant& invariant : definition.invariants()) each.invariants.push_back(invariant.name);
    names.classes.push_back(std::move(each));
  }
  std::uint32_t first = 0;
  for (const ClientGroup& group : experiment.clients) {
    names.groups.push_back({group.name, group.city, first, group.clients});
    first += group.clients;
  }
  const auto topology = topology_of(experiment.world);
  for (const sim::City& city : topology->cities) names.nodes.push_back(city.code);
  for (const sim::Site& site : topology->machines()) names.nodes.push_back(sim::name_of(*topology, site));
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(topology->acceptors); ++i)
    names.nodes.push_back(acceptor_name(i));
  if (topology->acceptors == 0) names.nodes.emplace_back("directory");
  for (const ServicePlan& each : experiment.services) names.nodes.push_back(each.name);
  for (const FaultPlan& each : experiment.faults) names.faults.push_back(fault_name(each));
  return names;
}

Run run(const Experiment& experiment, const Code& code, const RunOptions& options) {
  const journal::Names names = names_of(experiment, code);
  const std::unique_ptr<sim::Log> log = sim::make_log(options.log, names.nodes);
  sim::World world(plan_of(experiment, code), log.get());
  sim::Recorder& recorder = world.recorder();

  const auto models = models_of(experiment, code);
  std::vector<std::unique_ptr<properties::Property>> properties;
  for (const std::string& name : experiment.properties)
    properties.push_back(property_named(name, experiment, code, names, models, options.witness));
  reports::LatencyReport latencies(names, Time(experiment.warmup));
  reports::StageLedger ledger(latencies);
  reports::ObjectReport objects(names);
  reports::Coverage coverage(experiment.faults.size());
  for (auto& each : properties) recorder.add(*each);
  recorder.add(ledger);
  recorder.add(objects);
  recorder.add(coverage);
  for (journal::Sink* sink : options.more_sinks) recorder.add(*sink);

  Clients clients(experiment, world);
  try {
    clients.start();
    world.run(clients);
  } catch (const Bug& bug) {
    journal::Record record{Time{}, NodeId{0}, journal::InternalError{std::string(bug.what())}};
    recorder.report(record);
  }

  reports::Outcome outcome;
  outcome.seed = experiment.seed;
  outcome.fingerprint = recorder.fingerprint().value();
  outcome.events = recorder.fingerprint().records();
  outcome.virtual_time = world.now().time_since_epoch();
  for (const auto& each : properties) outcome.verdicts.push_back({std::string(each->name()), each->verdict()});
  latencies.write_to(outcome);
  objects.write_to(outcome);
  outcome.keys = clients.keys().busiest(experiment);
  for (std::size_t i = 0; i < ports::mark_names.size(); ++i)
    outcome.reached[std::string(ports::mark_names[i])] = world.marks()[i];
  coverage.write_to(outcome);
  if (clients.feed()) outcome.notes = to_texts(clients.feed()->skipped(), "row", "not sent");
  return {std::move(outcome), recorder.fingerprint().checkpoints()};
}

Experiment explicit_form(const Experiment& experiment, const Code& code) {
  if (!std::holds_alternative<Law>(experiment.workload)) return experiment;
  Sent sent(client_count(experiment));
  if (std::ranges::any_of(experiment.clients, [](const ClientGroup& group) { return is_closed(group.arrivals); }))
    run(experiment, code, {.more_sinks = {&sent}});
  const auto& mix = std::get<Law>(experiment.workload).mix;
  LawDraws law(experiment);
  std::vector<Operation> operations;
  for (std::uint32_t client = 0; client < law.clients(); ++client)
    while (const auto drawn = law.next(ClientId{client})) {
      if (drawn->after_previous && drawn->number >= sent.counts[client]) break;
      const CallShare& share = mix[drawn->share];
      operations.push_back(
          {ClientId{client}, drawn->number, drawn->at, share.object_class, share.call, std::to_string(drawn->key),
           law.arguments(Cause::operation(ClientId{client}, drawn->number), drawn->share), drawn->after_previous});
    }
  if (std::get<Law>(experiment.workload).trace) {
    TraceFeed feed(experiment, law);
    while (auto sent = feed.next())
      operations.push_back({sent->client, sent->number, sent->at, mix[sent->share].object_class,
                            mix[sent->share].call, std::move(sent->key), std::move(sent->args)});
    std::ranges::sort(operations, {}, [](const Operation& each) { return std::pair(each.client, each.number); });
  }
  Experiment listed = experiment;
  listed.workload = std::move(operations);
  return listed;
}

}  // namespace orrery::scenarios
