// Structs to bytes and back.
//
// What crosses the network is bytes, so that it has a size, a fingerprint and a version. Numbers are
// little-endian and of fixed width, text and sequences carry a 32-bit length before them. A struct with
// `fields()` is its fields, in order. Reading more than there is throws Bug: only our own code writes.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/base/invariant.h"
#include "core/base/time.h"
#include "core/base/value.h"

namespace orrery {

class Writer {
 public:
  explicit Writer(std::size_t expected_bytes = 96) { bytes_.reserve(expected_bytes); }

  template <class T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void put(T number) {
    char raw[sizeof(T)];
    std::memcpy(raw, &number, sizeof(T));
    bytes_.append(raw, sizeof(T));
  }
  template <class Tag, class Rep>
  void put(Id<Tag, Rep> id) { put(id.value); }
  void put(const ObjectId& id) { bytes_.append(reinterpret_cast<const char*>(id.words.data()), sizeof id.words); }
  void put(Duration duration) { put(duration.count()); }
  void put(const std::string& text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
  }
  void put(const Value& value) {
    put(static_cast<std::uint8_t>(value.index()));
    std::visit(
        [this](const auto& held) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) put(held);
        },
        value);
  }
  template <HasFields Struct>
  void put(const Struct& object) {
    for_each_field(object, [this](std::string_view, const auto& member) { put(member); });
  }

  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool at_end() const { return bytes_.empty(); }

  template <class T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void get(T& number) {
    std::memcpy(&number, take(sizeof(T)).data(), sizeof(T));
  }
  template <class Tag, class Rep>
  void get(Id<Tag, Rep>& id) { get(id.value); }
  void get(ObjectId& id) { std::memcpy(id.words.data(), take(sizeof id.words).data(), sizeof id.words); }
  void get(Duration& duration) {
    std::int64_t count = 0;
    get(count);
    duration = Duration(count);
  }
  void get(std::string& text) {
    std::uint32_t size = 0;
    get(size);
    text = take(size);
  }
  void get(Value& value) {
    std::uint8_t index = 0;
    get(index);
    switch (index) {
      case 0: value = std::monostate{}; return;
      case 1: value = next<bool>(); return;
      case 2: value = next<std::int64_t>(); return;
      case 3: value = next<double>(); return;
      case 4: value = next<std::string>(); return;
      default: INVARIANT(false, "a value of kind {}", index);
    }
  }
  template <HasFields Struct>
  void get(Struct& object) {
    for_each_field(object, [this](std::string_view, auto& member) { get(member); });
  }
  template <class T>
  T next() {
    T object{};
    get(object);
    return object;
  }

 private:
  std::string_view take(std::size_t count) {
    INVARIANT(count <= bytes_.size(), "{} bytes wanted, {} left", count, bytes_.size());
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  std::string_view bytes_;
};

}  // namespace orrery
