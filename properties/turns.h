// An object does one thing at a time: its turns never overlap, whichever of its instances has them.
//
// A turn is busy from TurnStarted until TurnEnded, and at least until the end that is promised at its start,
// exclusive: the next turn may start at that instant. Four rules:
//   one_turn_at_a_time       no turn of an object starts before the previous one's promised end, nor, on the
//                            same instance, before that turn has ended
//   ends_as_promised         a turn ends no earlier than promised, and says when it started. A busy or unlucky
//                            machine may be late
//   turns_are_counted        the turns of an instance are numbered 1, 2, 3 and so on
//   ended_turns_had_started  a turn that ends is the one its instance started last
//
// A turn that never ends breaks no rule: its instance may have ended first. The end of an instance, or the crash of
// its node, cuts the turn that is under way, and the object is free at once. Memory: one entry per object, one per
// instance that lives, and one per instance whose node crashed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "properties/processes.h"
#include "properties/property.h"

namespace orrery::properties {

class TurnsNeverOverlap final : public Property {
 public:
  std::string_view name() const override { return "turns_never_overlap"; }
  journal::Interest interest() const override {
    return journal::Interest::in<journal::TurnStarted, journal::TurnEnded, journal::InstanceEnded,
                                 journal::Crashed>();
  }
  void on(const journal::Record& record) override;
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override;  // tested by each turn that ends

 private:
  struct PerInstance {
    TurnNumber turn;  // the last that started
    bool is_open = false;
    Time started;
    Time ends;
  };
  struct PerObject {
    Time busy_until = Time::min();  // with a turn of that instance, in that process
    InstanceId instance;
    Process process;
  };

  void on_started(Time at, NodeId node, const journal::TurnStarted& started);
  void on_ended(Time at, const journal::TurnEnded& ended);
  void on_instance_ended(const journal::InstanceEnded& ended);
  void report(std::string rule, const ObjectId& object, Time at, std::string text);

  Processes processes_;
  Lookup<InstanceId, PerInstance> instances_;
  Lookup<ObjectId, PerObject> objects_;
  std::optional<Violation> violation_;
  std::uint64_t tested_ = 0;
};

}  // namespace orrery::properties
