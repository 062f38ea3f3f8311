#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <span>

#include "core/base/invariant.h"
#include "reports/run_blocks.h"
#include "reports/shown.h"
#include "reports/sweep.h"

namespace orrery::reports {
namespace {

__extension__ using Wide = __int128;

constexpr std::size_t batches = 30;
constexpr std::uint64_t pairs_min = 10 * batches;
constexpr Wide t_thousandths = 2'045;  // Student's quantile at 97.5 % for 29 degrees of freedom
constexpr std::size_t p50 = 0;         // in shown_percentiles
constexpr std::size_t p99 = 2;

// One request in both designs.
struct Pair {
  std::int64_t intended_ns;
  std::int64_t change_us;
  std::uint64_t client_and_number;
};

std::int64_t to_nearest(Wide sum, Wide count) {
  return static_cast<std::int64_t>((sum + (sum < 0 ? -count : count) / 2) / count);
}

// The largest number whose square is not more.
Wide root_of(Wide square) {
  Wide root = 0;
  for (Wide bit = Wide{1} << 62; bit > 0; bit >>= 1)
    if ((root + bit) * (root + bit) <= square) root += bit;
  return root;
}

// `pairs` in order of their intended times.
std::optional<std::pair<std::int64_t, std::int64_t>> interval_of(std::span<const Pair> pairs, std::int64_t mean_ns) {
  if (pairs.size() < pairs_min) return std::nullopt;
  std::array<std::int64_t, batches> means{};
  Wide sum = 0;
  for (std::size_t i = 0; i < batches; ++i) {
    const auto batch =
        pairs.subspan(pairs.size() * i / batches, pairs.size() * (i + 1) / batches - pairs.size() * i / batches);
    Wide changes = 0;
    for (const Pair& each : batch) changes += each.change_us;
    means[i] = to_nearest(changes * 1'000, static_cast<Wide>(batch.size()));
    sum += means[i];
  }
  const std::int64_t mean_of_means = to_nearest(sum, batches);
  Wide squares = 0;
  for (const std::int64_t mean : means) squares += Wide{mean - mean_of_means} * (mean - mean_of_means);
  // t * s / sqrt(n), where s^2 = squares / (n - 1)
  const Wide half = root_of(squares * t_thousandths * t_thousandths / (Wide{batches} * (batches - 1))) / 1'000;
  return std::pair{static_cast<std::int64_t>(mean_ns - half), static_cast<std::int64_t>(mean_ns + half)};
}

const Judged* like(const Judged& wanted, const std::vector<Judged>& objectives) {
  for (const Judged& each : objectives)
    if (each.of == wanted.of && metric_of(each.objective) == metric_of(wanted.objective)) return &each;
  return nullptr;
}

bool is_violated(const PropertyVerdict& each) { return each.verdict.kind == properties::Verdict::Kind::violated; }

std::string worse_property(const RunSummary& first, const RunSummary& last) {
  for (const PropertyVerdict& each : last.outcome.verdicts) {
    const auto before = std::ranges::find(first.outcome.verdicts, each.property, &PropertyVerdict::property);
    if (is_violated(each) && (before == first.outcome.verdicts.end() || !is_violated(*before)))
      return "it violates " + each.property;
  }
  return "";
}

std::string worse_objective(const RunSummary& first, const RunSummary& last) {
  for (const Judged& each : last.objectives) {
    const Judged* before = like(each, first.objectives);
    if (each.kind == Judged::Kind::missed && before != nullptr && before->kind == Judged::Kind::met)
      return fmt::format(
          "it misses {} {} {} {}", each.of, metric_of(each.objective),
          each.objective.metric == Objective::Metric::throughput ? ">=" : "<=", limit_of(each.objective));
  }
  return "";
}

std::string worse_percentile(const Comparison& comparison) {
  for (const ComparedRow& row : compared_rows(comparison)) {
    const auto before = compared_value(comparison.designs.front(), row);
    const auto after = compared_value(comparison.designs.back(), row);
    if (!before || !after) continue;
    const Wide growth = Wide{nanoseconds(*after - *before)} * 1'000'000;
    if (growth <= Wide{nanoseconds(*before)} * comparison.tolerance_millionths) continue;
    const auto grown = static_cast<std::uint64_t>(nanoseconds(*after - *before));
    const auto from = static_cast<std::uint64_t>(std::max<std::int64_t>(1, nanoseconds(*before)));
    return fmt::format("{} of {} grew by {}", shown_percentiles[row.shown_percentile].name, row.of,
                       percent_text(grown, from));
  }
  return "";
}

}  // namespace

Requests::Requests(const journal::Names& names, Time counted_from) : counted_from_(counted_from) {
  for (const journal::ClassNames& each : names.classes) {
    first_operation_.push_back(operations_.size());
    for (const std::string& method : each.methods) operations_.push_back(each.name + "." + method);
  }
  first_operation_.push_back(operations_.size());
}

void Requests::on(const Breakdown& breakdown) {
  if (breakdown.intended < counted_from_) return;
  constexpr std::uint64_t number_max = std::numeric_limits<std::uint32_t>::max();
  INVARIANT(breakdown.number <= number_max, "request {} of one client", breakdown.number);
  const std::size_t of_class = breakdown.object_class.value;
  INVARIANT(of_class + 1 < first_operation_.size(), "class {} has no name", of_class);
  const std::size_t operation = first_operation_[of_class] + breakdown.method.value;
  INVARIANT(operation < first_operation_[of_class + 1], "method {} of class {} has no name", breakdown.method.value,
            of_class);
  constexpr std::int64_t latency_max = std::numeric_limits<std::uint32_t>::max();
  const std::int64_t latency_us = (nanoseconds(breakdown.latency) + 500) / 1'000;
  all_.push_back({std::uint64_t{breakdown.client.value} << 32 | breakdown.number, nanoseconds(breakdown.intended),
                  static_cast<std::uint32_t>(std::min(latency_us, latency_max)),
                  static_cast<std::uint32_t>(operation)});
}

void Requests::sort() { std::ranges::sort(all_, {}, &One::client_and_number); }

Paired paired(Requests& first, Requests& second) {
  first.sort();
  second.sort();
  Paired result;
  std::vector<Paired::ByOperation> operations;
  operations.reserve(first.operations_.size());
  for (const std::string& name : first.operations_) operations.push_back({.name = name});
  std::vector<Pair> pairs;
  Wide sum = 0;
  auto before = first.all_.begin();
  for (const Requests::One& after : second.all_) {
    while (before != first.all_.end() && before->client_and_number < after.client_and_number) ++before;
    if (before == first.all_.end()) break;
    if (before->client_and_number != after.client_and_number) continue;
    const std::int64_t change = std::int64_t{after.latency_us} - before->latency_us;
    const bool is_much = change > std::chrono::duration_cast<std::chrono::microseconds>(much_slower_min).count();
    sum += change;
    result.moved += before->intended_ns != after.intended_ns ? 1 : 0;
    result.slower += change > 0 ? 1 : 0;
    result.much_slower += is_much ? 1 : 0;
    ++operations[before->operation].pairs;
    operations[before->operation].much_slower += is_much ? 1 : 0;
    pairs.push_back({before->intended_ns, change, before->client_and_number});
  }
  std::ranges::copy_if(operations, std::back_inserter(result.operations),
                       [](const Paired::ByOperation& each) { return each.pairs > 0; });
  result.pairs = pairs.size();
  if (pairs.empty()) return result;
  result.mean_change_ns = to_nearest(sum * 1'000, static_cast<Wide>(pairs.size()));
  std::ranges::sort(pairs, {}, [](const Pair& each) { return std::pair{each.intended_ns, each.client_and_number}; });
  result.interval = interval_of(pairs, result.mean_change_ns);
  return result;
}

Paired merged(const std::vector<Paired>& by_seed) {
  PRECONDITION(!by_seed.empty(), "of no seed");
  if (by_seed.size() == 1) return by_seed.front();
  Paired sum;
  Wide change = 0;
  Wide squares = 0;  // of the intervals' halves, each times its pairs
  bool has_interval = true;
  for (const Paired& each : by_seed) {
    if (each.pairs == 0) continue;
    sum.pairs += each.pairs;
    sum.moved += each.moved;
    sum.slower += each.slower;
    sum.much_slower += each.much_slower;
    change += Wide{each.mean_change_ns} * each.pairs;
    has_interval = has_interval && each.interval;
    if (each.interval) {
      const Wide half = Wide{each.interval->second - each.mean_change_ns} / 1'000 * each.pairs;
      squares += half * half;
    }
    for (const Paired::ByOperation& operation : each.operations) {
      const auto known = std::ranges::find(sum.operations, operation.name, &Paired::ByOperation::name);
      if (known == sum.operations.end()) {
        sum.operations.push_back(operation);
        continue;
      }
      known->pairs += operation.pairs;
      known->much_slower += operation.much_slower;
    }
  }
  if (sum.pairs == 0) return sum;
  sum.mean_change_ns = to_nearest(change, static_cast<Wide>(sum.pairs));
  if (!has_interval) return sum;
  const auto half = static_cast<std::int64_t>(root_of(squares) * 1'000 / static_cast<Wide>(sum.pairs));
  sum.interval = std::pair{sum.mean_change_ns - half, sum.mean_change_ns + half};
  return sum;
}

std::vector<ComparedRow> compared_rows(const Comparison& comparison) {
  std::vector<ComparedRow> rows{{p50, comparison.designs.front().run.outcome.all.name}};
  for (const Latencies* each : rows_of(comparison.designs.front().run.outcome)) rows.push_back({p99, each->name});
  return rows;
}

std::optional<Duration> compared_value(const ComparedDesign& design, const ComparedRow& row) {
  const std::vector<const Latencies*> rows = rows_of(design.run.outcome);
  const auto found = std::ranges::find(rows, row.of, [](const Latencies* each) { return each->name; });
  if (found == rows.end()) return std::nullopt;
  return shown_value(design.run, static_cast<std::size_t>(found - rows.begin()), row.shown_percentile).value;
}

std::string why_worse(const Comparison& comparison) {
  const RunSummary& first = comparison.designs.front().run;
  const RunSummary& last = comparison.designs.back().run;
  for (const std::string& why : {worse_property(first, last), worse_objective(first, last)})
    if (!why.empty()) return why;
  return worse_percentile(comparison);
}

bool is_worse(const Comparison& comparison) { return !why_worse(comparison).empty(); }

}  // namespace orrery::reports
