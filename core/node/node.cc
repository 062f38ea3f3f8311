#include "core/node/node.h"

#include "core/base/config.h"
#include "core/node/tokens.h"
#include "core/routing/packing.h"

namespace orrery::node {
namespace {

// An instant for the journal. Where clocks drift, whoever runs the world puts its own in the place of it.
Time as_seen(LocalTime local) { return Time(local.time_since_epoch()); }

Value value_in(const routing::Reply& reply) {
  if (reply.status == Status::ok) return routing::first_value(reply.payload);
  return routing::unpack_error(reply.payload).message();
}

// Runs `carry_out` on each effect and leaves the buffer empty. Carrying out may fill the same buffer again: what
// is being worked off is moved aside, and its memory comes back at the end.
template <class Effect, class CarryOut>
void work_off(std::vector<Effect>& buffer, CarryOut carry_out) {
  std::vector<Effect> effects;
  effects.swap(buffer);
  for (Effect& effect : effects) std::visit(carry_out, std::move(effect));
  effects.clear();
  if (buffer.empty()) buffer.swap(effects);
}

}  // namespace

Node::Node(const ports::Host& host, const object::Environment& environment, NodeConfig config)
    : host_(host),
      is_observed_(host.observer.is_listening()),
      has_info_(host.log.wants(ports::LogLevel::info)),
      has_debug_(host.log.wants(ports::LogLevel::debug)),
      config_(std::move(config)),
      log_(host.disk, replication::LogSizes{.may_be_cut = !config_.followers.empty()}),
      databases_(log_, host.draws),
      surroundings_{environment, databases_, host.draws, host.probe, spare_, is_observed_} {
  if (config_.placed_by_city) directory_.emplace(*config_.placed_by_city);
  if (config_.is_acceptor) acceptors_.emplace(host_, log_);
  if (config_.runs_objects && !config_.acceptors.empty()) {
    registers_.emplace(host_, config_.acceptors);
    tenure_.emplace(host_, *registers_);
    if (replicates()) followers_.emplace(log_);
  }
}

// ---- What the world does to the node.

void Node::on_start() {
  started_ = host_.clock.steady();
  if (tenure_) tenure_->begin();
  if (!config_.runs_objects && !acceptors_) return;
  if (!log_.open(Cause::background(host_.self, opening_of_log, host_.boot)))
    host_.process.end("the disk is full, and the log cannot be opened");
  if (host_.boot > 1)
    info("process {} starts; its log is {} bytes{}", host_.boot, log_.bytes_needed(),
         log_.is_damaged() ? ", not all as they were written" : "");
}

void Node::on_datagram(NodeId from, const Bytes& bytes, Cause cause) { receive(from, bytes, cause); }
void Node::on_stream(NodeId from, ports::StreamId, const Bytes& bytes, Cause cause) { receive(from, bytes, cause); }

void Node::receive(NodeId from, const Bytes& bytes, Cause cause) {
  check_lease();
  take_message(bytes, [&](auto&& message) { on(from, std::forward<decltype(message)>(message), cause); });
}

template <class Unexpected>
void Node::on(NodeId from, const Unexpected&, Cause) {
  INVARIANT(false, "node {} sent node {} a message that no node takes", from.value, host_.self.value);
}

void Node::on_connection_broken(NodeId peer, bool was_accepted, Cause cause) {
  info("the connection to node {} is broken{}", peer.value, was_accepted ? "" : ", and was never accepted");
  check_lease();
  if (!config_.acceptors.empty()) router_.step(routing::Unreachable{peer});
  to_stubs(routing::Broken{peer, was_accepted}, cause);
  lose_fetches(peer, cause);
}

void Node::on_timer(std::uint64_t token) {
  const std::uint64_t whom = token & whom_mask;
  const std::uint64_t what = token & ~whom_mask;
  check_lease();
  if (what == turn_timer) {
    const auto slot = static_cast<std::uint32_t>(whom);
    if (residency_.at(slot)) run_turns(slot, end_turn(slot));
  } else if (what == sweep_timer) {
    sweep();
  } else if (what == commit_timer) {
    end_oldest_commit_if_late();
  } else if (what == sleep_timer) {
    wake_sleeper(*sleepers_.take(whom));
  } else if (what == register_timer) {
    registers_->on_timer(whom, settled_);
    on_settled();
  } else if (what == lease_timer) {
    tenure_->on_lease_timer(whom, outcomes_);
    follow_tenure();
  } else if (what == watch_timer) {
    tenure_->on_watch_timer(whom, outcomes_);
    follow_tenure();
  } else if (what == placing_timer) {
    on_placing_timer(whom);
  } else if (what == replication_timer) {
    hurry_followers();
  } else if (what == silence_timer) {
    on_silence(NodeId{static_cast<std::uint32_t>(whom)});
  } else if (what == lease_end_timer) {
    on_lease_end();
  } else if (const PendingLookup* pending = lookups_.find(whom)) {
    to_router(routing::RetryLookup{pending->find.object});
  }
}

// ---- A call on its way in: user, stub, router, network; then gate, turn.

void Node::on_user(ClientId client, const Bytes& bytes, Cause cause) {
  auto call = from_bytes_as<UserCall>(bytes);
  call.stub = stub_of(client, call.object);
  call.cause = cause;
  make_call(std::move(call), {routing::Caller::Kind::user, client.value, CallId{}});
}

void Node::make_call(routing::Call&& call, const routing::Caller& caller) {
  const bool is_sent = stubs_.make(call, caller, host_.probe, stub_effects_);
  report_call(call, caller.parent);
  if (!is_sent) return follow_stubs(call.cause, false);
  if (const NodeId* owner = router_.route(call, host_.probe, router_effects_))
    send_call(*owner, call);
  else
    follow_router();
}

// A user keeps one stub per object until it breaks.
StubId Node::stub_of(ClientId client, const ObjectId& object) const {
  std::uint64_t key = mix(client.value, object.words[0]);
  while (stubs_.is_broken(StubId{key})) key = mix(key, 1);
  return StubId{key};
}

void Node::follow_stubs(Cause cause, bool may_finish_many) {
  work_off(stub_effects_, [&](auto&& effect) {
    using Effect = std::decay_t<decltype(effect)>;
    if constexpr (std::is_same_v<Effect, routing::Finish>) {
      const Cause its_own = may_finish_many ? cause.child(effect.reply.call.value) : cause;
      carry_out(std::forward<Effect>(effect), its_own);
    } else {
      carry_out(std::forward<Effect>(effect));
    }
  });
}

void Node::report_call(const routing::Call& call, CallId parent) {
  if (!is_observed_) return;  // reading the argument costs something
  report(journal::Called{call.call, parent, call.stub, call.sequence, call.object, call.object_class, call.method,
                         routing::first_value(call.arguments)});
}

void Node::follow_router() {
  work_off(router_effects_, [&](auto&& effect) { carry_out(std::forward<decltype(effect)>(effect)); });
}

void Node::carry_out(const routing::SendCall& send) { send_call(send.owner, send.call); }

void Node::send_call(NodeId owner, const routing::Call& call) {
  if (!config_.acceptors.empty()) listen_to(owner);
  stubs_.step(routing::Sent{call.call, owner});
  host_.network.send_on_stream(owner, ports::StreamId{call.stub.value}, to_bytes(call), call.cause.child(forwarded));
}

void Node::carry_out(routing::GiveUp&& give_up) {
  const routing::Call& call = give_up.call;
  const Bytes error = routing::pack_error(ObjectError::connection_lost());
  to_stubs(routing::Returned{{call.call, call.stub, Status::failed, error}}, call.cause.child(forwarded));
}

void Node::ask_directory(const routing::FindOwner& find, Cause cause) {
  host_.network.send_datagram(config_.directory,
                              to_bytes(placement::Find{find.object, find.object_class, city_near(find)}), cause);
}

void Node::on(NodeId from, const placement::Find& find, Cause cause) {
  INVARIANT(directory_, "node {} asked node {}, which keeps no directory", from.value, host_.self.value);
  directory_->step(from, find, directory_effects_);
  for (const placement::DirectoryEffect& effect : directory_effects_) {
    if (const auto* claimed = std::get_if<placement::Claimed>(&effect))
      claim(*claimed);
    else if (const auto* tell = std::get_if<placement::Tell>(&effect))
      host_.network.send_datagram(tell->to, to_bytes(tell->found), cause.child(0));
  }
  directory_effects_.clear();
}

void Node::claim(const placement::Claimed& claimed) {
  info("object {:016x} is placed on node {}, epoch {}", name_of(claimed.object), claimed.owner.value,
       claimed.epoch.value);
  report(journal::Placed{claimed.object, claimed.object_class, claimed.epoch, claimed.owner});
}

void Node::on(NodeId from, routing::Call&& call, Cause cause) {
  if (!log_.is_open()) {
    early_calls_.push_back({from, std::move(call), cause});
    return;
  }
  call.cause = cause;
  if (tenure_) {
    const bool has_run_out = serves_as_ && !tenure_->is_held();
    if (has_run_out) return refuse_as_old(from, call);
    const Epoch* epoch = epoch_of_own(call.object);
    if (!epoch) return place_first(from, std::move(call), cause);
    // Meant for an owner before the last other one: its caller has gone on since, and later calls may have been made.
    if (call.epoch < owned_.find(call.object)->since) return refuse_as_old(from, call);
    call.epoch = *epoch;
  }
  const std::uint32_t* found = residency_.slot_of(call.object);
  std::uint32_t slot = found ? *found : 0;
  if (!found) {
    try {
      slot = wake(call);
    } catch (const std::exception& error) {  // thrown by the author's constructor, or it cannot be read back
      return refuse(from, call, object::error_of(error).as_reset());
    }
  }
  object::Resident& resident = *residency_.at(slot);
  resident.idle_since = host_.clock.steady();
  debug("call {:016x} arrives from node {} for object {:016x}", call.call.value, from.value, name_of(call.object));
  report(journal::Arrived{call.call, call.object, resident.instance.id()});
  to_instance(slot, object::Entry(std::in_place_type<object::CallArrived>, from, std::move(call)));
}

void Node::to_instance(std::uint32_t slot, object::Entry&& entry) {
  object::Resident* resident = residency_.at(slot);
  if (!resident) return;  // what comes for a life that has ended is lost
  run_turns(slot, resident->instance.enter(host_.clock.steady(), std::move(entry)));
}

// Begins the turn, after what has left before it; one without a cost is over at once, and so on.
void Node::run_turns(std::uint32_t slot, bool begins) {
  while (object::Resident* resident = residency_.at(slot)) {
    object::Instance& instance = resident->instance;
    if (instance.has_leaving())
      for (object::Output& each : instance.take_leaving()) send_out(slot, std::move(each));
    if (!begins) return;
    const object::Turn& turn = instance.turn();
    const bool uses_storage = turn.operations > 0;
    if (tenure_ && uses_storage && !tenure_->is_held())
      return end_instance(slot, journal::EndReason::lease_lost, ObjectError::connection_lost());
    report(journal::TurnStarted{instance.object(), instance.id(), turn.number, turn.kind, turn.call, turn.stub,
                                turn.sequence, as_seen(turn.started + turn.cost), turn.storage, turn.operations,
                                turn.method});
    if (turn.cost > Duration::zero()) {
      host_.timers.set(turn.cost, turn_timer | slot, turn.cause.child(turn_ends));
      return;
    }
    begins = end_turn(slot);
  }
}

// ---- What a turn did, on its way out: commit, output gate, world.

// True if another begins in its place.
bool Node::end_turn(std::uint32_t slot) {
  object::Resident& resident = *residency_.at(slot);
  object::Instance& instance = resident.instance;
  const object::Turn& ended = instance.turn();
  const Cause written = ended.cause.child(log_written);
  report(journal::TurnEnded{instance.object(), instance.id(), ended.number, ended.call, as_seen(ended.started)});
  if (instance.broken_by()) {
    for (storage::ObjectStore::Change& each : instance.take_changes()) commit(resident, ended, std::move(each));
    end_broken(slot);
    flush_log(written);
    return false;
  }
  resident.idle_since = host_.clock.steady();
  object::TurnResult result;
  instance.end_turn(result);
  for (object::CheckedInvariant& each : result.checked)
    report(journal::InvariantChecked{instance.object(), instance.id(), ended.number, ended.call,
                                     instance.object_class(), each.invariant,
                                     each.broken ? Value(std::move(*each.broken)) : Value()});
  for (const object::Timer& each : result.timers) {
    if (each.kind == object::Timer::Kind::sleep) report(journal::SleepStarted{each.call, each.io});
    if (each.kind == object::Timer::Kind::storage_read) report(journal::ReadStarted{each.call, each.io});
    set_sleeper(slot, each);
  }
  for (storage::ObjectStore::Change& each : result.changes) commit(resident, ended, std::move(each));
  // The gate is still held: what a call on a broken stub brings back at once waits until all of this has left.
  for (object::Output& each : result.emitted) {
    INVARIANT(residency_.at(slot), "a life ended by what its turn sent");
    const auto* send = is_observed_ ? std::get_if<object::SendReply>(&each.what) : nullptr;
    if (send)
      report(journal::Replied{send->reply.call, instance.object(), instance.id(), ended.number, send->reply.status,
                              value_in(send->reply)});
    if (resident.outputs.leave(each.shows, std::move(each)))
      pass_output_gate(slot, std::move(each));
    else
      host_.probe.reached(ports::Mark::output_waited_for_a_commit);
  }
  spare_.push_back(std::move(result.emitted));
  spare_.back().clear();
  flush_log(written);
  if (!residency_.at(slot)) return false;  // the disk was full
  tell_durable(slot);
  const bool begins = instance.begin_next(host_.clock.steady());
  if (resident.is_unwanted) evict_if_idle(slot);
  return begins;
}

void Node::pass_output_gate(std::uint32_t slot, object::Output&& output) {
  const std::optional<object::Output::Fetch> fetch = output.fetch();
  if (!fetch) return send_out(slot, std::move(output));
  report(journal::FetchQueued{fetch->call, fetch->id});
  to_instance(slot, object::FetchLeaves{std::move(output)});
}

void Node::send_out(std::uint32_t slot, object::Output&& output) {
  const object::Instance& instance = residency_.at(slot)->instance;
  const auto left = [&](journal::OutputKind kind, CallId id) {
    report(journal::OutputLeft{instance.object(), instance.id(), output.turn, kind, id, output.shows});
  };
  if (const auto* reply = std::get_if<object::SendReply>(&output.what))
    left(journal::OutputKind::reply, reply->reply.call);
  else if (const auto* fetch = std::get_if<object::SendFetch>(&output.what))
    left(journal::OutputKind::fetch, fetch->fetch);
  else if (const auto* call = std::get_if<object::SendCall>(&output.what))
    left(journal::OutputKind::call, call->call.call);
  std::visit([&](auto&& what) { carry_out(slot, std::forward<decltype(what)>(what)); }, std::move(output.what));
}

void Node::carry_out(std::uint32_t, object::SendReply&& send) { answer(send.to, send.reply, send.cause); }

// Through timers: what comes next may not begin while a turn is being ended.
void Node::tell_durable(std::uint32_t slot) {
  object::Resident& resident = *residency_.at(slot);
  while (std::optional<object::Timer> timer = resident.instance.next_durable(resident.outputs.confirmed()))
    set_sleeper(slot, *timer);
}

void Node::set_sleeper(std::uint32_t slot, const object::Timer& timer) {
  const std::uint64_t key = timer.io.value & whom_mask;
  sleepers_[key] = {slot, timer.call, timer.io, timer.cause, timer.kind};
  host_.timers.set(timer.lasts, sleep_timer | key, timer.cause);
}

void Node::wake_sleeper(const Sleeper& woken) {
  if (woken.kind == object::Timer::Kind::sleep) report(journal::SleepEnded{woken.call, woken.io});
  if (woken.kind == object::Timer::Kind::storage_read) report(journal::ReadEnded{woken.call, woken.io});
  if (woken.kind != object::Timer::Kind::section_limit)
    return to_instance(woken.slot, object::IoEnded{woken.io, woken.call, {Status::ok, ""}, woken.cause});
  object::Resident* resident = residency_.at(woken.slot);
  if (!resident) return;
  resident->instance.on_section_limit(woken.io);
  // If a turn is under way, its end will see it.
  if (resident->instance.broken_by() && !resident->instance.is_in_turn()) end_broken(woken.slot);
}

void Node::answer(NodeId caller, const routing::Reply& reply, Cause cause) {
  host_.network.answer_on_stream(caller, ports::StreamId{reply.stub.value}, to_bytes(reply), cause);
}

void Node::carry_out(std::uint32_t slot, object::SendFetch&& send) {
  report(journal::FetchStarted{send.call, send.fetch, send.service});
  std::vector<CallId>& fetches = fetches_from_[send.service];
  fetches_[send.fetch] = {slot, send.call, send.service, fetches.size()};
  fetches.push_back(send.fetch);
  host_.network.send_on_stream(send.service, ports::own_stream,
                               to_bytes(ServiceCall{send.fetch, std::move(send.request)}), send.cause);
}

void Node::carry_out(std::uint32_t slot, object::SendCall&& send) {
  make_call(std::move(send.call), {routing::Caller::Kind::instance, slot, send.parent});
}

void Node::carry_out(std::uint32_t, const object::DropStub& drop) {
  to_stubs(routing::Drop{drop.stub}, Cause{drop.stub.value});
}

// ---- Answers.

void Node::on(NodeId, ServiceAnswer&& answer, Cause cause) {
  const std::optional<Fetch> fetch = fetches_.take(answer.fetch);
  INVARIANT(fetch, "nobody fetched {:016x}", answer.fetch.value);
  std::vector<CallId>& fetches = *fetches_from_.find(fetch->service);
  if (fetches.back() != answer.fetch) fetches_.find(fetches.back())->place = fetch->place;
  fetches[fetch->place] = fetches.back();
  fetches.pop_back();
  report(journal::FetchEnded{fetch->call, answer.fetch});
  to_instance(fetch->slot,
              object::IoEnded{answer.fetch, fetch->call, {Status::ok, to_bytes_of(answer.response)}, cause});
}

// The connection to the service is gone, and no answer will come.
void Node::lose_fetches(NodeId service, Cause cause) {
  const std::optional<std::vector<CallId>> lost = fetches_from_.take(service);
  if (!lost) return;
  for (const CallId id : *lost) {
    const Fetch fetch = *fetches_.take(id);
    report(journal::FetchEnded{fetch.call, id});
    const Bytes error = routing::pack_error(ObjectError::connection_lost());
    to_instance(fetch.slot, object::IoEnded{id, fetch.call, {Status::failed, error}, cause.child(id.value)});
  }
}

void Node::on(NodeId from, routing::Reply&& reply, Cause cause) {
  hear(from);
  to_stubs(routing::Returned{std::move(reply)}, cause);
}

void Node::carry_out(routing::Finish&& finish, Cause cause) {
  routing::Reply& reply = finish.reply;
  if (is_observed_) report(journal::Answered{reply.call, reply.stub, reply.status, value_in(reply)});
  if (finish.caller.kind == routing::Caller::Kind::user) {
    const ClientId client{finish.caller.id};
    host_.users.answer(client, to_bytes(UserAnswer{reply.call, reply.status, std::move(reply.payload)}),
                       cause.child(0));
    return;
  }
  to_instance(finish.caller.id,
              object::IoEnded{reply.call, finish.caller.parent, {reply.status, std::move(reply.payload)}, cause});
}

void Node::carry_out(const routing::StubIsClosed& closed) { report(journal::StubClosed{closed.stub}); }

void Node::carry_out(const routing::StubIsBroken& broken) {
  info("stub {:016x} is broken: {}", broken.stub.value, broken.error.message());
  report(journal::StubBroken{broken.stub, broken.error.message()});
}

}  // namespace orrery::node
