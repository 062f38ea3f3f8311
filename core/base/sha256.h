// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), for object ids and for files that must be the same again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace orrery {

using Digest = std::array<std::uint8_t, 32>;

// Of a message that comes in pieces; where one ends and the next begins does not matter.
class Sha256 {
 public:
  Sha256& update(std::string_view piece);
  // Of all pieces so far; more may follow.
  Digest digest() const;

 private:
  static constexpr std::size_t block_bytes = 64;

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<char, block_bytes> begun_{};  // the block that is not full yet
  std::uint64_t bytes_ = 0;
};

Digest sha256(std::string_view message);
Digest hmac_sha256(std::string_view key, std::string_view message);

}  // namespace orrery
