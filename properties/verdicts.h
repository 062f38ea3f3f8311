// What the properties share: the verdict of one that stops at its first violation, and how an instant is
// written for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "properties/property.h"

namespace orrery::properties {

// Violated if there is a violation, else untested or holds.
Verdict verdict_of(std::uint64_t tested, const std::optional<Violation>& violation);

// Such as "1.204500000 s": all nine digits, because two instants may differ in the last.
std::string seconds(Time time);

}  // namespace orrery::properties
