#include "scenarios/law.h"

#include <algorithm>
#include <limits>

#include "core/base/fixed_point.h"
#include "core/base/mix.h"

namespace orrery::scenarios {

namespace {

__extension__ using Wide = __int128;
constexpr Wide duration_max = std::numeric_limits<std::int64_t>::max();

Duration at_most_max(Wide ns) { return Duration{static_cast<std::int64_t>(std::min(ns, duration_max))}; }

// Between the operations of one client, on average. 292 years stand for whatever is longer.
Duration mean_gap_of(const ClientGroup& group) {
  return at_most_max(static_cast<Wide>(nanoseconds(group.rate.mean_gap())) * group.clients);
}

// As an exponential Distribution, whose mean is a year at most: one call an hour by 10,000 clients is rarer.
Duration exponential_gap(Duration mean, std::uint64_t bits) {
  return at_most_max((static_cast<Wide>(nanoseconds(mean)) * fixed_exponential(bits) + fixed_one / 2) >> fixed_bits);
}

}  // namespace

LawDraws::LawDraws(const Experiment& experiment) : experiment_(experiment), draws_(experiment.seed) {
  const std::vector<CallShare>& mix = std::get<Law>(experiment.workload).mix;
  for (const CallShare& share : mix) class_of_share_.push_back(class_named(experiment, share.object_class));
  for (const ClassPlan& each : experiment.classes) keys_.emplace_back(each.keys, each.zipf_millionths);
  for (const ClientGroup& group : experiment.clients) {
    std::uint64_t total = 0;
    std::vector<std::uint64_t>& weights = weights_.emplace_back();
    for (const CallShare& share : mix)
      weights.push_back(total += share.from.empty() || share.from == group.name ? share.weight : 0);
    const bool has_rate = !group.think && group.rate.millionths_per_hour > 0;
    cursors_.insert(cursors_.end(), group.clients,
                    Cursor{.mean_gap = has_rate ? mean_gap_of(group) : Duration::zero(),
                           .sends = total > 0 && (has_rate || group.think),
                           .group = weights_.size() - 1});
  }
}

std::optional<LawDraws::Drawn> LawDraws::next(ClientId client) {
  Cursor& cursor = cursors_[client.value];
  if (!cursor.sends) return std::nullopt;
  const Cause cause = Cause::operation(client, cursor.number);
  const std::optional<Duration> think = experiment_.clients[cursor.group].think;
  if (!think) {
    const Duration gap = exponential_gap(cursor.mean_gap, draws_.bits(Purpose::arrival, cause));
    if (gap >= experiment_.lasts - cursor.at) return std::nullopt;
    cursor.at += gap;
  }

  const std::vector<std::uint64_t>& weights = weights_[cursor.group];
  const std::uint64_t weight = draws_.below(weights.back(), Purpose::choice_of_call, cause);
  const auto share = static_cast<std::size_t>(std::ranges::upper_bound(weights, weight) - weights.begin());
  const std::uint64_t key = keys_[class_of_share_[share].value].sample(draws_.bits(Purpose::choice_of_key, cause));
  return Drawn{cursor.number++, cursor.at, think, share, key};
}

bool LawDraws::draws_arguments(std::size_t share) const {
  return std::ranges::any_of(std::get<Law>(experiment_.workload).mix[share].args,
                             [](const Argument& each) { return std::holds_alternative<Between>(each); });
}

std::vector<Value> LawDraws::arguments(ClientId client, const Drawn& drawn) const {
  const Cause cause = Cause::operation(client, drawn.number);
  std::vector<Value> values;
  for (const Argument& each : std::get<Law>(experiment_.workload).mix[drawn.share].args) {
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
