#include "scenarios/design/popularity.h"

#include <algorithm>
#include <charconv>

#include "core/base/distributions.h"
#include "core/base/mix.h"

namespace orrery::scenarios {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::int64_t million = 1'000'000;
constexpr std::uint64_t ranks_told_apart = 4'096;
constexpr Wide all_bits = Wide{1} << 64;

// How many of all 2^64 draws give a rank below this one: samples grow with the bits.
Wide draws_below(const Zipf& zipf, std::uint64_t rank, std::uint64_t ranks) {
  if (rank >= ranks) return all_bits;
  std::uint64_t least = 0;  // the first draw that gives at least the rank is not below
  std::uint64_t most = ~std::uint64_t{0};
  if (zipf.sample(most) < rank) return all_bits;
  while (least < most) {
    const std::uint64_t middle = least + (most - least) / 2;
    if (zipf.sample(middle) >= rank)
      most = middle;
    else
      least = middle + 1;
  }
  return least;
}

// The shares of keys, of 2^64.
class KeyShares {
 public:
  explicit KeyShares(const ClassPlan& plan) : plan_(plan), zipf_(plan.keys, plan.zipf_millionths) {}

  Wide of_ranks(std::uint64_t from, std::uint64_t to) const {
    const Wide drawn = draws_below(zipf_, to, plan_.keys) - draws_below(zipf_, from, plan_.keys);
    const auto hot = static_cast<std::uint64_t>(plan_.hot_millionths);
    return drawn * (million - hot) / million + (from == 0 ? all_bits * hot / million : 0);
  }

 private:
  const ClassPlan& plan_;
  const Zipf zipf_;
};

std::int64_t in_millionths(Wide share) { return static_cast<std::int64_t>((share * million) >> 64); }

std::uint64_t rank_of(const std::string& key) {
  std::uint64_t rank = Zipf::ranks_max;
  std::from_chars(key.data(), key.data() + key.size(), rank);
  return rank;
}

}  // namespace

std::int64_t share_of_group(const Experiment& experiment, const CallShare& share, const ClientGroup& group) {
  const auto is_made = [&group](const CallShare& each) { return each.from.empty() || each.from == group.name; };
  if (!is_made(share)) return 0;
  std::uint64_t total = 0;
  for (const CallShare& each : std::get<Law>(experiment.workload).mix) total += is_made(each) ? each.weight : 0;
  return total == 0 ? 0 : static_cast<std::int64_t>(std::uint64_t{share.weight} * million / total);
}

std::map<std::string, std::int64_t> shares_of_objects(const ClassPlan& plan, const std::vector<std::string>& also) {
  std::map<std::string, std::int64_t> shares;
  if (plan.shards == 1) return {{"0", million}};
  const KeyShares keys(plan);
  if (plan.shards == 0) {
    shares["0"] = in_millionths(keys.of_ranks(0, 1));
    for (const std::string& name : also)
      if (const std::uint64_t rank = rank_of(name); rank < plan.keys)
        shares[name] = in_millionths(keys.of_ranks(rank, rank + 1));
      else
        shares[name] = 0;
    return shares;
  }
  const std::uint64_t told_apart = std::min(plan.keys, ranks_told_apart);
  std::map<std::string, Wide> exact;
  const std::uint64_t objects = std::min<std::uint64_t>(plan.shards, ranks_told_apart);
  const Wide rest = keys.of_ranks(told_apart, plan.keys) / plan.shards;
  for (std::uint64_t shard = 0; shard < objects; ++shard) exact[std::to_string(shard)] = rest;
  for (std::uint64_t rank = 0; rank < told_apart; ++rank)
    exact[object_of(plan, std::to_string(rank))] += keys.of_ranks(rank, rank + 1);
  for (const auto& [object, share] : exact) shares[object] = in_millionths(share);
  return shares;
}

}  // namespace orrery::scenarios
