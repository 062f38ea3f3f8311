#include "reports/summary.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "reports/shown.h"

namespace orrery::reports {
namespace {

using Json = nlohmann::ordered_json;

std::string fingerprint_hex(std::uint64_t fingerprint) { return fmt::format("{:016x}", fingerprint); }

Json head_of(const Invocation& invocation, const std::string& scenario, std::string seeds,
             std::uint64_t fingerprint) {
  return {{"schema", result_schema},
          {"tool", invocation.tool},
          {"command", invocation.command},
          {"scenario", scenario},
          {"seeds", Json::array({std::move(seeds)})},
          {"fingerprint", fingerprint_hex(fingerprint)}};
}

void put_foot(Json& result, const Tally& tally, const std::optional<Duration>& wall, const Json& host) {
  result["verdict"] = to_text(answer_of(tally));
  if (wall) result["wall_ns"] = nanoseconds(*wall);
  if (!host.is_null()) result["host"] = host;
}

Json json_of(const Latencies& latencies, const std::string* city) {
  Json json{{"name", latencies.name}};
  if (city != nullptr) json["city"] = *city;
  json["count"] = latencies.completed;
  json["failed"] = latencies.failed;
  json["unknown"] = latencies.unknown;
  Json& times = json["latency_ns"] = Json::object();
  for (const ShownPercentile& shown : shown_percentiles) {
    const std::optional<Duration> value = latencies.histogram.honest_percentile(shown.percentile);
    times[std::string(shown.name)] = value ? Json(nanoseconds(*value)) : Json(nullptr);
  }
  const bool any = latencies.histogram.count() > 0;
  times["mean"] = any ? Json(nanoseconds(latencies.histogram.mean())) : Json(nullptr);
  times["min"] = any ? Json(nanoseconds(latencies.histogram.min())) : Json(nullptr);
  times["max"] = any ? Json(nanoseconds(latencies.histogram.max())) : Json(nullptr);
  const Work& work = latencies.work;
  json["work"] = {{"turns", work.turns},
                  {"calls", work.calls},
                  {"fetches", work.fetches},
                  {"storage_operations", work.operations},
                  {"storage_ns", nanoseconds(work.storage)},
                  {"commits", work.commits}};
  return json;
}

Json groups_of(const RunSummary& run) {
  Json groups = Json::array();
  for (std::size_t i = 0; i < run.outcome.groups.size(); ++i)
    groups.push_back(
        json_of(run.outcome.groups[i], i < run.names.groups.size() ? &run.names.groups[i].city : nullptr));
  return groups;
}

Json operations_of(const Outcome& outcome) {
  Json operations = Json::array();
  for (const Latencies& operation : outcome.operations)
    if (operation.completed > 0) operations.push_back(json_of(operation, nullptr));
  return operations;
}

Json bands_of(const Outcome& outcome) {
  Json bands = Json::array();
  for (const ShownBand& shown : shown_bands) {
    const std::optional<Band> band = honest_band(outcome.stages, shown);
    Json stages = nullptr;
    if (band)
      for (std::size_t stage = 0; stage < stage_count; ++stage)
        stages[std::string(to_text(static_cast<Stage>(stage)))] = nanoseconds(band->stages[stage]);
    bands.push_back({{"from", shown.from.per_100k / 1'000},
                     {"to", shown.to.per_100k / 1'000},
                     {"count", band ? band->requests : 0},
                     {"total_ns", band ? Json(nanoseconds(band->total)) : Json(nullptr)},
                     {"stages_ns", std::move(stages)}});
  }
  return bands;
}

Json objects_of(const Outcome& outcome) {
  Json objects = Json::array();
  for (const ObjectUse& use : outcome.objects)
    objects.push_back({{"class", use.class_name},
                       {"id", use.object},
                       {"busy_ns", nanoseconds(use.busy)},
                       {"max_queue", use.longest_queue},
                       {"turns", use.turns}});
  return objects;
}

Json json_of(const properties::Violation& violation, std::uint64_t seed, const std::string& file) {
  Json json{{"seed", fmt::to_string(seed)},
            {"rule", violation.rule},
            {"object", violation.object},
            {"text", violation.text},
            {"at_ns", nanoseconds(violation.at)}};
  if (!file.empty()) json["file"] = file;
  return json;
}

Json properties_of(const Outcome& outcome) {
  Json all = Json::array();
  for (const PropertyVerdict& each : outcome.verdicts) {
    Json json{{"name", each.property},
              {"verdict", properties::to_text(each.verdict.kind)},
              {"tested", each.verdict.tested}};
    if (!each.verdict.note.empty()) json["note"] = each.verdict.note;
    if (each.verdict.violation)
      json["violations"] = Json::array({json_of(*each.verdict.violation, outcome.seed, "")});
    all.push_back(std::move(json));
  }
  return all;
}

properties::Verdict::Kind kind_of(const PropertySummary& property) {
  using Kind = properties::Verdict::Kind;
  if (!property.violations.empty()) return Kind::violated;
  if (property.seeds_unknown > 0) return Kind::unknown;
  return property.tested > 0 ? Kind::holds : Kind::untested;
}

Json properties_of(const CheckSummary& check) {
  Json all = Json::array();
  for (const PropertySummary& each : check.properties) {
    Json json{{"name", each.property},
              {"verdict", properties::to_text(kind_of(each))},
              {"tested", each.tested},
              {"seeds_tested", each.seeds_tested},
              {"seeds_unknown", each.seeds_unknown}};
    if (!each.note.empty()) json["note"] = each.note;
    for (const PropertySummary::Found& found : each.violations)
      json["violations"].push_back(json_of(found.violation, found.seed, found.file));
    all.push_back(std::move(json));
  }
  return all;
}

// Seeds are written one by one or as a range with both ends: "7", "1..1000".
std::string seeds_of(const CheckSummary& check) {
  if (check.seeds_done <= 1) return fmt::to_string(check.first_seed);
  return fmt::format("{}..{}", check.first_seed, check.first_seed + check.seeds_done - 1);
}

}  // namespace

Json run_json(const RunSummary& run, const Invocation& invocation, const Json& host) {
  const Outcome& outcome = run.outcome;
  Json result = head_of(invocation, run.scenario, fmt::to_string(outcome.seed), outcome.fingerprint);
  result["virtual_ns"] = nanoseconds(outcome.virtual_time);
  result["requests"] = outcome.all.completed;
  result["duration_ns"] = nanoseconds(run.duration);
  result["warmup_ns"] = nanoseconds(run.warmup);
  result["events"] = outcome.events;
  result["all"] = json_of(outcome.all, nullptr);
  result["groups"] = groups_of(run);
  result["operations"] = operations_of(outcome);
  result["bands"] = bands_of(outcome);
  result["objects"] = objects_of(outcome);
  result["objects_used"] = outcome.objects_used;
  result["properties"] = properties_of(outcome);
  result["reached"] = outcome.reached;
  put_foot(result, tally_of(run), run.wall, host);
  return result;
}

Json check_json(const CheckSummary& check, const Invocation& invocation, const Json& host) {
  Json result = head_of(invocation, check.scenario, seeds_of(check), check.fingerprint);
  if (check.seeds_done == 0) result["seeds"] = Json::array();
  result["virtual_ns"] = nanoseconds(check.virtual_time);
  result["requests"] = check.requests;
  result["seeds_asked"] = check.seeds_asked;
  result["seeds_done"] = check.seeds_done;
  result["interrupted"] = check.interrupted;
  result["properties"] = properties_of(check);
  result["reached_in_seeds"] = check.reached;
  result["faults_met"] = check.met;
  put_foot(result, tally_of(check), check.wall, host);
  return result;
}

}  // namespace orrery::reports
