#include "reports/stages.h"

#include <algorithm>
#include <variant>

#include "core/base/invariant.h"

namespace orrery::reports {

using namespace journal;

Interest StageLedger::interest() const {
  return Interest::in<Requested, Called, Arrived, TurnStarted, TurnEnded, Committed, Replied, OutputLeft,
                      FetchQueued, FetchStarted, FetchEnded, SleepStarted, SleepEnded, ReadStarted, ReadEnded, Answered,
                      Completed>();
}

void StageLedger::on(const Record& record) {
  std::visit(
      [&](const auto& event) {
        if constexpr (requires { see(record.at, event); }) see(record.at, event);
      },
      record.event);
}

void StageLedger::see(Time at, const Requested& requested) {
  INVARIANT(at >= requested.intended, "call {} is sent {} ns early", requested.call.value,
            (requested.intended - at).count());
  INVARIANT(!calls_.contains(requested.call), "call {} is requested twice", requested.call.value);
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(open_.size()));
    open_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  calls_[requested.call] = {.request = place};

  Request& request = open_[place];
  request.breakdown = {.call = requested.call,
                       .client = requested.client,
                       .number = requested.number,
                       .object_class = requested.object_class,
                       .method = requested.method,
                       .attempts = requested.attempt + 1,
                       .intended = requested.intended};
  request.stage = requested.attempt == 0 ? Stage::queue : Stage::retry;  // a user that was late, or earlier attempts
  request.since = requested.intended;
  enter(at, request, Stage::access);
}

void StageLedger::see(Time at, const Called& called) {
  if (const Call* known = calls_.find(called.call)) return enter(at, open_[known->request], Stage::network);
  Call* parent = calls_.find(called.parent);
  if (parent == nullptr) return;
  const std::uint32_t place = parent->request;
  Request& request = open_[place];
  ++request.breakdown.work.calls;
  if (!is_at_work(*parent)) return;
  ++parent->calls;
  calls_[called.call] = {.request = place,
                         .place = static_cast<std::uint32_t>(request.nested.size()),
                         .parent = called.parent,
                         .nested = true};
  request.nested.push_back(called.call);
  enter(at, request, Stage::network);
}

void StageLedger::see(Time at, const Arrived& arrived) {
  Call* call = calls_.find(arrived.call);
  if (call == nullptr || !is_awaited(*call)) return;
  call->returned = false;  // its handler begins anew, if this is another attempt
  call->fetches = 0;
  call->calls = 0;
  call->reads = 0;
  enter(at, open_[call->request], Stage::queue);
}

void StageLedger::see(Time at, const TurnStarted& started) {
  Call* call = calls_.find(started.call);
  if (call == nullptr) return;
  Request& request = open_[call->request];
  Work& work = request.breakdown.work;
  ++work.turns;
  work.operations += started.operations;
  work.storage += started.storage;
  call->storage = started.storage;
  if (is_at_work(*call)) enter(at, request, Stage::cpu);
}

void StageLedger::see(Time at, const TurnEnded& ended) {
  last_turn_ = {ended.instance, ended.turn, ended.call};
  const Call* call = calls_.find(ended.call);
  if (call == nullptr || !is_at_work(*call)) return;
  Request& request = open_[call->request];
  if (request.stage == Stage::cpu) {
    const Duration storage = std::min(call->storage, at - request.since);
    enter(at - storage, request, Stage::storage);
  }
  const Stage awaits = call->fetches > 0 ? Stage::fetch : call->calls > 0 ? Stage::network : Stage::commit;
  enter(at, request, call->reads > 0 ? Stage::storage : awaits);
}

void StageLedger::see(Time, const Committed& committed) {
  if (committed.instance != last_turn_.instance || committed.turn != last_turn_.turn) return;
  if (const Call* call = calls_.find(last_turn_.call)) ++open_[call->request].breakdown.work.commits;
}

void StageLedger::see(Time at, const Replied& replied) {
  Call* call = calls_.find(replied.call);
  if (call == nullptr || !is_at_work(*call)) return;
  enter(at, open_[call->request], Stage::commit);
  call->returned = true;
}

void StageLedger::see(Time at, const OutputLeft& left) {
  if (left.kind != OutputKind::reply) return;
  const Call* call = calls_.find(left.output);
  if (call != nullptr && is_awaited(*call)) enter(at, open_[call->request], Stage::network);
}

void StageLedger::see(Time at, const FetchQueued& queued) {
  const Call* call = calls_.find(queued.call);
  if (call != nullptr && is_at_work(*call)) enter(at, open_[call->request], Stage::queue);
}

void StageLedger::see(Time at, const FetchStarted& started) {
  Call* call = calls_.find(started.call);
  if (call == nullptr) return;
  ++open_[call->request].breakdown.work.fetches;
  begin_wait(at, *call);
}

void StageLedger::see(Time at, const FetchEnded& ended) { end_wait(at, ended.call); }

void StageLedger::see(Time at, const SleepStarted& started) {
  if (Call* call = calls_.find(started.call)) begin_wait(at, *call);
}

void StageLedger::see(Time at, const SleepEnded& ended) { end_wait(at, ended.call); }

void StageLedger::see(Time at, const ReadStarted& started) {
  Call* call = calls_.find(started.call);
  if (call == nullptr || !is_at_work(*call)) return;
  ++call->reads;
  enter(at, open_[call->request], Stage::storage);
}

void StageLedger::see(Time at, const ReadEnded& ended) {
  Call* call = calls_.find(ended.call);
  if (call == nullptr || !is_at_work(*call)) return;
  if (call->reads > 0) --call->reads;
  enter(at, open_[call->request], Stage::queue);
}

void StageLedger::begin_wait(Time at, Call& call) {
  if (!is_at_work(call)) return;
  ++call.fetches;
  enter(at, open_[call.request], Stage::fetch);
}

void StageLedger::end_wait(Time at, CallId id) {
  Call* call = calls_.find(id);
  if (call == nullptr || !is_at_work(*call)) return;
  if (call->fetches > 0) --call->fetches;
  enter(at, open_[call->request], Stage::queue);
}

void StageLedger::see(Time at, const Answered& answered) {
  Call* found = calls_.find(answered.call);
  if (found == nullptr) return;
  Request& request = open_[found->request];
  if (is_awaited(*found)) enter(at, request, found->nested ? Stage::queue : Stage::access);
  if (!found->nested) {
    found->answered = true;
    return;
  }
  Call* parent = calls_.find(found->parent);
  if (parent != nullptr && parent->calls > 0) --parent->calls;
  forget_nested(answered.call, *found);
}

void StageLedger::see(Time at, const Completed& completed) {
  const Call* call = calls_.find(completed.call);
  if (call == nullptr) return;
  const std::uint32_t place = call->request;
  Request& request = open_[place];
  enter(at, request, request.stage);
  Breakdown& breakdown = request.breakdown;
  breakdown.status = completed.status;
  breakdown.latency = at - breakdown.intended;
  INVARIANT(sum_of(breakdown.stages) == breakdown.latency, "call {}: stages sum to {} ns of {}", completed.call.value,
            sum_of(breakdown.stages).count(), breakdown.latency.count());
  for (const CallId nested : request.nested) calls_.erase(nested);
  request.nested.clear();
  calls_.erase(completed.call);
  free_.push_back(place);
  if (completed.last) reader_.on(breakdown);
}

bool StageLedger::is_awaited(const Call& call) const {
  const Call* root = &call;
  while (root->nested) {
    root = calls_.find(root->parent);
    if (root == nullptr || root->returned) return false;
  }
  return !root->answered;
}

void StageLedger::enter(Time at, Request& request, Stage stage) {
  INVARIANT(at >= request.since, "call {}: {} ns back in time", request.breakdown.call.value,
            (request.since - at).count());
  time_in(request.breakdown.stages, request.stage) += at - request.since;
  request.stage = stage;
  request.since = at;
}

void StageLedger::forget_nested(CallId id, Call call) {
  std::vector<CallId>& nested = open_[call.request].nested;
  INVARIANT(call.place < nested.size() && nested[call.place] == id, "nested call {} is not at place {}", id.value,
            call.place);
  nested[call.place] = nested.back();
  if (nested[call.place] != id) calls_.find(nested[call.place])->place = call.place;
  nested.pop_back();
  calls_.erase(id);
}

}  // namespace orrery::reports
