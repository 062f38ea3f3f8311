#include "core/storage/value_size.h"

#include <bit>
#include <cmath>

namespace orrery::storage {
namespace {

constexpr std::size_t size_of_head = 2;  // its mark and the version

std::size_t varint_size(std::uint64_t number) {
  return number == 0 ? 1 : (static_cast<std::size_t>(std::bit_width(number)) + 6) / 7;
}

// What adds to the size so far: wide text is aligned.
struct Add {
  std::size_t& size;

  void operator()(std::monostate) const { size += 1; }
  void operator()(Undefined) const { size += 1; }
  void operator()(bool) const { size += 1; }
  // A BigInt.
  void operator()(std::int64_t number) const { size += 2 + (number == 0 ? 0 : 8); }
  void operator()(double number) const {
    constexpr double small_max = 1 << 30;
    const bool is_small = number >= -small_max && number < small_max && number == std::floor(number) &&
                          !(number == 0 && std::signbit(number));
    if (!is_small) {
      size += 1 + sizeof number;
      return;
    }
    const auto whole = static_cast<std::int64_t>(number);
    size += 1 + varint_size(static_cast<std::uint64_t>(whole < 0 ? -2 * whole - 1 : 2 * whole));
  }
  void operator()(const std::string& utf8) const {
    std::size_t units = 0;  // of UTF-16
    bool is_wide = false;
    for (const char c : utf8) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte & 0xc0u) != 0x80u) units += byte >= 0xf0 ? 2 : 1;
      is_wide = is_wide || byte >= 0xc4;
    }
    const std::size_t bytes = is_wide ? 2 * units : units;
    const std::size_t head = 1 + varint_size(bytes);
    if (is_wide) size += (size + head) % 2;
    size += head + bytes;
  }
  void operator()(const Blob& blob) const { size += 1 + varint_size(blob.bytes.size()) + blob.bytes.size(); }
  void operator()(const List& list) const {
    size += 1 + varint_size(list.items.size());
    for (const Value& each : list.items) std::visit(*this, each);
    size += 2 + varint_size(list.items.size());
  }
  void operator()(const Object& object) const {
    size += 1;
    for (const auto& [name, value] : object.fields) {
      (*this)(name);
      std::visit(*this, value);
    }
    size += 1 + varint_size(object.fields.size());
  }
};

}  // namespace

std::size_t serialized_size(const Value& value) {
  std::size_t size = size_of_head;
  std::visit(Add{size}, value);
  return size;
}

}  // namespace orrery::storage
