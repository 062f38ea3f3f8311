#include "core/base/hex.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

namespace orrery {

void append_hex(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(byte));
}

std::string hex_of(std::string_view bytes) {
  std::string digits;
  append_hex(digits, bytes);
  return digits;
}

std::optional<std::string> bytes_of_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (; !digits.empty(); digits.remove_prefix(2)) {
    unsigned char byte = 0;
    const auto [read, error] = std::from_chars(digits.data(), digits.data() + 2, byte, 16);
    if (error != std::errc() || read != digits.data() + 2) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace orrery
