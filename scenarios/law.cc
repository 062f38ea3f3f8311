#include "scenarios/law.h"

#include <algorithm>

namespace orrery::scenarios {

LawDraws::LawDraws(const Experiment& experiment) : experiment_(experiment), draws_(experiment.seed) {
  std::uint64_t total = 0;
  for (const CallShare& share : std::get<Law>(experiment.workload).mix) {
    weights_.push_back(total += share.weight);
    const auto found = std::ranges::find(experiment.classes, share.object_class, &ClassPlan::name);
    class_of_share_.push_back(static_cast<std::size_t>(found - experiment.classes.begin()));
  }
  for (const ClassPlan& each : experiment.classes) keys_.emplace_back(each.keys, each.zipf_millionths);
  for (const ClientGroup& group : experiment.clients) {
    const bool sends = group.rate.millionths_per_hour > 0 && total > 0;
    const Duration mean_gap = sends ? group.rate.mean_gap() * group.clients : Duration::zero();
    cursors_.insert(cursors_.end(), group.clients, Cursor{.mean_gap = mean_gap});
  }
}

std::optional<LawDraws::Drawn> LawDraws::next(ClientId client) {
  Cursor& cursor = cursors_[client.value];
  if (cursor.mean_gap == Duration::zero()) return std::nullopt;
  const Cause cause = Cause::operation(client, cursor.number);
  cursor.at += Distribution::exponential(cursor.mean_gap).sample(draws_.bits(Purpose::arrival, cause));
  if (cursor.at >= experiment_.lasts) return std::nullopt;

  const std::uint64_t weight = draws_.below(weights_.back(), Purpose::choice_of_call, cause);
  const auto share = static_cast<std::size_t>(std::ranges::upper_bound(weights_, weight) - weights_.begin());
  const std::uint64_t key = keys_[class_of_share_[share]].sample(draws_.bits(Purpose::choice_of_key, cause));
  return Drawn{cursor.number++, cursor.at, share, key};
}

}  // namespace orrery::scenarios
