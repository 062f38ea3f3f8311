#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "reports/ladder.h"

namespace orrery::reports {
namespace {

constexpr std::size_t label_width = 11;
constexpr std::size_t rate_width = 8;
constexpr std::size_t time_width = 10;
constexpr std::size_t width_max = 120;

// One variant in the table, with a cell for each rung.
struct Group {
  std::string title;
  std::vector<std::string> cells;
  std::string ceiling{};
  std::string full_from{};
};

std::string_view title_of(object::Holding holding) {
  switch (holding) {
    case object::Holding::turn: return "commit behind gate";
    case object::Holding::commit: return "commit inside";
    case object::Holding::call: return "whole call inside";
  }
  return "";
}

std::string rate_text(double rate) {
  return rate < 9.95 ? fmt::format("{:.1f}", rate) : with_separators(static_cast<std::uint64_t>(std::llround(rate)));
}

std::string times_text(double times) { return times < 9.95 ? fmt::format("{:.1f}x", times) : rate_text(times) + "x"; }

std::string cell_of(const LadderRung& rung) {
  return padded_left(rate_text(rate_of(rung)), rate_width) +
         padded_left(rung.p99 ? milliseconds_text(*rung.p99) : "-", time_width);
}

std::string centred_head(std::string_view title) { return padded_left(title, rate_width + time_width); }

bool has_ceiling(const LadderVariant& variant) { return variant.answered && variant.cost > Duration::zero(); }

Group virtual_group(const LadderVariant& variant, const Style& style) {
  Group group{.title = centred_head(title_of(variant.holding)), .cells = {}};
  bool is_full = false;
  for (const LadderRung& rung : variant.rungs) {
    const bool fills = has_ceiling(variant) && rung.clients >= knee_of(variant);
    group.cells.push_back(cell_of(rung) + (fills && !is_full ? toned(" <- full", Tone::doubtful, style) : ""));
    is_full = is_full || fills;
  }
  if (!has_ceiling(variant)) return group;
  const std::string cost = milliseconds_text(variant.cost);
  group.ceiling = fmt::format("{} = 1 / {} ms", padded_left(rate_text(ceiling_of(variant)), rate_width), cost);
  group.full_from = fmt::format("{} = {} / {}", padded_left(rate_text(knee_of(variant)), rate_width),
                                milliseconds_text(variant.round_trip), cost);
  return group;
}

Group real_group(const LadderVariant& variant, std::string_view title) {
  Group group{.title = centred_head(title), .cells = {}};
  for (const LadderRung& rung : variant.real) group.cells.push_back(cell_of(rung));
  return group;
}

std::size_t width_of(const Group& group) {
  std::size_t width =
      std::max({display_width(group.title), display_width(group.ceiling), display_width(group.full_from)});
  for (const std::string& cell : group.cells) width = std::max(width, display_width(cell));
  return width;
}

std::size_t width_of(const std::vector<Group>& groups) {
  std::size_t width = label_width;
  for (const Group& group : groups) width += 2 + width_of(group);
  return width;
}

// One line: the label, then of each group what `part` says.
template <class Part>
std::string line_of(std::string_view label, const std::vector<Group>& groups, Part part) {
  std::string line = padded_right(label, label_width);
  for (const Group& group : groups) line += "  " + padded_right(part(group), width_of(group));
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string table_of(const Ladder& ladder, const std::vector<Group>& groups) {
  std::string text = line_of("    clients", groups, [](const Group& group) { return group.title; });
  const std::vector<LadderRung>& rungs = ladder.variants.front().rungs;
  for (std::size_t i = 0; i < rungs.size(); ++i)
    text += line_of(padded_left(with_separators(rungs[i].clients), label_width), groups,
                    [i](const Group& group) { return group.cells[i]; });
  if (std::ranges::all_of(groups, [](const Group& group) { return group.ceiling.empty(); })) return text;
  return text + line_of("    ceiling", groups, [](const Group& group) { return group.ceiling; }) +
         line_of("  full from", groups, [](const Group& group) { return group.full_from; });
}

std::string tables_of(const Ladder& ladder, const Style& style) {
  std::vector<Group> all;
  std::vector<Group> modelled;
  std::vector<Group> real;
  for (const LadderVariant& variant : ladder.variants) {
    all.push_back(modelled.emplace_back(virtual_group(variant, style)));
    if (variant.real.empty()) continue;
    all.push_back(real_group(variant, "on this machine"));
    real.push_back(real_group(variant, title_of(variant.holding)));
  }
  if (width_of(all) <= std::min(static_cast<std::size_t>(std::max(style.width, 0)), width_max))
    return table_of(ladder, all);
  std::string text = table_of(ladder, modelled);
  if (!real.empty()) text += "\nThe same on this machine\n" + table_of(ladder, real);
  return text;
}

constexpr std::string_view too_short = "nothing was answered in the measured time: --set run.duration=... longer";

// Why a variant has no figures.
std::string why_unanswered(const LadderVariant& variant) {
  if (variant.holding == object::Holding::call)
    return "with the whole call inside never answered: the call waits for its own object";
  return fmt::format("{}: {}", title_of(variant.holding), too_short);
}

std::string note_on_costs(const Ladder& ladder) {
  if (!ladder.variants.front().answered) return fmt::format("{}\n", too_short);
  std::string text;
  for (const LadderVariant& variant : ladder.variants) {
    if (variant.holding == object::Holding::turn || !has_ceiling(variant)) continue;
    const std::string times = times_text(ceiling_of(ladder.variants.front()) / ceiling_of(variant));
    const std::string_view what = variant.holding == object::Holding::commit ? "commit" : "the whole call";
    text += text.empty() ? fmt::format("holding the object during {} costs {} throughput", what, times)
                         : fmt::format("; holding it during {} costs {}", what, times);
  }
  const auto nothing = [](std::string_view why, std::string_view what) {
    return fmt::format("the handler {}, so that holding the object during {} costs nothing and is not shown", why,
                       what);
  };
  if (!ladder.writes) text += (text.empty() ? "" : "\n") + nothing("writes nothing", "commit");
  if (!ladder.awaits) text += (text.empty() ? "" : "\n") + nothing("awaits nothing outside", "the whole call");
  for (const LadderVariant& variant : ladder.variants)
    if (!variant.answered) text += (text.empty() ? "" : "\n") + why_unanswered(variant);
  return text + "\n";
}

std::string note_on_real(const Ladder& ladder) {
  return fmt::format(
      "Virtual figures follow a model of turns, disks and networks, and are the same everywhere; on this machine the "
      "same code ran for {} a rung, in one process without a network, on files in {} (removed).\n",
      length_text(ladder.real_lasts), ladder.real_directory);
}

}  // namespace

double ceiling_of(const LadderVariant& variant) { return 1e9 / static_cast<double>(variant.cost.count()); }

double rate_of(const LadderRung& rung) {
  return static_cast<double>(rung.completed) * 1e9 / static_cast<double>(rung.measured.count());
}

double knee_of(const LadderVariant& variant) {
  return static_cast<double>(variant.round_trip.count()) / static_cast<double>(variant.cost.count());
}

std::string ladder_text(const Ladder& ladder, const Style& style) {
  const LadderVariant& first = ladder.variants.front();
  const std::string round_trip =
      first.answered ? fmt::format(", {} ms round trip", milliseconds_text(first.round_trip)) : "";
  std::string text = fmt::format(
      "{}   seed {}   {}\nClosed-loop clients on one object{}      requests/s and p99 ms, {} virtual "
      "each or more\n\n",
      ladder.scenario, ladder.seed, ladder.handler, round_trip, length_text(ladder.rung_lasts));
  text += tables_of(ladder, style) + "\n" + wrapped(note_on_costs(ladder), 2, style);
  return !first.real.empty() ? text + wrapped(note_on_real(ladder), 2, style) : text;
}

}  // namespace orrery::reports
