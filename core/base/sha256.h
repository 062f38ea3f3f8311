// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), for object ids.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace orrery {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view message);
Digest hmac_sha256(std::string_view key, std::string_view message);

}  // namespace orrery
