#include "scenarios/experiment_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <span>

#include "scenarios/design/steps_toml.h"
#include "scenarios/toml_reader.h"
#include "scenarios/workload_toml.h"

namespace orrery::scenarios {
namespace {

constexpr std::int64_t format_version = 1;
constexpr std::int64_t millionths = 1'000'000;
constexpr std::int64_t clients_max = 1'000'000;
constexpr std::int64_t uint32_max = std::numeric_limits<std::uint32_t>::max();

std::uint32_t uint32_of(std::int64_t number) { return static_cast<std::uint32_t>(number); }

void read_head(TomlText& text, TomlTable& root, Experiment& experiment) {
  const std::int64_t version = root.whole("orrery", 0, TomlTable::whole_max);
  if (!text.mistake() && version != format_version)
    root.refuse("orrery",
                fmt::format("the file has format {}, this orrery reads format {}", version, format_version));
  experiment.scenario = root.text("scenario");
  experiment.seed = root.seed("seed");
  experiment.properties = root.texts("properties");
  experiment.objectives = read_objectives(root, "objectives");
  experiment.counted = read_counted(root, "counted");
  TomlTable run = root.table("run");
  experiment.lasts = run.duration("duration");
  experiment.warmup = run.duration("warmup", Duration{});
  run.end();
}

void read_places(TomlTable& root, Experiment& experiment) {
  TomlTable network = root.table("network");
  experiment.link.access = network.distribution("access");
  experiment.link.jitter_millionths = network.millionths("jitter", 0, millionths);
  experiment.world.rtt_csv = network.text("matrix", "");
  experiment.world.cities_csv = network.text("cities", "");
  network.end();

  TomlTable disk = root.table("disk");
  experiment.disk.sync = disk.distribution("sync", experiment.disk.sync);
  disk.end();

  TomlTable world = root.table("world");
  experiment.world.data_centers_per_city = static_cast<int>(world.whole("data_centers_per_city", 1, 1'000));
  experiment.world.machines_per_data_center = static_cast<int>(world.whole("machines_per_data_center", 1, 1'000));
  if (world.has("acceptors")) experiment.world.acceptors = static_cast<int>(world.whole("acceptors", 1, 63));
  if (world.has("followers")) experiment.world.followers = static_cast<int>(world.whole("followers", 1, 63));
  if (world.has("leases")) experiment.world.has_strict_leases = world.choice("leases", lease_modes) == 0;
  if (world.has("coalescing"))
    experiment.coalescing = static_cast<Coalescing>(world.choice("coalescing", coalescing_names));
  if (world.has("costs")) {
    TomlTable costs = world.table("costs");
    experiment.costs = {.turn = costs.duration("turn"),
                        .storage_operation = costs.duration("storage_operation"),
                        .older_read = costs.duration("older_read", Costs().older_read),
                        .spread_millionths = costs.millionths("spread", 0, Distribution::sigma_millionths_max)};
    costs.end();
  }
  world.each("classes", [&experiment](TomlTable& each) {
    experiment.classes.push_back({.name = each.text("name"),
                                  .model = each.text("model", ""),
                                  .keys = static_cast<std::uint64_t>(each.whole("keys", 1, Zipf::ranks_max)),
                                  .zipf_millionths = each.millionths("zipf", 0, Zipf::s_millionths_max, 0),
                                  .hot_millionths = each.millionths("hot", 0, millionths, 0),
                                  .affinity_millionths = each.millionths("affinity", 0, millionths, 0),
                                  .shards = uint32_of(each.whole("shards", 0, uint32_max, 0)),
                                  .place = each.text("place", "")});
    experiment.classes.back().handlers = read_handlers(each, "handlers");
    if (each.has("holds"))
      experiment.classes.back().holding = static_cast<object::Holding>(each.choice("holds", object::holding_names));
    if (each.has("storage"))
      experiment.classes.back().storage = static_cast<StorageKind>(each.choice("storage", storage_kind_names));
  });
  world.each("services", [&experiment](TomlTable& each) {
    experiment.services.push_back({.name = each.text("name"),
                                   .city = each.text("city"),
                                   .latency = each.distribution("latency"),
                                   .refusals_millionths = each.millionths("refusals", 0, 1'000'000, 0)});
  });
  world.end();
}

std::optional<Duration> optional_duration(TomlTable& table, std::string_view key) {
  if (!table.has(key)) return std::nullopt;
  return table.duration(key);
}

void read_ops(TomlTable& workload, Experiment& experiment) {
  std::vector<Operation> list;
  std::set<std::pair<ClientId, std::uint64_t>> seen;
  workload.each("ops", [&](TomlTable& each) {
    list.push_back({.client = ClientId{uint32_of(each.whole("client", 0, uint32_max))},
                    .number = static_cast<std::uint64_t>(each.whole("n", 0, TomlTable::whole_max)),
                    .at = each.duration("at", each.has("after_previous") ? std::optional(Duration{}) : std::nullopt),
                    .object_class = each.text("class"),
                    .call = each.text("call"),
                    .key = each.text("key"),
                    .args = each.values("args"),
                    .after_previous = optional_duration(each, "after_previous")});
    const Operation& read = list.back();
    if (!seen.emplace(read.client, read.number).second)
      each.refuse("n", fmt::format("operation {} of client {} stands twice", read.number, read.client.value));
  });
  std::ranges::sort(list, {}, [](const Operation& each) { return std::pair(each.client, each.number); });
  experiment.workload = std::move(list);
}

void read_workload(TomlTable& root, Experiment& experiment) {
  TomlTable workload = root.table("workload");
  workload.each("clients", [&experiment](TomlTable& each) {
    experiment.clients.push_back({.name = each.text("name"),
                                  .city = each.text("city"),
                                  .clients = uint32_of(each.whole("clients", 1, clients_max, 1)),
                                  .arrivals = each.has("arrivals") ? read_arrivals(each, "arrivals") : Arrivals{},
                                  .retry = each.has("retry") ? read_retry(each, "retry") : RetryPlan{}});
  });
  if (workload.has("mix") && workload.has("ops"))
    workload.refuse("ops", "the workload is either a \"mix\" or \"ops\", not both");
  if (!workload.has("mix") && !workload.has("ops"))
    workload.refuse("ops", "there is neither a \"mix\" nor \"ops\" in [workload]");
  if (workload.has("ops")) {
    read_ops(workload, experiment);
  } else {
    Law law;
    workload.each("mix", [&law](TomlTable& each) {
      law.mix.push_back({.object_class = each.text("class"),
                         .call = each.text("call"),
                         .weight = uint32_of(each.whole("weight", 0, uint32_max, 1)),
                         .args = each.arguments("args"),
                         .from = each.text("from", "")});
    });
    if (root.has("trace")) law.trace = read_trace(root, "trace");
    experiment.workload = std::move(law);
  }
  workload.end();
}

void read_adversary(TomlTable& root, sim::AdversaryPlan& plan) {
  TomlTable adversary = root.table("adversary");
  plan.grid = adversary.duration("grid", Duration{});
  plan.ranked = adversary.truth("ranked", false);
  adversary.each("postponed", [&plan](TomlTable& each) {
    plan.postponed.push_back({.client = ClientId{uint32_of(each.whole("client", 0, uint32_max))},
                              .number = static_cast<std::uint64_t>(each.whole("n", 0, TomlTable::whole_max)),
                              .hop = uint32_of(each.whole("hop", 0, 1'000)),
                              .by = each.duration("by")});
  });
  adversary.end();
}

void read_found(TomlTable& root, ExperimentFile& file) {
  TomlTable found = root.table("found");
  ExperimentStamp& stamp = file.stamp;
  stamp.build = found.text("build", "");
  stamp.property = found.text("property", "");
  stamp.violation.rule = found.text("rule", "");
  stamp.violation.object = found.text("object", "");
  stamp.violation.text = found.text("text", "");
  stamp.violation.at = Time(found.duration("at", Duration{}));
  if (found.has("fingerprint")) {
    stamp.fingerprint = found.hexadecimal("fingerprint");
    file.edited = found.text("experiment") != digest_of(file.experiment);
    stamp.checkpoints.interval = static_cast<std::uint64_t>(found.whole(
        "checkpoint_every", 1, TomlTable::whole_max, static_cast<std::int64_t>(sim::Checkpoints{}.interval)));
    stamp.checkpoints.values = found.hexadecimals("checkpoints");
    if ((stamp.checkpoints.interval & (stamp.checkpoints.interval - 1)) != 0)
      found.refuse("checkpoint_every", "\"checkpoint_every\" must be a power of two");
  }
  found.end();
}

}  // namespace

std::expected<ExperimentFile, FileError> read_experiment(std::string_view text, std::string_view file_name) {
  TomlText toml(text, file_name);
  if (toml.mistake()) return std::unexpected(*toml.mistake());
  TomlTable root(toml, toml.root(), "");
  ExperimentFile file;
  read_head(toml, root, file.experiment);
  if (toml.mistake()) return std::unexpected(*toml.mistake());
  read_places(root, file.experiment);
  read_workload(root, file.experiment);
  read_adversary(root, file.experiment.adversary);
  root.each("faults", [&file](TomlTable& each) { file.experiment.faults.push_back(read_fault(each)); });
  if (!toml.mistake()) read_found(root, file);
  root.end();
  if (toml.mistake()) return std::unexpected(*toml.mistake());
  return file;
}

}  // namespace orrery::scenarios
