#include "scenarios/design/design_clients.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "core/base/decimal.h"
#include "scenarios/design/design_places.h"
#include "scenarios/workload_toml.h"

namespace orrery::scenarios {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t clients_max = 1'000'000;
constexpr std::int64_t clients_usual = 100;
constexpr std::int64_t one = 1'000'000;             // in millionths
constexpr std::int64_t weight_max = 1'000 * one;    // of a call in a mix
constexpr std::int64_t faster_max = 1'000'000 * one;  // what "rate" may multiply by

constexpr std::string_view everyone = "all";  // the name of all groups together, in objectives

using Shares = std::vector<CallShare>;

// ---- Mixes.

// mix = { book = 0.3, Venue.view = 0.7 }.
class MixReader {
 public:
  MixReader(TomlTable& owner, const HandlerNames& handlers)
      : owner_(owner), handlers_(handlers), mix_(owner.table("mix")) {}

  Shares read() {
    for (const auto& [name, weight] : owner_.entries("mix")) {
      if (!weight->is_table()) {
        add(mix_, name, name);
        continue;
      }
      TomlTable of_class = mix_.table(name, "[mix]");
      for (const auto& [handler, its_weight] : mix_.entries(name)) add(of_class, handler, name + "." + handler);
    }
    const auto is_never = [](const CallShare& share) { return share.weight == 0; };
    if (owner_.has("mix") && std::ranges::all_of(shares_, is_never))
      owner_.refuse("mix", shares_.empty() ? "the mix is empty" : "all weights of the mix are 0");
    return std::move(shares_);
  }

 private:
  void add(TomlTable& table, const std::string& key, const std::string& name) {
    const std::int64_t weight = table.millionths(key, 0, weight_max);
    const auto handler = handlers_.find(name);
    if (!handler) return table.refuse_key(key, handler.error());
    for (const CallShare& each : shares_)
      if (each.object_class == handler->object_class && each.call == handler->name)
        return table.refuse_key(key, fmt::format("{} stands twice in the mix", handler->whole()));
    shares_.push_back({handler->object_class, handler->name, static_cast<std::uint32_t>(weight), {}});
  }

  TomlTable& owner_;
  const HandlerNames& handlers_;
  TomlTable mix_;
  Shares shares_;
};

std::string example_of_mix(const HandlerNames& handlers) {
  std::string weights;
  for (std::size_t i = 0; i < std::min<std::size_t>(handlers.all().size(), 2); ++i)
    weights += fmt::format("{}{} = 1", weights.empty() ? "" : ", ", handlers.all()[i].whole());
  return fmt::format("add mix = {{ {} }}", weights);
}

// ---- Groups.

RetryPlan read_retries(TomlTable& group) {
  if (!group.node("retry")) return {};
  RetryPlan retry = read_retry(group, "retry");
  const bool is_for_something = retry.after_timeout || retry.after_error;
  if (retry.max > 0 && !is_for_something)
    group.refuse("retry", "\"retry\" does not say after what", "add on = [\"timeout\", \"error\"]");
  if (is_for_something && !group.table("retry").has("max"))
    group.refuse("retry", "\"retry\" has no \"max\", how often a client tries again", "add max = 2");
  return retry;
}

ClientGroup read_group(TomlTable& each, const sim::Topology& topology) {
  ClientGroup group{.name = each.text("name"), .city = read_city(each, topology)};
  if (group.name.empty() || group.name == everyone || group.name == "*")
    each.refuse("name", fmt::format("a group of clients cannot be called \"{}\"", group.name));
  if (!each.node("arrivals")) {
    each.refuse("arrivals", "there is no \"arrivals\" in clients",
                "add arrivals = { process = \"poisson\", rate = \"50/s\" }");
    return group;
  }
  group.arrivals = read_arrivals(each, "arrivals");
  const bool needs_number = is_closed(group.arrivals);
  if (needs_number && !each.node("clients"))
    each.refuse("arrivals", "a closed loop needs to know how many clients go round in it", "add clients = 100");
  group.clients =
      static_cast<std::uint32_t>(each.whole("clients", 1, clients_max, clients_usual));
  group.retry = read_retries(each);
  return group;
}

// The mix of each group, or nothing for those that have none of their own.
using OwnMixes = std::vector<std::optional<Shares>>;

Shares all_shares(const OwnMixes& own, const Shares& common, const std::vector<ClientGroup>& groups) {
  if (std::ranges::none_of(own, [](const auto& each) { return each.has_value(); })) return common;
  Shares all;
  for (std::size_t i = 0; i < groups.size(); ++i)
    for (CallShare share : own[i] ? *own[i] : common) {
      share.from = groups[i].name;
      all.push_back(std::move(share));
    }
  return all;
}

// ---- Rates.

std::int64_t times(std::int64_t number, std::int64_t millionths) {
  const Wide product = Wide{number} * millionths / one;
  return static_cast<std::int64_t>(std::min<Wide>(product, std::numeric_limits<std::int64_t>::max()));
}

struct Scaled {
  std::int64_t millionths;
  void scale(Rate& rate) const { rate.millionths_per_hour = times(rate.millionths_per_hour, millionths); }
  void operator()(PoissonArrivals& each) const { scale(each.rate); }
  void operator()(ConstantArrivals& each) const { scale(each.rate); }
  void operator()(BurstyArrivals& each) const {
    scale(each.base);
    scale(each.peak);
  }
  void operator()(RampArrivals& each) const {
    scale(each.from);
    scale(each.to);
  }
  void operator()(ClosedLoop&) const {}
  void operator()(TraceArrivals&) const {}
};

// ---- Objectives.

struct Placed {
  std::string name;
  const toml::node* limit;
};

// As read_objectives goes through them.
std::vector<Placed> objectives_in(TomlTable& root) {
  std::vector<Placed> all;
  for (const auto& [name, node] : root.entries("objectives")) {
    if (const toml::table* inner = node->as_table())
      for (const auto& [metric, limit] : *inner) all.push_back({fmt::format("{}.{}", name, metric.str()), &limit});
    else
      all.push_back({name, node});
  }
  return all;
}

}  // namespace

HandlerNames::HandlerNames(const std::vector<ClassPlan>& classes) {
  for (const ClassPlan& plan : classes)
    for (const HandlerPlan& handler : plan.handlers) handlers_.push_back({plan.name, handler.name});
}

std::vector<std::string> HandlerNames::whole_names() const {
  std::vector<std::string> names;
  for (const Handler& each : handlers_) names.push_back(each.whole());
  return names;
}

std::expected<HandlerNames::Handler, FileError> HandlerNames::find(std::string_view name) const {
  const Handler* found = nullptr;
  for (const Handler& each : handlers_) {
    if (each.whole() == name) return each;
    if (each.name != name) continue;
    if (found) {
      FileError error;
      error.message = fmt::format("{} and {} have a handler \"{}\"", found->object_class, each.object_class, name);
      error.hint = fmt::format("write \"{}\" or \"{}\"", found->whole(), each.whole());
      return std::unexpected(error);
    }
    found = &each;
  }
  if (found) return *found;
  std::vector<std::string> known = whole_names();
  for (const Handler& each : handlers_) known.push_back(each.name);
  FileError error = unknown_name("handler", name, known);
  error.note = fmt::format("known: {}", fmt::join(whole_names(), ", "));
  return std::unexpected(error);
}

void read_clients(TomlTable& root, const HandlerNames& handlers, const sim::Topology& topology,
                  Experiment& experiment) {
  Shares common = MixReader(root, handlers).read();
  const bool has_one_handler = handlers.all().size() == 1;
  if (!root.has("mix") && has_one_handler)
    common.push_back({handlers.all()[0].object_class, handlers.all()[0].name, std::uint32_t{one}, {}});
  OwnMixes own;
  root.each("clients", [&](TomlTable& each) {
    ClientGroup group = read_group(each, topology);
    if (std::ranges::find(experiment.clients, group.name, &ClientGroup::name) != experiment.clients.end())
      each.refuse("name", fmt::format("two groups of clients are called \"{}\"", group.name));
    Shares mix = MixReader(each, handlers).read();
    own.push_back(each.has("mix") ? std::optional(std::move(mix)) : std::nullopt);
    if (!own.back() && common.empty())
      each.refuse("mix", fmt::format("nothing says what \"{}\" calls", group.name), example_of_mix(handlers));
    experiment.clients.push_back(std::move(group));
  });
  if (experiment.clients.empty()) root.file().refuse_all("there are no clients: begin each group with [[clients]]");
  experiment.workload = Law{all_shares(own, common, experiment.clients)};
}

void read_promises(TomlTable& root, const HandlerNames& handlers, Experiment& experiment) {
  experiment.objectives = read_objectives(root, "objectives");
  if (root.file().mistake()) return;
  const std::vector<Placed> placed = objectives_in(root);
  std::vector<std::string> known{std::string(everyone)};
  for (const ClientGroup& group : experiment.clients) known.push_back(group.name);
  for (std::size_t i = 0; i < experiment.objectives.size(); ++i) {
    std::string& of = experiment.objectives[i].of;
    if (of.empty() || std::ranges::find(known, of) != known.end()) continue;
    if (const auto handler = handlers.find(of)) {
      of = handler->whole();
      continue;
    }
    const std::vector<std::string> whole_names = handlers.whole_names();
    known.insert(known.end(), whole_names.begin(), whole_names.end());
    return root.file().refuse(placed[i].limit->source(), unknown_name("group or handler", of, known));
  }
}

void read_rate(TomlTable& root, Experiment& experiment) {
  const toml::node* rate = root.node("rate");
  if (!rate) return;
  const std::string text = rate->value<std::string>().value_or("");
  const auto factor = parse_decimal(text.starts_with('x') ? text.substr(1) : "", one);
  if (!factor || *factor < 1 || *factor > faster_max)
    return root.refuse("rate", "\"rate\" is what all rates are multiplied by, as in \"x1.5\", and above 0");
  for (ClientGroup& group : experiment.clients) std::visit(Scaled{*factor}, group.arrivals);
  auto& trace = std::get<Law>(experiment.workload).trace;
  if (trace) trace->speed_millionths = std::max<std::int64_t>(times(trace->speed_millionths, *factor), 1);
}

}  // namespace orrery::scenarios
