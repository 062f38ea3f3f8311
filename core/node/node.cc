#include "core/node/node.h"

#include "core/base/config.h"
#include "core/routing/packing.h"

namespace orrery::node {
namespace {

// Timer tokens: what to do in the upper byte, to whom in the rest.
constexpr std::uint64_t turn_timer = std::uint64_t{1} << 56;
constexpr std::uint64_t lookup_timer = std::uint64_t{2} << 56;
constexpr std::uint64_t whom_mask = (std::uint64_t{1} << 56) - 1;

// The places of the messages that a call gives rise to on its way (draws.h).
constexpr std::uint64_t forwarded = 0;
constexpr std::uint64_t looked_up = 1;  // and one more for each repetition
constexpr std::uint64_t turn_ends = std::uint64_t{1} << 32;
// And those of a lookup: its answer, which has place 0, and the timer that repeats it.
constexpr std::uint64_t lookup_ends = 1;

// The journal's instants are the world's; clocks of nodes show the same as long as none drifts.
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
    : host_(host), config_(std::move(config)), residency_(environment, host.draws, host.probe) {
  if (config_.placed_by_city) directory_.emplace(*config_.placed_by_city);
}

// ---- What the world does to the node.

void Node::on_datagram(NodeId from, const Bytes& bytes, Cause cause) { receive(from, bytes, cause); }
void Node::on_stream(NodeId from, ports::StreamId, const Bytes& bytes, Cause cause) { receive(from, bytes, cause); }

void Node::receive(NodeId from, const Bytes& bytes, Cause cause) {
  std::visit([&](auto&& message) { on(from, std::forward<decltype(message)>(message), cause); }, from_bytes(bytes));
}

template <class Unexpected>
void Node::on(NodeId from, const Unexpected&, Cause) {
  INVARIANT(false, "node {} sent node {} a message that no node takes", from.value, host_.self.value);
}

void Node::on_stream_broken(NodeId, ports::StreamId stream) {
  to_stubs(routing::Broken{StubId{stream.value}, ObjectError::connection_lost()}, Cause{stream.value});
}

void Node::on_timer(std::uint64_t token) {
  const std::uint64_t whom = token & whom_mask;
  if ((token & ~whom_mask) == turn_timer) {
    turn_is_over(static_cast<std::uint32_t>(whom));
  } else if (const PendingLookup* pending = lookups_.find(whom)) {
    to_router(routing::RetryLookup{pending->object});
  }
}

// ---- A call on its way in: user, stub, router, network; then gate, turn.

void Node::on_user(ClientId client, const Bytes& bytes, Cause cause) {
  auto user_call = from_bytes_as<UserCall>(bytes);
  routing::Call call{
      user_call.call,   stub_of(client, user_call.object), 0,    user_call.object, user_call.object_class, Epoch{},
      user_call.method, std::move(user_call.arguments),    cause};
  const routing::Caller caller{routing::Caller::Kind::user, client.value, CallId{}};
  to_stubs(routing::Make{std::move(call), caller}, cause);
}

// A user keeps one stub per object until it breaks.
StubId Node::stub_of(ClientId client, const ObjectId& object) const {
  std::uint64_t key = mix(client.value, object.words[0]);
  while (stubs_.is_broken(StubId{key})) key = mix(key, 1);
  return StubId{key};
}

void Node::to_stubs(routing::StubInput&& input, Cause cause) {
  const bool is_break = std::holds_alternative<routing::Broken>(input);  // it may finish many calls
  stubs_.step(std::move(input), host_.probe, stub_effects_);
  work_off(stub_effects_, [&](auto&& effect) {
    using Effect = std::decay_t<decltype(effect)>;
    if constexpr (std::is_same_v<Effect, routing::Finish>) {
      const Cause its_own = is_break ? cause.child(effect.reply.call.value) : cause;
      carry_out(std::forward<Effect>(effect), its_own);
    } else if constexpr (std::is_same_v<Effect, routing::Refuse>) {
      report_call(effect.call, effect.parent);
      carry_out(std::move(effect.finish), cause);
    } else {
      carry_out(std::forward<Effect>(effect));
    }
  });
}

void Node::report_call(const routing::Call& call, CallId parent) {
  report(journal::Called{call.call, parent, call.stub, call.sequence, call.object, call.object_class, call.method,
                         routing::first_value(call.arguments)});
}

void Node::carry_out(routing::Forward&& forward) {
  report_call(forward.call, forward.parent);
  to_router(routing::Route{std::move(forward.call)});
}

void Node::to_router(routing::RouterInput&& input) {
  router_.step(std::move(input), host_.probe, router_effects_);
  work_off(router_effects_, [&](auto&& effect) { carry_out(std::forward<decltype(effect)>(effect)); });
}

void Node::carry_out(routing::SendCall&& send) {
  const Cause cause = send.call.cause.child(forwarded);
  host_.network.send_on_stream(send.owner, ports::StreamId{send.call.stub.value}, to_bytes(send.call), cause);
}

void Node::carry_out(const routing::AskDirectory& ask) {
  const Cause cause = ask.cause.child(looked_up + ask.attempt);
  const std::uint64_t key = ask.object.words[0] & whom_mask;
  host_.network.send_datagram(config_.directory,
                              to_bytes(placement::Find{ask.object, ask.object_class, config_.city}), cause);
  lookups_[key] = {ask.object, host_.timers.set(config::lookup_retry, lookup_timer | key, cause.child(lookup_ends))};
}

void Node::on(NodeId from, const placement::Find& find, Cause cause) {
  INVARIANT(directory_, "node {} asked node {}, which keeps no directory", from.value, host_.self.value);
  directory_->step(from, find, directory_effects_);
  for (const placement::DirectoryEffect& effect : directory_effects_) {
    if (const auto* claimed = std::get_if<placement::Claimed>(&effect))
      report(journal::Placed{claimed->object, claimed->object_class, claimed->epoch, claimed->owner});
    else if (const auto* tell = std::get_if<placement::Tell>(&effect))
      host_.network.send_datagram(tell->to, to_bytes(tell->found), cause.child(0));
  }
  directory_effects_.clear();
}

void Node::on(NodeId, const placement::Found& found, Cause) {
  const std::uint64_t key = found.object.words[0] & whom_mask;
  if (const PendingLookup* pending = lookups_.find(key)) {
    host_.timers.cancel(pending->retry);
    lookups_.erase(key);
  }
  to_router(routing::LivesAt{found.object, found.owner, found.epoch});
}

void Node::on(NodeId from, routing::Call&& call, Cause cause) {
  call.cause = cause;
  object::Residency::Resident resident;
  try {
    resident = residency_.resident(call.object, call.object_class, call.epoch, host_.clock.steady());
  } catch (const std::exception& error) {  // thrown by the author's constructor: nothing was done
    const Bytes payload = routing::pack_error(object::as_callers_see(error));
    const routing::Reply reply{call.call, call.stub, Status::failed, payload};
    host_.network.send_on_stream(from, ports::StreamId{call.stub.value}, to_bytes(reply), cause.child(0));
    return;
  }
  const object::Instance& instance = residency_.at(resident.slot);
  if (resident.started_now)
    report(journal::InstanceStarted{instance.id(), call.object, call.object_class, call.epoch});
  report(journal::Arrived{call.call, call.object, instance.id()});
  to_instance(resident.slot, object::CallArrived{from, std::move(call)});
}

void Node::to_instance(std::uint32_t slot, object::Entry&& entry) {
  const auto turn = residency_.at(slot).enter(host_.clock.steady(), std::move(entry));
  if (turn) turn_begins(slot, *turn);
}

void Node::turn_begins(std::uint32_t slot, const object::Turn& turn) {
  const object::Instance& instance = residency_.at(slot);
  report(journal::TurnStarted{instance.object(), instance.id(), turn.number, turn.kind, turn.call, turn.stub,
                              turn.sequence, as_seen(turn.started + turn.cost)});
  host_.timers.set(turn.cost, turn_timer | slot, turn.cause.child(turn_ends));
}

// ---- What a turn emitted, on its way out.

void Node::turn_is_over(std::uint32_t slot) {
  object::Instance& instance = residency_.at(slot);
  const object::Turn ended = instance.turn();
  report(journal::TurnEnded{instance.object(), instance.id(), ended.number, ended.call, as_seen(ended.started)});
  const auto next = instance.end_turn(host_.clock.steady(), emitted_);
  work_off(emitted_,
           [&](auto&& emission) { carry_out(slot, ended.number, std::forward<decltype(emission)>(emission)); });
  if (next) turn_begins(slot, *next);
}

void Node::carry_out(std::uint32_t slot, TurnNumber turn, object::SendReply&& send) {
  const object::Instance& instance = residency_.at(slot);
  report(journal::Replied{send.reply.call, instance.object(), instance.id(), turn, send.reply.status,
                          value_in(send.reply)});
  const ports::StreamId stream{send.reply.stub.value};
  host_.network.send_on_stream(send.to, stream, to_bytes(send.reply), send.cause);
}

void Node::carry_out(std::uint32_t slot, TurnNumber, object::SendFetch&& send) {
  report(journal::FetchStarted{send.call, send.fetch, send.service});
  fetches_[send.fetch] = {slot, send.call};
  host_.network.send_on_stream(send.service, ports::own_stream,
                               to_bytes(ServiceCall{send.fetch, std::move(send.request)}), send.cause);
}

void Node::carry_out(std::uint32_t slot, TurnNumber, object::SendCall&& send) {
  const Cause cause = send.call.cause;
  const routing::Caller caller{routing::Caller::Kind::instance, slot, send.parent};
  to_stubs(routing::Make{std::move(send.call), caller}, cause);
}

void Node::carry_out(std::uint32_t, TurnNumber, const object::DropStub& drop) {
  to_stubs(routing::Drop{drop.stub}, Cause{drop.stub.value});
}

// ---- Answers.

void Node::on(NodeId, ServiceAnswer&& answer, Cause cause) {
  const Fetch* found = fetches_.find(answer.fetch);
  INVARIANT(found, "nobody fetched {:016x}", answer.fetch.value);
  const Fetch fetch = *found;
  fetches_.erase(answer.fetch);
  report(journal::FetchEnded{fetch.call, answer.fetch});
  to_instance(fetch.slot,
              object::IoEnded{answer.fetch, fetch.call, {Status::ok, to_bytes_of(answer.response)}, cause});
}

void Node::on(NodeId, routing::Reply&& reply, Cause cause) { to_stubs(routing::Returned{std::move(reply)}, cause); }

void Node::carry_out(routing::Finish&& finish, Cause cause) {
  routing::Reply& reply = finish.reply;
  report(journal::Answered{reply.call, reply.stub, reply.status, value_in(reply)});
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
  report(journal::StubBroken{broken.stub, broken.error.message()});
}

}  // namespace orrery::node
