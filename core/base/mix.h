// The one mixing function behind draws, fingerprints and lookups.
//
// Multiplies two 64-bit words to 128 bits and folds the halves together, as wyhash does. The result is
// the same on every compiler and processor.
#pragma once

#include <cstdint>

namespace orrery {

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ 0x9e3779b97f4a7c15u) * static_cast<Wide>(b ^ 0xe7037ed1a0b428dbu);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// The upper half of a * n: a number in [0, n) when `a` is uniform over all 64-bit words.
constexpr std::uint64_t scaled(std::uint64_t a, std::uint64_t n) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(a) * n) >> 64);
}

}  // namespace orrery
