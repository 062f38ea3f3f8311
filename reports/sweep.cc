#include "reports/sweep.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "core/base/decimal.h"
#include "core/base/duration_text.h"
#include "reports/run_blocks.h"

namespace orrery::reports {
namespace {

bool passes(const SweepPoint& point) { return meets_all_objectives(point.run) && tally_of(point.run).violated == 0; }

// Whether this is how much is sent: what a design takes at most is of interest, and little it takes anyway.
bool is_load(std::string_view path) { return path == "rate" || path.ends_with(".rate"); }

// Numbers, times and rates, each in its smallest parts; "x1.5" is a number, too.
std::optional<std::int64_t> number_in(std::string_view text) {
  if (text.starts_with('x')) text.remove_prefix(1);
  if (const auto number = parse_decimal(text, 1'000'000)) return *number;
  if (const auto duration = parse_duration(text)) return nanoseconds(*duration);
  if (const auto rate = parse_rate(text)) return rate->millionths_per_hour;
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> varying_path(const SweepSummary& sweep) {
  if (sweep.paths.empty()) return std::nullopt;
  std::optional<std::size_t> varying;
  for (std::size_t i = 0; i < sweep.paths.size(); ++i) {
    const auto is_other = [&](const SweepPoint& point) { return point.values[i] != sweep.points.front().values[i]; };
    if (std::ranges::none_of(sweep.points, is_other)) continue;
    if (varying) return std::nullopt;
    varying = i;
  }
  return varying.value_or(0);
}

std::optional<std::size_t> smallest_passing(const SweepSummary& sweep) {
  const auto varying = varying_path(sweep);
  std::optional<std::size_t> first;
  std::optional<std::size_t> smallest;
  std::optional<std::int64_t> smallest_number;
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    if (!passes(sweep.points[i])) continue;
    if (!first) first = i;
    if (!varying) continue;
    const auto number = number_in(sweep.points[i].values[*varying]);
    if (!number || (smallest_number && *smallest_number <= *number)) continue;
    smallest = i;
    smallest_number = number;
  }
  return smallest ? smallest : first;
}

std::optional<std::size_t> largest_passing(const SweepSummary& sweep) {
  const auto varying = varying_path(sweep);
  if (!varying) return std::nullopt;
  std::vector<std::pair<std::int64_t, std::size_t>> ascending;
  for (std::size_t i = 0; i < sweep.points.size(); ++i)
    if (const auto number = number_in(sweep.points[i].values[*varying])) ascending.emplace_back(*number, i);
  std::ranges::sort(ascending);
  const auto point_passes = [&sweep](const auto& each) { return passes(sweep.points[each.second]); };
  if (is_load(sweep.paths[*varying])) {
    const auto largest = std::ranges::find_if(ascending.rbegin(), ascending.rend(), point_passes);
    return largest == ascending.rend() ? std::nullopt : std::optional(largest->second);
  }
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
