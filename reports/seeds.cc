#include "reports/seeds.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "core/base/invariant.h"
#include "reports/shown.h"

namespace orrery::reports {
namespace {

constexpr std::size_t objects_shown_max = 10;  // as of one seed

void add(Latencies& sum, const Latencies& more) {
  sum.completed += more.completed;
  sum.failed += more.failed;
  sum.unknown += more.unknown;
  sum.retried += more.retried;
  sum.histogram.merge(more.histogram);
  for (std::size_t stage = 0; stage < stage_count; ++stage)
    sum.stages[stage] = saturated_sum(sum.stages[stage], more.stages[stage]);
  sum.work += more.work;
}

void add(std::vector<Latencies>& sums, const std::vector<Latencies>& more) {
  INVARIANT(sums.size() == more.size(), "{} rows of latencies, and {} of another seed", sums.size(), more.size());
  for (std::size_t i = 0; i < sums.size(); ++i) add(sums[i], more[i]);
}

// As `check` judges: a violation in one seed is one, and what one seed has put to the test has been tested.
void add(PropertyVerdict& sum, const PropertyVerdict& more, std::uint64_t seed) {
  using Kind = properties::Verdict::Kind;
  const auto weight = [](Kind kind) {
    switch (kind) {
      case Kind::violated: return 3;
      case Kind::unknown: return 2;
      case Kind::holds: return 1;
      case Kind::untested: return 0;
    }
    return 0;
  };
  const std::uint64_t tested = sum.verdict.tested + more.verdict.tested;
  if (weight(more.verdict.kind) > weight(sum.verdict.kind)) {
    sum.verdict = more.verdict;
    if (more.verdict.kind == Kind::violated) sum.seed = seed;
  }
  sum.verdict.tested = tested;
}

void add(std::vector<Blame>& sums, const std::vector<Blame>& more) {
  for (const Blame& each : more) {
    const auto known = std::ranges::find(sums, each.method, &Blame::method);
    if (known == sums.end()) {
      sums.push_back(each);
      continue;
    }
    known->running = saturated_sum(known->running, each.running);
    known->held = saturated_sum(known->held, each.held);
  }
  std::ranges::sort(sums, [](const Blame& a, const Blame& b) {
    return std::tuple(saturated_sum(b.running, b.held), a.method) <
           std::tuple(saturated_sum(a.running, a.held), b.method);
  });
}

void add(ObjectUse& sum, const ObjectUse& more) {
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t turns = sum.turns + more.turns;
  const Wide squares = Wide{sum.mean_square_us2} * sum.turns + Wide{more.mean_square_us2} * more.turns;
  if (turns > 0) sum.mean_square_us2 = static_cast<std::uint64_t>(squares / turns);
  sum.busy += more.busy;
  sum.turns = turns;
  sum.longest_queue = std::max(sum.longest_queue, more.longest_queue);
  sum.waited = saturated_sum(sum.waited, more.waited);
  sum.calls += more.calls;
  add(sum.behind, more.behind);
  if (more.busiest_calls <= sum.busiest_calls) return;
  sum.busiest_calls = more.busiest_calls;
  sum.busiest_from = more.busiest_from;
}

// What it did in seeds in which ten others were busier is not known, and missing.
void add(std::vector<ObjectUse>& sums, const std::vector<ObjectUse>& more) {
  for (const ObjectUse& each : more) {
    const auto known = std::ranges::find(sums, each.object, &ObjectUse::object);
    if (known == sums.end())
      sums.push_back(each);
    else
      add(*known, each);
  }
}

void add(std::vector<KeyUse>& sums, const std::vector<KeyUse>& more) {
  for (const KeyUse& each : more) {
    const auto is_same = [&each](const KeyUse& other) {
      return std::tie(other.class_name, other.key) == std::tie(each.class_name, each.key);
    };
    const auto known = std::ranges::find_if(sums, is_same);
    if (known == sums.end()) {
      sums.push_back(each);
      continue;
    }
    known->requests += each.requests;
    known->of += each.of;
  }
}

void add(Outcome& sum, const Outcome& more) {
  sum.fingerprint = fold_fingerprint(sum.fingerprint, more.fingerprint);
  sum.events += more.events;
  sum.virtual_time += more.virtual_time;
  INVARIANT(sum.verdicts.size() == more.verdicts.size(), "{} properties, and {} in another seed", sum.verdicts.size(),
            more.verdicts.size());
  for (std::size_t i = 0; i < sum.verdicts.size(); ++i) add(sum.verdicts[i], more.verdicts[i], more.seed);
  add(sum.all, more.all);
  add(sum.groups, more.groups);
  add(sum.operations, more.operations);
  sum.stages.merge(more.stages);
  add(sum.objects, more.objects);
  sum.objects_used = std::max(sum.objects_used, more.objects_used);
  add(sum.keys, more.keys);
  for (const auto& [mark, times] : more.reached) sum.reached[mark] += times;
}

void keep_the_busiest(std::vector<ObjectUse>& objects) {
  std::ranges::sort(objects, [](const ObjectUse& a, const ObjectUse& b) {
    return std::tie(b.busy, a.object) < std::tie(a.busy, b.object);
  });
  if (objects.size() > objects_shown_max) objects.resize(objects_shown_max);
}

// One of each class.
void keep_the_busiest(std::vector<KeyUse>& keys) {
  std::ranges::sort(keys, [](const KeyUse& a, const KeyUse& b) {
    return std::tie(b.requests, a.class_name, a.key) < std::tie(a.requests, b.class_name, b.key);
  });
  std::vector<KeyUse> kept;
  for (KeyUse& each : keys)
    if (std::ranges::find(kept, each.class_name, &KeyUse::class_name) == kept.end()) kept.push_back(std::move(each));
  keys = std::move(kept);
}

std::vector<std::optional<Duration>> percentiles_of(const Latencies& latencies) {
  std::vector<std::optional<Duration>> percentiles;
  percentiles.reserve(shown_percentiles.size());
  for (const ShownPercentile& shown : shown_percentiles)
    percentiles.push_back(latencies.histogram.honest_percentile(shown.percentile));
  return percentiles;
}

// One objective over the seeds. Of an even number it is the worse of the two in the middle.
Judged median_of(const std::vector<Judged>& of_seeds) {
  std::vector<Judged> told;
  std::ranges::copy_if(of_seeds, std::back_inserter(told), [](const Judged& each) { return each.value.has_value(); });
  if (told.size() * 2 <= of_seeds.size()) {
    const Judged& any = of_seeds.front();
    return {.kind = Judged::Kind::unknown, .objective = any.objective, .of = any.of};
  }
  const bool more_is_better = told.front().objective.metric == Objective::Metric::throughput;
  std::ranges::sort(told, [more_is_better](const Judged& a, const Judged& b) {
    return more_is_better ? *a.value > *b.value : *a.value < *b.value;
  });
  return told[told.size() / 2];
}

}  // namespace

std::vector<const Latencies*> rows_of(const Outcome& outcome) {
  std::vector<const Latencies*> rows{&outcome.all};
  for (const Latencies& group : outcome.groups) rows.push_back(&group);
  for (const Latencies& operation : outcome.operations)
    if (operation.completed > 0) rows.push_back(&operation);
  return rows;
}

Seeds::Seeds(std::vector<Objective> objectives, Duration counted)
    : objectives_(std::move(objectives)), counted_(counted) {}

void Seeds::add(const Outcome& next) {
  SeedOutcome outcome{next.seed, next.fingerprint};
  outcome.percentiles.push_back(percentiles_of(next.all));
  for (const Latencies& group : next.groups) outcome.percentiles.push_back(percentiles_of(group));
  for (const Latencies& operation : next.operations) outcome.percentiles.push_back(percentiles_of(operation));

  if (seeds_.empty()) {
    sum_ = next;
    first_operation_ = 1 + next.groups.size();
    used_operations_.resize(next.operations.size());
  } else {
    if (seeds_.size() == 1) become_several();
    reports::add(sum_, next);
  }
  for (std::size_t i = 0; i < next.operations.size(); ++i)
    if (next.operations[i].completed > 0) used_operations_[i] = true;
  seeds_.push_back({std::move(outcome), judge(objectives_, next, counted_)});
}

void Seeds::become_several() {
  sum_.fingerprint = fold_fingerprint(0, sum_.fingerprint);
  for (PropertyVerdict& each : sum_.verdicts)
    if (each.verdict.kind == properties::Verdict::Kind::violated) each.seed = sum_.seed;
}

Outcome Seeds::merged() const {
  PRECONDITION(!seeds_.empty(), "of no seed");
  Outcome merged = sum_;
  if (seeds_.size() == 1) return merged;
  keep_the_busiest(merged.objects);
  keep_the_busiest(merged.keys);
  return merged;
}

std::vector<SeedOutcome> Seeds::seed_outcomes() const {
  if (seeds_.size() < 2) return {};
  std::vector<SeedOutcome> outcomes;
  outcomes.reserve(seeds_.size());
  for (const Seed& each : seeds_) {
    SeedOutcome& outcome = outcomes.emplace_back(each.outcome.seed, each.outcome.fingerprint);
    for (std::size_t row = 0; row < each.outcome.percentiles.size(); ++row)
      if (row < first_operation_ || used_operations_[row - first_operation_])
        outcome.percentiles.push_back(each.outcome.percentiles[row]);
  }
  return outcomes;
}

std::vector<Judged> Seeds::judged() const {
  PRECONDITION(!seeds_.empty(), "of no seed");
  std::vector<Judged> all;
  for (std::size_t i = 0; i < seeds_.front().objectives.size(); ++i) {
    std::vector<Judged> of_seeds;
    of_seeds.reserve(seeds_.size());
    for (const Seed& seed : seeds_) of_seeds.push_back(seed.objectives.at(i));
    all.push_back(median_of(of_seeds));
  }
  return all;
}

namespace {

Seeds seeds_of(const std::vector<Outcome>& by_seed, const std::vector<Objective>& objectives, Duration counted) {
  Seeds seeds(objectives, counted);
  for (const Outcome& each : by_seed) seeds.add(each);
  return seeds;
}

}  // namespace

Outcome merged(const std::vector<Outcome>& by_seed) { return seeds_of(by_seed, {}, {}).merged(); }

std::vector<SeedOutcome> seed_outcomes(const std::vector<Outcome>& by_seed) {
  return seeds_of(by_seed, {}, {}).seed_outcomes();
}

std::vector<Judged> judge(const std::vector<Objective>& objectives, const std::vector<Outcome>& by_seed,
                          Duration counted) {
  return seeds_of(by_seed, objectives, counted).judged();
}

ShownValue shown_value(const RunSummary& run, std::size_t row, std::size_t shown_percentile) {
  if (run.seeds.empty()) {
    const Histogram& histogram = rows_of(run.outcome).at(row)->histogram;
    return {histogram.honest_percentile(shown_percentiles.at(shown_percentile).percentile), {}};
  }
  std::vector<Duration> told;
  for (const SeedOutcome& seed : run.seeds)
    if (const auto& value = seed.percentiles.at(row).at(shown_percentile)) told.push_back(*value);
  if (told.size() * 2 <= run.seeds.size()) return {};
  std::ranges::sort(told);
  return {told[told.size() / 2], std::pair{told.front(), told.back()}};
}

}  // namespace orrery::reports
