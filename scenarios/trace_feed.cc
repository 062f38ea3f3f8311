#include "scenarios/trace_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "core/base/mix.h"
#include "scenarios/design/trace_columns.h"
#include "scenarios/design/trace_time.h"

namespace orrery::scenarios {
namespace {

__extension__ using Wide = __int128;

// A root of its own for the draws of line n (core/base/draws.h).
Cause cause_of_line(std::uint64_t line) { return Cause::background(NodeId{0xffff'ffff}, 1, line); }

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
  find_places();
  find_calls();
}

// ---- Who is where, and who makes which call.

void TraceFeed::find_places() {
  const auto topology = topology_of(experiment_.world);
  for (const std::uint32_t group : groups_) {
    const auto city = std::ranges::find(topology->cities, experiment_.clients[group].city, &sim::City::name);
    in_city_[city->name].push_back(group);
    if (city->code != city->name) in_city_[city->code].push_back(group);
  }
  for (const sim::LocationHint& hint : sim::location_hints())
    near_hint_[std::string(hint.name)] = groups_near(hint.name, *topology);
}

TraceFeed::Groups TraceFeed::groups_near(std::string_view hint, const sim::Topology& topology) const {
  const auto city_of = [&](std::uint32_t group) -> const sim::City& {
    return *std::ranges::find(topology.cities, experiment_.clients[group].city, &sim::City::name);
  };
  Groups found;
  for (const std::uint32_t group : groups_)
    if (city_of(group).region == hint) found.push_back(group);
  if (!found.empty()) return found;

  const auto hints = sim::location_hints();
  const sim::LocationHint& place = *std::ranges::find(hints, hint, &sim::LocationHint::name);
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

void TraceFeed::find_calls() {
  for (const auto& [recorded, call] : plan_.operations) add_call(recorded, call);
  for (const CallShare& share : std::get<Law>(experiment_.workload).mix)
    for (const std::string& name : {share.call, share.object_class + "." + share.call}) add_call(name, name);
}

// The first to name it has it.
void TraceFeed::add_call(const std::string& recorded, std::string_view call) {
  if (calls_.contains(recorded)) return;
  Shares& shares = calls_[recorded];
  for (std::size_t group = 0; group < experiment_.clients.size(); ++group)
    shares.push_back(law_.share_named(group, call));
}

const TraceFeed::Groups* TraceFeed::groups_from(std::string_view origin) const {
  if (origin.empty()) return &groups_;
  if (const Groups* there = in_city_.find(std::string(origin))) return there;
  if (const Groups* there = in_city_.find(in_lower_case(origin))) return there;
  const auto hint = hint_of_origin(origin);
  const Groups* near = hint ? near_hint_.find(std::string(*hint)) : nullptr;
  return near && !near->empty() ? near : nullptr;
}

const TraceFeed::Shares* TraceFeed::shares_of(std::string_view operation, const Groups& groups) const {
  const Shares* shares = operation.empty() ? nullptr : calls_.find(std::string(operation));
  const bool is_made = shares && std::ranges::any_of(groups, [&](auto group) { return (*shares)[group].has_value(); });
  return is_made ? shares : nullptr;
}

// ---- Rows.

std::optional<TraceFeed::Sent> TraceFeed::next() {
  while (!at_end_ && (waiting_.empty() || waiting_.front().at > read_up_to_)) read();
  if (waiting_.empty() || waiting_.front().at >= experiment_.lasts) {
    end();
    return std::nullopt;
  }
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

void TraceFeed::read() {
  const TraceRow* row = reader_.next();
  at_end_ = row == nullptr;
  if (at_end_) return;
  read_up_to_ = scaled_down(row->at);
  if (read_up_to_ < experiment_.lasts) return take(*row);
  at_end_ = true;
  line_after_end_ = row->line;
}

void TraceFeed::take(const TraceRow& row) {
  if (row.count == 0) return;
  const Groups* groups = groups_from(row.from);
  if (!groups) return skipped_.add("no clients are near where it comes from", row.line, row.from);
  const Shares* shares = shares_of(row.operation, *groups);
  if (!shares && !row.operation.empty() && !plan_.operations.empty())
    return skipped_.add("its operation stands for no call of its clients", row.line, row.operation);
  if (row.count > count_max)
    return skipped_.add(fmt::format("it stands for more than {} requests", count_max), row.line);
  const Cause cause = cause_of_line(row.line);
  const Duration begins = scaled_down(row.at);
  const auto width = static_cast<std::uint64_t>(nanoseconds(scaled_down(std::max(plan_.spread, row.interval))));
  const auto time_of = [&](std::uint64_t request) {
    const std::uint64_t later = width == 0 ? 0 : draws_.below(width, Purpose::arrival, cause, request);
    return begins + Duration(static_cast<std::int64_t>(later));
  };
  waiting_.push_back({.at = time_of(0),
                      .line = row.line,
                      .later = {},
                      .who = hash_of(row.client),
                      .groups = groups,
                      .shares = shares,
                      .bytes = row.bytes,
                      .key = std::string(row.key),
                      .has_client = !row.client.empty()});
  if (row.count > 1) {
    std::vector<Duration>& times = waiting_.back().later;
    times.reserve(row.count);
    for (std::uint64_t request = 0; request < row.count; ++request) times.push_back(time_of(request));
    std::ranges::sort(times, std::ranges::greater{});
    waiting_.back().at = times.back();
    times.pop_back();
  }
  std::ranges::push_heap(waiting_, comes_later);
}

// Names the first request that comes too late, in the order of time.
void TraceFeed::end() {
  constexpr std::string_view reason = "they come after the end of the run";
  const bool is_read = !waiting_.empty() && (line_after_end_ == 0 || waiting_.front().at <= read_up_to_);
  if (is_read) line_after_end_ = waiting_.front().line;
  if (line_after_end_ > 0) skipped_.add_all_from(reason, line_after_end_);
  waiting_.clear();
  line_after_end_ = 0;
}

std::uint32_t TraceFeed::group_of(const Waiting& waiting, std::uint64_t who) const {
  const Groups& groups = *waiting.groups;
  if (!waiting.shares) return groups[scaled(who, groups.size())];
  const auto makes_it = [&](std::uint32_t group) { return (*waiting.shares)[group].has_value(); };
  std::uint64_t left = scaled(who, static_cast<std::uint64_t>(std::ranges::count_if(groups, makes_it)));
  for (const std::uint32_t group : groups)
    if (makes_it(group) && left-- == 0) return group;
  return groups.back();
}

TraceFeed::Sent TraceFeed::sent_from(Waiting& waiting) {
  const std::uint64_t place = waiting.sent++;
  const std::uint64_t who = waiting.has_client
                                ? avalanche(mix(waiting.who, 0))
                                : draws_.bits(Purpose::choice_of_call, cause_of_line(waiting.line), place);
  const std::uint32_t group = group_of(waiting, who);
  const auto in_group = static_cast<std::uint32_t>(scaled(avalanche(mix(who, 1)), experiment_.clients[group].clients));
  const ClientId client{first_client_[group] + in_group};
  const std::uint64_t number = numbers_[client.value]++;
  const Cause cause = Cause::operation(client, number);
  const std::size_t share = waiting.shares ? *(*waiting.shares)[group] : law_.share_of(group, cause);
  Sent sent{client, number, waiting.at, share, waiting.key, law_.arguments(cause, share)};
  if (sent.key.empty()) sent.key = std::to_string(law_.key_of(group, share, cause));
  if (sent.args.empty() && waiting.bytes > 0) sent.args.emplace_back(static_cast<std::int64_t>(waiting.bytes));
  return sent;
}

Duration TraceFeed::scaled_down(Duration recorded) const {
  const Wide ns = Wide{nanoseconds(recorded)} * 1'000'000 / plan_.speed_millionths;
  return Duration{static_cast<std::int64_t>(std::min<Wide>(ns, recorded_ns_max))};
}

}  // namespace orrery::scenarios
