// What can be wrong with an experiment that is well-formed: names that nothing stands behind, numbers that make
// no sense, targets that are nowhere, a list that is out of order.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/base/bytes.h"
#include "core/base/nearest.h"
#include "core/routing/request.h"
#include "properties/catalogue.h"
#include "properties/models.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {
namespace {

using Mistake = std::optional<FileError>;

constexpr std::uint64_t clients_max = 10'000'000;
constexpr Duration lasts_max = Experiment::lasts_max;

FileError mistake(std::string message, std::string note = "") {
  FileError error;
  error.message = std::move(message);
  error.note = std::move(note);
  return error;
}

// The same, about this part of the experiment, as a design names it (design/design.h).
Mistake about(std::string part, Mistake wrong) {
  if (wrong && wrong->part.empty()) wrong->part = std::move(part);
  return wrong;
}

// Nothing if `name` is among `known`.
Mistake unknown_name(std::string_view what, const std::string& name, const std::vector<std::string>& known) {
  if (std::ranges::find(known, name) != known.end()) return std::nullopt;
  const auto nearest = nearest_name(name, known);
  const std::string meant = nearest ? fmt::format(": did you mean \"{}\"?", *nearest) : "";
  return mistake(fmt::format("there is no {} \"{}\"{}", what, name, meant),
                 fmt::format("known: {}", fmt::join(known, ", ")));
}

std::vector<std::string> class_names(const Experiment& experiment) {
  std::vector<std::string> names;
  for (const ClassPlan& each : experiment.classes) names.push_back(each.name);
  return names;
}

// What fetch takes first must be a Request; other methods refuse what they cannot take when they are called.
bool can_be_fetched(const std::vector<Value>& args) {
  const auto* text = args.empty() ? nullptr : std::get_if<std::string>(&args.front());
  if (!text) return true;
  try {
    Reader(*text).next<Request>();
    return true;
  } catch (const Bug&) {  // our own code writes requests that can be read, a person may not
    return false;
  }
}

// The calls that each class of the experiment takes, by ClassId.
using Calls = std::vector<std::vector<std::string>>;
Calls calls_of(const Experiment& experiment, const Code& code) {
  Calls calls;
  for (const ClassPlan& plan : experiment.classes) {
    const ObjectClass definition = definition_of(plan, code);
    std::vector<std::string>& names = calls.emplace_back();
    for (const ObjectClass::Method& method : definition.methods()) names.push_back(method.name);
  }
  return calls;
}

Mistake in_call(const std::string& object_class, const std::string& call, const std::vector<Value>& args,
                const Experiment& experiment, const Calls& calls) {
  if (Mistake wrong = unknown_name("object class in this experiment called", object_class, class_names(experiment)))
    return wrong;
  const auto plan = std::ranges::find(experiment.classes, object_class, &ClassPlan::name);
  const std::vector<std::string>& methods = calls[static_cast<std::size_t>(plan - experiment.classes.begin())];
  if (call == methods.front() && !can_be_fetched(args))
    return mistake(fmt::format("the argument of {} of {} is not a packed request", call, object_class));
  return unknown_name(fmt::format("call of {} named", object_class), call, methods);
}

Mistake in_classes(const Experiment& experiment, const Code& code) {
  if (experiment.classes.empty()) return mistake("the experiment names no object class");
  std::vector<std::string> known;
  for (const ObjectClass& each : code.classes) known.push_back(each.name());
  std::set<std::string> seen;
  for (const ClassPlan& each : experiment.classes) {
    if (each.handlers.empty())
      if (Mistake wrong = unknown_name("object class", each.name, known)) return wrong;
    if (!seen.insert(each.name).second) return mistake(fmt::format("object class \"{}\" stands twice", each.name));
    if (!each.model.empty() && !properties::model_named(each.model))
      return unknown_name("model", each.model, {"counter", "register"});
    if (each.keys < 1 || each.keys > Zipf::ranks_max)
      return mistake(
          fmt::format("{} has {} keys: between 1 and {} are possible", each.name, each.keys, Zipf::ranks_max));
    if (each.hot_millionths < 0 || each.hot_millionths > 1'000'000 || each.affinity_millionths < 0 ||
        each.affinity_millionths > 1'000'000)
      return mistake(fmt::format("shares of {} must be between 0 and 1", each.name));
    if (each.zipf_millionths < 0 || each.zipf_millionths > Zipf::s_millionths_max)
      return mistake(fmt::format("the Zipf exponent of {} must be between 0 and 10", each.name));
  }
  return std::nullopt;
}

Mistake in_arrivals(const ClientGroup& group) {
  const auto wrong = [&group](std::string what) { return mistake(fmt::format("group \"{}\" {}", group.name, what)); };
  if (const auto* loop = std::get_if<ClosedLoop>(&group.arrivals))
    if (loop->think == Distribution::constant(Duration{}))
      return wrong(fmt::format("must think at least {} between its operations", to_text(think_min)));
  if (const auto* bursty = std::get_if<BurstyArrivals>(&group.arrivals))
    if (bursty->on <= Duration{} || bursty->off <= Duration{} || bursty->on > lasts_max || bursty->off > lasts_max)
      return wrong("must be \"on\" and \"off\" for longer than 0s each, and at most a year");
  if (const auto* ramp = std::get_if<RampArrivals>(&group.arrivals))
    if (ramp->over <= Duration{} || ramp->over > lasts_max)
      return wrong("must take longer than 0s, and at most a year, from one rate to the other");
  return std::nullopt;
}

Mistake in_retry(const ClientGroup& group) {
  const RetryPlan& retry = group.retry;
  const auto outside = [](Duration time) { return time < Duration{} || time > lasts_max; };
  if (outside(retry.timeout) || outside(retry.backoff_least) || outside(retry.backoff_most) ||
      retry.backoff_least > retry.backoff_most)
    return mistake(
        fmt::format("group \"{}\": times of a retry are between 0s and a year, and its pause grows", group.name));
  return std::nullopt;
}

Mistake in_trace(const Law& law, const Experiment& experiment) {
  const bool is_wanted = std::ranges::any_of(experiment.clients, [](const ClientGroup& group) {
    return std::holds_alternative<TraceArrivals>(group.arrivals);
  });
  if (!law.trace && !is_wanted) return std::nullopt;
  if (!law.trace) return mistake("clients send a recording, and there is no [trace]");
  if (!is_wanted) return mistake("there is a [trace], and no clients whose arrivals are { process = \"trace\" }");
  for (const auto& [recorded, call] : law.trace->operations) {
    const auto makes = [&call](const CallShare& share) {
      return call == share.call || call == share.object_class + "." + share.call;
    };
    if (std::ranges::none_of(law.mix, makes))
      return mistake(fmt::format("the recorded operation \"{}\" stands for \"{}\", which the mix does not have",
                                 recorded, call));
  }
  const auto reader = TraceReader::open(*law.trace);
  return reader ? std::nullopt : Mistake(reader.error());
}

Mistake in_place_of(const ClassPlan& plan, const sim::Topology& topology) {
  if (plan.place.empty() || plan.place == place_home) return std::nullopt;
  std::vector<std::string> places{std::string(place_home)};
  for (const sim::LocationHint& hint : sim::location_hints()) places.emplace_back(hint.name);
  for (const sim::City& city : topology.cities) places.push_back(city.name);
  Mistake wrong = unknown_name("place", plan.place, places);
  if (wrong) wrong->note = "a place is a location hint (orrery list regions), a city, or \"home\"";
  return wrong;
}

Mistake in_places(const Experiment& experiment) {
  if (experiment.world.data_centers_per_city < 1 || experiment.world.machines_per_data_center < 1)
    return mistake("every city needs a data center, and every data center a machine");
  const auto topology = topology_of(experiment.world);
  if (!topology) return topology.error();
  std::vector<std::string> cities;
  for (const sim::City& city : topology->cities) cities.push_back(city.name);
  if (experiment.clients.empty()) return mistake("the experiment has no clients");
  if (client_count(experiment) > clients_max)
    return mistake(fmt::format("there are more than {} clients", clients_max));
  for (const ClientGroup& group : experiment.clients) {
    const std::string part = "clients." + group.name;
    if (Mistake wrong = about(part, unknown_name("city", group.city, cities))) return wrong;
    if (group.clients < 1) return about(part, mistake(fmt::format("group \"{}\" has no clients", group.name)));
    if (Mistake wrong = about(part + ".arrivals", in_arrivals(group))) return wrong;
    if (Mistake wrong = about(part + ".retry", in_retry(group))) return wrong;
  }
  for (const ClassPlan& plan : experiment.classes)
    if (Mistake wrong = in_place_of(plan, *topology)) return wrong;
  std::set<std::string> services;
  for (const ServicePlan& service : experiment.services) {
    if (!services.insert(service.name).second)
      return mistake(fmt::format("service \"{}\" stands twice", service.name));
    if (Mistake wrong = unknown_name("city", service.city, cities)) return wrong;
    if (service.refusals_millionths < 0 || service.refusals_millionths > 1'000'000)
      return mistake(fmt::format("service \"{}\" must refuse a share between 0 and 1", service.name));
  }
  return std::nullopt;
}

Mistake in_arguments(const CallShare& share) {
  for (const Argument& each : share.args)
    if (const auto* drawn = std::get_if<Between>(&each); drawn && drawn->least > drawn->most)
      return mistake(
          fmt::format("an argument of {} cannot be between {} and {}", share.call, drawn->least, drawn->most));
  return std::nullopt;
}

// Of a share, as far as it is the same for all operations.
std::vector<Value> fixed_arguments(const CallShare& share) {
  std::vector<Value> values;
  for (const Argument& each : share.args) {
    const auto* value = std::get_if<Value>(&each);
    values.push_back(value ? *value : Value(std::int64_t{0}));
  }
  return values;
}

Mistake in_law(const Law& law, const Experiment& experiment, const Calls& calls) {
  if (law.mix.empty()) return mistake("the mix is empty: nobody would call anything");
  std::uint64_t total = 0;
  std::vector<std::string> groups;
  for (const ClientGroup& group : experiment.clients) groups.push_back(group.name);
  for (const CallShare& share : law.mix) {
    if (Mistake wrong = in_call(share.object_class, share.call, fixed_arguments(share), experiment, calls))
      return wrong;
    if (Mistake wrong = in_arguments(share)) return wrong;
    if (!share.from.empty())
      if (Mistake wrong = unknown_name("group of clients", share.from, groups)) return wrong;
    total += share.weight;
  }
  if (total == 0) return mistake("all weights of the mix are 0");
  return in_trace(law, experiment);
}

Mistake in_list(const std::vector<Operation>& list, const Experiment& experiment, const Calls& calls) {
  const std::uint64_t clients = client_count(experiment);
  const Operation* before = nullptr;
  for (const Operation& each : list) {
    const std::string which = fmt::format("operation {} of client {}", each.number, each.client.value);
    if (Mistake wrong = in_call(each.object_class, each.call, each.args, experiment, calls)) return wrong;
    if (each.at < Duration::zero() || each.at >= experiment.lasts)
      return mistake(
          fmt::format("{}: the time must be from 0s to before the end, {}", which, to_text(experiment.lasts)));
    if (each.client.value >= clients) return mistake(fmt::format("{}: there are only {} clients", which, clients));
    if (each.after_previous && (*each.after_previous < think_min || each.at != Duration::zero()))
      return mistake(fmt::format("{}: it is sent either at a time, or at least {} after the answer before it", which,
                                 to_text(think_min)));
    const bool is_next = before && before->client == each.client;
    if (is_next && before->after_previous.has_value() != each.after_previous.has_value())
      return mistake(which + ": a client sends all of its operations at their times, or all after the answer before");
    if (is_next && (before->number >= each.number || before->at > each.at))
      return mistake(which + ": a client's operations must be ordered by number and by time");
    if (before && before->client > each.client) return mistake(which + ": operations must be ordered by client");
    before = &each;
  }
  return std::nullopt;
}

Mistake in_steps(const Steps& steps, const std::string& where, bool is_outermost, const Experiment& experiment,
                 const Calls& calls) {
  std::vector<std::string> services;
  for (const ServicePlan& each : experiment.services) services.push_back(each.name);
  const auto inside = [&](const Steps& inner) { return in_steps(inner, where, false, experiment, calls); };
  for (const Step& step : steps) {
    Mistake wrong;
    if (const auto* fetch = std::get_if<FetchStep>(&step.what))
      wrong = unknown_name("service", fetch->service, services);
    else if (const auto* call = std::get_if<CallStep>(&step.what))
      wrong = in_call(call->object_class, call->handler, {}, experiment, calls);
    else if (const auto* block = std::get_if<BlockStep>(&step.what))
      wrong = inside(block->steps);
    else if (const auto* when = std::get_if<WhenStep>(&step.what))
      wrong = inside(when->then);
    else if (std::holds_alternative<ReplyStep>(step.what) && !is_outermost)
      wrong = mistake("\"reply\" stands among the steps of the handler, not inside of one");
    else if (const auto* all = std::get_if<AllStep>(&step.what))
      for (const Steps& branch : all->branches)
        if (!wrong) wrong = inside(branch);
    if (!wrong) continue;
    if (is_outermost) wrong->message = fmt::format("{}: {}", where, wrong->message);
    return wrong;
  }
  return std::nullopt;
}

Mistake in_handlers(const Experiment& experiment, const Calls& calls) {
  for (const ClassPlan& plan : experiment.classes) {
    std::set<std::string> seen{"fetch"};
    for (const HandlerPlan& handler : plan.handlers) {
      const std::string where = fmt::format("handler {} of {}", handler.name, plan.name);
      if (!seen.insert(handler.name).second)
        return mistake(where + (handler.name == "fetch" ? " has a name that every class has" : " stands twice"));
      if (Mistake wrong = in_steps(handler.steps, where, true, experiment, calls))
        return about(fmt::format("objects.{}.handlers.{}", plan.name, handler.name), std::move(wrong));
    }
  }
  return std::nullopt;
}

Mistake in_adversary(const sim::AdversaryPlan& plan) {
  const auto outside = [](Duration value) { return value < Duration::zero() || value > lasts_max; };
  if (outside(plan.grid)) return mistake("the adversary's grid must be between 0s and a year");
  for (const sim::Postponement& each : plan.postponed)
    if (outside(each.by))
      return mistake(
          fmt::format("a delivery of operation {} of client {} can be postponed by 0s to a year, not by {}",
                      each.number, each.client.value, to_text(each.by)));
  return std::nullopt;
}

Mistake in_target(const std::string& target, const Experiment& experiment, const sim::Topology& topology) {
  if (target_named(target, experiment, topology)) return std::nullopt;
  const std::size_t slash = target.find('/');
  if (slash != target.npos)
    return unknown_name("object class in this experiment called", target.substr(0, slash), class_names(experiment));
  std::vector<std::string> codes;
  for (const sim::City& city : topology.cities) codes.push_back(city.code);
  const std::string code = target.substr(0, target.find('-'));
  const auto city = std::ranges::find(codes, code);
  const auto nearest = city == codes.end() ? nearest_name(code, codes) : std::optional(code);
  const std::string note =
      "a target is a machine, \"iad-1-1\", an object, \"Counter/12\", or, for faults of the network, cities, "
      "\"fra,lhr\"";
  if (!nearest) return mistake(fmt::format("there is no machine \"{}\"", target), note);
  return mistake(fmt::format("there is no machine \"{}\": did you mean one of \"{}-1-1\" to \"{}-{}-{}\"?", target,
                             *nearest, *nearest, topology.data_centers_per_city, topology.machines_per_data_center),
                 note);
}

// Whether it is a state, not only a moment.
bool has_an_end(sim::FaultKind kind) {
  using enum sim::FaultKind;
  return kind != evict && kind != sync_fails && kind != drift;
}

Mistake in_drift(const FaultPlan& fault, const sim::FaultTarget& target) {
  if (std::holds_alternative<ObjectId>(target)) return mistake("machines have clocks, and objects have none");
  if (fault.point != sim::FaultPoint::at_time) return mistake("a clock drifts from a time on");
  if (fault.rate_millionths < -500'000 || fault.rate_millionths > 1'000'000)
    return mistake("its rate must be between -0.5, half as fast, and 1, twice as fast");
  return std::nullopt;
}

Mistake in_fault_of_network(const FaultPlan& fault, const sim::FaultTarget& target, const sim::Topology& topology) {
  using enum sim::FaultKind;
  const auto* cities = std::get_if<sim::Cities>(&target);
  if (cities && !sim::is_of_network(fault.kind) && fault.kind != drift)
    return mistake("it strikes a machine, and not a city");
  if (fault.kind == partition && cities) {
    const std::set<std::uint32_t> different(cities->numbers.begin(), cities->numbers.end());
    if (different.size() == topology.cities.size()) return mistake("nobody is on the other side");
  }
  if (fault.stops != sim::Direction::both && fault.kind != partition) return mistake("only a partition stops a way");
  if (fault.with_users && (fault.kind != partition || cities))
    return mistake("only a machine that is parted from all others can keep its users");
  if (fault.by != Duration::zero() && fault.kind != delay) return mistake("only datagrams are delayed \"by\" a time");
  if (fault.by < Duration::zero() || fault.by > lasts_max) return mistake("a delay must be between 0s and a year");
  if (fault.kind == drift) return in_drift(fault, target);
  const bool has_rate = sim::is_of_network(fault.kind) && fault.kind != partition;
  if (fault.rate_millionths != 0 && !has_rate) return mistake("it has no rate");
  if (fault.rate_millionths < 0) return mistake("its rate must be between 0 and 1");
  return std::nullopt;
}

Mistake in_fault(const FaultPlan& fault, const Experiment& experiment) {
  const bool is_timed = fault.point == sim::FaultPoint::at_time;
  if (is_timed && (fault.at < Duration::zero() || fault.at > experiment.lasts))
    return mistake(fmt::format("the time must be from 0s to the end, {}", to_text(experiment.lasts)));
  if (fault.nth < 1) return mistake("passings of a point are counted from 1");
  if ((is_timed && fault.nth != 1) || (!is_timed && fault.at != Duration::zero()))
    return mistake("it strikes either at a time or at a passing of a point");
  if (fault.lasts < Duration::zero() || fault.lasts > lasts_max) return mistake("it must last between 0s and a year");
  if (fault.lasts > Duration::zero() && !has_an_end(fault.kind))
    return mistake(fault.kind == sim::FaultKind::drift ? "it lasts to the end"
                                                       : "it happens in a moment and cannot last");
  if (fault.kind == sim::FaultKind::evict && fault.target.find('/') == std::string::npos)
    return mistake("only an object can be evicted");
  if (!fault.sectors.empty() && fault.kind != sim::FaultKind::crash)
    return mistake("only a crash decides about sectors");
  if (fault.sectors.find_first_not_of("kdt") != std::string::npos)
    return mistake(
        fmt::format("sectors are written as k (kept), d (dropped) and t (torn), not \"{}\"", fault.sectors));
  return std::nullopt;
}

Mistake in_faults(const Experiment& experiment) {
  if (experiment.faults.empty()) return std::nullopt;
  if (experiment.faults.size() > Experiment::faults_max)
    return mistake(fmt::format("there are more than {} faults", Experiment::faults_max));
  const auto topology = topology_of(experiment.world);
  std::size_t number = 0;
  for (const FaultPlan& each : experiment.faults) {
    Mistake wrong = in_target(each.target, experiment, *topology);
    if (!wrong) wrong = in_fault(each, experiment);
    if (!wrong) wrong = in_fault_of_network(each, *target_named(each.target, experiment, *topology), *topology);
    ++number;
    if (!wrong) continue;
    wrong->part = fmt::format("faults.{}", number);
    wrong->message =
        fmt::format("fault {}, {} of {}: {}", number, sim::fault_kind_names[static_cast<std::size_t>(each.kind)],
                    each.target, wrong->message);
    return wrong;
  }
  return std::nullopt;
}

}  // namespace

std::optional<FileError> mistake_in(const Experiment& experiment, const Code& code) {
  if (experiment.lasts <= Duration::zero() || experiment.lasts > lasts_max)
    return about("run.duration", mistake("the experiment must last longer than 0s and at most a year"));
  if (experiment.link.jitter_millionths < 0 || experiment.link.jitter_millionths > 1'000'000)
    return mistake("jitter must be between 0 and 1");
  if (Mistake wrong = in_classes(experiment, code)) return wrong;
  if (Mistake wrong = in_places(experiment)) return wrong;
  if (Mistake wrong = in_adversary(experiment.adversary)) return wrong;
  if (Mistake wrong = in_faults(experiment)) return wrong;
  std::vector<std::string> known;
  for (const std::string_view name : properties::property_names()) known.emplace_back(name);
  for (const properties::OwnProperty& own : code.properties) known.push_back(own.name);
  for (const CountedPlan& each : experiment.counted) {
    if (!event_named(each.event, experiment, code))
      return mistake(fmt::format("\"{}\", which {} counts, is no service and no handler", each.event, each.name),
                     "an event is a service, \"payments\", or a handler, \"Venue.book\"");
    if (!each.of.empty() && !handler_named(each.of, experiment, code))
      return mistake(fmt::format("\"{}\", of which {} counts, is no handler", each.of, each.name));
    if (std::ranges::find(known, each.name) != known.end())
      return mistake(fmt::format("a property called \"{}\" stands twice", each.name));
    known.push_back(each.name);
  }
  for (const ClassPlan& each : experiment.classes)
    if (each.handlers.empty()) {
      const ObjectClass definition = definition_of(each, code);
      for (const ObjectClass::Invariant& invariant : definition.invariants()) known.push_back(invariant.name);
    }
  for (const std::string& name : experiment.properties)
    if (Mistake wrong = unknown_name("property", name, known)) return wrong;
  const Calls calls = calls_of(experiment, code);
  if (Mistake wrong = in_handlers(experiment, calls)) return wrong;
  if (const auto* law = std::get_if<Law>(&experiment.workload)) return in_law(*law, experiment, calls);
  return in_list(std::get<std::vector<Operation>>(experiment.workload), experiment, calls);
}

}  // namespace orrery::scenarios
