// The load test that one would have run instead (findings.h).
#include <algorithm>
#include <map>
#include <tuple>

#include "reports/shown.h"
#include "scenarios/findings.h"

namespace orrery::scenarios {
namespace {

using reports::Latencies;
using reports::Stage;

__extension__ using Wide = __int128;

constexpr Wide connections_max = 100'000;  // of one group
// As such tests are; and a longer one would show the same, since its queues do not grow.
constexpr Duration counted_max = 2min;
constexpr Wide hour_in_millionths_of_ns = Wide{3'600'000'000'000} * 1'000'000;

// What a group sends, in millionths an hour: by its law, or as was counted.
Wide rate_of(const ClientGroup& group, const Latencies& row, Duration lasts, Duration counted) {
  if (!std::holds_alternative<TraceArrivals>(group.arrivals))
    return mean_rate(group.arrivals, lasts).millionths_per_hour;
  if (counted <= Duration::zero()) return 0;
  return Wide{row.completed} * hour_in_millionths_of_ns / nanoseconds(counted);
}

// A mean without what waiting, and trying again, adds.
Wide unloaded_ns(const Latencies& row) {
  if (row.completed == 0) return 0;
  reports::StageTimes stages = row.stages;
  const Duration waiting = reports::saturated_sum(time_in(stages, Stage::queue), time_in(stages, Stage::retry));
  return nanoseconds(reports::sum_of(stages) - waiting) / static_cast<std::int64_t>(row.completed);
}

// Each connection makes 1 / (answer + think) requests a second, and a fourth more of them than the answers need
// leaves each some time to think.
void close_the_loop(ClientGroup& group, Wide rate, Wide answer_ns) {
  if (rate <= 0) return;
  const Wide needed = (rate * answer_ns * 5 / 4 + hour_in_millionths_of_ns - 1) / hour_in_millionths_of_ns;
  const Wide connections = std::clamp<Wide>(needed, 1, connections_max);
  const Wide think = connections * hour_in_millionths_of_ns / rate - answer_ns;
  group.clients = static_cast<std::uint32_t>(connections);
  group.arrivals = ClosedLoop{Distribution::constant(Duration(
      static_cast<std::int64_t>(std::clamp<Wide>(think, think_min.count(), Distribution::parameter_max.count()))))};
}

// A list as the law that it looks like: each group's calls, as often as it makes them.
Law law_like(const std::vector<Operation>& operations, const Experiment& experiment,
             std::vector<std::uint64_t>& operations_of_group) {
  operations_of_group.assign(experiment.clients.size(), 0);
  std::map<std::tuple<std::size_t, std::string, std::string>, CallShare> shares;
  for (const Operation& each : operations) {
    std::size_t group = 0;
    for (std::uint64_t first = 0; first + experiment.clients[group].clients <= each.client.value; ++group)
      first += experiment.clients[group].clients;
    ++operations_of_group[group];
    const std::vector<Argument> args(each.args.begin(), each.args.end());
    const CallShare begin{each.object_class, each.call, 0, args, experiment.clients[group].name};
    ++shares.try_emplace({group, each.object_class, each.call}, begin).first->second.weight;
  }
  Law law;
  for (auto& [key, share] : shares) law.mix.push_back(std::move(share));
  return law;
}

}  // namespace

bool wants_closed_loop_view(const reports::Outcome& outcome) {
  const auto tail = reports::honest_band(outcome.stages, reports::shown_bands.back());
  if (!tail) return false;
  reports::StageTimes stages = tail->stages;
  return (time_in(stages, Stage::queue) + time_in(stages, Stage::retry)) * 4 > tail->total;
}

Experiment closed_loop_of(const Experiment& experiment, const reports::Outcome& outcome, std::uint64_t seeds) {
  Experiment closed = experiment;
  closed.objectives.clear();
  closed.properties.clear();
  std::vector<std::uint64_t> listed;
  if (const auto* operations = std::get_if<std::vector<Operation>>(&experiment.workload))
    closed.workload = law_like(*operations, experiment, listed);
  std::get<Law>(closed.workload).trace.reset();

  const Duration counted = (experiment.lasts - experiment.warmup) * static_cast<std::int64_t>(seeds);
  for (std::size_t i = 0; i < closed.clients.size(); ++i) {
    ClientGroup& group = closed.clients[i];
    if (is_closed(group.arrivals) && listed.empty()) continue;
    const Latencies row = i < outcome.groups.size() ? outcome.groups[i] : Latencies{};
    const Wide rate = listed.empty() ? rate_of(group, row, experiment.lasts, counted)
                                     : Wide{listed[i]} * hour_in_millionths_of_ns /
                                           std::max<std::int64_t>(1, nanoseconds(experiment.lasts));
    group.arrivals = poisson({});  // of those that send nothing
    close_the_loop(group, rate, unloaded_ns(row));
  }
  closed.lasts = std::min(closed.lasts, closed.warmup + counted_max);
  std::erase_if(closed.faults, [&closed](const FaultPlan& fault) { return fault.at > closed.lasts; });
  return closed;
}

}  // namespace orrery::scenarios
