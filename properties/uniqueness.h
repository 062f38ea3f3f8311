// Global uniqueness: at most one owner per epoch of an object, and one instance of it at a time.
//
// Five rules:
//   one_owner_per_epoch       no epoch of an object is placed on two nodes
//   epochs_grow               every new placement of an object has a higher epoch than the one before
//   one_instance_at_a_time    no instance starts while another of the same object lives, here or elsewhere
//   started_by_the_owner      an instance starts on the node, and with the epoch, of some placement
//   no_instance_starts_twice  the name of an instance is never used again
//
// An instance lives until it is said to have ended, or its node crashes, or its node's lease is sealed (what it still
// does then is judged by late_effects.h); the next one may have the same epoch. To
// tell one placement twice is no offence. Memory: one entry per object, one per placement and one per instance.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/lookup.h"
#include "core/journal/event.h"
#include "properties/processes.h"
#include "properties/property.h"

namespace orrery::properties {

class GlobalUniqueness final : public Property {
 public:
  std::string_view name() const override { return "global_uniqueness"; }
  journal::Interest interest() const override {
    return journal::Interest::in<journal::Placed, journal::InstanceStarted, journal::InstanceEnded,
                                 journal::Crashed, journal::LeaseTaken, journal::LeaseSealed>();
  }
  void on(const journal::Record& record) override;
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override;  // tested by each instance that starts

 private:
  struct PerObject {
    Epoch newest;
    bool has_instance = false;
    InstanceId instance;
    NodeId instance_node;
    Process instance_process;
    Epoch instance_epoch;
    Incarnation instance_incarnation;  // of its node, where there are leases
  };

  void on_placed(Time at, const journal::Placed& placed);
  void on_started(Time at, NodeId node, const journal::InstanceStarted& started);
  void on_ended(const journal::InstanceEnded& ended);

  Processes processes_;
  Lookup<ObjectId, PerObject> objects_;
  Lookup<InstanceId, bool> has_started_;
  Lookup<NodeId, Incarnation> incarnations_;
  Lookup<Incarnation, bool> is_sealed_;
  Lookup<std::pair<ObjectId, Epoch>, NodeId> owners_;
  std::optional<Violation> violation_;
  std::uint64_t tested_ = 0;
};

}  // namespace orrery::properties
