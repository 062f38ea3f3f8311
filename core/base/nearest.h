// "Did you mean": the known name that a wrong one most likely stands for.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace orrery {

// The name that the fewest slips lead to: a character too many, missing, wrong, or swapped with its
// neighbour; case does not count. The first listed, if several are equally near. Nothing, if even the
// nearest needs more than one slip for every three characters.
std::optional<std::string> nearest_name(std::string_view wrong, std::span<const std::string> known);

}  // namespace orrery
