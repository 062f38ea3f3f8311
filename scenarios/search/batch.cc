#include "scenarios/search/batch.h"

#include <algorithm>

#include "core/base/bytes.h"

namespace orrery::scenarios {

SeedResult result_of(const reports::Outcome& outcome) {
  return {outcome.fingerprint, outcome.all.completed, outcome.virtual_time, outcome.verdicts, outcome.reached};
}

Bytes pack(const SeedResult& result) {
  Writer out(512);
  out.put(result.fingerprint);
  out.put(result.requests);
  out.put(result.virtual_time);
  out.put(static_cast<std::uint32_t>(result.verdicts.size()));
  for (const reports::PropertyVerdict& each : result.verdicts) {
    out.put(each.property);
    out.put(each.verdict.kind);
    out.put(each.verdict.tested);
    out.put(each.verdict.note);
    out.put(each.verdict.violation.has_value());
    if (!each.verdict.violation) continue;
    out.put(each.verdict.violation->rule);
    out.put(each.verdict.violation->object);
    out.put(each.verdict.violation->text);
    out.put(each.verdict.violation->at.time_since_epoch());
  }
  out.put(static_cast<std::uint32_t>(result.reached.size()));
  for (const auto& [mark, count] : result.reached) {
    out.put(mark);
    out.put(count);
  }
  return out.take();
}

SeedResult unpack(const Bytes& bytes) {
  Reader in(bytes);
  SeedResult result;
  in.get(result.fingerprint);
  in.get(result.requests);
  in.get(result.virtual_time);
  result.verdicts.resize(in.next<std::uint32_t>());
  for (reports::PropertyVerdict& each : result.verdicts) {
    in.get(each.property);
    in.get(each.verdict.kind);
    in.get(each.verdict.tested);
    in.get(each.verdict.note);
    if (!in.next<bool>()) continue;
    properties::Violation& violation = each.verdict.violation.emplace();
    in.get(violation.rule);
    in.get(violation.object);
    in.get(violation.text);
    violation.at = Time(in.next<Duration>());
  }
  for (std::uint32_t left = in.next<std::uint32_t>(); left > 0; --left) {
    const auto mark = in.next<std::string>();
    in.get(result.reached[mark]);
  }
  return result;
}

Batch::Batch(std::string scenario, std::vector<std::string> properties, std::uint64_t first_seed, std::uint64_t seeds,
             std::uint64_t violations_max)
    : violations_max_(violations_max) {
  summary_.scenario = std::move(scenario);
  summary_.first_seed = first_seed;
  summary_.seeds_asked = seeds;
  for (std::string& name : properties) summary_.properties.emplace_back().property = std::move(name);
}

bool Batch::is_done() const {
  return summary_.seeds_done == summary_.seeds_asked ||
         std::ranges::all_of(summary_.properties,
                             [this](const auto& each) { return each.violations.size() >= violations_max_; });
}

void Batch::take(const SeedResult& result) {
  using Kind = properties::Verdict::Kind;
  const std::uint64_t seed = summary_.first_seed + summary_.seeds_done++;
  for (reports::PropertySummary& each : summary_.properties) {
    const auto judged = std::ranges::find(result.verdicts, each.property, &reports::PropertyVerdict::property);
    if (judged == result.verdicts.end()) continue;
    const properties::Verdict& verdict = judged->verdict;
    each.tested += verdict.tested;
    if (verdict.tested > 0) ++each.seeds_tested;
    if (verdict.kind == Kind::unknown && each.seeds_unknown++ == 0) each.note = verdict.note;
    if (verdict.kind == Kind::violated && each.violations.size() < violations_max_)
      each.violations.push_back({seed, verdict.violation.value_or(properties::Violation{}), ""});
  }
  reports::add_reached(summary_, result.reached);
  summary_.requests += result.requests;
  summary_.virtual_time += result.virtual_time;
  summary_.fingerprint = reports::fold_fingerprint(summary_.fingerprint, result.fingerprint);
}

std::uint64_t Batch::violated() const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(summary_.properties, [](const auto& each) { return !each.violations.empty(); }));
}

}  // namespace orrery::scenarios
