// The mixing functions behind draws, fingerprints and lookups. Their results are the same on every compiler and
// processor.
#pragma once

#include <cstdint>

namespace orrery {

// Multiplies two 64-bit words to 128 bits and folds the halves together, as wyhash does. Different words give different
// results, as good as always. But the results of consecutive words are no more than an arithmetic progression, which
// looks nothing like chance: draws need avalanche().
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ 0x9e3779b97f4a7c15u) * static_cast<Wide>(b ^ 0xe7037ed1a0b428dbu);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Each bit of the result depends on each bit of `a`: the end of SplitMix64 (Steele, Lea, Flood 2014), which makes a
// generator of an arithmetic progression.
constexpr std::uint64_t avalanche(std::uint64_t a) {
  a = (a ^ (a >> 30)) * 0xbf58476d1ce4e5b9u;
  a = (a ^ (a >> 27)) * 0x94d049bb133111ebu;
  return a ^ (a >> 31);
}

// The upper half of a * n: a number in [0, n) when `a` is uniform over all 64-bit words.
constexpr std::uint64_t scaled(std::uint64_t a, std::uint64_t n) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(a) * n) >> 64);
}

}  // namespace orrery
