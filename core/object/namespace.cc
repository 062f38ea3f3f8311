#include "core/object/namespace.h"

#include "core/base/object_error.h"

namespace orrery {
namespace {

constexpr std::size_t half_bytes = 16;

std::string_view bytes_of(const Digest& digest, std::size_t count) {
  return {reinterpret_cast<const char*>(digest.data()), count};
}

std::uint64_t big_endian_word(std::string_view bytes) {
  std::uint64_t word = 0;
  for (const char c : bytes.substr(0, 8)) word = word << 8 | static_cast<unsigned char>(c);
  return word;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Namespace::Namespace(std::string_view unique_key) : key_(sha256(unique_key)) {}

ObjectId Namespace::id_from_name(std::string_view name) const {
  const Digest first = hmac_sha256(bytes_of(key_, key_.size()), name);
  return sealed(bytes_of(first, half_bytes));
}

ObjectId Namespace::id_from_string(std::string_view hex) const {
  ObjectId id;
  bool is_hex = hex.size() == 64;
  for (std::size_t i = 0; is_hex && i < hex.size(); ++i) {
    const int digit = hex_digit(hex[i]);
    is_hex = digit >= 0;
    id.words[i / 16] = id.words[i / 16] << 4 | static_cast<std::uint64_t>(digit & 0xf);
  }
  if (!is_hex) throw ObjectError::type_error("Invalid Durable Object ID: must be 64 hex digits");

  check_own(id);
  return id;
}

void Namespace::check_own(const ObjectId& id) const {
  std::string first_half;
  for (std::size_t i = 0; i < half_bytes; ++i)
    first_half += static_cast<char>(id.words[i / 8] >> (56 - 8 * (i % 8)) & 0xff);
  if (sealed(first_half) != id) throw ObjectError::type_error("Durable Object ID is not valid for this namespace.");
}

ObjectId Namespace::new_unique_id(const Draws& draws, Cause cause) const {
  std::string first_half;
  for (std::uint64_t word = 0; word < 2; ++word) {
    const std::uint64_t bits = draws.bits(Purpose::unique_id, cause, word);
    for (int shift = 56; shift >= 0; shift -= 8) first_half += static_cast<char>(bits >> shift & 0xff);
  }
  return sealed(first_half);
}

ObjectId Namespace::sealed(std::string_view first_half) const {
  const Digest second = hmac_sha256(bytes_of(key_, key_.size()), first_half);
  const std::string_view second_half = bytes_of(second, half_bytes);
  return {{big_endian_word(first_half), big_endian_word(first_half.substr(8)), big_endian_word(second_half),
           big_endian_word(second_half.substr(8))}};
}

}  // namespace orrery
