// What the faults of a run met.
//
// A thousand crashes of machines that stood idle have tested nothing. These counters say how many of them hit a
// turn under way or a commit that was not yet durable, and what followed. They stand among the marks of rare paths
// in Outcome::reached, each under its name there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "reports/outcome.h"

namespace orrery::reports {

enum class Met : std::uint8_t {
  faults_planned,  // in the experiment
  faults_struck,
  crashes,
  crashes_in_a_live_turn,              // of an object of the machine
  crashes_with_an_unconfirmed_commit,  // of an object of the machine
  crashes_in_mid_work,                 // at least one of these two
  crashes_that_lost_bytes,             // a sector was dropped or torn
  pauses,
  syncs_failed,
  disks_replaced,
  network_impairments,
  datagrams_impaired,  // lost, doubled or delayed by them
  messages_held_back,  // on streams
  connections_given_up,
  calls_left_open,           // their callers know nothing of what became of them
  calls_not_delivered,       // their callers were told that the connection was lost before they were sent
  states_recovered,          // a life of an object began with what its commits had left behind
  recoveries_after_a_crash,  // such lives on a machine that had crashed before
  recoveries_failed,
  instances_evicted,
  instances_aborted,
  instances_ended_by_storage,  // a commit of theirs could not be made durable
  commits,
  instances_ended_by_lease,
  leases_sealed,
  takeovers,        // the new owner serves
  tails_recovered,  // what it found ended with commits that nobody knew to be confirmed
  owners_refused,   // by a follower that had promised a higher epoch
};
inline constexpr std::array<std::string_view, 28> met_names = {"faults_planned",
                                                               "faults_struck",
                                                               "crashes",
                                                               "crashes_in_a_live_turn",
                                                               "crashes_with_an_unconfirmed_commit",
                                                               "crashes_in_mid_work",
                                                               "crashes_that_lost_bytes",
                                                               "pauses",
                                                               "syncs_failed",
                                                               "disks_replaced",
                                                               "network_impairments",
                                                               "datagrams_impaired",
                                                               "messages_held_back",
                                                               "connections_given_up",
                                                               "calls_left_open",
                                                               "calls_not_delivered",
                                                               "states_recovered",
                                                               "recoveries_after_a_crash",
                                                               "recoveries_failed",
                                                               "instances_evicted",
                                                               "instances_aborted",
                                                               "instances_ended_by_storage",
                                                               "commits",
                                                               "instances_ended_by_lease",
                                                               "leases_sealed",
                                                               "takeovers",
                                                               "tails_recovered",
                                                               "owners_refused"};

constexpr std::string_view to_text(Met met) { return met_names[static_cast<std::size_t>(met)]; }

// Is this the name of a counter, and not that of a mark?
bool is_met_name(std::string_view name);

// The objects that have begun something and not finished it, counted by the node that they are on. A crash of the
// node ends all of it. Its memory is bounded by the objects that were ever in that state at one time.
class Unfinished {
 public:
  // The object began its `number`-th; numbers of one life grow.
  void begin(NodeId node, const ObjectId& object, std::uint64_t number);
  // That one is finished, and with it all before it.
  void finish(const ObjectId& object, std::uint64_t number);
  // The object gives up whatever it began.
  void give_up(const ObjectId& object);
  bool any_on(NodeId node) const;
  bool has_crashed(NodeId node) const;
  void crash(NodeId node);

 private:
  struct Begun {
    std::uint64_t number = 0;  // the last one
    NodeId node;
    std::uint32_t crashes = 0;  // of the node before; it counts only as long as there are no more
  };
  struct Node {
    std::uint32_t objects = 0;
    std::uint32_t crashes = 0;
  };
  bool is_counted(const Begun& begun) const { return nodes_[begun.node.value].crashes == begun.crashes; }
  Node& node_of(NodeId node);

  Lookup<ObjectId, Begun> begun_;
  std::vector<Node> nodes_;  // by NodeId
};

class Coverage final : public journal::Sink {
 public:
  explicit Coverage(std::uint64_t faults_planned);

  journal::Interest interest() const override;
  void on(const journal::Record& record) override;

  // Puts every counter into `reached`, those at 0 too.
  void write_to(Outcome& outcome) const;

 private:
  std::uint64_t& count(Met met) { return counts_[static_cast<std::size_t>(met)]; }

  void see(NodeId node, const journal::TurnStarted& started);
  void see(NodeId node, const journal::TurnEnded& ended);
  void see(NodeId node, const journal::Committed& committed);
  void see(NodeId node, const journal::Confirmed& confirmed);
  void see(NodeId node, const journal::Recovered& recovered);
  void see(NodeId node, const journal::RecoveryFailed& failed);
  void see(NodeId node, const journal::InstanceEnded& ended);
  void see(NodeId node, const journal::Answered& answered);
  void see(NodeId node, const journal::FaultStruck& struck);
  void see(NodeId node, const journal::Crashed& crashed);
  void see(NodeId node, const journal::Paused& paused);
  void see(NodeId node, const journal::SyncFailed& failed);
  void see(NodeId node, const journal::DiskReplaced& replaced);
  void see(NodeId node, const journal::NetworkHealed& healed);
  void see(NodeId node, const journal::LeaseSealed& sealed);
  void see(NodeId node, const journal::TakenOver& taken);
  void see(NodeId node, const journal::OwnerRefused& refused);

  std::array<std::uint64_t, met_names.size()> counts_{};
  Unfinished turns_;
  Unfinished commits_;
  Lookup<ObjectId, CommitIndex> confirmed_;  // the last of each object
  std::string connection_lost_;  // what a caller is told
};

}  // namespace orrery::reports
