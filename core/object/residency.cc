#include "core/object/residency.h"

#include <utility>

namespace orrery::object {

std::uint32_t Residency::add(std::unique_ptr<Resident> resident) {
  const auto slot = static_cast<std::uint32_t>(residents_.size());
  slots_[resident->instance.object()] = slot;
  residents_.push_back(std::move(resident));
  return slot;
}

std::unique_ptr<Resident> Residency::remove(std::uint32_t slot) {
  std::unique_ptr<Resident> resident = std::move(residents_[slot]);
  slots_.erase(resident->instance.object());
  return resident;
}

}  // namespace orrery::object
