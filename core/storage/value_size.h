// How long a value is for the limits of the older kind of storage: as V8 serializes it, which is what the original
// stores (v8 value-serializer.cc, version 15).
#pragma once

#include <cstddef>

#include "core/base/value.h"

namespace orrery::storage {

std::size_t serialized_size(const Value& value);

}  // namespace orrery::storage
