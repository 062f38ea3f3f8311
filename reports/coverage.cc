#include "reports/coverage.h"

#include <algorithm>
#include <variant>

#include "core/base/object_error.h"

namespace orrery::reports {

using namespace journal;

bool is_met_name(std::string_view name) { return std::ranges::find(met_names, name) != met_names.end(); }

void Unfinished::begin(NodeId node, const ObjectId& object, std::uint64_t number) {
  Node& its_node = node_of(node);
  const std::size_t before = begun_.size();
  Begun& begun = begun_[object];
  const bool is_new = begun_.size() > before;
  if (is_new || begun.node != node || !is_counted(begun)) {
    if (!is_new && is_counted(begun)) --nodes_[begun.node.value].objects;
    ++its_node.objects;
  }
  begun = {number, node, its_node.crashes};
}

void Unfinished::finish(const ObjectId& object, std::uint64_t number) {
  const Begun* begun = begun_.find(object);
  if (begun == nullptr || begun->number > number) return;
  if (is_counted(*begun)) --nodes_[begun->node.value].objects;
  begun_.erase(object);
}

void Unfinished::give_up(const ObjectId& object) { finish(object, UINT64_MAX); }

bool Unfinished::any_on(NodeId node) const { return node.value < nodes_.size() && nodes_[node.value].objects > 0; }

bool Unfinished::has_crashed(NodeId node) const {
  return node.value < nodes_.size() && nodes_[node.value].crashes > 0;
}

void Unfinished::crash(NodeId node) {
  Node& its_node = node_of(node);
  its_node.objects = 0;
  ++its_node.crashes;
}

Unfinished::Node& Unfinished::node_of(NodeId node) {
  if (node.value >= nodes_.size()) nodes_.resize(node.value + std::size_t{1});
  return nodes_[node.value];
}

Coverage::Coverage(std::uint64_t faults_planned) : connection_lost_(ObjectError::connection_lost().message()) {
  count(Met::faults_planned) = faults_planned;
}

Interest Coverage::interest() const {
  return Interest::in<TurnStarted, TurnEnded, Committed, Confirmed, Recovered, RecoveryFailed, InstanceEnded,
                      Answered, FaultStruck, Crashed, Paused, SyncFailed, DiskReplaced, NetworkHealed, LeaseSealed,
                      TakenOver, OwnerRefused>();
}

void Coverage::on(const Record& record) {
  std::visit(
      [&](const auto& event) {
        if constexpr (requires { see(record.node, event); }) see(record.node, event);
      },
      record.event);
}

void Coverage::see(NodeId node, const TurnStarted& started) {
  turns_.begin(node, started.object, started.turn.value);
}

void Coverage::see(NodeId, const TurnEnded& ended) { turns_.finish(ended.object, ended.turn.value); }

void Coverage::see(NodeId node, const Committed& committed) {
  ++count(Met::commits);
  commits_.begin(node, committed.object, committed.index.value);
}

void Coverage::see(NodeId, const Confirmed& confirmed) {
  commits_.finish(confirmed.object, confirmed.index.value);
  confirmed_[confirmed.object] = confirmed.index;
}

void Coverage::see(NodeId node, const Recovered& recovered) {
  commits_.give_up(recovered.object);  // what was not found again never will be
  if (recovered.index.value == 0) return;
  ++count(Met::states_recovered);
  if (turns_.has_crashed(node)) ++count(Met::recoveries_after_a_crash);
}

void Coverage::see(NodeId, const RecoveryFailed&) { ++count(Met::recoveries_failed); }

void Coverage::see(NodeId, const InstanceEnded& ended) {
  turns_.give_up(ended.object);
  switch (ended.reason) {
    case EndReason::evicted: ++count(Met::instances_evicted); break;
    case EndReason::aborted: ++count(Met::instances_aborted); break;
    case EndReason::section_failed: break;
    case EndReason::lease_lost: ++count(Met::instances_ended_by_lease); break;
    case EndReason::storage_failed:
      ++count(Met::instances_ended_by_storage);
      commits_.give_up(ended.object);
      break;
  }
}

void Coverage::see(NodeId, const Answered& answered) {
  if (answered.status == Status::ok) return;
  if (answered.status == Status::unknown) {
    ++count(Met::calls_left_open);
    return;
  }
  const auto* message = std::get_if<std::string>(&answered.value);
  if (message != nullptr && *message == connection_lost_) ++count(Met::calls_not_delivered);
}

void Coverage::see(NodeId, const LeaseSealed&) { ++count(Met::leases_sealed); }

void Coverage::see(NodeId, const TakenOver& taken) {
  ++count(Met::takeovers);
  CommitIndex& confirmed = confirmed_[taken.object];
  if (taken.through > confirmed) ++count(Met::tails_recovered);
  confirmed = taken.marker;
  commits_.give_up(taken.object);
}

void Coverage::see(NodeId, const OwnerRefused&) { ++count(Met::owners_refused); }

void Coverage::see(NodeId, const FaultStruck&) { ++count(Met::faults_struck); }

void Coverage::see(NodeId node, const Crashed& crashed) {
  ++count(Met::crashes);
  const bool in_a_turn = turns_.any_on(node);
  const bool with_a_commit = commits_.any_on(node);
  if (in_a_turn) ++count(Met::crashes_in_a_live_turn);
  if (with_a_commit) ++count(Met::crashes_with_an_unconfirmed_commit);
  if (in_a_turn || with_a_commit) ++count(Met::crashes_in_mid_work);
  if (crashed.dropped + crashed.torn > 0) ++count(Met::crashes_that_lost_bytes);
  turns_.crash(node);
  commits_.crash(node);
}

void Coverage::see(NodeId, const Paused&) { ++count(Met::pauses); }

void Coverage::see(NodeId, const SyncFailed&) { ++count(Met::syncs_failed); }

void Coverage::see(NodeId, const DiskReplaced&) { ++count(Met::disks_replaced); }

void Coverage::see(NodeId, const NetworkHealed& healed) {
  ++count(Met::network_impairments);
  count(Met::datagrams_impaired) += healed.datagrams;
  count(Met::messages_held_back) += healed.messages;
  count(Met::connections_given_up) += healed.connections;
}

void Coverage::write_to(Outcome& outcome) const {
  for (std::size_t i = 0; i < counts_.size(); ++i) outcome.reached[std::string(met_names[i])] = counts_[i];
}

}  // namespace orrery::reports
