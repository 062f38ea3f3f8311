#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <tuple>

#include "reports/run_blocks.h"
#include "reports/shown.h"
#include "reports/sweep.h"

namespace orrery::reports {
namespace {

constexpr std::size_t value_width_min = 7;
constexpr std::size_t operations_named_max = 4;
constexpr std::uint64_t named_from_percent = 1;

// "shards" of "booking/shards", and "shards=2" of "booking shards=2", where the first design is "booking".
std::vector<std::string> short_names(const Comparison& comparison) {
  const std::string& first = comparison.designs.front().name;
  std::vector<std::string> names;
  for (const ComparedDesign& each : comparison.designs) {
    const bool is_more = each.name.starts_with(first + "/") || each.name.starts_with(first + " ");
    names.push_back(is_more ? each.name.substr(first.size() + 1) : each.name);
  }
  return names;
}

// "-32 %", "+5 %": what the value became, in percent of what it was.
std::string change_text(std::int64_t before, std::int64_t after) {
  __extension__ using Wide = __int128;
  if (before <= 0) return "";
  const Wide change = Wide{after - before} * 100;
  const auto percent = static_cast<std::int64_t>((change + (change < 0 ? -before : before) / 2) / before);
  return fmt::format("{}{} %", percent > 0 ? "+" : "", percent);
}

std::string signed_ms(std::int64_t ns) {
  const std::string text = milliseconds_text(Duration(ns < 0 ? -ns : ns));
  return text == "0.00" ? text : (ns < 0 ? "-" : "+") + text;
}

// A line of the table: what it is about, and what each design has of it.
struct Line {
  struct Cell {
    std::string value{};
    std::string mark{};
    std::string change{};
  };
  std::string metric;
  std::string of{};
  std::string limit{};
  std::vector<Cell> cells{};
};

const Judged* judged_on(const ComparedDesign& design, const std::string& of, const std::string& metric) {
  for (const Judged& each : design.run.objectives)
    if (each.of == of && metric_of(each.objective) == metric) return &each;
  return nullptr;
}

std::string limit_text(const Judged& judged) {
  if (shown_percentile_of(judged.objective)) return "<= " + limit_in_ms(judged.objective);
  const bool at_least = judged.objective.metric == Objective::Metric::throughput;
  return fmt::format("{} {}", at_least ? ">=" : "<=", limit_of(judged.objective));
}

Line line_of(const Comparison& comparison, const ComparedRow& row, const Style& style) {
  Line line{.metric = std::string(shown_percentiles[row.shown_percentile].name), .of = row.of};
  std::optional<Duration> first;
  for (const ComparedDesign& design : comparison.designs) {
    const std::optional<Duration> value = compared_value(design, row);
    Line::Cell& cell = line.cells.emplace_back(value ? milliseconds_text(*value) : "-");
    if (line.cells.size() == 1)
      first = value;
    else if (first && value)
      cell.change = change_text(nanoseconds(*first), nanoseconds(*value));
    const Judged* judged = judged_on(design, line.of, line.metric);
    if (judged == nullptr) continue;
    cell.mark = mark_of(judged->kind, style);
    if (line.limit.empty()) line.limit = limit_text(*judged);
  }
  return line;
}

Line line_of(const Comparison& comparison, const Judged& objective, const Style& style) {
  Line line{.metric = metric_of(objective.objective), .of = objective.of, .limit = limit_text(objective)};
  const Judged* first = judged_on(comparison.designs.front(), line.of, line.metric);
  for (const ComparedDesign& design : comparison.designs) {
    Line::Cell& cell = line.cells.emplace_back("-");
    const Judged* judged = judged_on(design, line.of, line.metric);
    if (judged == nullptr) continue;
    cell = {value_text(*judged), mark_of(judged->kind, style), ""};
    if (line.cells.size() > 1 && first != nullptr && first->value && judged->value)
      cell.change = change_text(*first->value, *judged->value);
  }
  return line;
}

// Those of compared_rows(), then what else is asked of any of the designs, then the busiest object.
std::vector<Line> lines_of(const Comparison& comparison, const Style& style) {
  std::vector<Line> lines;
  for (const ComparedRow& row : compared_rows(comparison)) lines.push_back(line_of(comparison, row, style));
  for (const ComparedDesign& design : comparison.designs) {
    for (const Judged& each : design.run.objectives) {
      const auto is_there = [&each, metric = metric_of(each.objective)](const Line& line) {
        return line.of == each.of && line.metric == metric;
      };
      if (std::ranges::none_of(lines, is_there)) lines.push_back(line_of(comparison, each, style));
    }
  }
  Line busiest{.metric = "busiest object"};
  for (const ComparedDesign& design : comparison.designs) {
    const std::vector<ObjectUse>& objects = design.run.outcome.objects;
    busiest.cells.emplace_back(objects.empty() ? "-" : busy_text(objects.front(), design.run));
  }
  lines.push_back(std::move(busiest));
  return lines;
}

// Of the first design and these others.
std::string table_of(const std::vector<Line>& lines, const std::vector<std::string>& names,
                     std::span<const std::size_t> others, const Style& style) {
  const bool is_judged = std::ranges::any_of(lines, [](const Line& line) { return !line.limit.empty(); });
  std::vector<Table::Column> columns{{.head = "", .left = true}};
  if (is_judged) columns.push_back({.head = "", .left = true});
  const auto add_design = [&](std::size_t design) {
    columns.push_back({.head = names[design], .width_min = value_width_min});
    if (is_judged) columns.push_back({.head = "", .left = true});
    if (design > 0) columns.push_back({.head = ""});
  };
  add_design(0);
  for (const std::size_t design : others) add_design(design);

  std::size_t metric_width = 0;
  for (const Line& line : lines)
    if (!line.of.empty()) metric_width = std::max(metric_width, line.metric.size());
  Table table(std::move(columns));
  for (const Line& line : lines) {
    std::vector<std::string> cells{fmt::format("  {}  {}", padded_right(line.metric, metric_width), line.of)};
    if (is_judged) cells.push_back(line.limit);
    const auto add_cell = [&](std::size_t design) {
      cells.push_back(line.cells[design].value);
      if (is_judged) cells.push_back(line.cells[design].mark);
      if (design > 0) cells.push_back(line.cells[design].change);
    };
    add_cell(0);
    for (const std::size_t design : others) add_cell(design);
    table.row(std::move(cells));
  }
  return table.text(style);
}

std::size_t width_of(std::string_view text) {
  std::size_t widest = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    widest = std::max(widest, display_width(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return widest;
}

// As many designs side by side as the screen has room for, each time beside the first.
std::string tables_of(const Comparison& comparison, const Style& style) {
  const std::vector<Line> lines = lines_of(comparison, style);
  const std::vector<std::string> names = short_names(comparison);
  std::string text;
  std::vector<std::size_t> others;
  for (std::size_t next = 1; next < names.size(); ++next) {
    others.push_back(next);
    if (others.size() == 1 || width_of(table_of(lines, names, others, style)) <= columns_of(style)) continue;
    others.pop_back();
    text += table_of(lines, names, others, style) + "\n";
    others = {next};
  }
  return text + table_of(lines, names, others, style);
}

// "book 36.0 %, view 8.0 %": the operations of which the largest shares became much slower.
std::string worst_operations(const Paired& pairs) {
  std::vector<Paired::ByOperation> worst;
  for (const Paired::ByOperation& each : pairs.operations)
    if (each.much_slower * 100 >= each.pairs * named_from_percent) worst.push_back(each);
  __extension__ using Wide = unsigned __int128;
  std::ranges::sort(worst, [](const Paired::ByOperation& a, const Paired::ByOperation& b) {
    return std::tuple(Wide{b.much_slower} * a.pairs, a.name) < std::tuple(Wide{a.much_slower} * b.pairs, b.name);
  });
  worst.resize(std::min(worst.size(), operations_named_max));
  std::string text;
  for (const Paired::ByOperation& each : worst)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", each.name, percent_text(each.much_slower, each.pairs));
  return text;
}

std::string shares_text(const Paired& pairs) {
  if (pairs.slower == 0) return "no request became slower";
  std::string text = percent_text(pairs.slower, pairs.pairs) + " of requests became slower, ";
  if (pairs.much_slower == 0) return text + "none by more than 10 ms";
  text += percent_text(pairs.much_slower, pairs.pairs) + " by more than 10 ms";
  const std::string worst = pairs.operations.size() > 1 ? worst_operations(pairs) : "";
  return worst.empty() ? text : fmt::format("{} ({})", text, worst);
}

std::string pairs_block(const Comparison& comparison, const Style& style) {
  if (comparison.pairs.empty()) return "";
  const bool is_same = std::ranges::all_of(comparison.pairs, [](const Paired& each) { return each.moved == 0; });
  const std::vector<std::string> names = short_names(comparison);
  Table table({{.head = "", .left = true}, {.head = ""}, {.head = "", .left = true}});
  for (std::size_t i = 0; i < comparison.pairs.size(); ++i) {
    const Paired& pairs = comparison.pairs[i];
    const std::string label = fmt::format("  {} vs {}", names[i + 1], names.front());
    if (pairs.pairs == 0) {
      table.row({label, "-", "no request is in both"});
      continue;
    }
    std::string interval;
    if (pairs.interval)
      interval = fmt::format("95 % interval {} to {} ms", signed_ms(pairs.interval->first),
                             signed_ms(pairs.interval->second));
    table.row({label, signed_ms(pairs.mean_change_ns) + " ms", interval});
    const bool may_be_chance = pairs.interval && pairs.interval->first <= 0 && pairs.interval->second >= 0;
    table.lines(wrapped(fmt::format("{}; {}{}", counted(pairs.pairs, "pair", "pairs"), shares_text(pairs),
                                    may_be_chance ? "; the mean change may be chance" : ""),
                        6, style));
  }
  return "\n" +
         wrapped(
             is_same
                 ? "Same arrivals in each design: every request compared with itself, mean change"
                 : "Every request compared with the one of the same client and number, which may have been sent at "
                   "another time: mean change",
             0, style) +
         table.text(style);
}

std::string differences_block(const Comparison& comparison, const Style& style) {
  const std::vector<std::string> names = short_names(comparison);
  std::string text;
  for (std::size_t i = 1; i < comparison.designs.size(); ++i) {
    const std::vector<std::string>& differs = comparison.designs[i].differs;
    if (differs.empty()) continue;
    std::string line = names[i] + ":";
    for (std::size_t path = 0; path < differs.size(); ++path) line += (path > 0 ? ", " : " ") + differs[path];
    text += wrapped(line, 2, style);
  }
  return text.empty() ? "" : fmt::format("\nWhat differs from {}\n{}", names.front(), text);
}

// "shards and shards-home meet every objective".
std::string who_meets_all(const Comparison& comparison) {
  const std::vector<std::string> names = short_names(comparison);
  std::vector<std::string> meeting;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (meets_all_objectives(comparison.designs[i].run)) meeting.push_back(names[i]);
  if (meeting.empty()) return "no design meets every objective";
  if (meeting.size() == names.size()) return "every design meets every objective";
  std::string text = meeting.front();
  for (std::size_t i = 1; i < meeting.size(); ++i) text += (i + 1 < meeting.size() ? ", " : " and ") + meeting[i];
  return fmt::format("{} {} every objective", text, meeting.size() == 1 ? "meets" : "meet");
}

std::string sentence_of(const Comparison& comparison) {
  const std::vector<std::string> names = short_names(comparison);
  if (const std::string why = why_worse(comparison); !why.empty())
    return fmt::format("{} is worse than {}: {}", names.back(), names.front(), why);
  const bool is_judged = std::ranges::any_of(
      comparison.designs, [](const ComparedDesign& design) { return !design.run.objectives.empty(); });
  std::string not_worse = fmt::format("{} is not worse than {}", names.back(), names.front());
  if (!is_judged) return not_worse;
  return meets_all_objectives(comparison.designs.back().run)
             ? who_meets_all(comparison)
             : fmt::format("{}; {}", not_worse, who_meets_all(comparison));
}

}  // namespace

std::string comparison_text(const Comparison& comparison, const Style& style) {
  const RunSummary& first = comparison.designs.front().run;
  std::string text =
      fmt::format("{}   {}   {}", comparison.designs.front().name, seeds_text(first), length_asked_text(first));
  if (comparison.wall) text += fmt::format(" in {}", wall_text(*comparison.wall));
  text += "\n\nLatency in ms, from intended send time\n" + tables_of(comparison, style) +
          pairs_block(comparison, style) + differences_block(comparison, style);
  std::uint64_t fingerprint = 0;
  for (const ComparedDesign& each : comparison.designs)
    fingerprint = fold_fingerprint(fingerprint, each.run.outcome.fingerprint);
  const Answer answer = is_worse(comparison) ? Answer::fail : Answer::pass;
  return text + "\n" + verdict_line(answer, sentence_of(comparison), fingerprint, style);
}

}  // namespace orrery::reports
