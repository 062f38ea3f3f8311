// Rules about objectives: those that cannot be met, and those that the run cannot judge.
#include <fmt/format.h>

#include <algorithm>

#include "reports/text.h"
#include "scenarios/design/lint_notes.h"
#include "scenarios/design/popularity.h"
#include "scenarios/run_facts.h"

namespace orrery::scenarios {
namespace {

using Level = LintNote::Level;
using Metric = reports::Objective::Metric;
using reports::Objective;

__extension__ using Wide = __int128;

constexpr Wide million = 1'000'000;
constexpr Wide hour_in_millionths_of_ns = Wide{3'600'000'000'000} * million;
constexpr reports::Percentile one_in_a_thousand{99'900};

// Requests of one group by one call.
struct Part {
  const ClientGroup* group = nullptr;
  Rate rate;  // on average; of a closed loop as if it had the fastest answers; 0 of a recording
  LintNotes::Floor floor;
};

// A row of the latency table that an objective is about.
struct Row {
  std::string name;
  std::vector<Part> parts;
  bool is_known = true;  // how much is sent
};

Rate rate_of_group(const LintNotes& notes, const ClientGroup& group) {
  const auto* loop = std::get_if<ClosedLoop>(&group.arrivals);
  if (!loop) return mean_rate(group.arrivals, notes.experiment.lasts);
  Duration fastest = Duration::max();
  for (const CallShare& share : notes.mix())
    if (share_of_group(notes.experiment, share, group) > 0)
      fastest = std::min(fastest, notes.floor_of(group, share).least);
  if (fastest == Duration::max()) return {};
  const Wide round = std::max<std::int64_t>(1, nanoseconds(mean_of(loop->think) + fastest));
  return {static_cast<std::int64_t>(std::min<Wide>(hour_in_millionths_of_ns * group.clients / round, INT64_MAX))};
}

// Without a group or a call: all of them.
Row row_of(const LintNotes& notes, std::string name, const std::string& group_name, const std::string& call) {
  Row row{std::move(name), {}};
  for (const ClientGroup& group : notes.experiment.clients) {
    if (!group_name.empty() && group.name != group_name) continue;
    const Rate all = rate_of_group(notes, group);
    for (const CallShare& share : notes.mix()) {
      const std::int64_t of_group = share_of_group(notes.experiment, share, group);
      if (of_group == 0 || (!call.empty() && share.object_class + "." + share.call != call)) continue;
      const Rate rate{static_cast<std::int64_t>(Wide{all.millionths_per_hour} * of_group / million)};
      row.parts.push_back({&group, rate, notes.floor_of(group, share)});
      row.is_known = row.is_known && !std::holds_alternative<TraceArrivals>(group.arrivals);
    }
  }
  return row;
}

std::vector<Row> rows_of(const LintNotes& notes, const Objective& objective) {
  std::vector<Row> rows;
  // As they are judged (reports/objectives.h).
  const auto has_its_own = [&](const ClientGroup& group) {
    return std::ranges::any_of(notes.experiment.objectives, [&](const Objective& each) {
      return each.of == group.name && each.metric == objective.metric && each.percentile == objective.percentile;
    });
  };
  if (objective.of.empty()) {
    for (const ClientGroup& group : notes.experiment.clients)
      if (!has_its_own(group)) rows.push_back(row_of(notes, group.name, group.name, ""));
  } else if (objective.of == "all") {
    rows.push_back(row_of(notes, "all", "", ""));
  } else if (objective.of.contains('.')) {
    rows.push_back(row_of(notes, objective.of, "", objective.of));
  } else {
    rows.push_back(row_of(notes, objective.of, objective.of, ""));
  }
  std::erase_if(rows, [](const Row& row) { return row.parts.empty(); });
  return rows;
}

Wide rate_of(const Row& row) {
  Wide sum = 0;
  for (const Part& each : row.parts) sum += each.rate.millionths_per_hour;
  return sum;
}

// Parts of a recording count alike.
Wide weight_of(const Part& part) { return std::max<Wide>(1, part.rate.millionths_per_hour); }

// How many of a hundred thousand requests certainly take longer.
Wide certainly_slower(const Row& row, Duration limit) {
  Wide slow = 0;
  Wide all = 0;
  for (const Part& each : row.parts) {
    all += weight_of(each);
    if (each.floor.least > limit) slow += weight_of(each);
  }
  return slow * 99'000 / all;  // one in a hundred may be faster than its floor
}

bool is_below_the_floor(const Row& row, const Objective& objective) {
  switch (objective.metric) {
    case Metric::percentile:
      return certainly_slower(row, objective.time) > 100'000 - Wide{objective.percentile.per_100k};
    case Metric::max: return certainly_slower(row, objective.time) > 0;
    case Metric::mean: {
      Wide sum = 0;
      Wide all = 0;
      for (const Part& each : row.parts) {
        sum += weight_of(each) * nanoseconds(each.floor.least);
        all += weight_of(each);
      }
      return sum / all > nanoseconds(objective.time);
    }
    case Metric::errors:
    case Metric::throughput: return false;
  }
  return false;
}

std::string what_of(const Row& row, const Objective& objective) {
  Objective named = objective;
  named.of = row.name;
  const std::string_view sign = objective.metric == Metric::throughput ? ">=" : "<=";
  return fmt::format("{} {} {}", name_of(named), sign, limit_of(objective));
}

void lint_floor(LintNotes& notes, const Row& row, const Objective& objective) {
  const std::string path = "objectives." + name_of(objective);
  if (is_below_the_floor(row, objective)) {
    const auto slowest = std::ranges::max_element(row.parts, {}, [](const Part& each) { return each.floor.least; });
    notes.add(Level::error, "impossible-objective", path,
              fmt::format("{} cannot be met: {}", what_of(row, objective), slowest->floor.why),
              notes.evidence_of(*slowest->group));
  }
  if (objective.metric == Metric::throughput && row.is_known && rate_of(row) < objective.rate.millionths_per_hour) {
    const bool closed =
        std::ranges::any_of(row.parts, [](const Part& each) { return is_closed(each.group->arrivals); });
    notes.add(Level::error, closed ? "closed-loop" : "impossible-objective", path,
              fmt::format("{} cannot be met: {} are sent{}", what_of(row, objective),
                          many_text(Rate{static_cast<std::int64_t>(rate_of(row))}, "requests"),
                          closed ? " at most, by clients that wait for each answer" : ""),
              notes.evidence_of(*row.parts.front().group));
  }
}

// Rounded up to what people write.
Duration rounded_up(Wide ns) {
  const Duration exact(static_cast<std::int64_t>(std::min<Wide>(ns, INT64_MAX / 2)));
  const Duration step = exact > 10min ? Duration(1min) : exact > 10s ? Duration(10s) : Duration(1s);
  return (exact + step - 1ns) / step * step;
}

void lint_samples(LintNotes& notes, const Row& row, const Objective& objective) {
  if (objective.metric != Metric::percentile || !row.is_known) return;
  const Experiment& experiment = notes.experiment;
  const std::string path = "objectives." + name_of(objective);
  const std::uint64_t needed = reports::samples_needed(objective.percentile);
  const Wide rate = rate_of(row);
  if (rate == 0) return;
  const Wide expected = rate * nanoseconds(experiment.lasts - experiment.warmup) / hour_in_millionths_of_ns;
  if (expected < static_cast<Wide>(needed)) {
    const Wide lasts = nanoseconds(experiment.warmup) + hour_in_millionths_of_ns * needed / rate;
    notes.add(Level::warning, "short-run", path,
              fmt::format("{} needs {} requests and {} has about {} in {}: run it for {}", name_of(objective),
                          reports::with_separators(needed), row.name,
                          reports::with_separators(static_cast<std::uint64_t>(expected)), to_text(experiment.lasts),
                          to_text(rounded_up(lasts))));
  }
}

}  // namespace

void lint_objectives(LintNotes& notes) {
  const std::vector<Objective>& objectives = notes.experiment.objectives;
  for (const Objective& objective : objectives)
    for (const Row& row : rows_of(notes, objective)) {
      lint_floor(notes, row, objective);
      lint_samples(notes, row, objective);
    }
  const auto is_rare = [](const Objective& each) {
    return each.metric == Metric::percentile && each.percentile.per_100k >= one_in_a_thousand.per_100k;
  };
  const auto rare = std::ranges::find_if(objectives, is_rare);
  if (rare != objectives.end() && notes.design.seeds == 1)
    notes.add(Level::advice, "short-run", "run.seeds",
              fmt::format("{} of a single seed says little: with seeds = 5 it is a median, and has a range",
                          name_of(*rare)));
}

}  // namespace orrery::scenarios
