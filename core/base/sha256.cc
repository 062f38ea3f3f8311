#include "core/base/sha256.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

namespace orrery {
namespace {

constexpr std::array<std::uint32_t, 64> round_constants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

using State = std::array<std::uint32_t, 8>;

using Word = std::uint32_t;

// One round. Where the standard moves each word to the next name, the caller moves the names.
inline void turn(Word a, Word b, Word c, Word& d, Word e, Word f, Word g, Word& h, Word added) {
  const Word t1 = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + (g ^ (e & (f ^ g))) + added;
  d += t1;
  h = t1 + (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) | (c & (a | b)));
}

void absorb(State& state, const void* bytes) {
  const auto* block = static_cast<const unsigned char*>(bytes);
  std::array<std::uint32_t, 64> words;
  for (std::size_t i = 0; i < 16; ++i)
    words[i] = std::uint32_t{block[4 * i]} << 24 | std::uint32_t{block[4 * i + 1]} << 16 |
               std::uint32_t{block[4 * i + 2]} << 8 | std::uint32_t{block[4 * i + 3]};
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t a = words[i - 15];
    const std::uint32_t b = words[i - 2];
    words[i] = words[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3)) + words[i - 7] +
               (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10));
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; i += 8) {
    const std::uint32_t* word = &words[i];
    const std::uint32_t* constant = &round_constants[i];
    turn(a, b, c, d, e, f, g, h, constant[0] + word[0]);
    turn(h, a, b, c, d, e, f, g, constant[1] + word[1]);
    turn(g, h, a, b, c, d, e, f, constant[2] + word[2]);
    turn(f, g, h, a, b, c, d, e, constant[3] + word[3]);
    turn(e, f, g, h, a, b, c, d, constant[4] + word[4]);
    turn(d, e, f, g, h, a, b, c, constant[5] + word[5]);
    turn(c, d, e, f, g, h, a, b, constant[6] + word[6]);
    turn(b, c, d, e, f, g, h, a, constant[7] + word[7]);
  }
  const State added = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state[i] += added[i];
}

}  // namespace

Sha256& Sha256::update(std::string_view piece) {
  const std::size_t held = bytes_ % block_bytes;
  bytes_ += piece.size();
  if (held > 0) {
    const std::size_t taken = std::min(piece.size(), block_bytes - held);
    piece.copy(begun_.data() + held, taken);
    piece.remove_prefix(taken);
    if (held + taken < block_bytes) return *this;
    absorb(state_, begun_.data());
  }
  for (; piece.size() >= block_bytes; piece.remove_prefix(block_bytes)) absorb(state_, piece.data());
  piece.copy(begun_.data(), piece.size());
  return *this;
}

Digest Sha256::digest() const {
  // After the message: one bit that is set, zeros to the end of a block, of which the last 64 bits are the length in
  // bits, big-endian.
  Sha256 padded = *this;
  std::array<char, block_bytes + 8> padding{'\x80'};
  const std::size_t zeros_end = (block_bytes * 2 - 8 - 1 - bytes_ % block_bytes) % block_bytes + 1;
  for (std::size_t i = 0; i < 8; ++i) padding[zeros_end + i] = static_cast<char>(bytes_ * 8 >> (56 - 8 * i) & 0xff);
  padded.update({padding.data(), zeros_end + 8});

  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(padded.state_[i / 4] >> (24 - 8 * (i % 4)) & 0xff);
  return digest;
}

Digest sha256(std::string_view message) { return Sha256().update(message).digest(); }

Digest hmac_sha256(std::string_view key, std::string_view message) {
  constexpr std::size_t block_bytes = 64;
  std::string block(block_bytes, '\0');
  if (key.size() > block_bytes) {
    const Digest hashed = sha256(key);
    std::memcpy(block.data(), hashed.data(), hashed.size());
  } else {
    std::memcpy(block.data(), key.data(), key.size());
  }
  std::string inner = block;
  std::string outer = block;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  const Digest first = Sha256().update(inner).update(message).digest();
  return Sha256().update(outer).update({reinterpret_cast<const char*>(first.data()), first.size()}).digest();
}

}  // namespace orrery
