// The objects that are loaded on this node, each with what is on its way out of it.
//
// A life begins with the first call for its object, from what the object's commits left behind. It ends when nobody
// has called for a while, when the platform wants the memory, when its own code aborts it, or when a commit of it
// could not be made durable. It is never evicted while anything of it is under way.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/lookup.h"
#include "core/object/instance.h"
#include "core/object/output_gate.h"
#include "core/replication/leader.h"

namespace orrery::object {

struct Resident {
  // Runs the author's constructor, which may throw. The leader continues what was recovered; the pages are taken out of
  // it.
  Resident(InstanceId id, const routing::Call& woken_by, storage::Image& recovered,
           const replication::Leader& its_leader, LocalTime now, const Surroundings& surroundings)
      : instance(id, DurableObjectId(woken_by.object, woken_by.name), woken_by.object_class, recovered.index,
                 std::move(recovered.pages), now, surroundings),
        leader(its_leader),
        outputs(its_leader.confirmed()),
        idle_since(now) {}

  Instance instance;
  replication::Leader leader;
  OutputGate<Output> outputs;
  LocalTime idle_since;
  bool is_unwanted = false;  // evict it as soon as it is idle

  // Nothing of it is under way: it can be forgotten, and nobody will notice.
  bool is_idle() const { return instance.is_at_rest() && outputs.is_empty() && leader.confirmed() == leader.last(); }
};

class Residency {
 public:
  // Nothing, if no life of the object is here.
  const std::uint32_t* slot_of(const ObjectId& object) const { return slots_.find(object); }
  // Names a life on this node; a slot is never used again.
  std::uint32_t add(std::unique_ptr<Resident> resident);
  // Nothing, if that life has ended.
  Resident* at(std::uint32_t slot) { return residents_[slot].get(); }
  std::unique_ptr<Resident> remove(std::uint32_t slot);

  std::uint32_t slots() const { return static_cast<std::uint32_t>(residents_.size()); }
  bool is_empty() const { return slots_.empty(); }

 private:
  std::vector<std::unique_ptr<Resident>> residents_;
  Lookup<ObjectId, std::uint32_t> slots_;
};

}  // namespace orrery::object
