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

TraceReader opened(const TracePlan& plan) {
  auto reader = TraceReader::open(plan);
  if (!reader) throw std::runtime_error(to_text(reader.error()));
  return std::move(*reader);
}

constexpr auto comes_later = [](const auto& a, const auto& b) {
  return std::tie(a.at, a.line, a.place) > std::tie(b.at, b.line, b.place);
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
  if (waiting_.empty()) return std::nullopt;
  std::ranges::pop_heap(waiting_, comes_later);
  Waiting first = std::move(waiting_.back());
  waiting_.pop_back();
  if (first.at >= experiment_.lasts) return std::nullopt;
  return sent_from(std::move(first));
}

void TraceFeed::take(const TraceRow& row) {
  const std::vector<std::uint32_t>& candidates = groups_from(row.from);
  if (candidates.empty()) return skipped_.add(fmt::format("no clients are where \"{}\" is", row.from), row.line);
  const Cause cause = cause_of_line(row.line);
  const Duration within = scaled_down(std::max(plan_.spread, row.count > 1 ? row.interval : Duration{}));
  for (std::uint64_t i = 0; i < row.count; ++i) {
    const std::uint64_t who = row.client.empty() ? draws_.bits(Purpose::choice_of_call, cause, i)
                                                 : mix(hash_of(row.client), experiment_.clients.size());
    const std::uint32_t group = candidates[scaled(who, candidates.size())];
    const auto place = static_cast<std::uint32_t>(scaled(mix(who, 1), experiment_.clients[group].clients));
    const auto width = static_cast<std::uint64_t>(nanoseconds(within));
    const Duration later{static_cast<std::int64_t>(width == 0 ? 0 : draws_.below(width, Purpose::arrival, cause, i))};
    waiting_.push_back({scaled_down(row.at) + later, row.line, i, first_client_[group] + place, group, row.bytes,
                        std::string(row.key), std::string(row.operation)});
    std::ranges::push_heap(waiting_, comes_later);
  }
}

const std::vector<std::uint32_t>& TraceFeed::groups_from(std::string_view origin) {
  if (origin.empty()) return groups_;
  const auto known = std::ranges::find(origins_, origin, &Origin::text);
  if (known != origins_.end()) return known->groups;
  const auto topology = topology_of(experiment_.world);
  const auto hint = hint_of_origin(origin);
  Origin found{std::string(origin), {}};
  std::vector<std::uint32_t> in_region;
  for (const std::uint32_t group : groups_) {
    const auto city = std::ranges::find(topology->cities, experiment_.clients[group].city, &sim::City::name);
    std::string code = city->code;
    std::ranges::transform(code, code.begin(),
                           [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); });
    if (origin == city->name || origin == city->code || origin == code) found.groups.push_back(group);
    if (hint && city->region == *hint) in_region.push_back(group);
  }
  if (found.groups.empty()) found.groups = std::move(in_region);
  origins_.push_back(std::move(found));
  return origins_.back().groups;
}

TraceFeed::Sent TraceFeed::sent_from(Waiting&& waiting) {
  ++sent_;
  const ClientId client{waiting.client};
  const std::uint64_t number = numbers_[client.value]++;
  const Cause cause = Cause::operation(client, number);
  std::string_view call = waiting.operation;
  for (const auto& [recorded, meant] : plan_.operations)
    if (call == recorded) call = meant;
  const std::size_t share = law_.share_named(waiting.group, call).value_or(law_.share_of(waiting.group, cause));
  Sent sent{client, number, waiting.at, share, std::move(waiting.key), law_.arguments(cause, share)};
  if (sent.key.empty()) sent.key = std::to_string(law_.key_of(waiting.group, share, cause));
  if (sent.args.empty() && waiting.bytes > 0) sent.args.emplace_back(static_cast<std::int64_t>(waiting.bytes));
  return sent;
}

Duration TraceFeed::scaled_down(Duration recorded) const {
  return Duration{static_cast<std::int64_t>(Wide{nanoseconds(recorded)} * 1'000'000 / plan_.speed_millionths)};
}

}  // namespace orrery::scenarios
