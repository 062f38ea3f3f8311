// Structs to bytes and back.
//
// What crosses the network is bytes, so that it has a size, a fingerprint and a version. Numbers are
// little-endian and of fixed width, text and sequences carry a 32-bit length before them, and what may be missing a
// byte that says whether it is there. A struct with `fields()` is its fields, in order. Reading more than there is
// throws Bug: only our own code writes.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/fields.h"
#include "core/base/ids.h"
#include "core/base/invariant.h"
#include "core/base/time.h"
#include "core/base/value.h"

namespace orrery {

// How many bytes each kind of thing takes. Known beforehand, so that bytes are made in one piece.
template <class T>
requires std::is_arithmetic_v<T> || std::is_enum_v<T>
constexpr std::size_t size_in_bytes(T) { return sizeof(T); }
template <class Tag, class Rep>
constexpr std::size_t size_in_bytes(Id<Tag, Rep>) {
  return sizeof(Rep);
}
constexpr std::size_t size_in_bytes(const ObjectId& id) { return sizeof id.words; }
constexpr std::size_t size_in_bytes(Duration) { return sizeof(std::int64_t); }
constexpr std::size_t size_in_bytes(LocalTime) { return sizeof(std::int64_t); }
inline std::size_t size_in_bytes(const std::string& text) { return sizeof(std::uint32_t) + text.size(); }
constexpr std::size_t size_in_bytes(std::monostate) { return 0; }
constexpr std::size_t size_in_bytes(Undefined) { return 0; }
inline std::size_t size_in_bytes(const Blob& blob) { return size_in_bytes(blob.bytes); }
inline std::size_t size_in_bytes(const Value& value);
template <HasFields Struct>
constexpr std::size_t size_in_bytes(const Struct& object);  // declared here for what holds such structs
template <class First, class Second>
std::size_t size_in_bytes(const std::pair<First, Second>& both) {
  return size_in_bytes(both.first) + size_in_bytes(both.second);
}
template <class T>
std::size_t size_in_bytes(const std::optional<T>& held) {
  return 1 + (held ? size_in_bytes(*held) : 0);
}
template <class T>
std::size_t size_in_bytes(const std::vector<T>& items) {
  std::size_t size = sizeof(std::uint32_t);
  for (const T& each : items) size += size_in_bytes(each);
  return size;
}
inline std::size_t size_in_bytes(const List& list) { return size_in_bytes(list.items); }
inline std::size_t size_in_bytes(const Object& object) { return size_in_bytes(object.fields); }
inline std::size_t size_in_bytes(const Value& value) {
  return 1 + std::visit([](const auto& held) { return size_in_bytes(held); }, value);
}
template <HasFields Struct>
constexpr std::size_t size_in_bytes(const Struct& object) {
  std::size_t size = 0;
  for_each_field(object, [&size](std::string_view, const auto& member) { size += size_in_bytes(member); });
  return size;
}

class Writer {
 public:
  // Into memory of its own, for take(). Best when about so many bytes follow; more are taken as well.
  explicit Writer(std::size_t expected_bytes = 0) : is_own_(true) { grow(expected_bytes); }
  // Into that memory, for exactly so many bytes.
  Writer(char* to, std::size_t bytes) : at_(to), end_(to + bytes) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  [[gnu::always_inline]] void put(T number) { std::memcpy(room_for(sizeof(T)), &number, sizeof(T)); }
  template <class Tag, class Rep>
  void put(Id<Tag, Rep> id) {
    put(id.value);
  }
  void put(const ObjectId& id) { std::memcpy(room_for(sizeof id.words), id.words.data(), sizeof id.words); }
  void put(Duration duration) { put(duration.count()); }
  void put(LocalTime instant) { put(instant.time_since_epoch()); }
  void put(const std::string& text) {
    put(static_cast<std::uint32_t>(text.size()));
    std::memcpy(room_for(text.size()), text.data(), text.size());
  }
  void put(std::monostate) {}
  void put(Undefined) {}
  void put(const Blob& blob) { put(blob.bytes); }
  void put(const List& list) { put(list.items); }
  void put(const Object& object) { put(object.fields); }
  template <class First, class Second>
  void put(const std::pair<First, Second>& both) {
    put(both.first);
    put(both.second);
  }
  template <class T>
  void put(const std::optional<T>& held) {
    put(static_cast<std::uint8_t>(held.has_value()));
    if (held) put(*held);
  }
  template <class T>
  void put(const std::vector<T>& items) {
    put(static_cast<std::uint32_t>(items.size()));
    for (const T& each : items) put(each);
  }
  void put(const Value& value) {
    put(static_cast<std::uint8_t>(value.index()));
    std::visit([this](const auto& held) { this->put(held); }, value);
  }
  template <HasFields Struct>
  void put(const Struct& object) {
    for_each_field(object, [this](std::string_view, const auto& member) { this->put(member); });
  }

  bool is_full() const { return at_ == end_; }
  Bytes take() {
    own_.resize(own_.size() - static_cast<std::size_t>(end_ - at_));
    at_ = end_ = nullptr;
    return std::exchange(own_, {});
  }

 private:
  [[gnu::always_inline]] char* room_for(std::size_t count) {
    if (count > static_cast<std::size_t>(end_ - at_)) [[unlikely]]
      grow(count);
    return std::exchange(at_, at_ + count);
  }
  [[gnu::noinline]] void grow(std::size_t count) {
    INVARIANT(is_own_, "{} bytes more than were asked for", count);
    const std::size_t used = own_.size() - static_cast<std::size_t>(end_ - at_);
    own_.resize(std::max(2 * own_.size(), used + count));
    at_ = own_.data() + used;
    end_ = own_.data() + own_.size();
  }

  const bool is_own_ = false;
  Bytes own_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

// All of these, one after the other, in the place of what `bytes` held.
template <class... Items>
void write_bytes_of(Bytes& bytes, const Items&... items) {
  const std::size_t size = (std::size_t{0} + ... + size_in_bytes(items));
  bytes.resize_and_overwrite(size, [&](char* to, std::size_t) {
    Writer writer(to, size);
    (writer.put(items), ...);
    INVARIANT(writer.is_full(), "fewer bytes than the {} that were asked for", size);
    return size;
  });
}
template <class... Items>
Bytes to_bytes_of(const Items&... items) {
  Bytes bytes;
  write_bytes_of(bytes, items...);
  return bytes;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool at_end() const { return bytes_.empty(); }

  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  [[gnu::always_inline]] void get(T& number) { std::memcpy(&number, take(sizeof(T)).data(), sizeof(T)); }
  template <class Tag, class Rep>
  void get(Id<Tag, Rep>& id) {
    get(id.value);
  }
  void get(ObjectId& id) { std::memcpy(id.words.data(), take(sizeof id.words).data(), sizeof id.words); }
  void get(Duration& duration) {
    std::int64_t count = 0;
    get(count);
    duration = Duration(count);
  }
  void get(std::string& text) {
    std::uint32_t size = 0;
    get(size);
    text.assign(take(size));
  }
  void get(std::monostate&) {}
  void get(Undefined&) {}
  void get(Blob& blob) { get(blob.bytes); }
  void get(List& list) { get(list.items); }
  void get(Object& object) { get(object.fields); }
  template <class First, class Second>
  void get(std::pair<First, Second>& both) {
    get(both.first);
    get(both.second);
  }
  template <class T>
  void get(std::optional<T>& held) {
    std::uint8_t is_there = 0;
    get(is_there);
    held.reset();
    if (is_there) get(held.emplace());
  }
  template <class T>
  void get(std::vector<T>& items) {
    std::uint32_t count = 0;
    get(count);
    INVARIANT(count <= bytes_.size(), "{} items wanted, {} bytes left", count, bytes_.size());
    items.resize(count);
    for (T& each : items) get(each);
  }
  void get(Value& value) {
    std::uint8_t index = 0;
    get(index);
    INVARIANT(index < std::variant_size_v<Value::variant>, "a value of kind {}", index);
    get_kind<0>(value, index);
  }
  template <HasFields Struct>
  void get(Struct& object) {
    for_each_field(object, [this](std::string_view, auto& member) { this->get(member); });
  }
  template <class T>
  T next() {
    T object;  // without a second initialisation of what has its own: all of it is read
    get(object);
    return object;
  }

 private:
  template <std::size_t I>
  void get_kind(Value& value, std::uint8_t index) {
    if (index == I)
      get(value.emplace<I>());
    else if constexpr (I + 1 < std::variant_size_v<Value::variant>)
      get_kind<I + 1>(value, index);
  }

  [[gnu::always_inline]] std::string_view take(std::size_t count) {
    INVARIANT(count <= bytes_.size(), "{} bytes wanted, {} left", count, bytes_.size());
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  std::string_view bytes_;
};

}  // namespace orrery
