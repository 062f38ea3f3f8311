// What people call the things of a journal. Numbers that no name belongs to are written as such.
#pragma once

#include <string>

#include "core/base/ids.h"
#include "core/journal/names.h"

namespace orrery::reports {

std::string node_text(const journal::Names& names, NodeId node);
std::string class_text(const journal::Names& names, ClassId object_class);
std::string method_text(const journal::Names& names, ClassId object_class, MethodId method);
std::string invariant_text(const journal::Names& names, ClassId object_class, std::uint32_t invariant);

// "Counter/3f2a90bc": the first 8 of its 64 digits.
std::string object_text(const journal::Names& names, ClassId object_class, const ObjectId& object);

}  // namespace orrery::reports
