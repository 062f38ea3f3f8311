// The switchboard.
//
// Protocols never call each other: a node feeds the effects of one into the input of the next, and carries out
// at its Host what is meant for the world. To follow a request, read node.cc from on_user downwards; each
// function is one line of the table "this effect goes there". What happens to lives of objects (wake, commit, end) is
// in node_objects.cc, and how they are placed in node_placement.cc.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/lookup.h"
#include "core/node/acceptors.h"
#include "core/node/followers.h"
#include "core/node/message.h"
#include "core/node/registers.h"
#include "core/node/tenure.h"
#include "core/object/residency.h"
#include "core/placement/directory.h"
#include "core/ports/host.h"
#include "core/replication/log.h"
#include "core/replication/succession.h"
#include "core/routing/router.h"
#include "core/routing/stubs.h"

namespace orrery::node {

// The machines that run objects, those of one city first, then the others by how far they are.
struct MachinesNear {
  std::vector<NodeId> machines;
  std::size_t in_city = 0;
};

struct NodeConfig {
  std::uint32_t city = 0;  // where this node stands
  // Those that keep the registers, nearest first. None: a directory is asked.
  std::vector<NodeId> acceptors{};
  bool is_acceptor = false;
  std::shared_ptr<const std::vector<MachinesNear>> machines_near{};  // by city
  // Where the followers of its objects stand: in each place one of the machines there. None: there are no followers.
  std::vector<std::vector<NodeId>> followers{};
  // Leases are checked before everything; otherwise only when an event enters an object, or its storage is used.
  bool is_strict = true;
  NodeId directory;  // the node that answers lookups, if there are no acceptors
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
  void on(NodeId from, const placement::Place& place, Cause cause);
  void on(NodeId from, const placement::NotHere& not_here, Cause cause);
  void on(NodeId from, const OfRegister<placement::Seen>& seen, Cause cause);
  void on(NodeId from, const OfRegister<placement::Prepare>& prepare, Cause cause);
  void on(NodeId from, const OfRegister<placement::Accept>& accept, Cause cause);
  void on(NodeId from, const OfRegister<placement::Look>& look, Cause cause);
  void on(NodeId from, const OfRegister<placement::Chosen>& chosen, Cause cause);
  template <class M>
  void to_acceptor(NodeId from, const OfRegister<M>& asked, Cause cause);
  void on(NodeId from, const OfRegister<placement::Promise>& promise, Cause cause);
  void on(NodeId from, const OfRegister<placement::Accepted>& accepted, Cause cause);
  void on(NodeId from, const OfRegister<placement::Refused>& refused, Cause cause);
  void on(NodeId from, OfLog<replication::Replicate>&& replicate, Cause cause);
  void on(NodeId from, const OfLog<replication::Fence>& fence, Cause cause);
  void on(NodeId from, const OfLog<replication::Fetch>& fetch, Cause cause);
  void on(NodeId from, const OfLog<replication::Held>& held, Cause cause);
  void on(NodeId from, const OfLog<replication::Lacks>& lacks, Cause cause);
  void on(NodeId from, const OfLog<replication::Fenced>& fenced, Cause cause);
  void on(NodeId from, const OfLog<replication::Outdated>& outdated, Cause cause);
  void on(NodeId from, OfLog<replication::Records>&& records, Cause cause);
  template <class M>
  void to_registers(NodeId from, const OfRegister<M>& answer);
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
  void carry_out(routing::GiveUp&& give_up);
  void carry_out(const routing::FindOwner& find);
  void ask_directory(const routing::FindOwner& find, Cause cause);
  void ask_machine(const routing::FindOwner& find, Cause cause);
  std::uint32_t city_near(const routing::FindOwner& find) const;
  void learn(const placement::Found& found);
  void on(NodeId from, const placement::Ping& ping, Cause cause);
  void on(NodeId from, const placement::Pong& pong, Cause cause);
  void listen_to(NodeId owner);
  void hear(NodeId owner);
  void on_silence(NodeId owner);

  // An object that this node was asked for, until it owns it or knows who does.
  struct EarlyCall {
    NodeId from;
    routing::Call call;
    Cause cause;
  };
  // An object of a dead owner, until its log is here.
  struct Takeover {
    placement::OwnerRecord record;
    replication::Succession succession;
    replication::Place recovered{};
    std::optional<replication::Leader> leader{};  // which brings the marker to followers
  };
  struct Placing {
    Placing(const ObjectId& which, ClassId its_class, placement::Claim its_claim)
        : object(which), object_class(its_class), claim(std::move(its_claim)) {}

    struct Asker {
      NodeId node;
      Epoch unreachable;
      Cause cause;
    };
    ObjectId object;
    ClassId object_class;
    placement::Claim claim;
    bool has_begun = false;
    std::optional<placement::OwnerRecord> other{};  // who owns it, when last looked
    std::optional<Epoch> own_before{};              // of a former process of this node, if that was its owner
    std::unique_ptr<Takeover> takeover{};
    std::vector<Asker> askers{};
    std::vector<EarlyCall> calls{};
    Lineage lineage{};
    std::uint32_t looked = 0;
  };
  void place_first(NodeId from, routing::Call&& call, Cause cause);
  void tell(NodeId asker, const placement::Found& found, Cause cause);
  const Epoch* epoch_of_own(const ObjectId& object) const;
  std::uint64_t begin_placing(const ObjectId& object, ClassId object_class, Cause cause);
  void set_placing_timer(std::uint64_t key);
  void on_placing_timer(std::uint64_t key);
  void go_on_placing(std::uint64_t key);
  void follow_claim(std::uint64_t key);
  placement::Claim claim_of(const ObjectId& object) const;
  void win(std::uint64_t key, const placement::OwnerRecord& record);
  std::optional<replication::Leader> first_leader(const Placing& placing, const placement::OwnerRecord& record);
  void own(std::uint64_t key, const placement::OwnerRecord& record);
  void tell_of_other(std::uint64_t key);
  void refuse_waiting(Placing& placing);
  void refuse_as_old(NodeId from, const routing::Call& call);
  void end_placing(std::uint64_t key);
  std::vector<std::uint64_t> placings_behind(Incarnation owner) const;

  Placing* taking_over(const ObjectId& object);
  void begin_takeover(Placing& placing, const placement::OwnerRecord& record);
  void hurry_takeover(Placing& placing);
  void follow_takeover(Placing& placing, Cause cause);
  void carry_out(Placing& placing, const replication::AskForFence& ask, Lineage& lineage);
  void carry_out(Placing& placing, const replication::FetchFrom& fetch, Lineage& lineage);
  void carry_out(Placing& placing, const replication::Continue& go_on, Lineage& lineage);
  void carry_out(Placing& placing, const replication::ChangeReadable& change, Lineage& lineage);
  void carry_out(Placing& placing, const replication::Serve& serve, Lineage& lineage);
  void carry_out(Placing& placing, const replication::Deposed& deposed, Lineage& lineage);

  bool replicates() const { return !config_.followers.empty(); }
  void send_answers();
  template <class M>
  void to_copy(NodeId follower, OfLog<M>&& message, Cause cause);
  template <class M>
  void to_leader(NodeId from, const OfLog<M>& answer, Cause cause);
  void follow_leader_of(std::uint32_t slot, Cause cause);
  void follow_resting_leader(const ObjectId& object, CommitIndex before, Cause cause);
  void report_confirmed(const ObjectId& object, Epoch epoch, CommitIndex after, CommitIndex through);
  std::optional<CommitIndex> follow_leader(const replication::Leader& leader, const ObjectId& object, Epoch epoch,
                                           const std::vector<NodeId>& followers, Lineage& lineage);
  void send_tail(const replication::Leader& leader, const ObjectId& object, Epoch epoch, NodeId follower,
                 CommitIndex first, Cause cause);
  void know_the_disk();
  void watch_followers();
  void hurry_followers();

  void check_lease();
  void begin_anew();
  bool has_takeovers() const;
  void begin_serving();
  void stop_serving();
  void watch_lease();
  void on_lease_end();
  void on_settled();
  void follow_tenure();
  void carry_out(const Tenure::Held& held);
  void carry_out(const Tenure::Lost& lost);
  void carry_out(const Tenure::Renewed& renewed);
  void carry_out(const Tenure::Died& died);

  void to_instance(std::uint32_t slot, object::Entry&& entry);
  void run_turns(std::uint32_t slot, bool begins);
  bool end_turn(std::uint32_t slot);
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
  replication::Leader leader_of(const routing::Call& call, const storage::Image& image) const;
  void await_commit(std::uint32_t slot, CommitIndex index);
  void watch_commits();
  void forget_durable_commits();
  void end_oldest_commit_if_late();
  void confirm(const replication::Log::Durable& durable);
  void let_out(std::uint32_t slot);
  void end_instance(std::uint32_t slot, journal::EndReason reason, const ObjectError& error);
  void end_broken(std::uint32_t slot);
  void evict_if_idle(std::uint32_t slot);
  void sweep();
  void sweep_later();
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
    routing::FindOwner find;
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
  std::vector<EarlyCall> early_calls_;  // that came before the log was open

  // Placement by registers, of an acceptor and of a machine that runs objects.
  struct Owned {
    Epoch epoch;
    Epoch since;  // of this epoch and those before it, the first that belonged to this node all along
    std::vector<NodeId> followers;
    // While no life of the object has it. Nothing: there are no followers.
    std::optional<replication::Leader> leader;
  };
  std::optional<Acceptors> acceptors_;
  std::optional<Registers> registers_;
  std::optional<Tenure> tenure_;
  std::optional<Incarnation> serves_as_;  // while it holds its lease
  LocalTime lease_until_;
  bool is_watching_lease_ = false;
  std::map<std::uint64_t, Placing> placings_;  // by how the ids of the objects begin
  Lookup<ObjectId, Owned> owned_;              // by this incarnation
  std::optional<Followers> followers_;         // and the copies here of logs
  bool is_watching_followers_ = false;
  bool knows_the_disk_ = false;
  bool is_emptied_ = false;  // what was kept for others is gone
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
  struct Listening {
    LocalTime heard;  // when the owner said something last, or calls to it began
    bool has_timer = false;
  };
  Lookup<NodeId, Listening> owners_;  // to whom calls were sent, where there are registers
  Lookup<std::uint64_t, Sleeper> sleepers_;

  // Used again and again, so that a request needs no memory of its own here.
  std::vector<routing::StubEffect> stub_effects_;
  std::vector<routing::RouterEffect> router_effects_;
  std::vector<placement::DirectoryEffect> directory_effects_;
  std::vector<placement::ClaimEffect> claim_effects_;
  std::vector<Registers::Answer> settled_;
  std::vector<Tenure::Outcome> outcomes_;
  std::vector<replication::SuccessionEffect> succession_effects_;
  std::vector<Followers::Answer> answers_;
  std::vector<replication::LeaderEffect> leader_effects_;
  std::vector<ObjectId> refused_;
  std::vector<replication::Log::Durable> durable_;
};

}  // namespace orrery::node
