#include "reports/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "reports/coverage.h"

namespace orrery::reports {
namespace {

std::string seeds_text(std::uint64_t seeds) { return counted(seeds, "seed", "seeds"); }

std::string head_line(const CheckSummary& check) {
  return fmt::format("{}   {}, {} from {}\n\n", check.scenario,
                     counted(check.properties.size(), "property", "properties"), seeds_text(check.seeds_asked),
                     check.first_seed);
}

std::string tested_text(const CheckSummary& check, const PropertySummary& property) {
  std::string seeds = seeds_text(property.seeds_tested);
  if (property.seeds_tested < check.seeds_done)
    seeds = fmt::format("{} of {}", with_separators(property.seeds_tested), seeds_text(check.seeds_done));
  return fmt::format("{}   {} tested", seeds, counted(property.tested, "time", "times"));
}

std::string violated_text(const CheckSummary& check, const PropertySummary& property) {
  const std::uint64_t seed = property.violations.front().seed;
  if (property.violations.size() > 1)
    return fmt::format("{} violated, first {}", seeds_text(property.violations.size()), seed);
  const std::uint64_t before = seed - check.first_seed;
  return before == 0 ? fmt::format("seed {}", seed)
                     : fmt::format("seed {}, {} passed before it", seed, seeds_text(before));
}

std::string property_rows(const CheckSummary& check, const Style& style) {
  Table table(
      {{.head = "", .width_min = 8}, {.head = "", .left = true, .width_min = 18}, {.head = "", .left = true}});
  for (const PropertySummary& each : check.properties) {
    if (!each.violations.empty())
      table.row({toned("FAIL", Tone::bad, style), each.property, "  " + violated_text(check, each)});
    else if (each.seeds_unknown > 0)
      table.row({toned("UNKNOWN", Tone::doubtful, style), each.property,
                 fmt::format("  {}{}{}", seeds_text(each.seeds_unknown), each.note.empty() ? "" : ": ", each.note)});
    else if (each.tested == 0)
      table.row({toned("SKIP", Tone::doubtful, style), each.property,
                 fmt::format("  {}   untested", seeds_text(check.seeds_done))});
    else
      table.row({toned("PASS", Tone::good, style), each.property, "  " + tested_text(check, each)});
  }
  return table.text(style) + " ----------\n";
}

// What is said under a name at the left, wrapped to hang below it.
std::string under(std::string_view head, const std::string& text, const Style& style) {
  constexpr std::size_t indent = 10;
  std::string lines = wrapped(text, indent, style);
  const std::string start = padded_right(fmt::format(" {}", head), indent);
  if (lines.size() >= indent) lines.replace(0, indent, start);
  return lines;
}

std::string warning_that_none_reached(std::string_view name, const Style& style) {
  std::string line = under("Warning", fmt::format("no seed reached \"{}\"", name), style);
  if (style.color) line.replace(1, 7, toned("Warning", Tone::doubtful, style));
  return line;
}

std::string reached_lines(const CheckSummary& check, const Style& style) {
  std::string reached;
  std::string warnings;
  for (const auto& [mark, seeds] : check.reached) {
    if (!reached.empty()) reached += fmt::format(" {} ", glyph(Glyph::separator, style));
    reached += reached.empty() ? fmt::format("{} in {}", mark, seeds_text(seeds))
                               : fmt::format("{} in {}", mark, with_separators(seeds));
    if (seeds == 0) warnings += warning_that_none_reached(mark, style);
  }
  return under("Reached", reached, style) + warnings;
}

std::uint64_t times_met(const CheckSummary& check, Met met) {
  const auto found = check.met.find(std::string(to_text(met)));
  return found == check.met.end() ? 0 : found->second;
}

// What the faults that were planned should have met and never did. Without faults there is nothing to miss, and
// without crashes or commits nothing that they could have hit.
std::vector<Met> missed(const CheckSummary& check) {
  std::vector<Met> wanted;
  if (times_met(check, Met::faults_planned) > 0) wanted.push_back(Met::faults_struck);
  if (times_met(check, Met::crashes) > 0) {
    wanted.insert(wanted.end(), {Met::crashes_in_a_live_turn, Met::calls_left_open});
    if (times_met(check, Met::commits) > 0)
      wanted.insert(wanted.end(), {Met::crashes_with_an_unconfirmed_commit, Met::crashes_that_lost_bytes,
                                   Met::recoveries_after_a_crash});
  }
  std::erase_if(wanted, [&check](Met met) { return times_met(check, met) > 0; });
  return wanted;
}

// Name and count, down the first column, then down the next.
using Counter = std::pair<std::string, std::string>;
std::string counter_rows(const std::vector<Counter>& shown, std::size_t columns, const Style& style) {
  std::vector<Table::Column> of_table;
  for (std::size_t i = 0; i < columns; ++i)
    of_table.insert(of_table.end(), {{.head = "", .left = true}, {.head = "", .width_min = 7}});
  Table table(std::move(of_table));
  const std::size_t rows = (shown.size() + columns - 1) / columns;
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<std::string> cells;
    for (std::size_t place = row; place < rows * columns; place += rows) {
      const auto& [name, times] = place < shown.size() ? shown[place] : Counter();
      cells.insert(cells.end(), {std::string(cells.empty() ? 10 : 1, ' ') + name, times});
    }
    table.row(std::move(cells));
  }
  return table.text(style);
}

// The counters above 0. Nothing, if all that happened is that objects committed.
std::string met_lines(const CheckSummary& check, const Style& style) {
  std::vector<Counter> shown;
  for (const std::string_view name : met_names) {
    const auto found = check.met.find(std::string(name));
    if (found != check.met.end() && found->second > 0) shown.emplace_back(name, with_separators(found->second));
  }
  std::string text;
  if (std::ranges::any_of(shown, [](const Counter& each) { return each.first != to_text(Met::commits); })) {
    const std::string in_two = counter_rows(shown, 2, style);
    const auto width_max = static_cast<std::size_t>(std::clamp(style.width, 20, 100));
    // All lines but the last are of one width: none is longer than the first.
    const bool fits = in_two.find('\n') <= width_max;
    text = " Faults met\n" + (fits ? in_two : counter_rows(shown, 1, style));
  }
  for (const Met met : missed(check)) text += warning_that_none_reached(to_text(met), style);
  return text;
}

std::string summary_line(const CheckSummary& check, const Style& style) {
  const Tally tally = tally_of(check);
  std::string text =
      fmt::format("{}: {} passed", counted(tally.total(), "property", "properties"), with_separators(tally.holding));
  if (tally.violated > 0) text += fmt::format(", {} failed", with_separators(tally.violated));
  if (tally.unknown > 0) text += fmt::format(", {} unknown", with_separators(tally.unknown));
  if (tally.untested > 0) text += fmt::format(", {} skipped", with_separators(tally.untested));
  text +=
      fmt::format(" {0} {1} {0} {2} {0} {3} virtual", glyph(Glyph::separator, style), seeds_text(check.seeds_done),
                  counted(check.requests, "request", "requests"), length_text(check.virtual_time));
  if (check.wall) text += " in " + wall_text(*check.wall);
  std::string lines;
  if (check.interrupted)
    lines += under(
        "Warning",
        fmt::format("interrupted after {} of {}", with_separators(check.seeds_done), seeds_text(check.seeds_asked)),
        style);
  return lines + under("Summary", text, style);
}

}  // namespace

std::string violation_text(const PropertySummary& property, const PropertySummary::Found& found, const Style& style) {
  const properties::Violation& violation = found.violation;
  std::string text =
      wrapped(fmt::format("{} {}: {}", glyph(Glyph::fail, style), property.property, violation.text), 0, style);
  if (style.color) {
    const std::string_view mark = glyph(Glyph::fail, style);
    text.replace(0, mark.size(), toned(mark, Tone::bad, style));
  }
  text += fmt::format("\n  Rule    {}\n", violation.rule);
  if (!violation.object.empty()) text += fmt::format("  Object  {}\n", violation.object);
  return text + fmt::format("  At      {} of seed {}\n", instant_text(violation.at), found.seed);
}

std::string check_text(const CheckSummary& check, const Style& style) {
  std::string text = head_line(check) + property_rows(check, style) + reached_lines(check, style) +
                     met_lines(check, style) + summary_line(check, style) + "\n";
  for (const PropertySummary& each : check.properties)
    for (const PropertySummary::Found& found : each.violations) {
      text += violation_text(each, found, style);
      text += found.file.empty()
                  ? fmt::format("  Again   orrery check {} --seed {} --seeds 1\n\n", check.scenario, found.seed)
                  : fmt::format("  Replay  orrery replay {}\n\n", found.file);
    }
  return text + verdict_line(tally_of(check), check.fingerprint, style);
}

}  // namespace orrery::reports
