#include "properties/liveness.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/base/object_error.h"
#include "properties/verdicts.h"

namespace orrery::properties {

Liveness::Liveness(LivenessOptions options)
    : options_(options), connection_lost_(ObjectError::connection_lost().message()) {}

void Liveness::on(const journal::Record& record) {
  if (violation_) return;
  if (const auto* requested = std::get_if<journal::Requested>(&record.event)) {
    requests_.add({.call = requested->call,
                   .client = requested->client,
                   .number = requested->number,
                   .intended = requested->intended,
                   .sent = record.at});
  } else if (const auto* completed = std::get_if<journal::Completed>(&record.event)) {
    on_completed(record.at, *completed);
  } else if (const auto* called = std::get_if<journal::Called>(&record.event)) {
    on_called(record.at, record.node, *called);
  } else if (const auto* answered = std::get_if<journal::Answered>(&record.event)) {
    on_answered(*answered);
  } else if (const auto* left = std::get_if<journal::OutputLeft>(&record.event)) {
    if (left->kind != journal::OutputKind::call) return;
    leaving_ = left->output;
    leaving_caller_ = left->instance;
  } else {
    on_world(record);
  }
}

// The call of an object is reported right after it left, and a user's call is judged by its Completed.
void Liveness::on_called(Time at, NodeId node, const journal::Called& called) {
  if (called.parent == CallId{}) return;
  calls_.add({.call = called.call,
              .object = called.object,
              .caller = called.call == leaving_ ? leaving_caller_ : InstanceId{},
              .process = processes_.of(node),
              .sent = at});
}

void Liveness::on_answered(const journal::Answered& answered) {
  if (calls_.count() != 0 && calls_.find(answered.call) != nullptr) return calls_.close(answered.call);
  Request* request = requests_.find(answered.call);
  if (request == nullptr) return;
  if (request->is_given_up) {
    ++tested_;
    return requests_.close(answered.call);
  }
  request->is_answered = true;
  request->is_told_unknown = answered.status == journal::Status::unknown;
  if (answered.status != journal::Status::failed) return;
  const auto* error = std::get_if<std::string>(&answered.value);
  request->lost_connection = error != nullptr && *error == connection_lost_;
}

void Liveness::on_completed(Time at, const journal::Completed& completed) {
  Request* found = requests_.find(completed.call);
  if (found == nullptr) return;
  if (completed.status == journal::Status::unknown && !found->is_answered) {
    found->is_given_up = true;
    return;
  }
  const Request request = *found;
  ++tested_;
  requests_.close(request.call);
  if (!is_quiet_for(request)) return;
  if (request.is_told_unknown)
    report("calls_succeed_after_healing", request, at, "is answered \"unknown\"");
  else if (completed.status == journal::Status::failed && request.lost_connection)
    report("calls_succeed_after_healing", request, at, "has lost its connection");
  else if (at - request.sent > options_.answer_within)
    report("answered_in_time", request, at, "is answered");
}

void Liveness::on_world(const journal::Record& record) {
  const journal::Event& event = record.event;
  if (std::holds_alternative<journal::InternalError>(event)) {
    ended_by_error_ = true;
    return;
  }
  if (const auto* ended = std::get_if<journal::InstanceEnded>(&event)) {
    if (calls_.count() != 0) excuse_calls([ended](const ObjectCall& call) { return call.caller == ended->instance; });
    if (ended->reason == journal::EndReason::evicted) return;  // nothing of it was under way
  }
  if (std::holds_alternative<journal::StubBroken>(event) && !disturbed_) return;
  if (std::holds_alternative<journal::Crashed>(event)) {
    processes_.on_crash(record.node);
    excuse_calls([this](const ObjectCall& call) { return processes_.has_ended(call.process); });
    end(paused, record.node);  // what stood still is gone
    begin(crashed, record.node);
  }
  if (std::holds_alternative<journal::Restarted>(event)) end(crashed, record.node);
  if (std::holds_alternative<journal::Paused>(event)) begin(paused, record.node);
  if (std::holds_alternative<journal::Resumed>(event)) end(paused, record.node);
  if (std::holds_alternative<journal::DiskFull>(event)) begin(disk_full, record.node);
  if (std::holds_alternative<journal::DiskHasRoom>(event)) end(disk_full, record.node);
  if (std::holds_alternative<journal::NetworkImpaired>(event)) ++impairments_;
  if (std::holds_alternative<journal::NetworkHealed>(event)) --impairments_;
  Time until = record.at;
  if (std::holds_alternative<journal::NetworkHealed>(event)) until += options_.network_settling - options_.settling;
  disturbed_ = std::max(disturbed_.value_or(until), until);
}

void Liveness::begin(Trouble trouble, NodeId node) {
  unsigned& troubles = troubles_[node];
  if (troubles == 0) ++troubled_nodes_;
  troubles |= trouble;
}

void Liveness::end(Trouble trouble, NodeId node) {
  unsigned& troubles = troubles_[node];
  if (troubles == 0) return;
  troubles &= ~unsigned{trouble};
  if (troubles == 0) --troubled_nodes_;
}

template <class Ended>
void Liveness::excuse_calls(Ended has_ended) {
  for (const ObjectCall& call : calls_.all())
    if (call.is_open && has_ended(call)) calls_.close(call.call);
}

bool Liveness::is_quiet_for(const Request& request) const {
  if (troubled_nodes_ != 0 || impairments_ != 0) return false;
  return !disturbed_ || request.intended > *disturbed_ + options_.settling;
}

void Liveness::report(std::string rule, const Request& request, Time at, const std::string& why) {
  const std::string quiet = disturbed_ ? "since " + seconds(*disturbed_) : "before";
  violation_ = {
      .rule = std::move(rule),
      .object = {},
      .text = fmt::format("operation {} of client {}, sent at {}, {} at {}, and nothing disturbed it {}",
                          request.number, request.client.value, seconds(request.sent), why, seconds(at), quiet),
      .at = at};
}

// Nothing, if the run came to its end.
std::string Liveness::cut_short_by() const {
  if (ended_by_error_) return "an internal error ended the run";
  if (troubled_nodes_ != 0) return "a machine never recovered";
  return {};
}

// Of requests, and then of calls of objects, that which was sent first.
std::optional<Violation> Liveness::first_unanswered() const {
  const auto first_of = [](const auto& open) {
    auto first = open.all().end();
    for (auto each = open.all().begin(); each != open.all().end(); ++each) {
      if (!each->is_open) continue;
      if (first == open.all().end() || std::tie(each->sent, each->call) < std::tie(first->sent, first->call))
        first = each;
    }
    return first;
  };
  Violation violation{.rule = "every_call_is_answered", .object = {}, .text = {}, .at = {}};
  if (requests_.count() != 0) {
    const Request& request = *first_of(requests_);
    violation.text = fmt::format("operation {} of client {}, sent at {}, is never answered", request.number,
                                 request.client.value, seconds(request.sent));
    violation.at = request.sent;
  } else {
    const ObjectCall& call = *first_of(calls_);
    violation.object = to_hex(call.object);
    violation.text = fmt::format("call {:016x}, made by instance {:016x} at {}, is never answered", call.call.value,
                                 call.caller.value, seconds(call.sent));
    violation.at = call.sent;
  }
  return violation;
}

Verdict Liveness::verdict() const {
  if (violation_) return verdict_of(tested_, violation_);
  const std::size_t open = requests_.count() + calls_.count();
  if (open == 0) return verdict_of(tested_, std::nullopt);
  const std::string why = cut_short_by();
  if (why.empty()) return verdict_of(tested_ + requests_.count(), first_unanswered());
  return {.kind = Verdict::Kind::unknown,
          .tested = tested_,
          .violation = {},
          .note = fmt::format("{}, and {} calls have no answer", why, open)};
}

}  // namespace orrery::properties
