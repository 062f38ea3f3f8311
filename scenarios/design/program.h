// An object class made of steps: a design's object, on the runtime that all objects run on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/object_class.h"
#include "core/storage/kinds.h"
#include "scenarios/design/steps.h"

namespace orrery::scenarios {

// Each handler is a method that gives nothing. Of what it is called with it looks at the first value: how many bytes
// the request carries.
ObjectClass class_of_steps(const std::string& name, const std::vector<HandlerPlan>& handlers,
                           StorageKind storage = StorageKind::sqlite);

// The name of the object that stands for this key: one of so many shards, by a hash of the key; of 0 shards its own.
std::string name_for_key(std::string_view key, std::uint32_t shards);

}  // namespace orrery::scenarios
