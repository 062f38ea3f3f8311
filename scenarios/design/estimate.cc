#include "scenarios/design/estimate.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/config.h"
#include "core/base/mix.h"
#include "scenarios/design/popularity.h"

namespace orrery::scenarios {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t million = 1'000'000;
constexpr int depth_max = 8;  // of calls from handler to handler: those that go round end here

Duration part_of(Duration whole, std::int64_t millionths) {
  return Duration(static_cast<std::int64_t>(Wide{nanoseconds(whole)} * millionths / million));
}
Rate part_of(Rate whole, std::int64_t millionths) {
  return {static_cast<std::int64_t>(Wide{whole.millionths_per_hour} * millionths / million)};
}
// The highest number stands for whatever is higher: calls that call several others add up quickly.
constexpr std::int64_t sum_of(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 4;
  return static_cast<std::int64_t>(std::min<Wide>(Wide{a} + b, most));
}
Duration sum_of(Duration a, Duration b) { return Duration(sum_of(nanoseconds(a), nanoseconds(b))); }
Rate operator+(Rate a, Rate b) { return {sum_of(a.millionths_per_hour, b.millionths_per_hour)}; }

// How much of the time so many events take that last so long each.
std::int64_t millionths_of_time(Rate rate, Duration each) {
  constexpr Wide hour_ns = 3'600'000'000'000;
  const Wide millionths = Wide{rate.millionths_per_hour} * nanoseconds(each) / hour_ns;
  return static_cast<std::int64_t>(std::min<Wide>(millionths, std::numeric_limits<std::int64_t>::max()));
}

// The bursts that are looked at, of one group.
constexpr std::int64_t bursts_max = 64;

std::vector<Duration> times_of_change(const Experiment& experiment) {
  std::vector<Duration> times{Duration::zero()};
  for (const ClientGroup& group : experiment.clients) {
    if (const auto* bursty = std::get_if<BurstyArrivals>(&group.arrivals))
      for (std::int64_t i = 0; i < bursts_max; ++i) {
        times.push_back((bursty->on + bursty->off) * i);
        times.push_back(times.back() + bursty->on);
      }
    if (const auto* ramp = std::get_if<RampArrivals>(&group.arrivals)) times.push_back(ramp->over);
  }
  if (experiment.lasts > Duration::zero()) times.push_back(experiment.lasts - 1ns);
  std::erase_if(times, [&](Duration each) { return each >= experiment.lasts && each > Duration::zero(); });
  return times;
}

}  // namespace

// Of a half of the samples, then of half of the rest, and so on: long tails are rare and weigh much.
Duration mean_of(const Distribution& distribution) {
  if (distribution.kind <= Distribution::Kind::exponential)
    return distribution.kind == Distribution::Kind::uniform ? (distribution.base + distribution.most) / 2
                                                            : distribution.base;
  constexpr int halves = 44;
  constexpr std::uint64_t samples = 64;  // of each
  Wide sum = 0;
  for (int half = 0; half < halves; ++half) {
    const std::uint64_t width = std::uint64_t{1} << (63 - half);
    const std::uint64_t from = 0 - 2 * width;  // what is left begins here
    Wide in_half = 0;
    for (std::uint64_t i = 0; i < samples; ++i) {
      const std::uint64_t bits = from + width / samples * i + width / samples / 2;
      in_half += nanoseconds(distribution.sample(bits));
    }
    sum += (in_half << (halves - half)) / samples;
  }
  return Duration(static_cast<std::int64_t>((sum + (Wide{1} << halves)) >> (halves + 1)));
}

Duration quantile_of(const Distribution& distribution, std::int64_t millionths) {
  const Wide bits = (Wide{millionths} << 64) / million;
  return distribution.sample(static_cast<std::uint64_t>(bits));
}

// Adds up what the steps of a handler take.
struct Estimates::Walk {
  const Estimates& all;
  const std::optional<std::size_t> city;  // where the object lives
  const int depth;

  Duration busy{};
  Duration shut{};
  Duration lasts{};
  std::int64_t commits_millionths = 0;
  bool has_written = false;  // in the turn under way

  void go(const Steps& steps, std::int64_t share) {
    for (const Step& step : steps) take(step, share);
  }

  void take(const Step& step, std::int64_t share) {
    if (const auto* cpu = std::get_if<CpuStep>(&step.what)) return work(mean_of(cpu->cost), share);
    if (const auto* storage = std::get_if<StorageStep>(&step.what)) return use(*storage, share);
    if (std::holds_alternative<SyncStep>(step.what)) return wait(mean_of(all.experiment_.disk.sync), share);
    if (const auto* sleep = std::get_if<WaitStep>(&step.what)) return wait(mean_of(sleep->lasts), share);
    if (const auto* fetch = std::get_if<FetchStep>(&step.what)) return wait(answer_of(*fetch), share);
    if (const auto* call = std::get_if<CallStep>(&step.what)) return wait(answer_of(*call), share);
    if (const auto* block = std::get_if<BlockStep>(&step.what)) return enter(*block, share);
    if (const auto* side_by_side = std::get_if<AllStep>(&step.what)) return branch(*side_by_side, share);
    if (const auto* when = std::get_if<WhenStep>(&step.what))
      go(when->then, share * when->share_millionths / million);
  }

  void work(Duration cost, std::int64_t share) {
    const Duration mean = part_of(part_of(cost, all.spread_millionths_), share);
    busy = sum_of(busy, mean);
    lasts = sum_of(lasts, mean);
  }
  void end_turn(std::int64_t share) {
    if (std::exchange(has_written, false)) commits_millionths += share;
  }
  void wait(Duration time, std::int64_t share) {
    end_turn(share);
    lasts = sum_of(lasts, part_of(time, share));
    work(all.experiment_.costs.turn, share);
  }
  // As design/program.cc has it.
  void use(const StorageStep& step, std::int64_t share) {
    const bool writes_rows = step.kind == StorageStep::Kind::sql_write;
    const std::int64_t operations = writes_rows ? step.rows : 1;
    work(step.cost ? mean_of(*step.cost) : config::storage_operation_cost * operations, share);
    work(all.experiment_.costs.storage_operation * operations, share);
    has_written = has_written || writes_rows || step.kind == StorageStep::Kind::kv_put;
  }
  void enter(const BlockStep& block, std::int64_t share) {
    const Duration idle = lasts - busy;
    go(block.steps, share);
    shut += std::max(Duration::zero(), lasts - busy - idle);
  }
  void branch(const AllStep& side_by_side, std::int64_t share) {
    const Duration before = lasts;
    Duration longest = before;
    for (const Steps& each : side_by_side.branches) {
      lasts = before;
      go(each, share);
      longest = std::max(longest, lasts);
    }
    lasts = longest;
  }

  Duration answer_of(const FetchStep& fetch) const {
    const auto& services = all.experiment_.services;
    const auto service = std::ranges::find(services, fetch.service, &ServicePlan::name);
    if (service == services.end()) return Duration::zero();
    const std::size_t its_city = all.city_named(service->city);
    return mean_of(service->latency) + all.round_trip(city.value_or(its_city), its_city);
  }
  Duration answer_of(const CallStep& call) const {
    const std::optional<std::size_t> there = all.city_of(all.class_of(call.object_class));
    const Duration trip = there && city ? all.round_trip(*city, *there) : Duration::zero();
    return sum_of(answer_of(Reached{call.object_class, call.handler, there ? there : city, depth + 1}), trip);
  }
  Duration answer_of(const Reached& reached) const {
    const auto known = all.answers_.find(reached);
    if (known != all.answers_.end()) return known->second;
    const HandlerPlan* handler = handler_of(all.class_of(reached.object_class), reached.handler);
    Walk walk{all, reached.city, reached.depth};
    walk.work(all.experiment_.costs.turn, million);
    if (handler && reached.depth <= depth_max) walk.go(handler->steps, million);
    all.answers_.emplace(reached, walk.lasts);
    return walk.lasts;
  }
};

Estimates::Estimates(const Experiment& experiment)
    : experiment_(experiment), topology_(*topology_of(experiment.world)) {
  const std::int64_t spread = experiment.costs.spread_millionths;
  if (spread > 0) spread_millionths_ = nanoseconds(mean_of(Distribution::lognormal(1ms, spread)));
}

HandlerEstimate Estimates::of(const ClassPlan& plan, const HandlerPlan& handler) const {
  Walk walk{*this, city_of(plan), 0};
  walk.work(experiment_.costs.turn, million);
  const auto is_reply = [](const Step& step) { return std::holds_alternative<ReplyStep>(step.what); };
  const auto reply = std::ranges::find_if(handler.steps, is_reply);
  const Steps before(handler.steps.begin(), reply);
  walk.go(before, million);
  const Duration answered = walk.lasts;
  if (reply != handler.steps.end()) walk.go(Steps(std::next(reply), handler.steps.end()), million);
  walk.end_turn(million);
  if (plan.holding == object::Holding::call) walk.shut = walk.lasts - walk.busy;
  if (plan.holding == object::Holding::commit)
    walk.shut += part_of(mean_of(experiment_.disk.sync), walk.commits_millionths);
  return {walk.busy, std::max(Duration::zero(), walk.shut), answered, least_wait(before, city_of(plan), 0)};
}

Duration Estimates::least_wait(const Steps& steps, std::optional<std::size_t> city, int depth) const {
  constexpr std::int64_t hardly_any = 10'000;
  Duration sum{};
  const auto add = [&sum](Duration more) { sum = sum_of(sum, more); };
  for (const Step& step : steps) {
    if (const auto* sleep = std::get_if<WaitStep>(&step.what)) add(quantile_of(sleep->lasts, hardly_any));
    if (const auto* block = std::get_if<BlockStep>(&step.what)) add(least_wait(block->steps, city, depth));
    if (const auto* fetch = std::get_if<FetchStep>(&step.what)) {
      const auto service = std::ranges::find(experiment_.services, fetch->service, &ServicePlan::name);
      if (service == experiment_.services.end()) continue;
      const std::size_t its_city = city_named(service->city);
      add(quantile_of(service->latency, hardly_any) + least_round_trip(city.value_or(its_city), its_city));
    }
    if (const auto* call = std::get_if<CallStep>(&step.what); call && depth < depth_max) {
      const std::optional<std::size_t> there = city_of(class_of(call->object_class));
      if (there && city) add(least_round_trip(*city, *there));
      add(least_wait(Reached{call->object_class, call->handler, there ? there : city, depth + 1}));
    }
    if (const auto* all = std::get_if<AllStep>(&step.what)) {
      Duration longest{};
      for (const Steps& branch : all->branches) longest = std::max(longest, least_wait(branch, city, depth));
      add(longest);
    }
    if (std::holds_alternative<ReplyStep>(step.what)) break;
  }
  return sum;
}

Duration Estimates::least_wait(const Reached& reached) const {
  const auto known = least_waits_.find(reached);
  if (known != least_waits_.end()) return known->second;
  const HandlerPlan* handler = handler_of(class_of(reached.object_class), reached.handler);
  const Duration least = handler ? least_wait(handler->steps, reached.city, reached.depth) : Duration::zero();
  least_waits_.emplace(reached, least);
  return least;
}

// ---- Rates.

Rate Estimates::rate_of(const CallShare& share, Duration at) const {
  Rate sum;
  for (const ClientGroup& group : experiment_.clients)
    sum = sum + part_of(rate_at(group.arrivals, at), share_of_group(experiment_, share, group));
  return sum;
}

Rate Estimates::mean_rate_of(const CallShare& share) const {
  Rate sum;
  for (const ClientGroup& group : experiment_.clients)
    sum = sum + part_of(mean_rate(group.arrivals, experiment_.lasts), share_of_group(experiment_, share, group));
  return sum;
}

Estimates::Calls Estimates::nested(Calls calls) const {
  Calls all = calls;
  for (int depth = 0; depth < depth_max && !calls.empty(); ++depth) {
    Calls next;
    for (const auto& [called, rate] : calls) {
      const HandlerPlan* handler = handler_of(class_of(called.object_class), called.handler);
      if (!handler) continue;
      for_each_step(handler->steps, [&](const Step& step, std::int64_t share) {
        const auto* call = std::get_if<CallStep>(&step.what);
        if (!call) return;
        Called next_called{call->object_class, call->handler};
        if (call->keys == 0)
          next_called.only = object_of({.name = call->object_class, .shards = call->shards}, call->key);
        else
          std::tie(next_called.keys, next_called.shards) = std::pair(call->keys, call->shards);
        Rate& sum = next[next_called];
        sum = sum + part_of(rate, share);
      });
    }
    for (const auto& [called, rate] : next) all[called] = all[called] + rate;
    calls = std::move(next);
  }
  return all;
}

Estimates::Calls Estimates::calls_of(const std::function<Rate(const CallShare&)>& rate) const {
  Calls calls;
  if (const auto* law = std::get_if<Law>(&experiment_.workload))
    for (const CallShare& share : law->mix) {
      Rate& sum = calls[{share.object_class, share.call}];
      sum = sum + rate(share);
    }
  return nested(std::move(calls));
}

Duration Estimates::busiest_time(const ClassPlan& plan) const {
  const auto* law = std::get_if<Law>(&experiment_.workload);
  Duration busiest{};
  Rate most{-1};
  for (const Duration at : times_of_change(experiment_)) {
    Rate its;
    Rate all;
    for (const CallShare& share : law ? law->mix : std::vector<CallShare>()) {
      const Rate rate = rate_of(share, at);
      all = all + rate;
      if (share.object_class == plan.name) its = its + rate;
    }
    const Rate sum = its == Rate{} ? all : its;  // other objects call it
    if (sum <= most) continue;
    most = sum;
    busiest = at;
  }
  return busiest;
}

ObjectEstimate Estimates::busiest_object_at(const ClassPlan& plan, Duration at) const {
  return busiest_object(plan, calls_of([&](const CallShare& share) { return rate_of(share, at); }));
}
ObjectEstimate Estimates::busiest_object_on_average(const ClassPlan& plan) const {
  return busiest_object(plan, calls_of([&](const CallShare& share) { return mean_rate_of(share); }));
}

ObjectEstimate Estimates::busiest_object(const ClassPlan& plan, const Calls& calls) const {
  struct Coming {
    Rate rate;
    HandlerEstimate takes;
    std::map<std::string, std::int64_t> shares;  // of the objects
  };
  std::vector<std::string> named;
  for (const auto& [called, rate] : calls)
    if (called.object_class == plan.name && called.only) named.push_back(*called.only);
  std::map<std::string, std::int64_t> popularity = shares_of_objects(plan, named);
  std::vector<Coming> coming;
  for (const auto& [called, rate] : calls) {
    if (called.object_class != plan.name) continue;
    const HandlerPlan* handler = handler_of(plan, called.handler);
    const HandlerEstimate a_turn{.busy = part_of(experiment_.costs.turn, spread_millionths_)};
    Coming& each = coming.emplace_back(rate, handler ? of(plan, *handler) : a_turn);
    if (called.only)
      each.shares = {{*called.only, million}};
    else if (called.keys == 0)
      each.shares = popularity;
    else
      each.shares = shares_of_objects({.name = plan.name, .keys = called.keys, .shards = called.shards}, named);
    for (const auto& [object, share] : each.shares) popularity.try_emplace(object, 0);
  }
  ObjectEstimate busiest;
  for (const auto& [object, share] : popularity) {
    ObjectEstimate each{.object = object};
    for (const Coming& come : coming) {
      const auto of_object = come.shares.find(object);
      if (of_object == come.shares.end()) continue;
      const Rate here = part_of(come.rate, of_object->second);
      each.calls = each.calls + here;
      each.busy_millionths = sum_of(each.busy_millionths, millionths_of_time(here, come.takes.busy));
      each.taken_millionths =
          sum_of(each.taken_millionths, millionths_of_time(here, come.takes.busy + come.takes.shut));
    }
    if (busiest.object.empty() || each.taken_millionths > busiest.taken_millionths) busiest = std::move(each);
  }
  return busiest;
}

std::int64_t Estimates::busiest_key_millionths(const ClassPlan& plan) const {
  ClassPlan per_key = plan;
  per_key.shards = 0;
  std::int64_t most = 0;
  for (const auto& [key, share] : shares_of_objects(per_key, {})) most = std::max(most, share);
  return most;
}

// ---- Places.

const ClassPlan& Estimates::class_of(const std::string& name) const {
  return experiment_.classes[class_named(experiment_, name).value];
}

const HandlerPlan* Estimates::handler_of(const ClassPlan& plan, std::string_view name) {
  const auto found = std::ranges::find(plan.handlers, name, &HandlerPlan::name);
  return found == plan.handlers.end() ? nullptr : &*found;
}

std::size_t Estimates::city_named(const std::string& name) const {
  return static_cast<std::size_t>(std::ranges::find(topology_.cities, name, &sim::City::name) -
                                  topology_.cities.begin());
}

std::optional<std::size_t> Estimates::city_of_callers(const ClassPlan& plan) const {
  const auto* law = std::get_if<Law>(&experiment_.workload);
  std::optional<std::size_t> city;
  for (const ClientGroup& group : experiment_.clients) {
    const auto calls = [&](const CallShare& share) {
      return share.object_class == plan.name && share_of_group(experiment_, share, group) > 0;
    };
    if (law && std::ranges::none_of(law->mix, calls)) continue;
    const std::size_t its_city = city_named(group.city);
    if (city.value_or(its_city) != its_city) return std::nullopt;
    city = its_city;
  }
  return city;
}

std::optional<std::size_t> Estimates::city_of(const ClassPlan& plan) const {
  if (plan.place == place_home) {
    const std::size_t first = city_named(experiment_.clients.front().city);
    const bool is_one = std::ranges::all_of(
        experiment_.clients, [&](const ClientGroup& group) { return city_named(group.city) == first; });
    return is_one ? std::optional(first) : std::nullopt;
  }
  if (plan.place.empty()) return city_of_callers(plan);
  if (const std::size_t city = city_named(plan.place); city < topology_.cities.size()) return city;
  return sim::city_for_hint(topology_, plan.place);
}

Duration Estimates::round_trip(std::size_t from, std::size_t to) const {
  return 2 * topology_.one_way({.city = from}, {.city = to, .data_center = 0});
}
Duration Estimates::least_round_trip(std::size_t from, std::size_t to) const {
  return part_of(round_trip(from, to), million - experiment_.link.jitter_millionths);
}

}  // namespace orrery::scenarios
