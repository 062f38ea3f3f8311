#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/json_parts.h"
#include "reports/sweep.h"

namespace orrery::reports {
namespace {

using Json = nlohmann::ordered_json;

// A run as it is in the result of `run`, from its seeds to its verdict.
void put_run_of_several(Json& json, const RunSummary& run) {
  json["seeds"] = seeds_json(run);
  json["fingerprint"] = fingerprint_hex(run.outcome.fingerprint);
  put_run(json, run);
}

Json json_of(const Paired& pairs, const std::string& first, const std::string& second) {
  Json operations = Json::array();
  for (const Paired::ByOperation& each : pairs.operations)
    operations.push_back({{"name", each.name}, {"pairs", each.pairs}, {"much_slower", each.much_slower}});
  return {{"first", first},
          {"second", second},
          {"pairs", pairs.pairs},
          {"moved", pairs.moved},
          {"mean_change_ns", pairs.pairs > 0 ? Json(pairs.mean_change_ns) : Json()},
          {"interval_ns",
           pairs.interval ? Json{{"from", pairs.interval->first}, {"to", pairs.interval->second}} : Json()},
          {"slower", pairs.slower},
          {"much_slower", pairs.much_slower},
          {"much_slower_from_ns", nanoseconds(much_slower_min)},
          {"operations", std::move(operations)}};
}

}  // namespace

Json sweep_json(const SweepSummary& sweep, const Invocation& invocation, const Json& host) {
  std::uint64_t fingerprint = 0;
  Json points = Json::array();
  for (const SweepPoint& each : sweep.points) {
    fingerprint = fold_fingerprint(fingerprint, each.run.outcome.fingerprint);
    Json point{{"values", each.values}};
    put_run_of_several(point, each.run);
    points.push_back(std::move(point));
  }
  Json result = head_json(invocation, sweep.design,
                          sweep.points.empty() ? Json::array() : seeds_json(sweep.points.front().run), fingerprint);
  const auto place = [](const std::optional<std::size_t>& point) { return point ? Json(*point) : Json(); };
  result["paths"] = sweep.paths;
  result["points"] = std::move(points);
  result["smallest_passing"] = place(smallest_passing(sweep));
  result["largest_passing"] = place(largest_passing(sweep));
  const std::optional<Answer> answer = answer_of(sweep);
  result["verdict"] = answer ? Json(to_text(*answer)) : Json();
  put_foot(result, sweep.wall, host);
  return result;
}

Json comparison_json(const Comparison& comparison, const Invocation& invocation, const Json& host) {
  std::uint64_t fingerprint = 0;
  Json designs = Json::array();
  for (const ComparedDesign& each : comparison.designs) {
    fingerprint = fold_fingerprint(fingerprint, each.run.outcome.fingerprint);
    Json design{{"name", each.name}, {"differs", each.differs}};
    put_run_of_several(design, each.run);
    designs.push_back(std::move(design));
  }
  Json pairs = Json::array();
  for (std::size_t i = 0; i < comparison.pairs.size(); ++i)
    pairs.push_back(json_of(comparison.pairs[i], comparison.designs.front().name, comparison.designs.at(i + 1).name));
  const ComparedDesign& first = comparison.designs.front();
  Json result = head_json(invocation, first.name, seeds_json(first.run), fingerprint);
  result["designs"] = std::move(designs);
  result["pairs"] = std::move(pairs);
  result["tolerance_millionths"] = comparison.tolerance_millionths;
  const std::string why = why_worse(comparison);
  result["worse"] = why.empty() ? Json() : Json(why);
  result["verdict"] = to_text(why.empty() ? Answer::pass : Answer::fail);
  put_foot(result, comparison.wall, host);
  return result;
}

}  // namespace orrery::reports
