// The one idea: an experiment is a value, a run is a pure function.
//
//   Experiment = world + object classes + workload + adversary + faults + seed + virtual duration
//   Outcome run(const Experiment&, const Code&);      the same experiment gives the same outcome, bit for bit
//
// A workload is a law, from which operation n of client c is a keyed draw, or an explicit list of operations.
// explicit_form() turns the first into the second without changing the run. The experiment names object classes
// and calls; the code behind the names is in the binary.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/duration_text.h"
#include "core/base/file_error.h"
#include "core/base/ids.h"
#include "core/base/value.h"
#include "core/journal/event.h"
#include "core/journal/names.h"
#include "core/object/input_gate.h"
#include "core/object/instance.h"
#include "core/object/object_class.h"
#include "properties/counted.h"
#include "properties/property.h"
#include "reports/objectives.h"
#include "reports/outcome.h"
#include "scenarios/argument.h"
#include "scenarios/arrivals.h"
#include "scenarios/design/steps.h"
#include "scenarios/design/trace.h"
#include "sim/adversary.h"
#include "sim/disk.h"
#include "sim/faults.h"
#include "sim/fingerprint.h"
#include "sim/log.h"
#include "sim/network.h"
#include "sim/topology.h"

namespace orrery::scenarios {

// Where the world's shape comes from. Empty texts stand for the measured world of sim/data.
struct WorldShape {
  std::string rtt_csv;     // a matrix of the user's own, as text (sim/topology.h gives its form)
  std::string cities_csv;  // the user's own cities
  int data_centers_per_city = 3;
  int machines_per_data_center = 1;
  int acceptors = 0;
  int followers = 0;
  bool has_strict_leases = true;
  friend bool operator==(const WorldShape&, const WorldShape&) = default;
};

// The world of this shape; a mistake in one of the texts names it by `rtt_name` or `cities_name`.
std::expected<sim::Topology, FileError> topology_of(const WorldShape& shape, std::string_view rtt_name = "matrix",
                                                    std::string_view cities_name = "cities");

struct ServicePlan {
  std::string name;
  std::string city;
  Distribution latency;
  std::int64_t refusals_millionths = 0;  // the share of requests that it answers with status 403
  friend bool operator==(const ServicePlan&, const ServicePlan&) = default;
};

inline constexpr std::string_view place_home = "home";

// An object class, the keys that operations name, "0" to keys - 1, and which objects stand for them.
//
// Each key has a home: one of the groups of clients. Objects have their names from keys, and live at home if `place`
// says so.
struct ClassPlan {
  std::string name;
  std::string model{};  // the sequential model that its whole calls obey (properties/models.h); may be empty
  std::uint64_t keys = 1;
  std::int64_t zipf_millionths = 0;      // popularity falls as a Zipf law with this exponent; 0: all keys alike
  std::int64_t hot_millionths = 0;       // this share of the operations goes to key "0", beside what it has anyway
  std::int64_t affinity_millionths = 0;  // this share goes to keys whose home is the client's own group
  std::uint32_t shards = 0;              // so many objects share the keys, by a hash of each; 0: one object a key
  std::string place{};                   // a location hint, a city, or "home"; empty: near the first caller
  object::Holding holding = object::Holding::turn;
  StorageKind storage = StorageKind::sqlite;
  // What its handlers do, if the experiment brings the class along; without any, its code is in the binary.
  std::vector<HandlerPlan> handlers{};
  friend bool operator==(const ClassPlan&, const ClassPlan&) = default;
};

// What turns take of virtual time beside what handlers declare.
using Costs = object::Environment::Costs;

// What clients do about an operation that came to nothing.
struct RetryPlan {
  bool after_timeout = false;
  bool after_error = false;
  Duration timeout{};     // how long a client waits for each answer; 0s: for ever
  std::uint32_t max = 0;  // further attempts
  // Before the first of them; it doubles up to the other. Of each, a keyed draw takes between half and all.
  Duration backoff_least{};
  Duration backoff_most{};
  friend bool operator==(const RetryPlan&, const RetryPlan&) = default;
};

struct ClientGroup {
  std::string name;
  std::string city;
  std::uint32_t clients = 1;
  Arrivals arrivals{};  // of a law's only
  RetryPlan retry{};
  friend bool operator==(const ClientGroup&, const ClientGroup&) = default;
};

struct CallShare {
  std::string object_class;
  std::string call;
  std::uint32_t weight = 1;
  std::vector<Argument> args;
  std::string from{};  // the group of clients that makes this call; empty: all do
  friend bool operator==(const CallShare&, const CallShare&) = default;
};

// The clients' arrivals, each operation a draw from the mix on a key drawn for its class; what a recording says is
// not drawn.
struct Law {
  std::vector<CallShare> mix;
  std::optional<TracePlan> trace{};  // for the groups whose arrivals are a trace
  friend bool operator==(const Law&, const Law&) = default;
};

struct Operation {
  ClientId client;
  std::uint64_t number = 0;  // among the client's operations; the root of all its draws
  Duration at{};             // when it is meant to be sent, from the start
  std::string object_class;
  std::string call;
  std::string key;
  std::vector<Value> args;
  // Not at a time, but so long after the answer to the client's operation before it, or after the start.
  std::optional<Duration> after_previous{};
  friend bool operator==(const Operation&, const Operation&) = default;
};

using Workload = std::variant<Law, std::vector<Operation>>;  // a list is ordered by client, then number

// A fault of sim/faults.h. Its target is a machine, "iad-1-1" (sim/topology.h), or "Counter/12": the machine that
// this object of this class lives on at that moment; of a fault of the network also cities by their codes, "fra,lhr",
// or "all". It strikes `at` a time, or at the n-th passing of a point: the fields of the other are left as they are.
struct FaultPlan {
  sim::FaultKind kind{};
  sim::FaultPoint point{};
  Duration at{};
  std::uint32_t nth = 1;
  std::string target{};
  Duration lasts{};
  std::string sectors{};
  sim::Direction stops{};
  bool with_users = false;
  std::int64_t rate_millionths = 0;
  Duration by{};
  friend bool operator==(const FaultPlan&, const FaultPlan&) = default;
};

// A property of this experiment: how often something happens for each operation (properties/counted.h).
struct CountedPlan {
  std::string name;
  properties::Times times{};
  std::string event;  // a service, or a handler: "Venue.book"
  std::string of{};   // a handler: of operations that call it; empty: of all
  friend bool operator==(const CountedPlan&, const CountedPlan&) = default;
};

struct Experiment {
  static constexpr std::size_t faults_max = 100'000;
  static constexpr Duration lasts_max = 8760h;

  std::string scenario;  // where it came from; names files and reports
  std::uint64_t seed = 1;
  Duration lasts = 60s;  // no operation is sent later; what is under way is finished
  Duration warmup = 0s;  // requests meant for earlier are left out of latencies
  WorldShape world;
  sim::Link link;
  sim::DiskPlan disk;
  Coalescing coalescing = Coalescing::workerd;
  Costs costs{};
  std::vector<ClassPlan> classes;  // by ClassId
  std::vector<ServicePlan> services;
  std::vector<ClientGroup> clients;  // ClientIds count through the groups
  Workload workload;
  sim::AdversaryPlan adversary;
  std::vector<FaultPlan> faults;
  std::vector<std::string> properties;  // names: of the catalogue, of an author's own, of invariants, of `counted`
  std::vector<CountedPlan> counted;
  std::vector<reports::Objective> objectives;
  friend bool operator==(const Experiment&, const Experiment&) = default;
};

// What experiments can name: object classes, and the properties that their authors state beside those of
// properties/catalogue.h and the invariants of the classes.
struct Code {
  std::vector<ObjectClass> classes;
  std::vector<properties::OwnProperty> properties{};
};

struct RunOptions {
  bool witness = true;                       // off: serialization is judged by search alone
  std::vector<journal::Sink*> more_sinks{};  // see every record after the properties; must outlive the call
  sim::LogSettings log{};                    // for people; changes nothing in the run
};

struct Run {
  reports::Outcome outcome;
  sim::Checkpoints checkpoints;
};

// What is wrong with the experiment, if anything: an unknown class, call, city, property or target, a number or time
// that makes no sense, or a matrix that cannot be read. run() and explicit_form() require that there is nothing.
std::optional<FileError> mistake_in(const Experiment& experiment, const Code& code);

Run run(const Experiment& experiment, const Code& code, const RunOptions& options = {});
// Of a closed loop, it lists the operations that a run sends: so it makes that run.
Experiment explicit_form(const Experiment& experiment, const Code& code);

// For experiments in which nothing is mistaken: the place of a class, and the code behind its name.
ClassId class_named(const Experiment& experiment, const std::string& name);
ObjectClass definition_of(const ClassPlan& plan, const Code& code);

// The name of the object that stands for this key.
std::string object_of(const ClassPlan& plan, std::string_view key);
// The group of clients that is the home of this name: the place in Experiment::clients.
std::size_t home_of(const Experiment& experiment, std::string_view name);

// What a fault's target stands for in this world; nothing if there is no such machine, class or city.
std::optional<sim::FaultTarget> target_named(const std::string& target, const Experiment& experiment,
                                             const sim::Topology& topology);

// Of its class: "Venue.book"; nothing if there is no such handler.
std::optional<properties::HandlerRuns> handler_named(const std::string& name, const Experiment& experiment,
                                                     const Code& code);

// What a counted event stands for; nothing if there is no such service or handler.
std::optional<properties::CountedEvent> event_named(const std::string& event, const Experiment& experiment,
                                                    const Code& code);

// Of all groups together.
std::uint64_t client_count(const Experiment& experiment);

// The names behind the numbers in the experiment's journal.
journal::Names names_of(const Experiment& experiment, const Code& code);

}  // namespace orrery::scenarios
