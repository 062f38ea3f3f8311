#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/decimal.h"
#include "core/base/hex.h"
#include "core/base/sha256.h"
#include "core/base/utf8.h"
#include "scenarios/experiment_file.h"
#include "scenarios/toml_text.h"
#include "scenarios/workload_toml.h"

namespace orrery::scenarios {
namespace {

// A whole file, over several lines if it can stand there as it is.
std::string embedded(std::string_view text) {
  const bool plain = text.find("'''") == text.npos && !text.ends_with('\'') && std::ranges::all_of(text, [](char c) {
                       return c == '\n' || c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
                     });
  return plain ? fmt::format("'''\n{}'''", text) : quoted(text);
}

struct AsToml {
  std::string operator()(std::monostate) const { return "{}"; }
  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(std::int64_t number) const { return fmt::to_string(number); }
  std::string operator()(double number) const {
    std::string text = fmt::format("{}", number);
    if (text.find_first_of(".en") == text.npos) text += ".0";  // still a real number when read back
    return text;
  }
  std::string operator()(const std::string& text) const {
    return is_utf8(text) ? quoted(text) : in_hex("hex", text);
  }
  std::string operator()(const Blob& blob) const { return in_hex("bytes", blob.bytes); }
  std::string operator()(Undefined) const { return "{ undefined = true }"; }
  std::string operator()(const List& list) const {
    std::string items;
    for (const Value& each : list.items) items += (items.empty() ? "" : ", ") + std::visit(*this, each);
    return "[" + items + "]";
  }
  std::string operator()(const Object& object) const {
    std::string fields;
    for (const auto& [name, value] : object.fields)
      fields += fmt::format("{}[{}, {}]", fields.empty() ? "" : ", ", quoted(name), std::visit(*this, value));
    return "{ fields = [" + fields + "] }";
  }

  static std::string in_hex(std::string_view name, std::string_view bytes) {
    return fmt::format("{{ {} = \"{}\" }}", name, hex_of(bytes));
  }
};

std::string in_toml(const Value& value) { return std::visit(AsToml{}, value); }
std::string in_toml(const Argument& argument) {
  if (const auto* value = std::get_if<Value>(&argument)) return in_toml(*value);
  const auto [least, most] = std::get<Between>(argument);
  return fmt::format("{{ between = [{}, {}] }}", least, most);
}

template <class Item>
std::string list_of(const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items) text += (text.empty() ? "" : ", ") + in_toml(item);
  return "[" + text + "]";
}

std::string in_quotes(Duration duration) { return quoted(to_text(duration)); }

// `rows` are the elements, one a line.
std::string list_of(std::string_view name, const std::vector<std::string>& rows) {
  if (rows.empty()) return fmt::format("{} = []\n", name);
  std::string text = fmt::format("{} = [\n", name);
  for (const std::string& row : rows) text += fmt::format("  {},\n", row);
  return text + "]\n";
}

// A row with its last key, `args`, if there are any.
template <class Item>
std::string row_of(std::string head, const std::vector<Item>& args) {
  if (!args.empty()) head += fmt::format(", args = {}", list_of(args));
  return fmt::format("{{ {} }}", head);
}

// Which objects stand for the keys, as far as it is not the usual.
std::string names_of_objects(const ClassPlan& plan) {
  std::string text;
  if (plan.hot_millionths > 0) text += fmt::format(", hot = {}", decimal_text(plan.hot_millionths, 6));
  if (plan.affinity_millionths > 0) text += fmt::format(", affinity = {}", decimal_text(plan.affinity_millionths, 6));
  if (plan.shards > 0) text += fmt::format(", shards = {}", plan.shards);
  if (!plan.place.empty()) text += fmt::format(", place = {}", quoted(plan.place));
  return text;
}

std::string places_of(const Experiment& experiment) {
  std::string text = fmt::format("\n[network]\naccess = {}\njitter = {}\n", quoted(experiment.link.access.to_text()),
                                 decimal_text(experiment.link.jitter_millionths, 6));
  if (!experiment.world.rtt_csv.empty()) text += fmt::format("matrix = {}\n", embedded(experiment.world.rtt_csv));
  if (!experiment.world.cities_csv.empty())
    text += fmt::format("cities = {}\n", embedded(experiment.world.cities_csv));
  text += fmt::format("\n[disk]\nsync = {}\n", quoted(experiment.disk.sync.to_text()));
  text += fmt::format("\n[world]\ndata_centers_per_city = {}\nmachines_per_data_center = {}\n",
                      experiment.world.data_centers_per_city, experiment.world.machines_per_data_center);
  if (experiment.world.acceptors > 0) text += fmt::format("acceptors = {}\n", experiment.world.acceptors);
  if (!experiment.world.has_strict_leases) text += fmt::format("leases = \"{}\"\n", lease_modes[1]);
  if (experiment.world.followers > 0) text += fmt::format("followers = {}\n", experiment.world.followers);
  if (experiment.coalescing != Coalescing::workerd)
    text += fmt::format("coalescing = {}\n", quoted(coalescing_names[static_cast<std::size_t>(experiment.coalescing)]));
  if (experiment.costs != Costs{})
    text += fmt::format("costs = {{ turn = {}, storage_operation = {}, older_read = {}, spread = {} }}\n",
                        in_quotes(experiment.costs.turn), in_quotes(experiment.costs.storage_operation),
                        in_quotes(experiment.costs.older_read), decimal_text(experiment.costs.spread_millionths, 6));
  std::vector<std::string> rows;
  for (const ClassPlan& each : experiment.classes) {
    const std::string model = each.model.empty() ? "" : fmt::format("model = {}, ", quoted(each.model));
    const std::string_view holding = object::holding_names[static_cast<std::size_t>(each.holding)];
    std::string holds = each.holding == object::Holding::turn ? "" : fmt::format(", holds = \"{}\"", holding);
    if (each.storage != StorageKind::sqlite)
      holds += fmt::format(", storage = \"{}\"", storage_kind_names[static_cast<std::size_t>(each.storage)]);
    std::string handlers;
    for (const HandlerPlan& handler : each.handlers)
      handlers +=
          fmt::format("{}{} = {}", handlers.empty() ? "" : ", ", quoted(handler.name), to_toml(handler.steps));
    if (!handlers.empty()) handlers = fmt::format(", handlers = {{ {} }}", handlers);
    rows.push_back(fmt::format("{{ name = {}, {}keys = {}, zipf = {}{}{}{} }}", quoted(each.name), model, each.keys,
                               decimal_text(each.zipf_millionths, 6), names_of_objects(each), holds, handlers));
  }
  text += list_of("classes", rows);
  rows.clear();
  for (const ServicePlan& each : experiment.services)
    rows.push_back(fmt::format("{{ name = {}, city = {}, latency = {}, refusals = {} }}", quoted(each.name),
                               quoted(each.city), quoted(each.latency.to_text()),
                               decimal_text(each.refusals_millionths, 6)));
  return rows.empty() ? text : text + list_of("services", rows);
}

std::string workload_of(const Experiment& experiment) {
  std::vector<std::string> rows;
  for (const ClientGroup& each : experiment.clients)
    rows.push_back(fmt::format("{{ name = {}, city = {}, clients = {}{}{} }}", quoted(each.name), quoted(each.city),
                               each.clients,
                               each.arrivals == Arrivals{} ? "" : ", arrivals = " + to_toml(each.arrivals),
                               each.retry == RetryPlan{} ? "" : ", retry = " + to_toml(each.retry)));
  const std::string clients = "\n[workload]\n" + list_of("clients", rows);
  rows.clear();
  if (const auto* law = std::get_if<Law>(&experiment.workload)) {
    for (const CallShare& each : law->mix) {
      const std::string from = each.from.empty() ? "" : fmt::format(", from = {}", quoted(each.from));
      rows.push_back(row_of(fmt::format("class = {}, call = {}, weight = {}{}", quoted(each.object_class),
                                        quoted(each.call), each.weight, from),
                            each.args));
    }
    return clients + list_of("mix", rows) + (law->trace ? section_of(*law->trace) : "");
  }
  for (const Operation& each : std::get<std::vector<Operation>>(experiment.workload))
    rows.push_back(
        row_of(fmt::format("client = {}, n = {}, {}, class = {}, call = {}, key = {}", each.client.value, each.number,
                           each.after_previous ? fmt::format("after_previous = {}", in_quotes(*each.after_previous))
                                               : fmt::format("at = {}", in_quotes(each.at)),
                           quoted(each.object_class), quoted(each.call), quoted(each.key)),
               each.args));
  return clients + list_of("ops", rows);
}

std::string adversary_of(const sim::AdversaryPlan& plan) {
  if (plan == sim::AdversaryPlan{}) return "";
  std::string text = fmt::format("\n[adversary]\ngrid = {}\nranked = {}\n", in_quotes(plan.grid), plan.ranked);
  std::vector<std::string> rows;
  for (const sim::Postponement& each : plan.postponed)
    rows.push_back(fmt::format("{{ client = {}, n = {}, hop = {}, by = {} }}", each.client.value, each.number,
                               each.hop, in_quotes(each.by)));
  return rows.empty() ? text : text + list_of("postponed", rows);
}

std::string faults_of(const std::vector<FaultPlan>& faults) {
  std::string text;
  for (const FaultPlan& each : faults) {
    text += fmt::format("\n[[faults]]\nkind = \"{}\"\ntarget = {}\n",
                        sim::fault_kind_names[static_cast<std::size_t>(each.kind)], quoted(each.target));
    if (each.point == sim::FaultPoint::at_time)
      text += fmt::format("at = {}\n", in_quotes(each.at));
    else
      text += fmt::format("point = \"{}\"\nnth = {}\n", sim::fault_point_names[static_cast<std::size_t>(each.point)],
                          each.nth);
    if (each.lasts != Duration::zero()) text += fmt::format("lasts = {}\n", in_quotes(each.lasts));
    if (!each.sectors.empty()) text += fmt::format("sectors = {}\n", quoted(each.sectors));
    if (each.stops != sim::Direction::both)
      text += fmt::format("stops = \"{}\"\n", sim::direction_names[static_cast<std::size_t>(each.stops)]);
    if (each.with_users) text += "with_users = true\n";
    if (each.rate_millionths != 0) text += fmt::format("rate = {}\n", decimal_text(each.rate_millionths, 6));
    if (each.by != Duration::zero()) text += fmt::format("by = {}\n", in_quotes(each.by));
  }
  return text;
}

std::string checkpoints_of(const sim::Checkpoints& checkpoints) {
  if (checkpoints.values.empty()) return "";
  constexpr std::size_t per_line = 5;
  std::string text = fmt::format("checkpoint_every = {}\ncheckpoints = [", checkpoints.interval);
  for (std::size_t i = 0; i < checkpoints.values.size(); ++i)
    text += fmt::format("{}\"{:016x}\",", i % per_line == 0 ? "\n  " : " ", checkpoints.values[i]);
  return text + "\n]\n";
}

std::string found(const Experiment& experiment, const ExperimentStamp& stamp) {
  std::string text;
  if (!stamp.build.empty()) text += fmt::format("build       = {}\n", quoted(stamp.build));
  if (!stamp.property.empty()) {
    text += fmt::format("property    = {}\nrule        = {}\n", quoted(stamp.property), quoted(stamp.violation.rule));
    if (!stamp.violation.object.empty()) text += fmt::format("object      = {}\n", quoted(stamp.violation.object));
    text += fmt::format("text        = {}\n", quoted(stamp.violation.text));
    text += fmt::format("at          = {}\n", in_quotes(stamp.violation.at.time_since_epoch()));
  }
  if (stamp.fingerprint)
    text += fmt::format("fingerprint = \"{:016x}\"\nexperiment  = \"{}\"\n{}", *stamp.fingerprint,
                        digest_of(experiment), checkpoints_of(stamp.checkpoints));
  return text.empty() ? text : "\n[found]\n" + text;
}

}  // namespace

sim::Checkpoints thinned(const sim::Checkpoints& checkpoints) {
  sim::Checkpoints fewer = checkpoints;
  while (fewer.values.size() > ExperimentStamp::checkpoints_max) {
    for (std::size_t i = 0; i < fewer.values.size() / 2; ++i) fewer.values[i] = fewer.values[2 * i + 1];
    fewer.values.resize(fewer.values.size() / 2);
    fewer.interval *= 2;
  }
  return fewer;
}

std::string digest_of(const Experiment& experiment) {
  const Digest digest = sha256(to_toml(experiment));
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string to_toml(const Experiment& experiment, const ExperimentStamp& stamp) {
  std::string properties;
  for (const std::string& name : experiment.properties) properties += (properties.empty() ? "" : ", ") + quoted(name);
  std::string text = fmt::format("orrery     = 1\nscenario   = {}\nseed       = \"{}\"\nproperties = [{}]\n",
                                 quoted(experiment.scenario), experiment.seed, properties);
  text += fmt::format("\n[run]\nduration = {}\nwarmup   = {}\n", in_quotes(experiment.lasts),
                      in_quotes(experiment.warmup));
  return text + places_of(experiment) + workload_of(experiment) + adversary_of(experiment.adversary) +
         faults_of(experiment.faults) + section_of(experiment.objectives) + section_of(experiment.counted) +
         found(experiment, stamp);
}

}  // namespace orrery::scenarios
