#include <fmt/format.h>

#include <algorithm>

#include "core/base/decimal.h"
#include "core/base/duration_text.h"
#include "reports/run_blocks.h"
#include "reports/shown.h"

namespace orrery::reports {
namespace {

constexpr std::size_t label_width_min = 17;
constexpr std::size_t time_width_min = 7;

// A row of the latency table.
struct Labelled {
  std::string label;
  const Latencies* latencies;
  std::vector<const Judged*> objectives{};  // on a percentile that has a column
};

// As rows_of().
std::vector<Labelled> labelled_rows(const RunSummary& run) {
  const Outcome& outcome = run.outcome;
  std::vector<Labelled> rows{{"all", &outcome.all}};
  std::size_t longest = 0;
  for (const Latencies& group : outcome.groups) longest = std::max(longest, display_width(group.name));
  for (std::size_t i = 0; i < outcome.groups.size(); ++i) {
    std::string label = outcome.groups[i].name;
    const std::string city = i < run.names.groups.size() ? run.names.groups[i].city : "";
    if (!city.empty()) label = fmt::format("{}  from {}", padded_right(label, longest), city);
    rows.push_back({std::move(label), &outcome.groups[i]});
  }
  for (const Latencies& operation : outcome.operations)
    if (operation.completed > 0) rows.push_back({operation.name, &operation});
  return rows;
}

// Gives each row its objectives, and returns those that no column shows.
std::vector<const Judged*> distribute(const std::vector<Judged>& objectives, std::vector<Labelled>& rows) {
  std::vector<const Judged*> left;
  for (const Judged& each : objectives) {
    const auto row = std::ranges::find(rows, each.of, [](const Labelled& of) { return of.latencies->name; });
    if (row != rows.end() && shown_percentile_of(each.objective))
      row->objectives.push_back(&each);
    else
      left.push_back(&each);
  }
  return left;
}

// How long a run must be for every percentile of a row, if its requests keep coming as they did.
Duration duration_needed(const RunSummary& run, std::uint64_t completed) {
  __extension__ using Wide = __int128;
  const auto wanted = static_cast<Wide>(samples_needed(shown_percentiles.back().percentile));
  const Wide counted = nanoseconds(run.duration - run.warmup);
  const auto requests = static_cast<Wide>(completed);
  const Wide needed = nanoseconds(run.warmup) + (counted * wanted + requests - 1) / requests;
  constexpr Duration longest = std::chrono::hours(100'000);
  const Duration exact = needed < nanoseconds(longest) ? Duration(static_cast<std::int64_t>(needed)) : longest;
  if (exact > 10h) return std::chrono::ceil<std::chrono::hours>(exact);
  if (exact > 10min) return std::chrono::ceil<std::chrono::minutes>(exact);
  return std::chrono::ceil<std::chrono::seconds>(exact);
}

std::string note_on_refused(const RunSummary& run, const std::vector<Labelled>& rows) {
  std::uint64_t fewest = 0;
  bool is_any_refused = false;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::uint64_t completed = rows[row].latencies->completed;
    if (completed == 0) continue;
    if (fewest == 0 || completed < fewest) fewest = completed;
    is_any_refused = is_any_refused || !shown_value(run, row, shown_percentiles.size() - 1).value;
  }
  if (fewest == 0) return "  no request was completed\n";
  if (!is_any_refused) return "";
  const std::uint64_t of_one_seed = fewest / std::max<std::uint64_t>(1, run.seeds.size());
  const Duration needed = duration_needed(run, std::max<std::uint64_t>(1, of_one_seed));
  const bool can_be_longer = needed <= 24h && run.trace_lines.empty();  // a recording has no more requests
  const std::string advice =
      can_be_longer ? fmt::format("; --set run.duration={} would be long enough", orrery::to_text(needed)) : "";
  return fmt::format("  -  fewer than {} requests lie above{}\n", samples_above_min, advice);
}

std::string note_on_failed(const Latencies& all) {
  const std::string retried = with_separators(all.retried) + " took more than one attempt";
  if (all.failed == 0 && all.unknown == 0)
    return all.retried > 0 ? fmt::format("  of all requests {}\n", retried) : "";
  return fmt::format("  of all requests {} failed and {} had no answer{}\n", with_separators(all.failed),
                     with_separators(all.unknown), all.retried > 0 ? "; " + retried : "");
}

std::string range_lines(const RunSummary& run, std::size_t row, const Style& style) {
  std::string text;
  for (std::size_t i = 0; i < shown_percentiles.size(); ++i) {
    const ShownValue shown = shown_value(run, row, i);
    if (!shown.range) continue;
    text += fmt::format("{}{} {} to {}", text.empty() ? "" : ", ", shown_percentiles[i].name,
                        milliseconds_text(shown.range->first), milliseconds_text(shown.range->second));
  }
  if (text.empty()) return "";
  return wrapped(fmt::format("{} over {} seeds", text, with_separators(run.seeds.size())), 6, style);
}

// A cell for each of the row's objectives, their marks below each other; each has a line of its own.
std::vector<std::string> objective_cells(const Labelled& row, std::size_t width, const Style& style) {
  std::vector<std::string> cells;
  for (const Judged* each : row.objectives) {
    const std::string text = fmt::format("{} <= {}", metric_of(each->objective), limit_in_ms(each->objective));
    cells.push_back(fmt::format(" {}  {}", padded_right(text, width), mark_of(each->kind, style)));
  }
  return cells;
}

std::string table_of(const RunSummary& run, const std::vector<Labelled>& rows, const Style& style) {
  std::vector<Table::Column> columns{{.head = "", .left = true, .width_min = label_width_min},
                                     {.head = "requests", .width_min = 10}};
  for (const ShownPercentile& shown : shown_percentiles)
    columns.push_back(
        {.head = std::string(shown.name), .width_min = time_width_min, .gives_way = shown.name == "p90" ? 1 : 0});
  columns.push_back({.head = "max", .width_min = time_width_min, .gives_way = 2});
  std::size_t objective_width = 0;
  for (const Labelled& row : rows)
    for (const Judged* each : row.objectives)
      objective_width =
          std::max(objective_width, metric_of(each->objective).size() + 4 + limit_in_ms(each->objective).size());
  const bool has_objectives = objective_width > 0;
  if (has_objectives) columns.push_back({.head = " objective", .left = true});

  Table table(columns);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Latencies& latencies = *rows[i].latencies;
    std::vector<std::string> cells{"  " + rows[i].label, with_separators(latencies.completed)};
    for (std::size_t shown = 0; shown < shown_percentiles.size(); ++shown) {
      const std::optional<Duration> value = shown_value(run, i, shown).value;
      cells.push_back(value ? milliseconds_text(*value) : "-");
    }
    cells.push_back(latencies.histogram.count() > 0 ? milliseconds_text(latencies.histogram.max()) : "-");
    std::vector<std::string> objectives = objective_cells(rows[i], objective_width, style);
    if (has_objectives) {
      if (objectives.empty()) objectives.emplace_back();
      cells.push_back(objectives.front());
    }
    table.row(std::move(cells));
    for (std::size_t more = 1; more < objectives.size(); ++more) {
      std::vector<std::string> below(columns.size());
      below.back() = objectives[more];
      table.row(std::move(below));
    }
    if (style.verbose) table.lines(range_lines(run, i, style));
  }
  return table.text(style);
}

std::string list_of(const std::vector<const Judged*>& objectives, const Style& style) {
  if (objectives.empty()) return "";
  Table table({{.head = "", .left = true},
               {.head = "", .left = true},
               {.head = ""},
               {.head = "", .left = true},
               {.head = "", .left = true}});
  for (const Judged* each : objectives) {
    const bool at_least = each->objective.metric == Objective::Metric::throughput;
    table.row({"  " + each->of, metric_of(each->objective), value_text(*each),
               fmt::format("{} {}", at_least ? ">=" : "<=", limit_of(each->objective)), mark_of(each->kind, style)});
  }
  return table.text(style);
}

}  // namespace

std::string mark_of(Judged::Kind kind, const Style& style) {
  switch (kind) {
    case Judged::Kind::met: return toned(glyph(Glyph::pass, style), Tone::good, style);
    case Judged::Kind::missed: return toned(glyph(Glyph::fail, style), Tone::bad, style);
    case Judged::Kind::unknown: return toned("?", Tone::doubtful, style);
  }
  return "";
}

std::string limit_in_ms(const Objective& objective) {
  constexpr std::int64_t millisecond = 1'000'000;
  const std::int64_t limit = nanoseconds(objective.time);
  return with_separators(static_cast<std::uint64_t>(limit / millisecond)) +
         decimal_text(limit % millisecond, 6).substr(1);
}

std::optional<std::size_t> shown_percentile_of(const Objective& objective) {
  if (objective.metric != Objective::Metric::percentile) return std::nullopt;
  const auto shown = std::ranges::find(shown_percentiles, objective.percentile, &ShownPercentile::percentile);
  if (shown == shown_percentiles.end()) return std::nullopt;
  return static_cast<std::size_t>(shown - shown_percentiles.begin());
}

std::string value_text(const Judged& judged) {
  if (!judged.value) return "-";
  const auto value = static_cast<std::uint64_t>(*judged.value);
  switch (judged.objective.metric) {
    case Objective::Metric::percentile:
    case Objective::Metric::mean:
    case Objective::Metric::max: return milliseconds_text(Duration(*judged.value)) + " ms";
    case Objective::Metric::errors: return decimal_text(*judged.value, 4) + " %";
    case Objective::Metric::throughput: {
      constexpr std::uint64_t millionths_an_hour = 3'600'000'000;  // of one a second
      return mean_text(value, millionths_an_hour) + "/s";
    }
  }
  return "";
}

std::string latency_block(const RunSummary& run, const Style& style) {
  std::vector<Labelled> rows = labelled_rows(run);
  const std::vector<const Judged*> without_column = distribute(run.objectives, rows);
  return "\nLatency in ms, from intended send time\n" + table_of(run, rows, style) + list_of(without_column, style) +
         note_on_refused(run, rows) + note_on_failed(run.outcome.all);
}

}  // namespace orrery::reports
