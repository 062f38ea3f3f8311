#include "core/object/instance.h"

#include <algorithm>
#include <tuple>
#include <utility>

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

Instance::Instance(InstanceId id, const ObjectId& object, ClassId object_class, CommitIndex last_commit,
                   storage::Pages pages, LocalTime now, const Surroundings& surroundings)
    : id_(id),
      object_(object),
      class_(object_class),
      holding_(surroundings.environment.classes[object_class.value].holding),
      last_commit_(last_commit),
      around_(surroundings),
      store_(surroundings.databases, object, std::move(pages)),
      turn_{.started = now},
      lineage_(Cause{id.value}),
      context_(*this) {
  store_.begin_turn(now, lineage_.cause());
  try {
    author_ = around_.environment.classes[class_.value].definition.make(context_);
  } catch (const Aborted&) { throw *broken_by_; } catch (const std::exception&) { throw; } catch (...) {
    throw ObjectError("the constructor threw something that is no std::exception");
  }
  constructor_operations_ = store_.operations();
}

Instance::~Instance() {
  Leftovers ignored;
  end(ignored);
}

std::optional<Turn> Instance::enter(LocalTime now, Entry&& entry) {
  const bool is_call = std::holds_alternative<CallArrived>(entry);
  if (is_of_holder(entry) ? gate_.enter_for_holder(std::move(entry)) : gate_.enter(std::move(entry)))
    return begin(now, std::move(entry));
  around_.probe.reached(is_call ? ports::Mark::call_waited_at_the_gate
                                : ports::Mark::continuation_waited_at_the_gate);
  return std::nullopt;
}

bool Instance::is_of_holder(const Entry& entry) const {
  const auto* ended = std::get_if<IoEnded>(&entry);
  if (!ended || !gate_.is_closed()) return false;
  // While a whole call holds the object, nobody else can await anything.
  return sections_ > 0 ? ended->call == section_of_ : holding_ == Holding::call;
}

void Instance::end_turn(TurnResult& result) {
  PRECONDITION(!broken_by_, "the instance is broken: {}", broken_by_->message());
  std::swap(result.emitted, result_.emitted);
  result.change = std::exchange(result_.change, std::nullopt);
  result.checked = std::exchange(result_.checked, {});
  result.timers = std::exchange(result_.timers, {});
  if (holding_ == Holding::turn || sections_ > 0) return;
  gate_.open();
  if (holds_on(result.change.has_value())) gate_.close();
}

bool Instance::holds_on(bool has_written) const {
  return holding_ == Holding::commit ? has_written : places_.contains(turn_.call);
}

std::optional<Turn> Instance::begin_next(LocalTime now) { return begin(now, gate_.leave()); }

std::optional<Turn> Instance::on_confirmed(LocalTime now, CommitIndex index) {
  if (holding_ != Holding::commit || sections_ > 0 || !gate_.is_closed() || index < last_commit_) return std::nullopt;
  gate_.open();
  return begin(now, gate_.next());
}

std::optional<Turn> Instance::begin(LocalTime now, std::optional<Entry>&& entry) {
  if (!entry) return std::nullopt;
  return begin(now, std::move(*entry));
}

Turn Instance::begin(LocalTime now, Entry&& entry) {
  turn_.number.value += 1;
  turn_.started = now;
  if (auto* arrived = std::get_if<CallArrived>(&entry))
    run(std::move(*arrived));
  else
    run(std::get<IoEnded>(std::move(entry)));
  turn_.operations = store_.operations() + std::exchange(constructor_operations_, 0);
  if (around_.checks_invariants && !broken_by_) check_invariants();
  close_turn();
  set_cost_of_turn();
  return turn_;
}

void Instance::run(CallArrived&& arrived) {
  const routing::Call& call = arrived.call;
  turn_.kind = journal::TurnKind::call;
  turn_.call = call.call;
  turn_.stub = call.stub;
  turn_.sequence = call.sequence;
  turn_.method = call.method;
  turn_.cause = call.cause;
  lineage_ = Lineage(call.cause);
  store_.begin_turn(turn_.started, call.cause);
  if (!places_.empty()) around_.probe.reached(ports::Mark::calls_interleaved);

  const auto& methods = around_.environment.classes[class_.value].definition.methods();
  INVARIANT(call.method.value < methods.size(), "method {} of {}", call.method.value, methods.size());
  const RunMethod run_method = methods[call.method.value].run;
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(invocations_.size()));
    invocations_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  places_[call.call] = place;
  Invocation& invocation = invocations_[place];
  invocation = {true,
                call.call,
                arrived.from,
                call.stub,
                call.sequence,
                call.method,
                run_method(*author_, call.method, std::move(arrived.call.arguments))};
  invocation.handler.start(ready_);
  ready_.drain();
  finish_if_done(invocation);
}

void Instance::run(IoEnded&& ended) {
  const Waiting* found = waiting_.find(ended.io);
  INVARIANT(found, "nothing waits for {:016x}", ended.io.value);
  const Waiting waiting = *found;
  waiting_.erase(ended.io);
  const std::uint32_t* place = places_.find(ended.call);
  INVARIANT(place, "call {:016x} is over", ended.call.value);
  Invocation& invocation = invocations_[*place];

  turn_.kind = journal::TurnKind::continuation;
  turn_.call = ended.call;
  turn_.stub = invocation.stub;
  turn_.sequence = invocation.sequence;
  turn_.method = invocation.method;
  turn_.cause = ended.cause;
  lineage_ = Lineage(ended.cause);
  store_.begin_turn(turn_.started, ended.cause);

  *waiting.result = std::move(ended.result);
  waiting.coroutine.resume();
  ready_.drain();
  finish_if_done(invocation);
}

// ---- What a handler may ask for.

Task<void> Instance::until_durable() {
  const Cause cause = lineage_.next_child();
  const CallId io{cause.key};
  emit(TellDurable{turn_.call, io, cause});
  Io waits(*this, io);
  co_await waits;
}

void Instance::enter_section() {
  if (sections_++ > 0) return;
  section_of_ = turn_.call;
  gate_.close();
}

void Instance::leave_section() {
  if (--sections_ == 0) gate_.open();
}

void Instance::add_background(Task<void> background) {
  const std::uint32_t* place = places_.find(turn_.call);
  PRECONDITION(place, "only a call can go on in the background");
  std::vector<Task<void>>& all = invocations_[*place].background;
  all.push_back(std::move(background));
  all.back().start(ready_);
}

// ---- The end of a handler.

void Instance::finish_if_done(Invocation& invocation) {
  if (broken_by_) return;
  if (!invocation.has_replied) finish_handler(invocation);
  const auto is_done = [](const Task<void>& task) { return task.done(); };
  if (!invocation.has_replied || !std::ranges::all_of(invocation.background, is_done)) return;
  invocation.background.clear();
  invocation.is_open = false;
  free_.push_back(*places_.find(invocation.call));
  places_.erase(invocation.call);
}

void Instance::finish_handler(Invocation& invocation) {
  if (!invocation.handler.done()) return;
  try {
    reply(invocation, Status::ok, invocation.handler.take());
  } catch (const std::exception& error) {
    const ObjectError seen = as_callers_see(error);
    around_.probe.reached(ports::Mark::handler_threw);
    reply(invocation, Status::failed, routing::pack_error(seen));
  } catch (...) {
    const ObjectError seen = ObjectError("the handler threw something that is no std::exception").as_remote();
    reply(invocation, Status::failed, routing::pack_error(seen));
  }
  invocation.handler = Task<Bytes>();
  invocation.has_replied = true;
}

void Instance::reply(const Invocation& invocation, Status status, Bytes payload) {
  const Cause cause = lineage_.next_child();
  emit(SendReply{invocation.from, {invocation.call, invocation.stub, status, std::move(payload)}, cause});
}

void Instance::emit(Emission&& what) {
  const CommitIndex shows{last_commit_.value + (store_.has_written() ? 1 : 0)};
  result_.emitted.push_back({shows, std::move(what)});
}

// What they spend and send is undone, and what they write is told of: a run must be the same whoever looks at it.
void Instance::check_invariants() {
  const auto& invariants = around_.environment.classes[class_.value].definition.invariants();
  for (std::uint32_t i = 0; i < invariants.size(); ++i) {
    const Lineage lineage = lineage_;
    const std::size_t emitted = result_.emitted.size();
    const std::int64_t changes = store_.changes();
    const auto declared = std::pair(declared_cost_, declared_storage_cost_);
    CheckedInvariant& checked = result_.checked.emplace_back(i, std::nullopt);
    try {
      checked.broken = invariants[i].check(*author_);
    } catch (const Bug&) { throw; } catch (const std::exception& error) {
      checked.broken = std::string("it threw: ") + error.what();
    } catch (...) { checked.broken = "it threw something that is no std::exception, or aborted the object"; }
    const bool has_acted = std::pair(declared_cost_, declared_storage_cost_) != declared || broken_by_;
    if (has_acted || store_.changes() != changes)
      checked.broken = "the invariant itself changed the object: it may only read";
    std::tie(declared_cost_, declared_storage_cost_) = declared;
    broken_by_.reset();
    was_aborted_ = false;
    result_.emitted.erase(result_.emitted.begin() + static_cast<std::ptrdiff_t>(emitted), result_.emitted.end());
    lineage_ = lineage;
  }
}

// The code has run: what it wrote is a commit now, or was for nothing.
void Instance::close_turn() {
  if (broken_by_) return store_.rollback();
  try {
    result_.change = store_.commit();
  } catch (const ObjectError& error) {
    broken_by_ = ObjectError::instance_reset(error.message());
    return;
  }
  if (result_.change)
    last_commit_.value += 1;
  else
    for (Emitted& each : result_.emitted) each.shows = std::min(each.shows, last_commit_);
}

void Instance::set_cost_of_turn() {
  const Environment::Costs& costs = around_.environment.costs;
  const Duration in_storage = costs.storage_operation * turn_.operations + std::exchange(declared_storage_cost_, {});
  const Duration base = costs.turn + std::exchange(declared_cost_, {}) + in_storage;
  turn_.cost = base;
  turn_.storage = in_storage;
  if (base == Duration::zero() || costs.spread_millionths == 0) return;
  const Distribution spread{
      .kind = Distribution::Kind::lognormal, .base = base, .shape_millionths = costs.spread_millionths};
  turn_.cost = spread.sample(around_.draws.bits(Purpose::turn_cost, turn_.cause));
  __extension__ using Wide = __int128;
  const Wide share = static_cast<Wide>(turn_.cost.count()) * in_storage.count() / base.count();
  turn_.storage = Duration(static_cast<std::int64_t>(share));
}

void Leftovers::add(const Emission& emission) {
  if (const auto* send = std::get_if<SendReply>(&emission))
    unanswered.push_back({send->to, send->reply.call, send->reply.stub, true});
  else if (const auto* drop = std::get_if<DropStub>(&emission))
    dropped.push_back(drop->stub);
}

void Instance::end(Leftovers& leftovers) {
  const auto add_emitted = [&] {
    for (const Emitted& each : std::exchange(result_.emitted, {})) leftovers.add(each.what);
  };
  add_emitted();
  for (const Invocation& each : invocations_)
    if (each.is_open && !each.has_replied) leftovers.unanswered.push_back({each.from, each.call, each.stub, true});
  while (gate_.waiting() > 0) {
    const Entry entry = gate_.give_up();
    if (const auto* arrived = std::get_if<CallArrived>(&entry))
      leftovers.unanswered.push_back({arrived->from, arrived->call.call, arrived->call.stub, false});
  }

  for (Invocation& each : invocations_) {
    each.handler = Task<Bytes>();
    each.background.clear();
  }
  invocations_.clear();
  author_.reset();
  add_emitted();  // by their destructors
  store_.rollback();
  store_.close();
}

}  // namespace orrery::object
