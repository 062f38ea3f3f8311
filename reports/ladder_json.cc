#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/ladder.h"

namespace orrery::reports {
namespace {

using Json = nlohmann::ordered_json;

// To a tenth.
double rounded(double number) { return std::round(number * 10) / 10; }

Json json_of(const std::vector<LadderRung>& rungs) {
  Json all = Json::array();
  const auto in_ns = [](const std::optional<Duration>& value) { return value ? Json(nanoseconds(*value)) : Json(); };
  for (const LadderRung& rung : rungs)
    all.push_back({{"clients", rung.clients},
                   {"completed", rung.completed},
                   {"measured_ns", nanoseconds(rung.measured)},
                   {"requests_per_second", rounded(rate_of(rung))},
                   {"latency_ns", {{"p50", in_ns(rung.p50)}, {"p99", in_ns(rung.p99)}}}});
  return all;
}

Json json_of(const LadderVariant& variant) {
  const bool has_ceiling = variant.answered && variant.cost > Duration::zero();
  return {{"holds", object::holding_names[static_cast<std::size_t>(variant.holding)]},
          {"cost_ns", variant.answered ? Json(nanoseconds(variant.cost)) : Json()},
          {"round_trip_ns", variant.answered ? Json(nanoseconds(variant.round_trip)) : Json()},
          {"ceiling_per_second", has_ceiling ? Json(rounded(ceiling_of(variant))) : Json()},
          {"full_from_clients", has_ceiling ? Json(rounded(knee_of(variant))) : Json()},
          {"rungs", json_of(variant.rungs)}};
}

}  // namespace

nlohmann::ordered_json ladder_json(const Ladder& ladder, const Invocation& invocation,
                                   const nlohmann::ordered_json& host) {
  const bool is_known = ladder.variants.front().answered;
  Json result{{"schema", result_schema},
              {"tool", invocation.tool},
              {"command", invocation.command},
              {"scenario", ladder.scenario},
              {"seeds", Json::array({fmt::to_string(ladder.seed)})},
              {"fingerprint", fmt::format("{:016x}", ladder.fingerprint)},
              {"handler", ladder.handler},
              {"writes", is_known ? Json(ladder.writes) : Json()},
              {"awaits", is_known ? Json(ladder.awaits) : Json()}};
  Json& variants = result["variants"] = Json::array();
  Json real = Json::array();
  for (const LadderVariant& variant : ladder.variants) {
    variants.push_back(json_of(variant));
    if (!variant.real.empty())
      real.push_back({{"holds", object::holding_names[static_cast<std::size_t>(variant.holding)]},
                      {"rungs", json_of(variant.real)}});
  }
  if (!host.is_null()) result["host"] = host;
  if (!real.empty()) result["host"]["variants"] = std::move(real);
  return result;
}

}  // namespace orrery::reports
