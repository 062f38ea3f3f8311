#include "reports/stages.h"

#include <variant>

#include "core/base/invariant.h"

namespace orrery::reports {

using namespace journal;

Interest StageLedger::interest() const {
  return Interest::in<Requested, Called, Arrived, TurnStarted, TurnEnded, Replied, FetchStarted, FetchEnded, Answered,
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
                       .object_class = requested.object_class,
                       .method = requested.method,
                       .intended = requested.intended};
  request.stage = Stage::queue;
  request.since = requested.intended;
  enter(at, request, Stage::access);
}

void StageLedger::see(Time at, const Called& called) {
  if (const Call* known = calls_.find(called.call)) return enter(at, open_[known->request], Stage::network);
  const Call* parent = at_work(called.parent);
  if (parent == nullptr) return;
  const std::uint32_t place = parent->request;
  Request& request = open_[place];
  calls_[called.call] = {
      .request = place, .place = static_cast<std::uint32_t>(request.nested.size()), .nested = true};
  request.nested.push_back(called.call);
  enter(at, request, Stage::network);
}

void StageLedger::see(Time at, const Arrived& arrived) {
  Call* call = calls_.find(arrived.call);
  if (call == nullptr) return;
  call->replied = false;  // its handler begins anew, if this is another attempt
  call->fetches = 0;
  enter(at, open_[call->request], Stage::queue);
}

void StageLedger::see(Time at, const TurnStarted& started) {
  if (const Call* call = at_work(started.call)) enter(at, open_[call->request], Stage::cpu);
}

void StageLedger::see(Time at, const TurnEnded& ended) {
  if (const Call* call = at_work(ended.call))
    enter(at, open_[call->request], call->fetches > 0 ? Stage::fetch : Stage::network);
}

void StageLedger::see(Time at, const Replied& replied) {
  Call* call = at_work(replied.call);
  if (call == nullptr) return;
  call->replied = true;
  enter(at, open_[call->request], Stage::network);
}

void StageLedger::see(Time at, const FetchStarted& started) {
  Call* call = at_work(started.call);
  if (call == nullptr) return;
  ++call->fetches;
  enter(at, open_[call->request], Stage::fetch);
}

void StageLedger::see(Time at, const FetchEnded& ended) {
  Call* call = at_work(ended.call);
  if (call == nullptr) return;
  if (call->fetches > 0) --call->fetches;
  enter(at, open_[call->request], Stage::queue);
}

void StageLedger::see(Time at, const Answered& answered) {
  const Call* found = calls_.find(answered.call);
  if (found == nullptr) return;
  const Call call = *found;
  enter(at, open_[call.request], call.nested ? Stage::queue : Stage::access);
  if (call.nested) forget_nested(answered.call, call);
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
  reader_.on(breakdown);
}

StageLedger::Call* StageLedger::at_work(CallId call) {
  Call* found = calls_.find(call);
  return found != nullptr && !found->replied ? found : nullptr;
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
