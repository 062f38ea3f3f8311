#include "reports/run_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include "reports/json_text.h"
#include "reports/objects.h"
#include "reports/shown.h"

namespace orrery::reports {
namespace {

constexpr std::size_t label_width_min = 17;
constexpr std::size_t time_width_min = 7;
constexpr int work_width_max = 100;
constexpr int room_for_three = 100;  // columns: on a narrower screen two methods are named, not three
constexpr Duration mean_wait_shown_min = 1ms;

constexpr std::size_t p50 = 0;  // in shown_percentiles
constexpr std::size_t p99 = 2;

std::string percentile_text(const RunSummary& run, std::size_t row, std::size_t shown) {
  const std::optional<Duration> value = shown_value(run, row, shown).value;
  return value ? milliseconds_text(*value) : "-";
}

std::string quoted(const std::string& name, const Style& style) {
  std::string text = brief_text(Value(name), 32);
  const std::size_t cut = text.find("…");
  if (!style.utf8 && cut != std::string::npos) text.replace(cut, std::string_view("…").size(), "...");
  return text;
}

std::uint64_t unsigned_of(Duration duration) {
  return static_cast<std::uint64_t>(std::max(nanoseconds(duration), std::int64_t{0}));
}

bool is_mostly_busy(const ObjectUse& use, const RunSummary& run) { return use.busy > length_of(run) / 2; }

std::string note_on_rest(const Outcome& outcome) {
  if (outcome.objects_used <= outcome.objects.size()) return "";
  return fmt::format("  the busiest of {}\n", with_separators(outcome.objects_used));
}

// Where nothing is asked of the run, how much its objects did.
std::string plain_objects(const RunSummary& run, const Style& style) {
  const Outcome& outcome = run.outcome;
  Table table({{.head = "Objects", .left = true, .width_min = label_width_min},
               {.head = "busy", .width_min = 10},
               {.head = "longest queue"},
               {.head = "turns", .width_min = time_width_min}});
  bool any = false;
  for (const ObjectUse& use : outcome.objects) {
    if (!style.verbose && !is_mostly_busy(use, run)) continue;
    any = true;
    table.row(
        {"  " + name_of(use), busy_text(use, run), with_separators(use.longest_queue), with_separators(use.turns)});
  }
  return any ? "\n" + table.text(style) + note_on_rest(outcome) : "";
}

// "view 52 %, book (held) 40 %": of all time spent waiting at this object, what went on inside.
std::string behind_text(const ObjectUse& use, const Style& style) {
  struct Part {
    std::string text;
    Duration waited;
  };
  std::vector<Part> parts;
  Duration all{};
  for (const Blame& each : use.behind) {
    parts.push_back({each.method, each.running});
    parts.push_back({each.method + " (held)", each.held});
    all = saturated_sum(all, saturated_sum(each.running, each.held));
  }
  std::ranges::sort(
      parts, [](const Part& a, const Part& b) { return std::tie(b.waited, a.text) < std::tie(a.waited, b.text); });
  parts.resize(std::min<std::size_t>(parts.size(), style.width < room_for_three ? 2 : 3));
  std::string text;
  for (const Part& each : parts) {
    const std::int64_t percent = (nanoseconds(each.waited) / 1'000 * 100 + nanoseconds(all) / 2'000) /
                                 std::max<std::int64_t>(1, nanoseconds(all) / 1'000);
    if (percent == 0) continue;
    text += fmt::format("{}{} {} %", text.empty() ? "" : ", ", each.text, percent);
  }
  return text;
}

Duration mean_wait(const ObjectUse& use) {
  return use.calls > 0 ? use.waited / static_cast<std::int64_t>(use.calls) : Duration::zero();
}

// Where something is asked of it, what requests waited for.
std::string judged_objects(const RunSummary& run, const Style& style) {
  const Outcome& outcome = run.outcome;
  Table table({{.head = "Objects", .left = true, .width_min = label_width_min},
               {.head = "busy", .width_min = 10},
               {.head = "longest queue", .gives_way = 1},
               {.head = "mean wait", .width_min = 10},
               {.head = " waits behind", .left = true}});
  bool any = false;
  for (const ObjectUse& use : outcome.objects) {
    if (!style.verbose && !is_mostly_busy(use, run) && mean_wait(use) <= mean_wait_shown_min) continue;
    any = true;
    table.row({"  " + name_of(use), busy_text(use, run), with_separators(use.longest_queue),
               use.calls > 0 ? milliseconds_text(mean_wait(use)) + " ms" : std::string("-"),
               " " + behind_text(use, style)});
  }
  return any ? table.text(style) + note_on_rest(outcome) : "";
}

std::string key_lines(const Outcome& outcome, const Style& style) {
  std::string text;
  for (const KeyUse& use : outcome.keys)
    if (use.of > 0)
      text += wrapped(fmt::format("the busiest key of {}, {}, has {} of its requests", use.class_name,
                                  quoted(use.key, style), percent_text(use.requests, use.of)),
                      2, style);
  return text;
}

}  // namespace

std::size_t columns_of(const Style& style) { return static_cast<std::size_t>(std::clamp(style.width, 20, 120)); }

std::string busy_text(const ObjectUse& use, const RunSummary& run) {
  const std::uint64_t whole = std::max<std::uint64_t>(1, unsigned_of(length_of(run)));
  return percent_text(std::min(unsigned_of(use.busy), whole), whole);
}

std::string largest_stage_text(const Band& slowest) {
  const auto largest = std::ranges::max_element(slowest.stages);
  if (*largest * 2 <= slowest.total) return "";
  const auto stage = static_cast<Stage>(largest - slowest.stages.begin());
  __extension__ using Wide = __int128;
  const auto percent = static_cast<int>(Wide{nanoseconds(*largest)} * 100 / nanoseconds(slowest.total));
  return fmt::format("{} % of the slowest 1 % is {}", percent, to_text(stage));
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
  const std::string note = bands.back() ? largest_stage_text(*bands.back()) : "";
  return note.empty() ? text : text + "  " + note + "\n";
}

// Shows whether one request is one turn with many storage operations, or many calls of other objects. What it took
// stands beside it once more.
std::string work_block(const RunSummary& run, const Style& style) {
  if (!run.objectives.empty() && !style.verbose) return "";
  const std::vector<Latencies>& operations = run.outcome.operations;
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
  const std::vector<const Latencies*> rows = rows_of(run.outcome);
  for (std::size_t row = 1 + run.outcome.groups.size(); row < rows.size(); ++row) {
    const Latencies& each = *rows[row];
    const auto mean = [&each](std::uint64_t sum) { return mean_text(sum, each.completed); };
    std::vector<std::string> cells{"  " + each.name, mean(each.work.turns), mean(each.work.calls)};
    if (has_fetches) cells.push_back(mean(each.work.fetches));
    const Duration storage = each.work.storage / static_cast<std::int64_t>(each.completed);
    cells.insert(cells.end(), {mean(each.work.operations), milliseconds_text(storage), mean(each.work.commits),
                               percentile_text(run, row, p50), percentile_text(run, row, p99)});
    table.row(std::move(cells));
  }
  Style narrowed = style;
  narrowed.width = std::min(style.width, work_width_max);
  return "\nWork per request, mean\n" + table.text(narrowed);
}

std::string objects_block(const RunSummary& run, const Style& style) {
  if (run.objectives.empty()) return plain_objects(run, style);
  if (meets_all_objectives(run) && !style.verbose) return "";
  const auto is_missed = [](const Judged& each) { return each.kind == Judged::Kind::missed; };
  std::string text = judged_objects(run, style);
  if (style.verbose || std::ranges::any_of(run.objectives, is_missed)) text += key_lines(run.outcome, style);
  return text.empty() ? "" : "\n" + text;
}

}  // namespace orrery::reports
