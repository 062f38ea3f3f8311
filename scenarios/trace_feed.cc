#include "scenarios/trace_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "core/base/lookup.h"
#include "core/base/mix.h"

namespace orrery::scenarios {
namespace {

__extension__ using Wide = __int128;

// A root of its own for the draws of line n (core/base/draws.h).
Cause cause_of_line(std::uint64_t line) { return Cause::background(NodeId{0xffff'ffff}, 1, line); }

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

TraceReader opened(const TracePlan& plan) {
  auto reader = TraceReader::open(plan);
  if (!reader) throw std::runtime_error(to_text(reader.error()));
  return std::move(*reader);
}

constexpr auto comes_later = [](const auto& a, const auto& b) {
  return std::tie(a.at, a.line) > std::tie(b.at, b.line);
};

}  // namespace

TraceFeed::TraceFeed(const Experiment& experiment, const LawDraws& law)
    : experiment_(experiment),
      law_(law),
      draws_(experiment.seed),
      plan_(*std::get<Law>(experiment.workload).trace),
      reader_(opened(plan_)),
      numbers_(client_count(experiment)) {
  std::uint32_t first = 0;
  for (std::uint32_t i = 0; const ClientGroup& group : experiment.clients) {
    if (std::holds_alternative<TraceArrivals>(group.arrivals)) groups_.push_back(i);
    first_client_.push_back(first);
    first += group.clients;
    ++i;
  }
}

std::optional<TraceFeed::Sent> TraceFeed::next() {
  while (!at_end_ && (waiting_.empty() || waiting_.front().at > read_up_to_)) {
    const TraceRow* row = reader_.next();
    at_end_ = row == nullptr;
    if (row == nullptr) break;
    read_up_to_ = scaled_down(row->at);
    if (read_up_to_ >= experiment_.lasts) {
      skipped_.add("it comes after the end of the run", row->line);
      at_end_ = true;
    } else {
      take(*row);
    }
  }
  if (waiting_.empty() || waiting_.front().at >= experiment_.lasts) return std::nullopt;
  std::ranges::pop_heap(waiting_, comes_later);
  Waiting& first = waiting_.back();
  Sent sent = sent_from(first);
  if (first.later.empty()) {
    waiting_.pop_back();
  } else {
    first.at = first.later.back();
    first.later.pop_back();
    std::ranges::push_heap(waiting_, comes_later);
  }
  return sent;
}

void TraceFeed::take(const TraceRow& row) {
  const std::vector<std::uint32_t>& groups = groups_from(row.from);
  if (groups.empty()) return skipped_.add(fmt::format("no clients are near \"{}\"", row.from), row.line);
  if (row.count == 0) return;
  if (row.count > count_max)
    return skipped_.add(fmt::format("it stands for more than {} requests", count_max), row.line);
  const Cause cause = cause_of_line(row.line);
  const auto width = static_cast<std::uint64_t>(nanoseconds(scaled_down(std::max(plan_.spread, row.interval))));
  std::vector<Duration> times;
  for (std::uint64_t i = 0; i < row.count; ++i) {
    const std::uint64_t later = width == 0 ? 0 : draws_.below(width, Purpose::arrival, cause, i);
    times.push_back(scaled_down(row.at) + Duration(static_cast<std::int64_t>(later)));
  }
  std::ranges::sort(times, std::ranges::greater{});
  const Duration at = times.back();
  times.pop_back();
  waiting_.push_back({.at = at,
                      .line = row.line,
                      .later = std::move(times),
                      .who = hash_of(row.client),
                      .groups = &groups,
                      .bytes = row.bytes,
                      .key = std::string(row.key),
                      .operation = std::string(row.operation),
                      .has_client = !row.client.empty()});
  std::ranges::push_heap(waiting_, comes_later);
}

const std::vector<std::uint32_t>& TraceFeed::groups_from(std::string_view origin) {
  if (origin.empty()) return groups_;
  const auto known = std::ranges::find(origins_, origin, &Origin::text);
  if (known != origins_.end()) return known->groups;
  return origins_.emplace_back(std::string(origin), groups_near(origin)).groups;
}

std::vector<std::uint32_t> TraceFeed::groups_near(std::string_view origin) const {
  const auto topology = topology_of(experiment_.world);
  const auto city_of = [&](std::uint32_t group) -> const sim::City& {
    return *std::ranges::find(topology->cities, experiment_.clients[group].city, &sim::City::name);
  };
  std::vector<std::uint32_t> found;
  for (const std::uint32_t group : groups_)
    if (origin == city_of(group).name || in_lower_case(origin) == city_of(group).code) found.push_back(group);
  const auto hint = hint_of_origin(origin);
  if (!found.empty() || !hint) return found;

  for (const std::uint32_t group : groups_)
    if (city_of(group).region == *hint) found.push_back(group);
  if (!found.empty()) return found;

  const auto hints = sim::location_hints();
  const sim::LocationHint& place = *std::ranges::find(hints, *hint, &sim::LocationHint::name);
  std::int64_t nearest = far_metres;
  for (const std::uint32_t group : groups_) {
    if (!city_of(group).at) continue;
    const std::int64_t distance = sim::distance_metres(*city_of(group).at, place.at);
    if (distance > nearest) continue;
    if (distance < nearest) found.clear();
    nearest = distance;
    found.push_back(group);
  }
  return found;
}

TraceFeed::Sent TraceFeed::sent_from(Waiting& waiting) {
  ++sent_;
  const std::uint64_t place = waiting.sent++;
  const std::uint64_t who = waiting.has_client
                                ? mix(waiting.who, 0)
                                : draws_.bits(Purpose::choice_of_call, cause_of_line(waiting.line), place);
  const std::uint32_t group = (*waiting.groups)[scaled(who, waiting.groups->size())];
  const auto in_group = static_cast<std::uint32_t>(scaled(mix(who, 1), experiment_.clients[group].clients));
  const ClientId client{first_client_[group] + in_group};
  const std::uint64_t number = numbers_[client.value]++;
  const Cause cause = Cause::operation(client, number);
  std::string_view call = waiting.operation;
  for (const auto& [recorded, meant] : plan_.operations)
    if (call == recorded) call = meant;
  const std::size_t share = law_.share_named(group, call).value_or(law_.share_of(group, cause));
  Sent sent{client, number, waiting.at, share, waiting.key, law_.arguments(cause, share)};
  if (sent.key.empty()) sent.key = std::to_string(law_.key_of(group, share, cause));
  if (sent.args.empty() && waiting.bytes > 0) sent.args.emplace_back(static_cast<std::int64_t>(waiting.bytes));
  return sent;
}

Duration TraceFeed::scaled_down(Duration recorded) const {
  return Duration{static_cast<std::int64_t>(Wide{nanoseconds(recorded)} * 1'000'000 / plan_.speed_millionths)};
}

}  // namespace orrery::scenarios
