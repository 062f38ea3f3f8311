#include "scenarios/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <set>

#include "core/base/decimal.h"
#include "reports/shown.h"
#include "reports/text.h"
#include "scenarios/design/estimate.h"
#include "scenarios/design/popularity.h"
#include "scenarios/run_facts.h"

namespace orrery::scenarios {
namespace {

using reports::Finding;
using reports::Judged;
using reports::Latencies;
using reports::Stage;
using reports::StageTimes;

__extension__ using Wide = __int128;

constexpr Duration far = 50ms;  // of a service

reports::Band tail_of(const reports::Outcome& outcome) {
  const auto honest = reports::honest_band(outcome.stages, reports::shown_bands.back());
  return honest ? *honest : outcome.stages.band(0, outcome.stages.count());
}

bool is_about_errors(const Judged& judged) { return judged.objective.metric == reports::Objective::Metric::errors; }

// The services that handlers of these classes ask; all, if their code is in the binary.
std::vector<const ServicePlan*> services_asked(const Experiment& experiment) {
  std::set<std::string> asked;
  bool is_known = true;
  for (const ClassPlan& plan : experiment.classes) {
    is_known = is_known && !plan.handlers.empty();
    for (const HandlerPlan& handler : plan.handlers)
      for_each_step(handler.steps, [&asked](const Step& step, std::int64_t) {
        if (const auto* fetch = std::get_if<FetchStep>(&step.what)) asked.insert(fetch->service);
      });
  }
  std::vector<const ServicePlan*> services;
  for (const ServicePlan& each : experiment.services)
    if (!is_known || asked.contains(each.name)) services.push_back(&each);
  return services;
}

// ---- What the slowest requests wait for.

std::string service_text(const ServicePlan& service) {
  return fmt::format("{} (median {}, in {})", service.name, ms_text(quantile_of(service.latency, 500'000)),
                     service.city);
}

Finding slow_service(const RunFacts& facts) {
  const Duration fetch = in(facts.tail.stages, Stage::fetch);
  Finding finding{.rule = "slow-service", .text = "", .next = "", .evidence = {}, .worth = fetch};
  finding.evidence.emplace_back("fetch", share_text(fetch, facts.tail.total));
  const std::vector<const ServicePlan*> services = services_asked(facts.experiment);
  std::vector<std::string> texts;
  for (const ServicePlan* each : services) texts.push_back(service_text(*each));
  const std::string what =
      texts.empty() ? "pauses of the handlers' own" : fmt::format("answers of {}", fmt::join(texts, " and "));
  finding.text =
      fmt::format("{} of the slowest requests is waiting for {}.", share_text(fetch, facts.tail.total), what);
  const Estimates estimates(facts.experiment);
  for (const ClassPlan& plan : facts.experiment.classes) {
    const auto city = estimates.city_of(plan);
    if (!city) continue;
    for (const ServicePlan* each : services) {
      const Duration trip = estimates.round_trip(*city, estimates.city_named(each->city));
      if (trip < far || plan.handlers.empty()) continue;
      finding.text += fmt::format(" The way from {} in {} and back is {} of it.", plan.name,
                                  estimates.topology().cities[*city].name, ms_text(trip));
      finding.evidence.emplace_back("round_trip", ms_text(trip));
    }
  }
  if (!services.empty()) finding.text += " Answer before you ask, ask side by side, or keep what was answered.";
  return finding;
}

Finding commit_wait(const RunFacts& facts) {
  const Duration commit = in(facts.tail.stages, Stage::commit);
  const auto& work = facts.outcome.all.work;
  Finding finding{.rule = "commit-wait", .text = "", .next = "", .evidence = {}, .worth = commit};
  finding.text = fmt::format(
      "{} of the slowest requests is waiting until what they wrote is durable: {} of {}. A request makes {} commits.",
      share_text(commit, facts.tail.total), ms_text(commit), ms_text(facts.tail.total),
      reports::mean_text(work.commits, std::max<std::uint64_t>(1, facts.outcome.all.completed)));
  finding.evidence.emplace_back("commit", share_text(commit, facts.tail.total));
  return finding;
}

Finding long_turn(const RunFacts& facts) {
  const auto work_of = [](const Latencies& row) {
    return per(in(row.stages, Stage::cpu) + in(row.stages, Stage::storage), row.completed);
  };
  const Latencies& longest = *std::ranges::max_element(facts.outcome.operations, {}, work_of);
  const Duration work = in(facts.tail.stages, Stage::cpu) + in(facts.tail.stages, Stage::storage);
  Finding finding{.rule = "long-turn", .text = "", .next = "", .evidence = {}, .worth = work};
  finding.text =
      fmt::format("{} of the slowest requests is work: {} of {}. {} takes {}, {} of it for {} storage operations.",
                  share_text(work, facts.tail.total), ms_text(work), ms_text(facts.tail.total), longest.name,
                  ms_text(work_of(longest)), ms_text(per(in(longest.stages, Stage::storage), longest.completed)),
                  reports::mean_text(longest.work.operations, std::max<std::uint64_t>(1, longest.completed)));
  finding.evidence.emplace_back("work", share_text(work, facts.tail.total));
  return finding;
}

// Whoever lets others in while it waits may wait as long as it does.
void add_tail(std::vector<Finding>& findings, const RunFacts& facts) {
  const bool is_held = std::ranges::any_of(findings, [](const Finding& each) { return each.rule == "gate-held"; });
  const Stage largest = largest_of(facts.tail.stages);
  if (is_held && (largest == Stage::fetch || largest == Stage::commit)) return;
  switch (largest) {
    case Stage::fetch: return findings.push_back(slow_service(facts));
    case Stage::commit: return findings.push_back(commit_wait(facts));
    case Stage::cpu: return findings.push_back(long_turn(facts));
    default: return;
  }
}

void add_chatty_calls(std::vector<Finding>& findings, const RunFacts& facts) {
  const Latencies* worst = nullptr;
  Duration worth{};
  for (const Latencies& row : facts.outcome.operations) {
    if (row.completed == 0 || row.work.calls < row.completed * calls_per_request_min) continue;
    // Of the messages of a request, its own are one pair.
    const Wide network = nanoseconds(per(in(row.stages, Stage::network), row.completed));
    const Duration between(static_cast<std::int64_t>(network * row.work.calls / (row.work.calls + row.completed)));
    if (worst && between <= worth) continue;
    worst = &row;
    worth = between;
  }
  if (!worst) return;
  const std::string calls = reports::mean_text(worst->work.calls, worst->completed);
  Finding finding{.rule = "chatty-calls", .text = "", .next = "", .evidence = {{"calls", calls}}, .worth = worth};
  finding.text = fmt::format(
      "{} makes {} calls to other objects in each request, and {} of its {} are on the way. "
      "Ask for several things in one call, or keep together what is needed together.",
      worst->name, calls, ms_text(per(in(worst->stages, Stage::network), worst->completed)),
      ms_text(per(reports::sum_of(worst->stages), worst->completed)));
  findings.push_back(std::move(finding));
}

// ---- What failed.

void add_retry_storm(std::vector<Finding>& findings, const RunFacts& facts) {
  const Latencies& all = facts.outcome.all;
  if (all.retried * 20 <= all.completed || facts.outcome.groups.empty()) return;
  const auto worst = std::ranges::max_element(facts.outcome.groups, {}, &Latencies::retried);
  const auto place = static_cast<std::size_t>(worst - facts.outcome.groups.begin());
  if (place >= facts.experiment.clients.size()) return;
  const RetryPlan& retry = facts.experiment.clients[place].retry;
  Finding finding{
      .rule = "retry-storm", .text = "", .next = "", .evidence = {}, .worth = in(facts.tail.stages, Stage::retry)};
  finding.text = fmt::format(
      "{} of the requests took more than one attempt, and {} of all had no good answer in the "
      "end.",
      reports::percent_text(all.retried, all.completed),
      reports::percent_text(all.failed + all.unknown, all.completed));
  if (retry.after_timeout)
    finding.text += fmt::format(
        " {} asks again when {} have passed, while the first attempt may still be in a queue: "
        "then the object does the work twice.",
        worst->name, to_text(retry.timeout));
  finding.evidence = {{"retried", reports::percent_text(all.retried, all.completed)},
                      {"without_answer", reports::percent_text(all.failed + all.unknown, all.completed)}};
  finding.next = facts.command("run", fmt::format("--set clients.{}.retry.max=0", worst->name));
  findings.push_back(std::move(finding));
}

// Failures that nothing else explains: timeouts are, if the object is too slow.
void add_errors(std::vector<Finding>& findings, const RunFacts& facts) {
  const auto is_it = [](const Judged& judged) { return is_missed(judged) && is_about_errors(judged); };
  if (std::ranges::none_of(facts.objectives, is_it)) return;
  const bool explained = std::ranges::any_of(findings, [](const Finding& each) { return each.rule == "overload"; });
  if (facts.outcome.all.unknown > facts.outcome.all.failed && explained) return;
  const auto bad = [](const Latencies& row) { return row.failed + row.unknown; };
  const Latencies& worst = *std::ranges::max_element(facts.outcome.operations, {}, bad);
  if (bad(worst) == 0) return;
  const std::string share = reports::percent_text(bad(worst), worst.completed);
  Finding finding{
      .rule = "errors", .text = "", .next = "", .evidence = {{"errors", share}}, .worth = facts.tail.total};
  finding.text = fmt::format("{} of {} came to nothing: {} failed, {} had no answer.", share, worst.name,
                             reports::with_separators(worst.failed), reports::with_separators(worst.unknown));
  for (const ServicePlan* each : services_asked(facts.experiment))
    if (each->refusals_millionths > 0)
      finding.text += fmt::format(" {} refuses {} % of what it is asked.", each->name,
                                  decimal_text(each->refusals_millionths, 4));
  findings.push_back(std::move(finding));
}

}  // namespace

// ---- RunFacts.

const ClassPlan* RunFacts::class_named(const std::string& name) const {
  const auto found = std::ranges::find(experiment.classes, name, &ClassPlan::name);
  return found == experiment.classes.end() ? nullptr : &*found;
}

std::string RunFacts::command(const std::string& verb, const std::string& arguments) const {
  return design.empty() ? "" : fmt::format("orrery {} {} {}", verb, design, arguments);
}

Duration in(const StageTimes& stages, Stage stage) { return stages[static_cast<std::size_t>(stage)]; }

// Time that is spent in the object is one part here.
Stage largest_of(const StageTimes& stages) {
  StageTimes merged = stages;
  const Duration storage = std::exchange(time_in(merged, Stage::storage), Duration::zero());
  time_in(merged, Stage::cpu) = reports::saturated_sum(time_in(merged, Stage::cpu), storage);
  return static_cast<Stage>(std::ranges::max_element(merged) - merged.begin());
}
bool is_missed(const Judged& judged) { return judged.kind == Judged::Kind::missed; }

Duration per(Duration sum, std::uint64_t count) {
  return count == 0 ? Duration::zero() : sum / static_cast<std::int64_t>(count);
}
std::uint64_t unsigned_of(Duration duration) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, nanoseconds(duration)));
}
std::string ms_text(Duration duration) { return reports::milliseconds_text(duration) + " ms"; }
std::string share_text(Duration part, Duration whole) {
  return reports::percent_text(unsigned_of(part), std::max<std::uint64_t>(1, unsigned_of(whole)));
}
std::string number_per_second(std::uint64_t count, Duration time) {
  const Wide tenths = Wide{count} * 10'000'000'000 / std::max<std::int64_t>(1, nanoseconds(time));
  const auto shown = static_cast<std::uint64_t>(tenths);
  if (shown >= 1'000) return reports::with_separators((shown + 5) / 10);
  return fmt::format("{}.{}", shown / 10, shown % 10);
}
std::string rate_text(std::uint64_t count, Duration time) { return number_per_second(count, time) + " a second"; }

std::vector<Finding> findings_of(const Experiment& experiment, const reports::Outcome& outcome,
                                 const std::vector<Judged>& objectives, const std::string& design,
                                 std::uint64_t seeds) {
  const bool all_met =
      std::ranges::all_of(objectives, [](const Judged& each) { return each.kind == Judged::Kind::met; });
  if ((!objectives.empty() && all_met) || outcome.stages.count() == 0) return {};
  const RunFacts facts{.experiment = experiment,
                       .outcome = outcome,
                       .objectives = objectives,
                       .design = design,
                       .seeds = seeds,
                       .only_severe = std::ranges::none_of(objectives, is_missed),
                       .tail = tail_of(outcome)};
  std::vector<Finding> findings = findings_of_objects(facts);
  add_retry_storm(findings, facts);
  for (Finding& each : findings_of_distance(facts)) findings.push_back(std::move(each));
  if (!facts.only_severe) {
    add_tail(findings, facts);
    add_chatty_calls(findings, facts);
    add_errors(findings, facts);
  }
  std::ranges::stable_sort(findings, std::greater{}, &Finding::worth);
  return findings;
}

}  // namespace orrery::scenarios
