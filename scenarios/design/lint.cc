#include "scenarios/design/lint.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/duration_text.h"
#include "reports/text.h"
#include "scenarios/design/lint_notes.h"
#include "scenarios/design/popularity.h"
#include "scenarios/run_facts.h"

namespace orrery::scenarios {
namespace {

using Level = LintNote::Level;

constexpr std::int64_t hardly_any = 10'000;  // millionths
constexpr Duration evidence_counted = 1min;

std::string evidence_of_row(const std::vector<reports::Latencies>& rows, const std::string& name) {
  const auto row = std::ranges::find(rows, name, &reports::Latencies::name);
  if (row == rows.end() || row->completed == 0) return "";
  const auto largest = std::ranges::max_element(row->stages);
  const auto stage = static_cast<reports::Stage>(largest - row->stages.begin());
  return fmt::format("{}: {}, {} on average, {} of it {}", name,
                     reports::counted(row->completed, "request", "requests"),
                     ms_text(per(reports::sum_of(row->stages), row->completed)),
                     share_text(*largest, reports::sum_of(row->stages)), to_text(stage));
}

bool has_percentile_for(const Experiment& experiment, const ClientGroup& group) {
  return std::ranges::any_of(experiment.objectives, [&group](const reports::Objective& each) {
    return each.metric == reports::Objective::Metric::percentile &&
           (each.of.empty() || each.of == "all" || each.of == group.name);
  });
}

void lint_retry(LintNotes& notes, const ClientGroup& group) {
  const RetryPlan& retry = group.retry;
  if (retry.max > 0 && (retry.after_timeout || retry.after_error) && retry.backoff_most == Duration::zero())
    notes.add(Level::warning, "retry-storm", fmt::format("clients.{}.retry", group.name),
              fmt::format("{} asks again at once, up to {} times: when the system is slow all come back together",
                          group.name, retry.max),
              notes.evidence_of(group));
  if (retry.timeout == Duration::zero()) return;
  bool in_vain = !notes.mix().empty();
  LintNotes::Floor nearest{Duration::max(), ""};
  for (const CallShare& share : notes.mix()) {
    if (share_of_group(notes.experiment, share, group) == 0) continue;
    const LintNotes::Floor floor = notes.floor_of(group, share);
    in_vain = in_vain && floor.least > retry.timeout;
    if (floor.least < nearest.least) nearest = floor;
  }
  if (in_vain && nearest.least != Duration::max())
    notes.add(Level::error, "retry-storm", fmt::format("clients.{}.retry.timeout", group.name),
              fmt::format("{} gives up after {}, before any answer can come, for {}", group.name,
                          to_text(retry.timeout), nearest.why),
              notes.evidence_of(group));
}

void lint_run(LintNotes& notes) {
  const Experiment& experiment = notes.experiment;
  if (experiment.warmup * 2 > experiment.lasts)
    notes.add(Level::advice, "short-run", "run.warmup",
              fmt::format("the warm-up of {} is most of the {} that the run lasts: what is left counts little",
                          to_text(experiment.warmup), to_text(experiment.lasts)));
}

}  // namespace

std::string many_text(Rate rate, std::string_view what) {
  const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(0, rate.millionths_per_hour));
  return fmt::format("{} {} a second", number_per_second(count, 3'600s * std::int64_t{1'000'000}), what);
}

std::string LintNotes::evidence_of(const ClassPlan& plan) const {
  if (!outcome_) return "";
  const auto use = std::ranges::find(outcome_->objects, plan.name, &reports::ObjectUse::class_name);
  if (use == outcome_->objects.end()) return "";
  const Duration lasted = evidence_run(design).lasts;
  return fmt::format("{} was {} busy, its longest queue {}", plan.name,
                     share_text(std::min(use->busy, lasted), lasted), reports::with_separators(use->longest_queue));
}
std::string LintNotes::evidence_of(const ClientGroup& group) const {
  return outcome_ ? evidence_of_row(outcome_->groups, group.name) : "";
}
std::string LintNotes::evidence_of(const ClassPlan& plan, const HandlerPlan& handler) const {
  return outcome_ ? evidence_of_row(outcome_->operations, plan.name + "." + handler.name) : "";
}

const std::vector<CallShare>& LintNotes::mix() const {
  static const std::vector<CallShare> none;
  const auto* law = std::get_if<Law>(&experiment.workload);
  return law ? law->mix : none;
}

LintNotes::Floor LintNotes::floor_of(const ClientGroup& group, const CallShare& share) const {
  const ClassPlan& plan = experiment.classes[class_named(experiment, share.object_class).value];
  Floor floor;
  const auto add = [&floor](Duration time, std::string what) {
    if (time <= Duration::zero()) return;
    floor.least += time;
    floor.why += fmt::format("{}{} {}", floor.why.empty() ? "" : ", ", ms_text(time), what);
  };
  if (const auto city = estimates.city_of(plan))
    add(estimates.least_round_trip(estimates.city_named(group.city), *city),
        fmt::format("from {} to {} in {} and back", group.city, plan.name, estimates.topology().cities[*city].name));
  const auto handler = std::ranges::find(plan.handlers, share.call, &HandlerPlan::name);
  if (handler != plan.handlers.end())
    add(estimates.of(plan, *handler).least, fmt::format("that {} itself waits", share.call));
  add(quantile_of(experiment.link.access, hardly_any), "between users and the edge");
  floor.why = fmt::format("a request takes at least {}: {}", ms_text(floor.least), floor.why);
  return floor;
}

void lint_clients(LintNotes& notes) {
  for (const ClientGroup& group : notes.experiment.clients) {
    lint_retry(notes, group);
    if (is_closed(group.arrivals) && has_percentile_for(notes.experiment, group))
      notes.add(
          Level::advice, "closed-loop", fmt::format("clients.{}.arrivals", group.name),
          fmt::format("{} waits for each answer before it sends again, so it sends least when answers are slow, "
                      "and its percentiles flatter",
                      group.name),
          notes.evidence_of(group));
  }
}

Experiment evidence_run(const Design& design) {
  Experiment experiment = design.experiment;
  experiment.lasts = std::min(experiment.lasts, experiment.warmup + evidence_counted);
  std::erase_if(experiment.faults, [&](const FaultPlan& fault) { return fault.at > experiment.lasts; });
  return experiment;
}

std::vector<LintNote> lint(const Design& design, const reports::Outcome* outcome) {
  LintNotes notes(design, outcome);
  lint_run(notes);
  lint_clients(notes);
  lint_classes(notes);
  lint_handlers(notes);
  lint_objectives(notes);
  std::vector<LintNote> all = notes.take();
  std::ranges::stable_partition(all, [](const LintNote& each) { return each.level == Level::error; });
  return all;
}

}  // namespace orrery::scenarios
