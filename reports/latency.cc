#include "reports/latency.h"

#include <algorithm>

#include "core/base/invariant.h"

namespace orrery::reports {
namespace {

void add(Latencies& latencies, const Breakdown& breakdown) {
  ++latencies.completed;
  if (breakdown.status == journal::Status::failed) ++latencies.failed;
  if (breakdown.status == journal::Status::unknown) ++latencies.unknown;
  if (breakdown.attempts > 1) ++latencies.retried;
  latencies.histogram.record(breakdown.latency);
  for (std::size_t i = 0; i < stage_count; ++i)
    latencies.stages[i] = saturated_sum(latencies.stages[i], breakdown.stages[i]);
  latencies.work += breakdown.work;
}

}  // namespace

LatencyReport::LatencyReport(const journal::Names& names, Time counted_from) : counted_from_(counted_from) {
  all_.name = "all";
  for (const journal::GroupNames& group : names.groups) {
    ranges_.push_back({group.first_client, group.clients});
    groups_.push_back({.name = group.name});
  }
  for (const journal::ClassNames& each : names.classes) {
    first_operation_.push_back(operations_.size());
    for (const std::string& method : each.methods) operations_.push_back({.name = each.name + "." + method});
  }
  first_operation_.push_back(operations_.size());
}

void LatencyReport::on(const Breakdown& breakdown) {
  if (breakdown.intended < counted_from_) return;
  add(all_, breakdown);
  stages_.record(breakdown.latency, breakdown.stages);

  const std::uint32_t client = breakdown.client.value;
  const auto after = std::ranges::upper_bound(ranges_, client, {}, &Range::first_client);
  if (after != ranges_.begin() && client - std::prev(after)->first_client < std::prev(after)->clients)
    add(groups_[static_cast<std::size_t>(after - ranges_.begin() - 1)], breakdown);

  const std::size_t of_class = breakdown.object_class.value;
  INVARIANT(of_class + 1 < first_operation_.size(), "class {} has no name", of_class);
  const std::size_t operation = first_operation_[of_class] + breakdown.method.value;
  INVARIANT(operation < first_operation_[of_class + 1], "method {} of class {} has no name", breakdown.method.value,
            of_class);
  add(operations_[operation], breakdown);
}

void LatencyReport::write_to(Outcome& outcome) const {
  outcome.all = all_;
  outcome.groups = groups_;
  outcome.operations = operations_;
  outcome.stages = stages_;
}

}  // namespace orrery::reports
