#include "properties/counted.h"

#include <fmt/format.h>

#include "properties/verdicts.h"

namespace orrery::properties {

using namespace journal;

Counted::Counted(std::string name, Times times, CountedEvent what, std::string event, std::optional<HandlerRuns> of)
    : name_(std::move(name)), times_(times), what_(what), event_(std::move(event)), of_(of) {}

Interest Counted::interest() const { return Interest::in<Requested, Called, TurnStarted, FetchStarted, Completed>(); }

void Counted::on(const Record& record) {
  std::visit(
      [&](const auto& event) {
        if constexpr (requires { see(record.at, event); }) see(record.at, event);
      },
      record.event);
}

void Counted::see(Time at, const Requested& requested) {
  forget_before(at - remembered);
  if (of_ && (requested.object_class != of_->object_class || requested.method != of_->method)) return;
  const std::pair key(requested.client, requested.number);
  const std::uint64_t* known = numbers_.find(key);
  const std::uint64_t number = known ? *known : forgotten_ + operations_.size();
  if (!known) {
    numbers_[key] = number;
    operations_.push_back({.client = requested.client, .number = requested.number});
  }
  operation_of_[requested.call] = number;
  operations_[number - forgotten_].calls.push_back(requested.call);
}

void Counted::see(Time, const Called& called) {
  const CallId known = called.parent == CallId{} ? called.call : called.parent;
  Operation* operation = operation_of(known);
  if (!operation) return;
  if (called.parent != CallId{}) {
    operation_of_[called.call] = *operation_of_.find(known);
    operation->calls.push_back(called.call);
  }
  const auto* runs = std::get_if<HandlerRuns>(&what_);
  if (runs && runs->object_class == called.object_class && runs->method == called.method)
    counted_calls_[called.call] = true;
}

void Counted::see(Time at, const TurnStarted& started) {
  if (started.kind == TurnKind::call && counted_calls_.contains(started.call)) count(at, started.call);
}

void Counted::see(Time at, const FetchStarted& started) {
  const auto* fetches = std::get_if<FetchesFrom>(&what_);
  if (fetches && fetches->service == started.service) count(at, started.call);
}

void Counted::see(Time at, const Completed& completed) {
  Operation* operation = operation_of(completed.call);
  if (!operation || !completed.last) return;
  operation->ended = completed.status;
  operation->ended_at = at;
  ++tested_;
}

void Counted::count(Time at, CallId call) {
  Operation* operation = operation_of(call);
  if (!operation) return;
  if (++operation->times == 1) operation->first = at;
  if (operation->times < 2 || times_ == Times::at_least_once || violation_) return;
  violation_ = {
      .rule = "at_most_once",
      .object = "",
      .text = fmt::format("{} happened for operation {} of client {} at {}, and again at {}", event_,
                          operation->number, operation->client.value, seconds(operation->first), seconds(at)),
      .at = at};
}

Counted::Operation* Counted::operation_of(CallId call) {
  const std::uint64_t* number = operation_of_.find(call);
  return number ? &operations_[*number - forgotten_] : nullptr;
}

void Counted::forget_before(Time at) {
  while (!operations_.empty() && operations_.front().ended && operations_.front().ended_at < at) {
    const Operation& oldest = operations_.front();
    if (is_owed(oldest) && !violation_) violation_ = owed(oldest);
    for (const CallId call : oldest.calls) {
      operation_of_.erase(call);
      counted_calls_.erase(call);
    }
    numbers_.erase({oldest.client, oldest.number});
    operations_.pop_front();
    ++forgotten_;
  }
}

bool Counted::is_owed(const Operation& operation) const {
  return times_ != Times::at_most_once && operation.ended == Status::ok && operation.times == 0;
}

Violation Counted::owed(const Operation& operation) const {
  return {.rule = "at_least_once",
          .object = "",
          .text = fmt::format("{} never happened for operation {} of client {}, which went well at {}", event_,
                              operation.number, operation.client.value, seconds(operation.ended_at)),
          .at = operation.ended_at};
}

Verdict Counted::verdict() const {
  if (violation_) return verdict_of(tested_, violation_);
  for (const Operation& each : operations_)
    if (is_owed(each)) return verdict_of(tested_, owed(each));
  return verdict_of(tested_, violation_);
}

}  // namespace orrery::properties
