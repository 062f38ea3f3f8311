// What an object's storage is, and how its writes are gathered.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace orrery {

// What backs a class. The older kind has keys and values only, and waits for what is not in memory (key_cache.h).
enum class StorageKind : std::uint8_t { sqlite, kv };
inline constexpr std::array<std::string_view, 2> storage_kind_names = {"sqlite", "kv"};

// When writes stop being one unit, which is durable as a whole or not at all.
enum class Coalescing : std::uint8_t {
  workerd,   // when the turn is over, as in the original
  contract,  // perhaps at every await of a storage call, as its documentation allows
};
inline constexpr std::array<std::string_view, 2> coalescing_names = {"workerd", "contract"};

}  // namespace orrery
