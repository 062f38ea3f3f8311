#include "reports/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "core/base/duration_text.h"
#include "reports/shown.h"

namespace orrery::reports {
namespace {

constexpr std::size_t label_width_min = 17;
constexpr std::size_t time_width_min = 7;
constexpr int work_width_max = 100;

std::string head_line(const RunSummary& run) {
  std::string text =
      fmt::format("{}   seed {}   {} virtual", run.scenario, run.outcome.seed, length_text(run.duration));
  if (run.wall) text += fmt::format(" in {}", wall_text(*run.wall));
  text += "   " + counted(run.outcome.all.completed, "request", "requests");
  if (run.warmup > Duration::zero()) text += fmt::format(" after {} warm-up", length_text(run.warmup));
  return text + "\n";
}

// A row of the latency table.
struct Labelled {
  std::string label;
  const Latencies* latencies;
};

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

// How long a run must be for every percentile of this row, if requests keep coming as they did.
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
  for (const Labelled& row : rows) {
    const std::uint64_t completed = row.latencies->completed;
    if (completed > 0 && (fewest == 0 || completed < fewest)) fewest = completed;
  }
  if (fewest == 0) return "  no request was completed\n";
  if (fewest >= samples_needed(shown_percentiles.back().percentile)) return "";
  return fmt::format("  -  fewer than {} requests lie above; --set run.duration={} would be long enough\n",
                     samples_above_min, orrery::to_text(duration_needed(run, fewest)));
}

std::string note_on_failed(const Latencies& all) {
  if (all.failed == 0 && all.unknown == 0) return "";
  return fmt::format("  of all requests {} failed and {} had no answer\n", with_separators(all.failed),
                     with_separators(all.unknown));
}

std::string percentile_text(const Histogram& histogram, Percentile percentile) {
  const std::optional<Duration> value = histogram.honest_percentile(percentile);
  return value ? milliseconds_text(*value) : "-";
}

std::string latency_block(const RunSummary& run, const Style& style) {
  const std::vector<Labelled> rows = labelled_rows(run);
  std::vector<Table::Column> columns{{.head = "", .left = true, .width_min = label_width_min},
                                     {.head = "requests", .width_min = 10}};
  for (const ShownPercentile& shown : shown_percentiles)
    columns.push_back(
        {.head = std::string(shown.name), .width_min = time_width_min, .gives_way = shown.name == "p90" ? 1 : 0});
  columns.push_back({.head = "max", .width_min = time_width_min, .gives_way = 2});

  Table table(std::move(columns));
  for (const Labelled& row : rows) {
    const Histogram& histogram = row.latencies->histogram;
    std::vector<std::string> cells{"  " + row.label, with_separators(row.latencies->completed)};
    for (const ShownPercentile& shown : shown_percentiles)
      cells.push_back(percentile_text(histogram, shown.percentile));
    cells.push_back(histogram.count() > 0 ? milliseconds_text(histogram.max()) : "-");
    table.row(std::move(cells));
  }
  return "\nLatency in ms, from intended send time\n" + table.text(style) + note_on_refused(run, rows) +
         note_on_failed(run.outcome.all);
}

// Names the stage that makes up more than half of the slowest requests.
std::string note_on_tail(const Band& tail) {
  const auto largest = std::ranges::max_element(tail.stages);
  if (*largest * 2 <= tail.total) return "";
  const auto stage = static_cast<Stage>(largest - tail.stages.begin());
  __extension__ using Wide = __int128;
  const auto percent = static_cast<int>(Wide{nanoseconds(*largest)} * 100 / nanoseconds(tail.total));
  return fmt::format("  {} % of the slowest 1 % is {}\n", percent, to_text(stage));
}

std::string stages_block(const Outcome& outcome, const Style& style) {
  std::array<std::optional<Band>, shown_bands.size()> bands;
  for (std::size_t i = 0; i < bands.size(); ++i) bands[i] = honest_band(outcome.stages, shown_bands[i]);
  if (std::ranges::none_of(bands, [](const auto& band) { return band.has_value(); })) return "";

  std::vector<Table::Column> columns{{.head = "", .left = true, .width_min = label_width_min},
                                     {.head = "total", .width_min = 10}};
  std::vector<std::size_t> stages;
  for (std::size_t stage = 0; stage < stage_count; ++stage) {
    const auto is_used = [&](const auto& band) { return band && band->stages[stage] > Duration::zero(); };
    if (std::ranges::none_of(bands, is_used)) continue;
    stages.push_back(stage);
    columns.push_back({.head = std::string(to_text(static_cast<Stage>(stage))), .width_min = time_width_min});
  }

  Table table(std::move(columns));
  for (std::size_t i = 0; i < bands.size(); ++i) {
    std::vector<std::string> cells{fmt::format("  {}", shown_bands[i].name)};
    cells.push_back(bands[i] ? milliseconds_text(bands[i]->total) : "-");
    for (const std::size_t stage : stages)
      cells.push_back(bands[i] ? milliseconds_text(bands[i]->stages[stage]) : "-");
    table.row(std::move(cells));
  }
  std::string text = "\nWhere the time goes, mean ms of each band\n" + table.text(style);
  if (bands.back()) text += note_on_tail(*bands.back());
  return text;
}

// Shows whether one request is one turn with many storage operations, or many calls of other objects. What it took
// stands beside it once more.
std::string work_block(const Outcome& outcome, const Style& style) {
  const std::vector<Latencies>& operations = outcome.operations;
  const auto is_work = [](const Latencies& each) { return each.work.operations > 0 || each.work.calls > 0; };
  if (std::ranges::none_of(operations, is_work)) return "";
  const bool has_fetches =
      std::ranges::any_of(operations, [](const Latencies& each) { return each.work.fetches > 0; });

  std::vector<Table::Column> columns{{.head = "", .left = true, .width_min = label_width_min},
                                     {.head = "turns", .width_min = time_width_min},
                                     {.head = "calls", .width_min = time_width_min}};
  if (has_fetches) columns.push_back({.head = "fetches", .width_min = time_width_min});
  columns.insert(columns.end(), {{.head = "storage ops"},
                                 {.head = "storage ms"},
                                 {.head = "commits", .width_min = time_width_min},
                                 {.head = "p50 ms", .width_min = time_width_min, .gives_way = 2},
                                 {.head = "p99 ms", .width_min = time_width_min, .gives_way = 1}});
  Table table(std::move(columns));
  for (const Latencies& each : operations) {
    if (each.completed == 0) continue;
    const auto mean = [&each](std::uint64_t sum) { return mean_text(sum, each.completed); };
    std::vector<std::string> cells{"  " + each.name, mean(each.work.turns), mean(each.work.calls)};
    if (has_fetches) cells.push_back(mean(each.work.fetches));
    const Duration storage = each.work.storage / static_cast<std::int64_t>(each.completed);
    cells.insert(cells.end(), {mean(each.work.operations), milliseconds_text(storage), mean(each.work.commits),
                               percentile_text(each.histogram, {50'000}), percentile_text(each.histogram, {99'000})});
    table.row(std::move(cells));
  }
  Style narrowed = style;
  narrowed.width = std::min(style.width, work_width_max);
  return "\nWork per request, mean\n" + table.text(narrowed);
}

std::string objects_block(const Outcome& outcome, const Style& style) {
  const auto whole = static_cast<std::uint64_t>(std::max<std::int64_t>(1, nanoseconds(outcome.virtual_time)));
  Table table({{.head = "Objects", .left = true, .width_min = label_width_min},
               {.head = "busy", .width_min = 10},
               {.head = "longest queue"},
               {.head = "turns", .width_min = time_width_min}});
  bool any = false;
  for (const ObjectUse& use : outcome.objects) {
    if (!style.verbose && use.busy * 2 <= outcome.virtual_time) continue;
    any = true;
    table.row({fmt::format("  {} {}", use.class_name, use.object.substr(0, 8)),
               percent_text(static_cast<std::uint64_t>(nanoseconds(use.busy)), whole),
               with_separators(use.longest_queue), with_separators(use.turns)});
  }
  if (!any) return "";
  std::string text = "\n" + table.text(style);
  if (outcome.objects_used > outcome.objects.size())
    text += fmt::format("  the busiest of {}\n", with_separators(outcome.objects_used));
  return text;
}

std::string violation_lines(const properties::Violation& violation, const Style& style) {
  std::string place = violation.rule;
  if (!violation.object.empty()) place += ", object " + violation.object.substr(0, 8);
  return wrapped(fmt::format("{}: {}", place, violation.text), 12, style);
}

std::string properties_block(const Outcome& outcome, const Style& style) {
  using Kind = properties::Verdict::Kind;
  if (outcome.verdicts.empty()) return "";
  Table table({{.head = "", .left = true, .width_min = 10}, {.head = "", .left = true}, {.head = ""}});
  for (const PropertyVerdict& each : outcome.verdicts) {
    const properties::Verdict& verdict = each.verdict;
    const std::string times = "   " + counted(verdict.tested, "time", "times");
    switch (verdict.kind) {
      case Kind::holds: table.row({"  holds", each.property, times}); break;
      case Kind::violated:
        table.row({"  " + toned("VIOLATED", Tone::bad, style), each.property,
                   verdict.violation ? "   at " + instant_text(verdict.violation->at) : ""});
        if (verdict.violation) table.lines(violation_lines(*verdict.violation, style));
        break;
      case Kind::untested: table.row({"  " + toned("UNTESTED", Tone::doubtful, style), each.property, ""}); break;
      case Kind::unknown:
        table.row({"  " + toned("UNKNOWN", Tone::doubtful, style), each.property, times});
        table.lines(wrapped(verdict.note, 12, style));
        break;
    }
  }
  return "\nProperties\n" + table.text(style);
}

}  // namespace

std::string run_text(const RunSummary& run, const Style& style) {
  return head_line(run) + latency_block(run, style) + stages_block(run.outcome, style) +
         work_block(run.outcome, style) + objects_block(run.outcome, style) + properties_block(run.outcome, style) +
         "\n" + verdict_line(tally_of(run), run.outcome.fingerprint, style);
}

}  // namespace orrery::reports
