#include "scenarios/design/design_toml.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "core/base/config.h"
#include "properties/catalogue.h"
#include "scenarios/design/call_cycles.h"
#include "scenarios/design/design_clients.h"
#include "scenarios/design/design_layers.h"
#include "scenarios/design/design_places.h"
#include "scenarios/design/steps_toml.h"
#include "scenarios/workload_toml.h"

namespace orrery::scenarios {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t format_version = 1;
constexpr std::int64_t millionths = 1'000'000;
constexpr std::int64_t seeds_max = 1'000'000'000;
constexpr std::int64_t shards_max = std::numeric_limits<std::uint32_t>::max();
constexpr std::array<std::string_view, 3> key_choices{"uniform", "zipf", "hot"};
// Designs have no models that it could be judged by.
constexpr std::string_view property_of_models = "serialization";
constexpr std::array<std::string_view, 7> faults_to_come{
    "slow_link", "reset_object", "slow_disk", "commit_fails", "service_errors", "deploy", "clock_skew"};

bool is_among(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// A name that can be written before a dot or a slash.
void check_name(TomlTable& owner, const std::string& name, std::string_view what) {
  if (name.empty() || name.find_first_of("./") != name.npos)
    owner.refuse_key(name, fmt::format("the name of {} has no \".\" and no \"/\", and is not empty", what));
}

// ---- Objects.

// key = { dist = "zipf", n = 100, s = 1.1, affinity = 0.8 }.
void read_keys(TomlTable& object, ClassPlan& plan) {
  if (!object.node("key")) return;
  TomlTable key = object.table("key");
  const std::size_t choice = key.node("dist") ? key.choice("dist", key_choices) : 0;
  plan.keys = static_cast<std::uint64_t>(key.whole("n", 1, Zipf::ranks_max));
  if (choice == 1) plan.zipf_millionths = key.millionths("s", 0, Zipf::s_millionths_max);
  if (choice == 2) plan.hot_millionths = key.millionths("share", 0, millionths);
  if (choice != 1 && key.node("s")) key.refuse_key("s", "\"s\" is the exponent of dist = \"zipf\"");
  if (choice != 2 && key.node("share"))
    key.refuse_key("share", "\"share\" is that of the first key, of dist = \"hot\"");
  plan.affinity_millionths = key.millionths("affinity", 0, millionths, 0);
  key.end();
}

// shards = 4, or "per-key".
std::uint32_t read_shards(TomlTable& object) {
  const toml::node* node = object.node("shards");
  const auto word = node ? node->value<std::string>() : "per-key";
  if (word == "per-key") return 0;
  if (word)
    object.refuse("shards", fmt::format("\"shards\" must be a whole number or \"per-key\", not \"{}\"", *word));
  return static_cast<std::uint32_t>(object.whole("shards", 1, shards_max));
}

bool uses_sql(const Steps& steps) {
  bool found = false;
  for_each_step(steps, [&found](const Step& step, std::int64_t) {
    const auto* storage = std::get_if<StorageStep>(&step.what);
    found = found || (storage && storage->kind >= StorageStep::Kind::sql_read);
  });
  return found;
}

ClassPlan read_object(TomlTable& object, const std::string& name, const sim::Topology& topology) {
  ClassPlan plan{.name = name};
  read_keys(object, plan);
  plan.shards = read_shards(object);
  plan.place = read_place(object, topology);
  if (object.node("holds"))
    plan.holding = static_cast<object::Holding>(object.choice("holds", object::holding_names));
  if (object.node("storage")) plan.storage = static_cast<StorageKind>(object.choice("storage", storage_kind_names));
  plan.handlers = read_handlers(object, "handlers");
  TomlTable handlers = object.table("handlers", fmt::format("[objects.{}.handlers]", name));
  for (const HandlerPlan& each : plan.handlers) {
    check_name(handlers, each.name, "a handler");
    if (each.name == "fetch")
      handlers.refuse_key("fetch", "a handler cannot be called \"fetch\": every object has one");
  }
  for (const HandlerPlan& each : plan.handlers)
    if (plan.storage == StorageKind::kv && uses_sql(each.steps))
      object.refuse("storage", fmt::format("handler {} uses SQL, which storage \"kv\" does not have", each.name));
  if (plan.handlers.empty())
    object.refuse("handlers", fmt::format("object {} has no handlers", name),
                  fmt::format("add [objects.{}.handlers]", name));
  return plan;
}

// ---- The whole.

class DesignReader {
 public:
  DesignReader(TomlText& text, const ReadText& read_text, Design& design)
      : text_(text), read_text_(read_text), design_(design), root_(text, text.root(), "") {}

  void read() {
    read_head();
    if (text_.mistake()) return;
    topology_ = read_world(root_, read_text_, design_);
    if (!topology_) return;
    read_services();
    read_objects();
    if (text_.mistake()) return;
    const HandlerNames handlers(experiment_.classes);
    check_steps(handlers);
    refuse_endless_calls();
    complete_steps();
    read_clients(root_, handlers, *topology_, experiment_);
    read_promises(root_, handlers, experiment_);
    read_what_is_counted(handlers);
    read_properties();
    root_.each("faults", [this](TomlTable& each) { read_one_fault(each); });
    read_recording(handlers);
    read_rate(root_, experiment_);
    const std::optional<Duration> lasts = read_run();
    root_.end();
    if (!text_.mistake()) scan_recording();
    if (!text_.mistake()) set_end(lasts);
  }

 private:
  void read_head() {
    const std::int64_t version = root_.whole("orrery", 0, TomlTable::whole_max);
    if (!text_.mistake() && version != format_version)
      root_.refuse("orrery",
                   fmt::format("the design has format {}, this orrery reads format {}", version, format_version));
    design_.name = root_.text("name", design_.name);
    if (design_.name.empty()) root_.refuse("name", "\"name\" is empty");
  }

  void read_services() {
    for (const auto& [name, node] : root_.entries("services")) {
      TomlTable service = table_of("services", name, *node);
      experiment_.services.push_back({.name = name,
                                      .city = read_city(service, *topology_),
                                      .latency = service.distribution("latency"),
                                      .refusals_millionths = service.millionths("refusals", 0, millionths, 0)});
      service.end();
      services_.push_back(name);
    }
  }

  void read_objects() {
    TomlTable objects = root_.table("objects");
    for (const auto& [name, node] : root_.entries("objects")) {
      check_name(objects, name, "an object");
      TomlTable object = table_of("objects", name, *node);
      experiment_.classes.push_back(read_object(object, name, *topology_));
      object.end();
    }
    if (experiment_.classes.empty()) text_.refuse_all("there are no objects: begin each with [objects.NAME]");
  }

  TomlTable table_of(std::string_view section, const std::string& name, const toml::node& node) {
    const std::string path = fmt::format("[{}.{}]", section, name);
    if (!node.is_table()) text_.refuse(node.source(), fmt::format("\"{}\" must be a table, {}", name, path));
    return {text_, node.is_table() ? *node.as_table() : nothing_, path};
  }

  // Services and handlers that steps name are there.
  void check_steps(const HandlerNames& handlers) {
    for (const auto& [name, object] : root_.entries("objects"))
      if (const toml::node* steps = object->as_table()->get("handlers")) check_steps(*steps, handlers);
  }
  void check_steps(const toml::node& node, const HandlerNames& handlers) {
    if (const toml::array* list = node.as_array())
      for (const toml::node& each : *list) check_steps(each, handlers);
    const toml::table* table = node.as_table();
    if (!table) return;
    for (const auto& [key, part] : *table) {
      const auto* name = part.as_string();
      if (name && key == "fetch" && std::ranges::find(services_, name->get()) == services_.end())
        text_.refuse(part.source(), unknown_name("service", name->get(), services_));
      if (const auto found = name && key == "call" ? handlers.find(name->get()) : HandlerNames::Handler{}; !found)
        text_.refuse(part.source(), found.error());
      check_steps(part, handlers);
    }
  }

  void refuse_endless_calls() {
    if (text_.mistake()) return;
    const std::optional<CallCycle> cycle = call_cycle_in(experiment_.classes);
    if (!cycle) return;
    TomlTable object = root_.table("objects").table(cycle->object_class);
    object.table("handlers")
        .refuse_key(cycle->handler, fmt::format("{}: such a call never ends", cycle->text),
                    "make one of the calls in some runs only: { when = 0.5, then = [...] }");
  }

  // What steps do not say by themselves: what storage costs, and which objects stand for the keys of a class.
  void complete_steps() {
    TomlTable costs = root_.table("costs");
    const Duration storage = costs.duration("storage_operation", config::storage_operation_cost);
    // Storage is paid for by the steps.
    experiment_.costs = {.turn = costs.duration("turn", Duration{}),
                         .storage_operation = Duration{},
                         .spread_millionths = costs.millionths("spread", 0, Distribution::sigma_millionths_max, 0)};
    costs.end();
    const auto complete = [&](Step& step, std::int64_t) {
      if (auto* call = std::get_if<CallStep>(&step.what))
        call->shards = std::ranges::find(experiment_.classes, call->object_class, &ClassPlan::name)->shards;
      if (auto* used = std::get_if<StorageStep>(&step.what); used && !used->cost)
        used->cost =
            Distribution::constant(used->kind == StorageStep::Kind::sql_write ? storage * used->rows : storage);
    };
    if (text_.mistake()) return;
    for (ClassPlan& plan : experiment_.classes)
      for (HandlerPlan& handler : plan.handlers) for_each_step(handler.steps, complete);
  }

  // Each event is a service or a handler, and then has its whole name.
  void read_what_is_counted(const HandlerNames& handlers) {
    experiment_.counted = read_counted(root_, "counted");
    if (text_.mistake()) return;
    TomlTable counted = root_.table("counted");
    const std::vector<std::string_view> taken = properties::property_names();
    for (CountedPlan& each : experiment_.counted) {
      check_name(counted, each.name, "what is counted");
      if (std::ranges::find(taken, each.name) != taken.end())
        counted.refuse_key(each.name, fmt::format("there is a property {} already", each.name));
      TomlTable its = counted.table(each.name);
      if (const auto handler = handlers.find(each.of))
        each.of = handler->whole();
      else if (!each.of.empty())
        its.refuse("of", handler.error());
      if (std::ranges::find(services_, each.event) != services_.end()) continue;
      if (const auto handler = handlers.find(each.event)) {
        each.event = handler->whole();
        continue;
      }
      std::vector<std::string> known = services_;
      for (const std::string& handler : handlers.whole_names()) known.push_back(handler);
      its.refuse("event", unknown_name("service or handler", each.event, known));
    }
  }

  // What is counted is always judged.
  void read_properties() {
    std::vector<std::string> known;
    for (const std::string_view name : properties::property_names()) known.emplace_back(name);
    for (const CountedPlan& each : experiment_.counted) known.push_back(each.name);
    const toml::node* named = root_.node("properties");
    design_.names_properties = named != nullptr;
    experiment_.properties = root_.texts("properties");
    if (!named) {
      for (const std::string_view name : properties::usual_property_names()) experiment_.properties.emplace_back(name);
      for (const CountedPlan& each : experiment_.counted) experiment_.properties.push_back(each.name);
      std::erase(experiment_.properties, property_of_models);
    } else {
      for (const CountedPlan& each : experiment_.counted)
        if (std::ranges::find(experiment_.properties, each.name) == experiment_.properties.end())
          experiment_.properties.push_back(each.name);
    }
    for (std::size_t i = 0; named && !text_.mistake() && i < named->as_array()->size(); ++i)
      if (std::ranges::find(known, experiment_.properties[i]) == known.end())
        text_.refuse((*named->as_array())[i].source(), unknown_name("property", experiment_.properties[i], known));
  }

  void read_one_fault(TomlTable& each) {
    const std::string kind = each.text("kind");
    if (is_among(faults_to_come, kind)) {
      FileError error;
      error.message = fmt::format("{} faults are not there yet", kind);
      error.note = fmt::format("known: {}", fmt::join(sim::fault_kind_names, ", "));
      each.refuse("kind", error);
    }
    const FaultPlan fault = read_fault(each);
    if (!text_.mistake() && !target_named(fault.target, experiment_, *topology_))
      each.refuse("target", unknown_target(fault.target));
    experiment_.faults.push_back(fault);
  }

  FileError unknown_target(const std::string& target) const {
    std::vector<std::string> known;
    const std::size_t slash = target.find('/');
    for (const ClassPlan& each : experiment_.classes)
      if (slash != target.npos) known.push_back(each.name);
    for (const sim::Site& site : topology_->machines())
      if (slash == target.npos) known.push_back(sim::name_of(*topology_, site));
    FileError error = unknown_name(slash == target.npos ? "machine" : "object", target.substr(0, slash), known);
    error.note =
        "a target is a machine, \"iad-1-1\", an object, \"Venue/12\", or, for faults of the network, cities, "
        "\"fra,lhr\"";
    return error;
  }

  void read_recording(const HandlerNames& handlers) {
    const auto is_trace = [](const ClientGroup& each) {
      return std::holds_alternative<TraceArrivals>(each.arrivals);
    };
    const auto sender = std::ranges::find_if(experiment_.clients, is_trace);
    const bool is_sent = sender != experiment_.clients.end();
    if (!root_.node("trace")) {
      const auto* arrivals =
          is_sent ? part_at(text_.root(), fmt::format("clients.{}.arrivals", sender->name)) : nullptr;
      if (arrivals) text_.refuse(arrivals->source(), "clients send a recording, and there is no [trace]");
      return;
    }
    TracePlan plan = read_trace(root_, "trace");
    if (!is_sent)
      root_.refuse("trace", "no clients send this recording", "give a group arrivals = { process = \"trace\" }");
    if (text_.mistake()) return;
    TomlTable trace = root_.table("trace");
    TomlTable operations = trace.table("operations");
    for (const auto& [recorded, call] : plan.operations)
      if (const auto handler = handlers.find(call); !handler) operations.refuse(recorded, handler.error());
    plan.file = named_file(text_, *trace.node("file"));
    design_.files.push_back(plan.file);
    std::get<Law>(experiment_.workload).trace = std::move(plan);
  }

  void scan_recording() {
    auto& trace = std::get<Law>(experiment_.workload).trace;
    if (!trace) return;
    auto scanned = scan_trace(*trace);
    if (scanned) {
      trace = std::move(scanned->plan);
      design_.trace = std::move(scanned->facts);
      return;
    }
    FileError error = std::move(scanned.error());
    if (error.line > 0) return text_.refuse(std::move(error));
    error.message = fmt::format("{}: {}", error.file, error.message);
    root_.table("trace").refuse("file", std::move(error));
  }

  // Returns how long it is to last, if that is said.
  std::optional<Duration> read_run() {
    TomlTable run = root_.table("run");
    std::optional<Duration> lasts;
    if (run.node("duration")) lasts = run.duration("duration");
    if (lasts && *lasts <= Duration{}) run.refuse("duration", "\"duration\" must be longer than 0s");
    experiment_.warmup = run.duration("warmup", Duration{});
    design_.seeds = static_cast<std::uint64_t>(run.whole("seeds", 1, seeds_max, 1));
    run.end();
    return lasts;
  }

  void set_end(std::optional<Duration> lasts) {
    if (!lasts && design_.trace) {
      const std::int64_t speed = std::get<Law>(experiment_.workload).trace->speed_millionths;
      const Wide ns = Wide{nanoseconds(design_.trace->lasts)} * millionths / speed;
      lasts = Duration(static_cast<std::int64_t>(std::min<Wide>(ns, nanoseconds(Experiment::lasts_max)))) + 1ms;
    }
    experiment_.lasts = lasts.value_or(experiment_.lasts);
    if (experiment_.warmup >= experiment_.lasts)
      root_.table("run").refuse(
          "warmup", fmt::format("the run is over before its \"warmup\" is: it lasts {}", to_text(experiment_.lasts)));
  }

  TomlText& text_;
  const ReadText& read_text_;
  Design& design_;
  Experiment& experiment_ = design_.experiment;
  TomlTable root_;
  const toml::table nothing_{};
  std::optional<sim::Topology> topology_;
  std::vector<std::string> services_;
};

}  // namespace

void read_design(TomlText& text, const ReadText& read_text, Design& design) {
  DesignReader(text, read_text, design).read();
}

}  // namespace orrery::scenarios
