// The objects that are loaded on this node. The first call for an object starts its instance.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/lookup.h"
#include "core/object/instance.h"

namespace orrery::object {

class Residency {
 public:
  // All three must outlive the residency.
  Residency(const Environment& environment, const Draws& draws, ports::Probe& probe)
      : environment_(environment), draws_(draws), probe_(probe) {}

  struct Resident {
    std::uint32_t slot = 0;  // names the instance on this node
    bool started_now = false;
  };
  // The instance that runs the object in this epoch, started if there is none. The author's constructor may throw.
  Resident resident(const ObjectId& object, ClassId object_class, Epoch epoch, LocalTime now);

  Instance& at(std::uint32_t slot) { return *instances_[slot]; }

 private:
  const Environment& environment_;
  const Draws& draws_;
  ports::Probe& probe_;
  std::vector<std::unique_ptr<Instance>> instances_;
  Lookup<ObjectId, std::uint32_t> slots_;
};

}  // namespace orrery::object
