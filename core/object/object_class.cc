#include "core/object/object_class.h"

#include <algorithm>

#include "core/object/durable_object.h"

namespace orrery {
namespace {

template <class Field, class Wanted>
std::optional<MethodId> find_method(const std::vector<ObjectClass::Method>& methods, Field field,
                                    const Wanted& wanted) {
  const auto found = std::ranges::find(methods, wanted, field);
  if (found == methods.end()) return std::nullopt;
  return MethodId{static_cast<std::uint16_t>(found - methods.begin())};
}

}  // namespace

std::unique_ptr<DurableObject> ObjectClass::make(Context& context) const { return make_(context); }

std::optional<MethodId> ObjectClass::method_named(std::string_view name) const {
  return find_method(methods_, &Method::name, name);
}

std::optional<MethodId> ObjectClass::method_that_runs(RunMethod run) const {
  return find_method(methods_, &Method::run, run);
}

}  // namespace orrery
