#include "reports/objectives.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/base/decimal.h"
#include "core/base/nearest.h"
#include "reports/text.h"

namespace orrery::reports {
namespace {

using Metric = Objective::Metric;
__extension__ using Wide = __int128;

constexpr std::int64_t percentile_parts = 1'000;  // of 1 %
constexpr std::int64_t percent_parts = 10'000;    // millionths
constexpr std::int64_t millionths = 1'000'000;
constexpr Wide hour_ns = 3'600'000'000'000;

constexpr std::array<std::pair<std::string_view, Metric>, 4> words = {
    {{"mean", Metric::mean}, {"max", Metric::max}, {"errors", Metric::errors}, {"throughput", Metric::throughput}}};

std::int64_t saturated(Wide number) {
  return static_cast<std::int64_t>(std::min<Wide>(number, std::numeric_limits<std::int64_t>::max()));
}

// ---- Reading.

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_whole_percentile(std::string_view word) { return word.starts_with('p') && all_digits(word.substr(1)); }

// Where the metric begins in "Venue.book.p99.9".
std::size_t metric_start(std::string_view name) {
  const std::size_t last = name.rfind('.') + 1;  // 0, if there is no point
  if (last == 0 || !all_digits(name.substr(last))) return last;
  const std::size_t before = name.substr(0, last - 1).rfind('.') + 1;
  return is_whole_percentile(name.substr(before, last - 1 - before)) ? before : last;
}

std::string no_metric(std::string_view text) {
  static const std::vector<std::string> known = {"mean", "max", "errors", "throughput", "p50",
                                                 "p90",  "p95", "p99",    "p99.9",      "p99.99"};
  if (const auto nearest = nearest_name(text, known))
    return fmt::format("there is no metric \"{}\": did you mean \"{}\"?", text, *nearest);
  return fmt::format(
      "there is no metric \"{}\": write mean, max, errors, throughput, or a percentile such as p99 or p99.9", text);
}

std::expected<Percentile, std::string> parse_percentile(std::string_view metric) {
  const auto parsed = parse_decimal(metric.substr(1), percentile_parts);
  if (!parsed && parsed.error() == DecimalError::malformed) return std::unexpected(no_metric(metric));
  if (!parsed && parsed.error() == DecimalError::too_fine)
    return std::unexpected(fmt::format("\"{}\" is too fine: a percentile has at most three decimals", metric));
  if (!parsed || *parsed >= 100 * percentile_parts)
    return std::unexpected(
        fmt::format("\"{}\" is no percentile, which is below 100: for the slowest request write max", metric));
  return Percentile{static_cast<std::uint32_t>(*parsed)};
}

std::expected<std::int64_t, std::string> parse_share(std::string_view text) {
  const bool is_percent = text.ends_with('%');
  const auto parsed =
      parse_decimal(text.substr(0, text.size() - (is_percent ? 1 : 0)), is_percent ? percent_parts : millionths);
  if (!parsed && parsed.error() == DecimalError::malformed)
    return std::unexpected(fmt::format("\"{}\" is not a share: write it as 0.1% or 0.001", text));
  if (!parsed && parsed.error() == DecimalError::too_fine)
    return std::unexpected(fmt::format("\"{}\" is not a whole number of millionths", text));
  if (!parsed || *parsed > millionths)
    return std::unexpected(fmt::format("\"{}\" is more than all: a share is at most 100%, which is 1", text));
  return *parsed;
}

// Puts what was read in its place; returns what is wrong, if anything.
template <class Read>
std::optional<std::string> put(Read& place, std::expected<Read, std::string>&& read) {
  if (!read) return std::move(read).error();
  place = *read;
  return std::nullopt;
}

std::optional<std::string> read_metric(Objective& objective, std::string_view metric) {
  for (const auto& [word, of_word] : words) {
    if (word != metric) continue;
    objective.metric = of_word;
    return std::nullopt;
  }
  if (!metric.starts_with('p')) return no_metric(metric);
  objective.metric = Metric::percentile;
  return put(objective.percentile, parse_percentile(metric));
}

std::optional<std::string> read_limit(Objective& objective, std::string_view limit) {
  switch (objective.metric) {
    case Metric::percentile:
    case Metric::mean:
    case Metric::max: return put(objective.time, parse_duration(limit));
    case Metric::errors: return put(objective.share_millionths, parse_share(limit));
    case Metric::throughput: return put(objective.rate, parse_rate(limit));
  }
  return std::nullopt;
}

// ---- Judging.

std::int64_t limit_in_parts(const Objective& objective) {
  switch (objective.metric) {
    case Metric::percentile:
    case Metric::mean:
    case Metric::max: return nanoseconds(objective.time);
    case Metric::errors: return objective.share_millionths;
    case Metric::throughput: return objective.rate.millionths_per_hour;
  }
  return 0;
}

std::optional<std::int64_t> value_of(const Objective& objective, const Latencies& row, Duration counted) {
  if (row.completed == 0) return std::nullopt;
  const Histogram& times = row.histogram;
  switch (objective.metric) {
    case Metric::percentile: {
      const auto honest = times.honest_percentile(objective.percentile);
      return honest ? std::optional(nanoseconds(*honest)) : std::nullopt;
    }
    case Metric::mean: return nanoseconds(times.mean());
    case Metric::max: return nanoseconds(times.max());
    case Metric::errors:  // rounded up, so it is above its limit if what it stands for is
      return saturated((Wide{row.failed + row.unknown} * millionths + row.completed - 1) / row.completed);
    case Metric::throughput:  // rounded down
      if (counted <= Duration::zero()) return std::nullopt;
      return saturated(Wide{row.completed - row.failed - row.unknown} * hour_ns * millionths / nanoseconds(counted));
  }
  return std::nullopt;
}

Judged judged(const Objective& objective, const Latencies& row, Duration counted) {
  Judged result{.kind = Judged::Kind::unknown,
                .objective = objective,
                .of = row.name,
                .value = value_of(objective, row, counted)};
  if (!result.value) return result;
  const std::int64_t limit = limit_in_parts(objective);
  const bool is_met = objective.metric == Metric::throughput ? *result.value >= limit : *result.value <= limit;
  result.kind = is_met ? Judged::Kind::met : Judged::Kind::missed;
  return result;
}

const Latencies* row_named(const std::string& name, const Outcome& outcome) {
  if (name == "all") return &outcome.all;
  for (const auto* rows : {&outcome.groups, &outcome.operations}) {
    const auto found = std::ranges::find(*rows, name, &Latencies::name);
    if (found != rows->end()) return &*found;
  }
  return nullptr;
}

bool has_its_own(const std::string& group, const Objective& general, const std::vector<Objective>& objectives) {
  return std::ranges::any_of(objectives, [&](const Objective& each) {
    return each.of == group && each.metric == general.metric && each.percentile == general.percentile;
  });
}

// ---- Telling.

enum class Kind : std::uint8_t { latency, error, throughput };

Kind kind_of(const Judged& judged) {
  switch (judged.objective.metric) {
    case Metric::percentile:
    case Metric::mean:
    case Metric::max: return Kind::latency;
    case Metric::errors: return Kind::error;
    case Metric::throughput: return Kind::throughput;
  }
  return Kind::latency;
}

std::string_view to_text(Kind kind) {
  switch (kind) {
    case Kind::latency: return "latency ";
    case Kind::error: return "error ";
    case Kind::throughput: return "throughput ";
  }
  return "";
}

std::uint64_t count_of(std::span<const Judged> objectives, Judged::Kind kind) {
  return static_cast<std::uint64_t>(std::ranges::count(objectives, kind, &Judged::kind));
}

// Where those that were missed are of one kind, it is named, and they are counted among those of that kind.
std::string missed_sentence(std::span<const Judged> objectives) {
  const auto is_missed = [](const Judged& each) { return each.kind == Judged::Kind::missed; };
  const Kind kind = kind_of(*std::ranges::find_if(objectives, is_missed));
  const auto is_of_kind = [&](const Judged& each) { return kind_of(each) == kind; };
  const bool all_of_kind =
      std::ranges::all_of(objectives, [&](const Judged& each) { return !is_missed(each) || is_of_kind(each); });
  const auto among =
      all_of_kind ? std::ranges::count_if(objectives, is_of_kind) : static_cast<std::ptrdiff_t>(objectives.size());
  const std::string_view named = all_of_kind ? to_text(kind) : "";
  return fmt::format("{} of {} missed", with_separators(count_of(objectives, Judged::Kind::missed)),
                     counted(static_cast<std::uint64_t>(among), fmt::format("{}objective", named),
                             fmt::format("{}objectives", named)));
}

std::string met_sentence(std::span<const Judged> objectives) {
  const Judged& closest = *std::ranges::max_element(objectives, {}, usage_millionths);
  const std::int64_t percent = (usage_millionths(closest) + percent_parts / 2) / percent_parts;
  const std::string where =
      fmt::format("{} {} at {} % of its limit", closest.of, metric_of(closest.objective), percent);
  return objectives.size() == 1 ? "the objective is met, " + where : "all objectives met, closest is " + where;
}

}  // namespace

std::expected<Objective, std::string> parse_objective(std::string_view name, std::string_view limit) {
  const std::size_t start = metric_start(name);
  Objective objective;
  if (start == 1) return std::unexpected(fmt::format("\"{}\" names nothing before its first point", name));
  if (start > 0) objective.of = std::string(name.substr(0, start - 1));
  if (auto wrong = read_metric(objective, name.substr(start))) return std::unexpected(std::move(*wrong));
  if (auto wrong = read_limit(objective, limit)) return std::unexpected(std::move(*wrong));
  return objective;
}

std::string name_of(const Objective& objective) {
  return objective.of.empty() ? metric_of(objective) : objective.of + "." + metric_of(objective);
}

std::string metric_of(const Objective& objective) {
  for (const auto& [word, metric] : words)
    if (metric == objective.metric) return std::string(word);
  return "p" + decimal_text(objective.percentile.per_100k, 3);
}

std::string limit_of(const Objective& objective) {
  switch (objective.metric) {
    case Metric::percentile:
    case Metric::mean:
    case Metric::max: return orrery::to_text(objective.time);
    case Metric::errors: return decimal_text(objective.share_millionths, 4) + "%";
    case Metric::throughput: return orrery::to_text(objective.rate);
  }
  return "";
}

std::vector<Judged> judge(const std::vector<Objective>& objectives, const Outcome& outcome, Duration counted) {
  std::vector<Judged> result;
  for (const Objective& each : objectives) {
    const bool of_each_group = each.of.empty() && !outcome.groups.empty();
    if (of_each_group) {
      for (const Latencies& group : outcome.groups)
        if (!has_its_own(group.name, each, objectives)) result.push_back(judged(each, group, counted));
    } else if (const Latencies* row = row_named(each.of, outcome)) {
      result.push_back(judged(each, *row, counted));
    } else {
      result.push_back({.kind = Judged::Kind::unknown, .objective = each, .of = each.of});
    }
  }
  return result;
}

std::int64_t usage_millionths(const Judged& judged) {
  if (!judged.value) return 0;
  Wide used = *judged.value;
  Wide limit = limit_in_parts(judged.objective);
  if (judged.objective.metric == Metric::throughput) std::swap(used, limit);
  if (used == 0) return 0;
  return limit == 0 ? std::numeric_limits<std::int64_t>::max() : saturated(used * millionths / limit);
}

std::string sentence_of(std::span<const Judged> objectives) {
  if (objectives.empty()) return "no objective is set";
  if (count_of(objectives, Judged::Kind::missed) > 0) return missed_sentence(objectives);
  const std::uint64_t unknown = count_of(objectives, Judged::Kind::unknown);
  if (unknown == 0) return met_sentence(objectives);
  return fmt::format("cannot tell: {} of {} {} too few requests", with_separators(unknown),
                     counted(objectives.size(), "objective", "objectives"), unknown == 1 ? "has" : "have");
}

}  // namespace orrery::reports
