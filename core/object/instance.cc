#include "core/object/instance.h"

#include "core/base/config.h"
#include "core/base/distributions.h"
#include "core/object/io.h"
#include "core/routing/packing.h"

namespace orrery::object {

ObjectError as_callers_see(const std::exception& thrown) {
  if (dynamic_cast<const Bug*>(&thrown)) throw;
  const auto* error = dynamic_cast<const ObjectError*>(&thrown);
  return (error ? *error : ObjectError(thrown.what())).as_remote();
}

Instance::Instance(InstanceId id, const ObjectId& object, ClassId object_class, LocalTime now,
                   const Environment& environment, const Draws& draws, ports::Probe& probe)
    : id_(id),
      object_(object),
      class_(object_class),
      environment_(environment),
      draws_(draws),
      probe_(probe),
      turn_{.started = now},
      lineage_(Cause{id.value}),
      context_(*this),
      author_(environment.classes[object_class.value].definition.make(context_)) {}

std::optional<Turn> Instance::enter(LocalTime now, Entry&& entry) {
  if (gate_.is_held())
    probe_.reached(std::holds_alternative<CallArrived>(entry) ? ports::Mark::call_waited_at_the_gate
                                                              : ports::Mark::continuation_waited_at_the_gate);
  if (!gate_.enter(std::move(entry))) return std::nullopt;
  return begin(now, std::move(entry));
}

std::optional<Turn> Instance::end_turn(LocalTime now, std::vector<Emission>& emitted) {
  emitted.swap(emitted_);
  std::optional<Entry> next = gate_.leave();
  if (!next) return std::nullopt;
  return begin(now, std::move(*next));
}

Turn Instance::begin(LocalTime now, Entry&& entry) {
  turn_.number.value += 1;
  turn_.started = now;
  if (auto* arrived = std::get_if<CallArrived>(&entry))
    run(std::move(*arrived));
  else
    run(std::get<IoEnded>(std::move(entry)));
  turn_.cost = cost_of_turn();
  declared_cost_ = Duration::zero();
  return turn_;
}

void Instance::run(CallArrived&& arrived) {
  const routing::Call& call = arrived.call;
  turn_.kind = journal::TurnKind::call;
  turn_.call = call.call;
  turn_.stub = call.stub;
  turn_.sequence = call.sequence;
  turn_.cause = call.cause;
  lineage_ = Lineage(call.cause);
  if (!invocations_.empty()) probe_.reached(ports::Mark::calls_interleaved);

  const auto& methods = environment_.classes[class_.value].definition.methods();
  INVARIANT(call.method.value < methods.size(), "method {} of {}", call.method.value, methods.size());
  const RunMethod run_method = methods[call.method.value].run;
  Invocation& invocation = invocations_[call.call];
  invocation = {arrived.from, call.stub, call.sequence, run_method(*author_, std::move(arrived.call.arguments))};
  invocation.handler.start(ready_);
  ready_.drain();
  finish_if_done(call.call);
}

void Instance::run(IoEnded&& ended) {
  const Waiting* found = waiting_.find(ended.io);
  INVARIANT(found, "nothing waits for {:016x}", ended.io.value);
  const Waiting waiting = *found;
  waiting_.erase(ended.io);
  const Invocation* invocation = invocations_.find(ended.call);
  INVARIANT(invocation, "call {:016x} is over", ended.call.value);

  turn_.kind = journal::TurnKind::continuation;
  turn_.call = ended.call;
  turn_.stub = invocation->stub;
  turn_.sequence = invocation->sequence;
  turn_.cause = ended.cause;
  lineage_ = Lineage(ended.cause);

  *waiting.result = std::move(ended.result);
  waiting.coroutine.resume();
  ready_.drain();
  finish_if_done(ended.call);
}

void Instance::finish_if_done(CallId call) {
  Invocation* invocation = invocations_.find(call);
  if (!invocation->handler.done()) return;
  try {
    reply(*invocation, call, Status::ok, invocation->handler.take());
  } catch (const std::exception& error) {
    const ObjectError seen = as_callers_see(error);
    probe_.reached(ports::Mark::handler_threw);
    reply(*invocation, call, Status::failed, routing::pack_error(seen));
  }
  invocations_.erase(call);
}

void Instance::reply(const Invocation& invocation, CallId call, Status status, Bytes payload) {
  const Cause cause = lineage_.next_child();
  emitted_.emplace_back(SendReply{invocation.from, {call, invocation.stub, status, std::move(payload)}, cause});
}

Duration Instance::cost_of_turn() const {
  const Distribution spread{.kind = Distribution::Kind::lognormal,
                            .base = config::turn_cost + declared_cost_,
                            .shape_millionths = config::turn_cost_sigma_millionths};
  return spread.sample(draws_.bits(Purpose::turn_cost, turn_.cause));
}

}  // namespace orrery::object
