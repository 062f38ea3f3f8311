#include "scenarios/law.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/mix.h"

namespace orrery::scenarios {
namespace {

// The places of a key's draws.
constexpr std::uint64_t first_rank = 0;
constexpr std::uint64_t hot_or_not = 1;
constexpr std::uint64_t home_or_not = 2;
constexpr std::uint64_t more_ranks = 3;
constexpr std::uint64_t ranks_tried_max = 256;  // for a key at home: then there is none of any popularity

bool happens(std::int64_t share_millionths, std::uint64_t bits) {
  return scaled(bits, 1'000'000) < static_cast<std::uint64_t>(share_millionths);
}

}  // namespace

LawDraws::LawDraws(const Experiment& experiment) : experiment_(experiment), draws_(experiment.seed) {
  for (const CallShare& share : mix()) class_of_share_.push_back(class_named(experiment, share.object_class));
  for (const ClassPlan& each : experiment.classes) keys_.emplace_back(each.keys, each.zipf_millionths);
  for (std::uint32_t place = 0; const ClientGroup& group : experiment.clients) {
    std::uint64_t total = 0;
    std::vector<std::uint64_t>& weights = weights_.emplace_back();
    for (const CallShare& share : mix())
      weights.push_back(total += share.from.empty() || share.from == group.name ? share.weight : 0);
    const ArrivalDraws& draws = arrivals_.emplace_back(group.arrivals, group.clients);
    const bool sends = total > 0 && (is_closed(group.arrivals) || draws.sends());
    for (std::uint32_t client = 0; client < group.clients; ++client)
      cursors_.push_back({.sends = sends, .group = place, .place = client});
    ++place;
  }
}

std::optional<LawDraws::Drawn> LawDraws::next(ClientId client) {
  Cursor& cursor = cursors_[client.value];
  if (!cursor.sends) return std::nullopt;
  const Cause cause = Cause::operation(client, cursor.number);
  const auto bits = [&](std::uint64_t draw) { return draws_.bits(Purpose::arrival, cause, draw); };
  std::optional<Duration> think;
  if (const auto* loop = std::get_if<ClosedLoop>(&experiment_.clients[cursor.group].arrivals)) {
    think = std::max(think_min, loop->think.sample(bits(0)));
  } else {
    cursor.at = arrivals_[cursor.group].next(cursor.at, cursor.number, cursor.place, experiment_.lasts, bits);
    if (cursor.at >= experiment_.lasts) return std::nullopt;
  }
  const std::size_t share = share_of(cursor.group, cause);
  return Drawn{cursor.number++, cursor.at, think, share, key_of(cursor.group, share, cause)};
}

std::size_t LawDraws::share_of(std::size_t group, Cause cause) const {
  const std::vector<std::uint64_t>& weights = weights_[group];
  const std::uint64_t weight = draws_.below(weights.back(), Purpose::choice_of_call, cause);
  return static_cast<std::size_t>(std::ranges::upper_bound(weights, weight) - weights.begin());
}

std::uint64_t LawDraws::key_of(std::size_t group, std::size_t share, Cause cause) const {
  const ClassId object_class = class_of_share_[share];
  const ClassPlan& plan = experiment_.classes[object_class.value];
  const auto bits = [&](std::uint64_t place) { return draws_.bits(Purpose::choice_of_key, cause, place); };
  const auto ranked = [&](std::uint64_t place) { return keys_[object_class.value].sample(bits(place)); };
  if (plan.hot_millionths > 0 && happens(plan.hot_millionths, bits(hot_or_not))) return 0;
  std::uint64_t key = ranked(first_rank);
  if (plan.affinity_millionths == 0 || !happens(plan.affinity_millionths, bits(home_or_not))) return key;
  for (std::uint64_t more = 0; more < ranks_tried_max; ++more) {
    const fmt::format_int name(key);
    if (home_of(experiment_, {name.data(), name.size()}) == group) break;
    key = ranked(more_ranks + more);
  }
  return key;
}

std::optional<std::size_t> LawDraws::share_named(std::size_t group, std::string_view call) const {
  for (std::size_t i = 0; i < mix().size(); ++i) {
    const CallShare& share = mix()[i];
    const bool is_made = weights_[group][i] > (i == 0 ? 0 : weights_[group][i - 1]);
    if (is_made && (share.call == call || share.object_class + "." + share.call == call)) return i;
  }
  return std::nullopt;
}

bool LawDraws::draws_arguments(std::size_t share) const {
  return std::ranges::any_of(mix()[share].args,
                             [](const Argument& each) { return std::holds_alternative<Between>(each); });
}

std::vector<Value> LawDraws::arguments(Cause cause, std::size_t share) const {
  std::vector<Value> values;
  for (const Argument& each : mix()[share].args) {
    const std::uint64_t place = values.size();
    if (const auto* value = std::get_if<Value>(&each)) {
      values.push_back(*value);
    } else {
      const auto [least, most] = std::get<Between>(each);
      const auto width = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least);
      const std::uint64_t bits = draws_.bits(Purpose::argument, cause, place);
      const std::uint64_t drawn_one = width == UINT64_MAX ? bits : scaled(bits, width + 1);
      values.push_back(static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + drawn_one));
    }
  }
  return values;
}

}  // namespace orrery::scenarios
