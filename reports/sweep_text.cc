#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "reports/run_blocks.h"
#include "reports/shown.h"
#include "reports/sweep.h"

namespace orrery::reports {
namespace {

constexpr std::size_t number_width_min = 7;
constexpr int queue_gives_way = 10'000;  // first, then the busiest object, then groups from the last one on
constexpr std::size_t p99 = 2;           // in shown_percentiles

// As much of the end of each path as tells them apart: "shards", "Venue.shards".
std::vector<std::string> short_names(const std::vector<std::string>& paths) {
  const auto end_of = [](const std::string& path, int parts) {
    std::size_t start = path.size();
    for (; parts > 0 && start != std::string::npos && start > 0; --parts) start = path.rfind('.', start - 1);
    return start == std::string::npos ? path : path.substr(start + 1);
  };
  std::vector<std::string> names;
  for (const std::string& path : paths) {
    int parts = 1;
    const auto is_like = [&](const std::string& other) {
      return other != path && end_of(other, parts) == end_of(path, parts);
    };
    while (parts < 8 && std::ranges::any_of(paths, is_like)) ++parts;
    names.push_back(end_of(path, parts));
  }
  return names;
}

// The one that the objectives speak of; p99, unless it is another.
std::size_t percentile_shown(const SweepSummary& sweep) {
  std::optional<std::size_t> first;
  for (const SweepPoint& point : sweep.points) {
    for (const Judged& each : point.run.objectives) {
      const auto shown = shown_percentile_of(each.objective);
      if (shown == p99) return p99;
      if (!first) first = shown;
    }
  }
  return first.value_or(p99);
}

// "✓", "✗ 2 missed", "? 1 unknown".
std::string judgement(const RunSummary& run, const Style& style) {
  const auto count = [&run](Judged::Kind kind) { return std::ranges::count(run.objectives, kind, &Judged::kind); };
  const auto marked = [&style](Judged::Kind kind, const std::string& text) {
    return mark_of(kind, style) + " " + text;
  };
  if (const std::uint64_t violated = tally_of(run).violated; violated > 0)
    return marked(Judged::Kind::missed, fmt::format("{} violated", violated));
  if (const auto missed = count(Judged::Kind::missed); missed > 0)
    return marked(Judged::Kind::missed, fmt::format("{} missed", missed));
  if (const auto unknown = count(Judged::Kind::unknown); unknown > 0)
    return marked(Judged::Kind::unknown, fmt::format("{} unknown", unknown));
  return run.objectives.empty() ? "" : mark_of(Judged::Kind::met, style);
}

std::string busiest_text(const RunSummary& run) {
  return run.outcome.objects.empty() ? "-" : busy_text(run.outcome.objects.front(), run);
}

std::string longest_queue_text(const Outcome& outcome) {
  std::uint64_t longest = 0;
  for (const ObjectUse& each : outcome.objects) longest = std::max(longest, each.longest_queue);
  return with_separators(longest);
}

// Of the row of this name among all requests and groups.
std::string value_text(const RunSummary& run, const std::string& name, std::size_t percentile) {
  const std::vector<const Latencies*> rows = rows_of(run.outcome);
  const auto groups = std::span(rows).first(1 + run.outcome.groups.size());
  const auto row = std::ranges::find(groups, name, [](const Latencies* each) { return each->name; });
  if (row == groups.end()) return "-";
  const auto value = shown_value(run, static_cast<std::size_t>(row - groups.begin()), percentile).value;
  return value ? milliseconds_text(*value) : "-";
}

// A line of heads needs two.
std::string table_of(const SweepSummary& sweep, const Style& style) {
  const RunSummary& first = sweep.points.front().run;
  const std::size_t percentile = percentile_shown(sweep);
  std::vector<std::string> rows{first.outcome.all.name};
  for (const Latencies& group : first.outcome.groups) rows.push_back(group.name);

  std::vector<Table::Column> columns;
  std::vector<std::string> upper;
  std::vector<std::string> lower;
  const auto add_column = [&](Table::Column column, std::string above, std::string below) {
    columns.push_back(std::move(column));
    upper.push_back(std::move(above));
    lower.push_back(std::move(below));
  };
  const Table::Column number{.head = "", .width_min = number_width_min};
  for (const std::string& name : short_names(sweep.paths))
    add_column({.head = "", .left = true, .width_min = number_width_min}, "", (columns.empty() ? "  " : "") + name);
  add_column({.head = "", .width_min = number_width_min, .gives_way = queue_gives_way - 1}, "busiest", "object");
  add_column({.head = "", .width_min = number_width_min, .gives_way = queue_gives_way}, "longest", "queue");
  for (std::size_t i = 0; i < rows.size(); ++i)
    add_column({.head = "", .width_min = number_width_min, .gives_way = static_cast<int>(i)},
               i == 0 ? fmt::format("{}, ms", shown_percentiles[percentile].name) : "", rows[i]);
  const bool is_judged = std::ranges::any_of(
      sweep.points, [&](const SweepPoint& point) { return !judgement(point.run, style).empty(); });
  if (is_judged) add_column({.head = "", .left = true}, "", " objectives");

  Table table(std::move(columns));
  table.row(std::move(upper));
  table.row(std::move(lower));
  for (const SweepPoint& point : sweep.points) {
    std::vector<std::string> cells = point.values;
    cells.front().insert(0, "  ");
    cells.push_back(busiest_text(point.run));
    cells.push_back(longest_queue_text(point.run.outcome));
    for (const std::string& row : rows) cells.push_back(value_text(point.run, row, percentile));
    if (is_judged) cells.push_back(" " + judgement(point.run, style));
    table.row(std::move(cells));
  }
  return table.text(style);
}

// "shards = 2, place = home": of what varies.
std::string setting_text(const SweepSummary& sweep, std::size_t point) {
  const std::vector<std::string> names = short_names(sweep.paths);
  const auto only = varying_path(sweep);
  if (only) return fmt::format("{} = {}", names[*only], sweep.points[point].values[*only]);
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += fmt::format("{}{} = {}", i > 0 ? ", " : "", names[i], sweep.points[point].values[i]);
  return text;
}

std::string sentence_of(const SweepSummary& sweep, Answer answer) {
  if (answer == Answer::unknown) return "cannot tell whether any of these meets every objective: too few requests";
  if (answer == Answer::fail) return "none of these meets every objective";
  if (const auto largest = largest_passing(sweep))
    return "largest value that meets every objective: " + setting_text(sweep, *largest);
  return fmt::format("{} that meets every objective: {}", varying_path(sweep) ? "smallest value" : "the first",
                     setting_text(sweep, *smallest_passing(sweep)));
}

// What is left of the tail where enough was done.
std::string note_on_tail(const SweepSummary& sweep, const Style& style) {
  auto point = largest_passing(sweep);
  if (!point) point = smallest_passing(sweep);
  if (!point) return "";
  const auto band = honest_band(sweep.points[*point].run.outcome.stages, shown_bands.back());
  const std::string text = band ? largest_stage_text(*band) : "";
  return text.empty() ? "" : wrapped(fmt::format("with {}, {}", setting_text(sweep, *point), text), 2, style);
}

}  // namespace

std::string sweep_text(const SweepSummary& sweep, const Style& style) {
  if (sweep.points.empty()) return sweep.design + "   nothing to sweep\n";
  const RunSummary& first = sweep.points.front().run;
  std::string text = fmt::format("{}   {}   {}", sweep.design, seeds_text(first), length_asked_text(first));
  if (sweep.wall) text += fmt::format(" in {}", wall_text(*sweep.wall));
  text += "\n\n" + table_of(sweep, style) + note_on_tail(sweep, style) + "\n";

  std::uint64_t fingerprint = 0;
  for (const SweepPoint& point : sweep.points)
    fingerprint = fold_fingerprint(fingerprint, point.run.outcome.fingerprint);
  const std::optional<Answer> answer = answer_of(sweep);
  if (!answer) return text + "fingerprint " + fingerprint_text(fingerprint) + "\n";
  return text + verdict_line(*answer, sentence_of(sweep, *answer), fingerprint, style);
}

}  // namespace orrery::reports
