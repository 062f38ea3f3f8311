#include "reports/summary.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "reports/json_parts.h"
#include "reports/json_text.h"
#include "reports/run_blocks.h"
#include "reports/shown.h"

namespace orrery::reports {
namespace {

using Json = nlohmann::ordered_json;

Json in_ns(const std::optional<Duration>& duration) { return duration ? Json(nanoseconds(*duration)) : Json(); }

// Names and keys may come from files of others, in any bytes.
Json valid_text(std::string_view text) {
  std::string quoted;
  append_json(quoted, text);
  return Json::parse(quoted);
}

Json stages_json(const StageTimes& stages) {
  Json json = Json::object();
  for (std::size_t stage = 0; stage < stage_count; ++stage)
    json[std::string(to_text(static_cast<Stage>(stage)))] = nanoseconds(stages[stage]);
  return json;
}

// `row` is its place in rows_of().
Json json_of(const RunSummary& run, std::size_t row, const Latencies& latencies, const std::string* city) {
  Json json{{"name", latencies.name}};
  if (city != nullptr) json["city"] = *city;
  json["count"] = latencies.completed;
  json["failed"] = latencies.failed;
  json["unknown"] = latencies.unknown;
  Json& times = json["latency_ns"] = Json::object();
  for (std::size_t i = 0; i < shown_percentiles.size(); ++i)
    times[std::string(shown_percentiles[i].name)] = in_ns(shown_value(run, row, i).value);
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
  json["retried"] = latencies.retried;
  json["stage_sums_ns"] = stages_json(latencies.stages);
  if (run.seeds.empty()) return json;
  Json& ranges = json["latency_over_seeds_ns"] = Json::object();
  for (std::size_t i = 0; i < shown_percentiles.size(); ++i) {
    const auto range = shown_value(run, row, i).range;
    ranges[std::string(shown_percentiles[i].name)] =
        range ? Json{{"min", nanoseconds(range->first)}, {"max", nanoseconds(range->second)}} : Json();
  }
  return json;
}

Json groups_of(const RunSummary& run) {
  Json groups = Json::array();
  for (std::size_t i = 0; i < run.outcome.groups.size(); ++i)
    groups.push_back(json_of(run, 1 + i, run.outcome.groups[i],
                             i < run.names.groups.size() ? &run.names.groups[i].city : nullptr));
  return groups;
}

Json operations_of(const RunSummary& run) {
  Json operations = Json::array();
  const std::vector<const Latencies*> rows = rows_of(run.outcome);
  for (std::size_t row = 1 + run.outcome.groups.size(); row < rows.size(); ++row)
    operations.push_back(json_of(run, row, *rows[row], nullptr));
  return operations;
}

Json bands_of(const Outcome& outcome) {
  Json bands = Json::array();
  for (const ShownBand& shown : shown_bands) {
    const std::optional<Band> band = honest_band(outcome.stages, shown);
    bands.push_back({{"from", shown.from.per_100k / 1'000},
                     {"to", shown.to.per_100k / 1'000},
                     {"count", band ? band->requests : 0},
                     {"total_ns", band ? Json(nanoseconds(band->total)) : Json(nullptr)},
                     {"stages_ns", band ? stages_json(band->stages) : Json(nullptr)}});
  }
  return bands;
}

Json objects_of(const Outcome& outcome) {
  Json objects = Json::array();
  for (const ObjectUse& use : outcome.objects) {
    Json behind = Json::array();
    for (const Blame& each : use.behind)
      behind.push_back(
          {{"method", each.method}, {"running_ns", nanoseconds(each.running)}, {"held_ns", nanoseconds(each.held)}});
    objects.push_back({{"class", use.class_name},
                       {"id", use.object},
                       {"busy_ns", nanoseconds(use.busy)},
                       {"max_queue", use.longest_queue},
                       {"turns", use.turns},
                       {"name", valid_text(use.name)},
                       {"calls", use.calls},
                       {"waited_ns", nanoseconds(use.waited)},
                       {"waits_behind", std::move(behind)},
                       {"turn_mean_square_us2", use.mean_square_us2},
                       {"busiest_calls", use.busiest_calls},
                       {"busiest_from_ns", nanoseconds(use.busiest_from)}});
  }
  return objects;
}

Json keys_of(const Outcome& outcome) {
  Json keys = Json::array();
  for (const KeyUse& use : outcome.keys)
    keys.push_back(
        {{"class", use.class_name}, {"key", valid_text(use.key)}, {"requests", use.requests}, {"of", use.of}});
  return keys;
}

Json by_seed(const RunSummary& run) {
  Json seeds = Json::array();
  for (const SeedOutcome& each : run.seeds)
    seeds.push_back({{"seed", fmt::to_string(each.seed)}, {"fingerprint", fingerprint_hex(each.fingerprint)}});
  return seeds;
}

Json json_of(const Judged& judged) {
  const auto [unit, limit] = [&judged]() -> std::pair<std::string_view, std::int64_t> {
    const Objective& objective = judged.objective;
    switch (objective.metric) {
      case Objective::Metric::percentile:
      case Objective::Metric::mean:
      case Objective::Metric::max: return {"ns", nanoseconds(objective.time)};
      case Objective::Metric::errors: return {"millionths", objective.share_millionths};
      case Objective::Metric::throughput: return {"millionths_per_hour", objective.rate.millionths_per_hour};
    }
    return {"", 0};
  }();
  return {{"name", judged.of + "." + metric_of(judged.objective)},
          {"unit", unit},
          {"limit", limit},
          {"value", judged.value ? Json(*judged.value) : Json()},
          {"met", judged.kind == Judged::Kind::unknown ? Json() : Json(judged.kind == Judged::Kind::met)}};
}

Json objectives_of(const RunSummary& run) {
  Json objectives = Json::array();
  for (const Judged& each : run.objectives) objectives.push_back(json_of(each));
  return objectives;
}

Json findings_of(const RunSummary& run) {
  Json findings = Json::array();
  for (const Finding& each : run.findings) {
    Json evidence = Json::object();
    for (const auto& [name, value] : each.evidence) evidence[name] = valid_text(value);
    findings.push_back({{"rule", each.rule},
                        {"text", valid_text(each.text)},
                        {"evidence", std::move(evidence)},
                        {"next", valid_text(each.next)}});
  }
  return findings;
}

Json closed_loop_of(const RunSummary& run) {
  if (!run.closed_loop) return nullptr;
  return {{"connections", run.closed_loop->connections},
          {"requests", run.closed_loop->requests},
          {"counted_ns", nanoseconds(run.closed_loop->counted)},
          {"latency_ns", {{"p50", nanoseconds(run.closed_loop->p50)}, {"p99", nanoseconds(run.closed_loop->p99)}}}};
}

Json trace_of(const RunSummary& run) {
  Json lines = Json::array();
  for (const std::string& line : run.trace_lines) lines.push_back(valid_text(line));
  return lines;
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
      json["violations"] = Json::array({json_of(*each.verdict.violation, each.seed.value_or(outcome.seed), "")});
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
std::string range_text(std::uint64_t first, std::uint64_t count) {
  return count <= 1 ? fmt::to_string(first) : fmt::format("{}..{}", first, first + count - 1);
}

}  // namespace

std::string fingerprint_hex(std::uint64_t fingerprint) { return fmt::format("{:016x}", fingerprint); }

Json seeds_json(const RunSummary& run) {
  if (run.seeds.empty()) return Json::array({range_text(run.outcome.seed, 1)});
  Json seeds = Json::array();
  for (std::size_t first = 0, next = 0; first < run.seeds.size(); first = next) {
    while (next < run.seeds.size() && run.seeds[next].seed == run.seeds[first].seed + (next - first)) ++next;
    seeds.push_back(range_text(run.seeds[first].seed, next - first));
  }
  return seeds;
}

Json head_json(const Invocation& invocation, const std::string& scenario, Json seeds, std::uint64_t fingerprint) {
  return {{"schema", result_schema}, {"tool", invocation.tool},   {"command", invocation.command},
          {"scenario", scenario},    {"seeds", std::move(seeds)}, {"fingerprint", fingerprint_hex(fingerprint)}};
}

void put_run(Json& result, const RunSummary& run) {
  const Outcome& outcome = run.outcome;
  result["virtual_ns"] = nanoseconds(outcome.virtual_time);
  result["requests"] = outcome.all.completed;
  result["duration_ns"] = nanoseconds(run.duration);
  result["warmup_ns"] = nanoseconds(run.warmup);
  result["events"] = outcome.events;
  result["all"] = json_of(run, 0, outcome.all, nullptr);
  result["groups"] = groups_of(run);
  result["operations"] = operations_of(run);
  result["bands"] = bands_of(outcome);
  result["objects"] = objects_of(outcome);
  result["objects_used"] = outcome.objects_used;
  result["properties"] = properties_of(outcome);
  result["reached"] = outcome.reached;
  result["by_seed"] = by_seed(run);
  result["objectives"] = objectives_of(run);
  result["findings"] = findings_of(run);
  result["closed_loop"] = closed_loop_of(run);
  result["keys"] = keys_of(outcome);
  result["trace"] = trace_of(run);
  result["verdict"] = to_text(answer_of(run));
}

void put_foot(Json& result, const std::optional<Duration>& wall, const Json& host) {
  if (wall) result["wall_ns"] = nanoseconds(*wall);
  if (!host.is_null()) result["host"] = host;
}

Json run_json(const RunSummary& run, const Invocation& invocation, const Json& host) {
  Json result = head_json(invocation, run.scenario, seeds_json(run), run.outcome.fingerprint);
  put_run(result, run);
  put_foot(result, run.wall, host);
  return result;
}

Json check_json(const CheckSummary& check, const Invocation& invocation, const Json& host) {
  Json seeds = Json::array();
  if (check.seeds_done > 0) seeds.push_back(range_text(check.first_seed, check.seeds_done));
  Json result = head_json(invocation, check.scenario, std::move(seeds), check.fingerprint);
  result["virtual_ns"] = nanoseconds(check.virtual_time);
  result["requests"] = check.requests;
  result["seeds_asked"] = check.seeds_asked;
  result["seeds_done"] = check.seeds_done;
  result["interrupted"] = check.interrupted;
  result["properties"] = properties_of(check);
  result["reached_in_seeds"] = check.reached;
  result["faults_met"] = check.met;
  result["verdict"] = to_text(answer_of(tally_of(check)));
  put_foot(result, check.wall, host);
  return result;
}

}  // namespace orrery::reports
