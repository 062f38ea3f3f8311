#include "core/object/residency.h"

namespace orrery::object {

Residency::Resident Residency::resident(const ObjectId& object, ClassId object_class, Epoch epoch, LocalTime now) {
  if (const std::uint32_t* slot = slots_.find(object)) return {*slot, false};
  // Named after the object and its epoch, and not numbered: another object more or less changes nothing here.
  const InstanceId id{mix(object.words[0], epoch.value)};
  instances_.push_back(std::make_unique<Instance>(id, object, object_class, now, environment_, draws_, probe_));
  const auto slot = static_cast<std::uint32_t>(instances_.size() - 1);
  slots_[object] = slot;
  return {slot, true};
}

}  // namespace orrery::object
