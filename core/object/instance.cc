#include "core/object/instance.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/base/distributions.h"
#include "core/routing/packing.h"

namespace orrery::object {

ObjectError error_of(const std::exception& thrown) {
  if (dynamic_cast<const Bug*>(&thrown)) throw;
  const auto* error = dynamic_cast<const ObjectError*>(&thrown);
  return error ? *error : ObjectError(thrown.what());
}

namespace {

// What the handler awaits for whom it comes.
CallId io_of(const Entry& entry) {
  if (const auto* ended = std::get_if<IoEnded>(&entry)) return ended->io;
  return std::get<FetchLeaves>(entry).output.fetch()->id;
}

}  // namespace

Instance::Instance(InstanceId id, DurableObjectId object, ClassId object_class, CommitIndex last_commit,
                   storage::Pages pages, LocalTime now, const Surroundings& surroundings)
    : id_(id),
      object_(std::move(object)),
      class_(object_class),
      holding_(surroundings.environment.classes[object_class.value].holding),
      last_commit_(last_commit),
      locking_commit_(last_commit),
      around_(surroundings),
      store_(surroundings.databases, object_, std::move(pages),
             surroundings.environment.classes[object_class.value].storage),
      turn_{.started = now},
      lineage_(Cause{id.value}),
      context_(*this) {
  store_.begin_turn(now, lineage_.cause());
  try {
    author_ = around_.environment.classes[class_.value].definition.make(context_);
    ready_.drain();
  } catch (const Aborted&) { throw *broken_by_; } catch (const std::exception&) { throw; } catch (...) {
    throw ObjectError("the constructor threw something that is no std::exception");
  }
  if (broken_by_) throw *broken_by_;
  finish_founding();
  constructor_operations_ = store_.operations();
}

Instance::~Instance() {
  Leftovers ignored;
  end(ignored);
}

std::optional<Output::Fetch> Output::fetch() const {
  if (const auto* send = std::get_if<SendFetch>(&what)) return Fetch{send->fetch, send->call};
  const auto* send = std::get_if<SendCall>(&what);
  return send && send->call.method == fetch_method ? std::optional(Fetch{send->call.call, send->parent}) : std::nullopt;
}

bool Instance::enter(LocalTime now, Entry&& entry) {
  const bool leaves = std::holds_alternative<FetchLeaves>(entry);
  const Waiting* waiting = nullptr;
  if (!std::holds_alternative<CallArrived>(entry)) {
    const CallId io = io_of(entry);
    waiting = waiting_.find(io);
    INVARIANT(waiting, "nothing waits for {:016x}", io.value);
  }
  bool begins = false;
  if (!waiting)
    begins = gate_.enter(std::move(entry));
  else if (waiting->has_lock)
    begins = gate_.enter_with_kept(std::move(entry), waiting->place);
  else
    begins = gate_.enter(std::move(entry), waiting->place);
  if (begins && !leaves) return begin(now, std::move(entry));
  if (begins) return begin(now, std::optional(std::move(entry)));
  if (!leaves)
    around_.probe.reached(waiting ? ports::Mark::continuation_waited_at_the_gate
                                  : ports::Mark::call_waited_at_the_gate);
  return begin(now, gate_.next());  // what the author's constructor asked for, if anything
}

void Instance::end_turn(TurnResult& result) {
  PRECONDITION(!broken_by_, "the instance is broken: {}", broken_by_->message());
  result.emitted.swap(result_.emitted);
  result.changes.swap(result_.changes);
  result.checked.swap(result_.checked);
  result.timers.swap(result_.timers);
  if (holding_ == Holding::commit && !result.changes.empty()) held_.push({last_commit_, gate_.keep()});
}

bool Instance::begin_next(LocalTime now) { return begin(now, gate_.leave()); }

bool Instance::on_confirmed(LocalTime now, CommitIndex index) {
  while (!unconfirmed_.empty() && unconfirmed_.front().commit <= index)
    unconfirmed_bytes_ -= unconfirmed_.pop().bytes;
  if (held_.empty() || held_.front().commit > index) return false;
  while (!held_.empty() && held_.front().commit <= index) gate_.let_go(held_.pop().place);
  return begin(now, gate_.next());
}

bool Instance::begin(LocalTime now, std::optional<Entry>&& entry) {
  while (entry) {
    auto* leaves = std::get_if<FetchLeaves>(&*entry);
    if (!leaves) return begin(now, std::move(*entry));
    // The lock that is kept is the answer's.
    if (waiting_.find(io_of(*entry))->has_lock) gate_.keep();
    leaving_.push_back(std::move(leaves->output));
    entry = gate_.leave();
  }
  return false;
}

bool Instance::begin(LocalTime now, Entry&& entry) {
  turn_.number.value += 1;
  turn_.started = now;
  if (result_.emitted.empty() && !around_.spare.empty()) {
    result_.emitted = std::move(around_.spare.back());
    around_.spare.pop_back();
  }
  if (auto* arrived = std::get_if<CallArrived>(&entry))
    run(std::move(*arrived));
  else
    run(std::get<IoEnded>(std::move(entry)));
  turn_.operations = store_.operations() + std::exchange(constructor_operations_, 0);
  if (around_.checks_invariants && !broken_by_) check_invariants();
  close_turn();
  set_cost_of_turn();
  return true;
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
  invocation.is_open = true;
  invocation.call = call.call;
  invocation.from = arrived.from;
  invocation.stub = call.stub;
  invocation.sequence = call.sequence;
  invocation.method = call.method;
  invocation.begun = turn_.number;
  invocation.has_replied = false;
  invocation.handler = run_method(*author_, call.method, std::move(arrived.call.arguments));
  invocation.handler.start(ready_);
  ready_.drain();
  finish_if_done(invocation);
}

void Instance::run(IoEnded&& ended) {
  const Waiting waiting = *waiting_.take(ended.io);
  const bool is_of_call = ended.call != CallId{};  // and was not begun by the author's constructor
  const std::uint32_t* place = is_of_call ? places_.find(ended.call) : nullptr;
  INVARIANT(place || !is_of_call, "call {:016x} is over", ended.call.value);

  turn_.kind = waiting.begins_section ? journal::TurnKind::section : journal::TurnKind::continuation;
  turn_.call = ended.call;
  turn_.stub = place ? invocations_[*place].stub : StubId{};
  turn_.sequence = place ? invocations_[*place].sequence : 0;
  turn_.method = place ? invocations_[*place].method : MethodId{};
  turn_.cause = ended.cause;
  lineage_ = Lineage(ended.cause);
  store_.begin_turn(turn_.started, ended.cause);

  *waiting.result = std::move(ended.result);
  waiting.coroutine.resume();
  ready_.drain();
  place ? finish_if_done(invocations_[*place]) : finish_founding();
}

// ---- The end of a handler.

void Instance::finish_if_done(Invocation& invocation) {
  if (broken_by_) return;
  if (!invocation.has_replied) finish_handler(invocation);
  const auto is_done = [](const Task<void>& task) { return task.done(); };
  if (!invocation.has_replied || !std::ranges::all_of(invocation.background, is_done)) return;
  invocation.background.clear();
  invocation.is_open = false;
  free_.push_back(*places_.take(invocation.call));
}

void Instance::finish_founding() {
  std::erase_if(founding_, [](const Task<void>& task) { return task.done(); });
}

void Instance::finish_handler(Invocation& invocation) {
  if (!invocation.handler.done()) return;
  try {
    reply(invocation, Status::ok, invocation.handler.take());
  } catch (const std::exception& error) {
    const ObjectError seen = error_of(error).as_remote();
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
    result_.emitted.erase(result_.emitted.begin() + static_cast<std::ptrdiff_t>(emitted), result_.emitted.end());
    lineage_ = lineage;
  }
}

// The code has run: what it wrote is a commit now, or was for nothing.
void Instance::close_turn() {
  if (broken_by_) return store_.rollback();
  try {
    take_commit(store_.commit());
  } catch (const ObjectError& error) {
    break_by(ObjectError(error.message()), journal::EndReason::storage_failed);
    return;
  }
  for (Output& each : result_.emitted) {
    each.turn = turn_.number;  // the author's constructor is part of the first one
    each.shows = std::min(each.shows, last_commit_);
  }
}

void Instance::take_commit(std::optional<storage::ObjectStore::Change>&& change) {
  if (!change) return;
  last_commit_.value += 1;
  if (change->locks_outputs) locking_commit_ = last_commit_;
  if (store_.kind() == StorageKind::kv) {
    unconfirmed_.push({last_commit_, change->change.size()});
    unconfirmed_bytes_ += change->change.size();
  }
  result_.changes.push_back(std::move(*change));
}

void Instance::commit_now() {
  try {
    take_commit(store_.commit());
  } catch (const ObjectError&) { fail_commit(); }
}

void Instance::fail_commit() {
  break_by(ObjectError::internal_error().as_reset(), journal::EndReason::storage_failed);
  throw Aborted{};
}

void Instance::clear_now() { take_commit(store_.clear()); }

void Instance::set_cost_of_turn() {
  const Environment::Costs& costs = around_.environment.costs;
  const Duration in_storage = costs.storage_operation * turn_.operations + std::exchange(declared_storage_cost_, {});
  const Duration event = turn_.kind == journal::TurnKind::section ? Duration::zero() : costs.turn;
  const Duration base = event + std::exchange(declared_cost_, {}) + in_storage;
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
    for (const Output& each : std::exchange(result_.emitted, {})) leftovers.add(each.what);
  };
  std::vector<const Invocation*> unanswered;
  for (const Invocation& each : invocations_)
    if (each.is_open && !each.has_replied) unanswered.push_back(&each);
  std::ranges::sort(unanswered, {}, &Invocation::begun);
  for (const Invocation* each : unanswered) leftovers.unanswered.push_back({each->from, each->call, each->stub, true});
  add_emitted();
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
  founding_.clear();
  author_.reset();
  add_emitted();  // by their destructors
  store_.rollback();
  store_.close();
}

}  // namespace orrery::object
