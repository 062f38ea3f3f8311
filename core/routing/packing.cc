#include "core/routing/packing.h"

namespace orrery::routing {

Value first_value(const Bytes& packed) {
  if (packed.empty()) return {};
  return Reader(packed).next<Value>();
}

Bytes pack_values(const std::vector<Value>& values) {
  Bytes packed;
  for (const Value& value : values) packed += to_bytes_of(value);
  return packed;
}

Bytes pack_error(const ObjectError& error) { return to_bytes_of(error); }

ObjectError unpack_error(const Bytes& packed) { return Reader(packed).next<ObjectError>(); }

}  // namespace orrery::routing
