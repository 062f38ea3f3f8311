// No late effects: what a dead incarnation still runs does nothing any more.
//
// An incarnation is dead when its lease is sealed (LeaseSealed). From then on nothing of an instance that it had
// started may be seen:
//   no_turn_after_the_seal     no turn begins
//   no_commit_after_the_seal   no commit is made
//   no_output_after_the_seal   nothing leaves
//
// This holds while clocks keep within their bound, and where leases are checked before everything that leaves. The seal
// counts from when its sealer knows of it. Memory: one entry per node, per instance and per seal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "properties/property.h"

namespace orrery::properties {

class NoLateEffects final : public Property {
 public:
  std::string_view name() const override { return "no_late_effects"; }
  journal::Interest interest() const override {
    return journal::Interest::in<journal::LeaseTaken, journal::LeaseSealed, journal::InstanceStarted,
                                 journal::TurnStarted, journal::Committed, journal::OutputLeft>();
  }
  void on(const journal::Record& record) override;
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override;  // tested by each effect of an instance whose incarnation is known

 private:
  void judge(const journal::Record& record, const ObjectId& object, InstanceId instance, std::string_view rule,
             std::string_view what);

  Lookup<NodeId, Incarnation> incarnations_;
  Lookup<InstanceId, Incarnation> started_by_;
  Lookup<Incarnation, Time> sealed_;
  std::optional<Violation> violation_;
  std::uint64_t tested_ = 0;
};

}  // namespace orrery::properties
