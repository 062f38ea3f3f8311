// The properties there are, by name.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "properties/models.h"
#include "properties/property.h"

namespace orrery::properties {

struct PropertyInfo {
  std::string_view name;
  std::string_view promise;  // one sentence
};

// In the order in which they are shown.
std::span<const PropertyInfo> all_properties();
std::vector<std::string_view> property_names();
// Those that say something of any world: all but those of leases.
std::vector<std::string_view> usual_property_names();

// A fresh one, or nothing if no property has that name. Without the witness, serialization is judged by search
// alone (serialization.h).
std::unique_ptr<Property> make_property(std::string_view name, const std::vector<DeclaredModel>& models,
                                        bool witness = true);

}  // namespace orrery::properties
