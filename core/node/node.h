// The switchboard.
//
// Protocols never call each other: a node feeds the effects of one into the input of the next, and carries out
// at its Host what is meant for the world. To follow a request, read node.cc from on_user downwards; each
// function is one line of the table "this effect goes there". What happens to lives of objects (wake, commit, end) is
// in node_objects.cc.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/lookup.h"
#include "core/node/message.h"
#include "core/object/residency.h"
#include "core/placement/directory.h"
#include "core/ports/host.h"
#include "core/replication/log.h"
#include "core/routing/router.h"
#include "core/routing/stubs.h"

namespace orrery::node {

struct NodeConfig {
  std::uint32_t city = 0;  // where this node stands
  NodeId directory;        // the node that answers lookups
  bool runs_objects = false;
  // Only on that node: the nodes that run objects, by city.
  std::optional<std::vector<std::vector<NodeId>>> placed_by_city;
};

class Node final : public ports::Guest {
 public:
  // The host and the environment must outlive the node.
  Node(const ports::Host& host, const object::Environment& environment, NodeConfig config);

  void on_start() override;
  void on_datagram(NodeId from, const Bytes& bytes, Cause cause) override;
  void on_stream(NodeId from, ports::StreamId stream, const Bytes& bytes, Cause cause) override;
  void on_connection_broken(NodeId peer, bool was_accepted, Cause cause) override;
  void on_timer(std::uint64_t token) override;
  void on_synced(std::uint64_t token, bool well, Cause cause) override;
  void on_user(ClientId client, const Bytes& bytes, Cause cause) override;
  void on_eviction_wanted(const ObjectId& object) override;

 private:
  void receive(NodeId from, const Bytes& bytes, Cause cause);
  void on(NodeId from, routing::Call&& call, Cause cause);
  void on(NodeId from, routing::Reply&& reply, Cause cause);
  void on(NodeId from, const placement::Find& find, Cause cause);
  void claim(const placement::Claimed& claimed);
  void on(NodeId from, const placement::Found& found, Cause cause);
  void on(NodeId from, ServiceAnswer&& answer, Cause cause);
  void lose_fetches(NodeId service, Cause cause);
  template <class Unexpected>
  void on(NodeId from, const Unexpected&, Cause cause);

  void make_call(routing::Call&& call, const routing::Caller& caller);
  template <class Input>
  void to_stubs(Input&& input, Cause cause) {
    stubs_.step(std::forward<Input>(input), host_.probe, stub_effects_);
    const bool may_finish_many = std::is_same_v<std::decay_t<Input>, routing::Broken>;
    follow_stubs(cause, may_finish_many);
  }
  void follow_stubs(Cause cause, bool may_finish_many);
  template <class Input>
  void to_router(Input&& input) {
    router_.step(std::forward<Input>(input), host_.probe, router_effects_);
    follow_router();
  }
  void follow_router();
  void carry_out(routing::Finish&& finish, Cause cause);
  void report_call(const routing::Call& call, CallId parent);
  void carry_out(const routing::StubIsBroken& broken);
  void carry_out(const routing::StubIsClosed& closed);
  void carry_out(const routing::SendCall& send);
  void send_call(NodeId owner, const routing::Call& call);
  void carry_out(const routing::AskDirectory& ask);
  std::uint32_t city_near(const routing::AskDirectory& ask) const;

  void to_instance(std::uint32_t slot, object::Entry&& entry);
  void run_turns(std::uint32_t slot, std::optional<object::Turn> turn);
  std::optional<object::Turn> end_turn(std::uint32_t slot);
  void pass_output_gate(std::uint32_t slot, object::Output&& output);
  void send_out(std::uint32_t slot, object::Output&& output);
  void carry_out(std::uint32_t slot, object::SendReply&& send);
  void carry_out(std::uint32_t slot, object::SendFetch&& send);
  void carry_out(std::uint32_t slot, object::SendCall&& send);
  void carry_out(std::uint32_t slot, const object::DropStub& drop);
  void tell_durable(std::uint32_t slot);

  void answer(NodeId caller, const routing::Reply& reply, Cause cause);

  std::uint32_t wake(const routing::Call& call);
  void commit(object::Resident& resident, const object::Turn& turn, storage::ObjectStore::Change&& change);
  void flush_log(Cause cause);
  // No commit may be under way for too long.
  void watch_commits();
  void forget_durable_commits();
  void end_oldest_commit_if_late();
  void confirm(const replication::Log::Durable& durable);
  void end_instance(std::uint32_t slot, journal::EndReason reason, const ObjectError& error);
  void end_broken(std::uint32_t slot);
  void evict_if_idle(std::uint32_t slot);
  void sweep();
  void schedule_sweep();
  void refuse(NodeId from, const routing::Call& call, const ObjectError& error);

  StubId stub_of(ClientId client, const ObjectId& object) const;
  template <class Event>
  void report(Event&& event) {
    if (!is_observed_) return;
    journal::Record record{Time{}, host_.self, std::forward<Event>(event)};
    host_.observer.report(record);
  }
  static std::uint64_t name_of(const ObjectId& object) { return object.words[0]; }  // how it begins
  // For people; formatted only if one reads along.
  template <class... Args>
  void info(fmt::format_string<Args...> text, Args&&... args) const {
    if (has_info_) [[unlikely]]
      host_.log.write(ports::LogLevel::info, host_.clock.steady(), fmt::format(text, std::forward<Args>(args)...));
  }
  template <class... Args>
  void debug(fmt::format_string<Args...> text, Args&&... args) const {
    if (has_debug_) [[unlikely]]
      host_.log.write(ports::LogLevel::debug, host_.clock.steady(), fmt::format(text, std::forward<Args>(args)...));
  }

  // Whom a timer wakes.
  struct Sleeper {
    std::uint32_t slot;
    CallId call;
    CallId io;
    Cause cause;
    object::Timer::Kind kind;
  };
  void set_sleeper(std::uint32_t slot, const object::Timer& timer);
  void wake_sleeper(const Sleeper& woken);

  // Where the answer to a fetch goes.
  struct Fetch {
    std::uint32_t slot;
    CallId call;
    NodeId service;
    std::size_t place;  // among the fetches from that service
  };
  struct PendingLookup {
    ObjectId object;
    ports::TimerId retry;
  };

  const ports::Host host_;
  const bool is_observed_;
  const bool has_info_;  // in its log
  const bool has_debug_;
  const NodeConfig config_;
  routing::Stubs stubs_;
  routing::Router router_;
  std::optional<placement::Directory> directory_;
  replication::Log log_;
  storage::Databases databases_;
  object::SpareLists spare_;
  const object::Surroundings surroundings_;
  object::Residency residency_;
  LocalTime started_;
  bool is_sweeping_ = false;
  // Calls that came before the log was open.
  struct EarlyCall {
    NodeId from;
    routing::Call call;
    Cause cause;
  };
  std::vector<EarlyCall> early_calls_;
  struct CommitUnderWay {
    LocalTime since;
    std::uint32_t slot;
    CommitIndex commit;
  };
  Fifo<CommitUnderWay> commits_under_way_;  // the oldest in front; others may be durable already
  bool is_watching_commits_ = false;
  Lookup<CallId, Fetch> fetches_;
  Lookup<NodeId, std::vector<CallId>> fetches_from_;
  Lookup<std::uint64_t, PendingLookup> lookups_;
  Lookup<std::uint64_t, Sleeper> sleepers_;

  // Used again and again, so that a request needs no memory of its own here.
  std::vector<routing::StubEffect> stub_effects_;
  std::vector<routing::RouterEffect> router_effects_;
  std::vector<placement::DirectoryEffect> directory_effects_;
  std::vector<replication::LeaderEffect> leader_effects_;
  std::vector<ObjectId> refused_;
  std::vector<replication::Log::Durable> durable_;
};

}  // namespace orrery::node
