#include "properties/delivery.h"

#include <fmt/format.h>

#include "properties/verdicts.h"

namespace orrery::properties {

void DeliveryOrder::on(const journal::Record& record) {
  if (violation_) return;
  if (const auto* called = std::get_if<journal::Called>(&record.event))
    on_called(record.at, *called);
  else if (const auto* turn = std::get_if<journal::TurnStarted>(&record.event))
    on_begun(record.at, *turn);
  else if (const auto* closed = std::get_if<journal::StubClosed>(&record.event))
    stubs_.erase(closed->stub);
}

void DeliveryOrder::on_called(Time at, const journal::Called& called) {
  PerStub& stub = stubs_[called.stub];
  if (called.sequence != stub.called + 1) {
    violation_ = {.rule = "calls_are_counted",
                  .object = to_hex(called.object),
                  .text = fmt::format("call {} is number {} of stub {}, after number {}", called.call.value,
                                      called.sequence, called.stub.value, stub.called),
                  .at = at};
    return;
  }
  stub.called = called.sequence;
}

void DeliveryOrder::on_begun(Time at, const journal::TurnStarted& turn) {
  if (turn.kind != journal::TurnKind::call) return;
  PerStub& stub = stubs_[turn.stub];
  if (stub.begun != 0) ++tested_;
  if (turn.sequence <= stub.begun) {
    const bool is_again = turn.sequence == stub.begun;
    violation_ = {.rule = is_again ? "each_call_begins_once" : "calls_begin_in_order",
                  .object = to_hex(turn.object),
                  .text = fmt::format("call {}, number {} of stub {}, begins {} number {} has begun", turn.call.value,
                                      turn.sequence, turn.stub.value, is_again ? "again:" : "after", stub.begun),
                  .at = at};
    return;
  }
  stub.begun = turn.sequence;
}

Verdict DeliveryOrder::verdict() const { return verdict_of(tested_, violation_); }

}  // namespace orrery::properties
