#include "reports/short_names.h"

#include <fmt/format.h>

namespace orrery::reports {

using journal::Names;

std::string node_text(const Names& names, NodeId node) {
  if (node.value < names.nodes.size()) return names.nodes[node.value];
  return fmt::format("node {}", node.value);
}

std::string class_text(const Names& names, ClassId object_class) {
  if (object_class.value < names.classes.size()) return names.classes[object_class.value].name;
  return fmt::format("class {}", object_class.value);
}

std::string method_text(const Names& names, ClassId object_class, MethodId method) {
  if (object_class.value < names.classes.size() && method.value < names.classes[object_class.value].methods.size())
    return names.classes[object_class.value].methods[method.value];
  return fmt::format("method {}", method.value);
}

std::string invariant_text(const Names& names, ClassId object_class, std::uint32_t invariant) {
  if (object_class.value < names.classes.size() && invariant < names.classes[object_class.value].invariants.size())
    return names.classes[object_class.value].invariants[invariant];
  return fmt::format("invariant {}", invariant);
}

std::string object_text(const Names& names, ClassId object_class, const ObjectId& object) {
  return fmt::format("{}/{:08x}", class_text(names, object_class), object.words[0] >> 32);
}

}  // namespace orrery::reports
