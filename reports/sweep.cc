#include "reports/sweep.h"

#include <algorithm>
#include <iterator>

#include "core/base/decimal.h"
#include "core/base/duration_text.h"
#include "reports/run_blocks.h"

namespace orrery::reports {
namespace {

bool passes(const SweepPoint& point) { return meets_all_objectives(point.run) && tally_of(point.run).violated == 0; }

// Numbers, times and rates, each in its smallest parts.
std::optional<std::int64_t> number_in(const std::string& text) {
  if (const auto number = parse_decimal(text, 1'000'000)) return *number;
  if (const auto duration = parse_duration(text)) return nanoseconds(*duration);
  if (const auto rate = parse_rate(text)) return rate->millionths_per_hour;
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> smallest_passing(const SweepSummary& sweep) {
  std::optional<std::size_t> first;
  std::optional<std::size_t> smallest;
  std::optional<std::int64_t> smallest_number;
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    if (!passes(sweep.points[i])) continue;
    if (!first) first = i;
    if (sweep.paths.size() != 1) continue;
    const auto number = number_in(sweep.points[i].values.front());
    if (!number || (smallest_number && *smallest_number <= *number)) continue;
    smallest = i;
    smallest_number = number;
  }
  return smallest ? smallest : first;
}

std::optional<std::size_t> largest_passing(const SweepSummary& sweep) {
  if (sweep.paths.size() != 1) return std::nullopt;
  std::vector<std::pair<std::int64_t, std::size_t>> ascending;
  for (std::size_t i = 0; i < sweep.points.size(); ++i)
    if (const auto number = number_in(sweep.points[i].values.front())) ascending.emplace_back(*number, i);
  std::ranges::sort(ascending);
  const auto point_passes = [&sweep](const auto& each) { return passes(sweep.points[each.second]); };
  const auto end = std::ranges::find_if_not(ascending, point_passes);
  if (end == ascending.begin() || end == ascending.end() || std::any_of(end, ascending.end(), point_passes))
    return std::nullopt;
  return std::prev(end)->second;
}

std::optional<Answer> answer_of(const SweepSummary& sweep) {
  const auto has_objectives = [](const SweepPoint& point) { return !point.run.objectives.empty(); };
  if (std::ranges::none_of(sweep.points, has_objectives)) return std::nullopt;
  if (smallest_passing(sweep)) return Answer::pass;
  const auto is_unknown = [](const SweepPoint& point) { return answer_of(point.run) == Answer::unknown; };
  return std::ranges::any_of(sweep.points, is_unknown) ? Answer::unknown : Answer::fail;
}

}  // namespace orrery::reports
