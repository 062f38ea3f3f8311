#include "scenarios/law.h"

#include <algorithm>
#include <limits>

#include "core/base/fixed_point.h"

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
    const bool sends = group.rate.millionths_per_hour > 0 && total > 0;
    const Duration mean_gap = sends ? mean_gap_of(group) : Duration::zero();
    cursors_.insert(cursors_.end(), group.clients, Cursor{.mean_gap = mean_gap, .group = weights_.size() - 1});
  }
}

std::optional<LawDraws::Drawn> LawDraws::next(ClientId client) {
  Cursor& cursor = cursors_[client.value];
  if (cursor.mean_gap == Duration::zero()) return std::nullopt;
  const Cause cause = Cause::operation(client, cursor.number);
  const Duration gap = exponential_gap(cursor.mean_gap, draws_.bits(Purpose::arrival, cause));
  if (gap >= experiment_.lasts - cursor.at) return std::nullopt;
  cursor.at += gap;

  const std::vector<std::uint64_t>& weights = weights_[cursor.group];
  const std::uint64_t weight = draws_.below(weights.back(), Purpose::choice_of_call, cause);
  const auto share = static_cast<std::size_t>(std::ranges::upper_bound(weights, weight) - weights.begin());
  const std::uint64_t key = keys_[class_of_share_[share].value].sample(draws_.bits(Purpose::choice_of_key, cause));
  return Drawn{cursor.number++, cursor.at, share, key};
}

}  // namespace orrery::scenarios
