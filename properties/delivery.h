// Delivery order: what a stub was asked first is begun first.
//
// A call is begun by the first turn it has. Three rules:
//   calls_are_counted        the calls of a stub are numbered 1, 2, 3 and so on
//   calls_begin_in_order     no call begins after a later call of its stub has begun
//   each_call_begins_once    no call begins twice
//
// A call that never begins breaks no rule. Memory: one entry per stub until it is closed; so a call that
// begins again after later ones did is reported as out of order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "properties/property.h"

namespace orrery::properties {

class DeliveryOrder final : public Property {
 public:
  std::string_view name() const override { return "delivery_order"; }
  journal::Interest interest() const override {
    return journal::Interest::in<journal::Called, journal::TurnStarted, journal::StubClosed>();
  }
  void on(const journal::Record& record) override;
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override;  // tested by each call that begins after another of its stub

 private:
  struct PerStub {
    std::uint64_t called = 0;  // the sequence of the last call
    std::uint64_t begun = 0;   // the highest sequence that has begun
  };

  void on_called(Time at, const journal::Called& called);
  void on_begun(Time at, const journal::TurnStarted& turn);

  Lookup<StubId, PerStub> stubs_;
  std::optional<Violation> violation_;
  std::uint64_t tested_ = 0;
};

}  // namespace orrery::properties
