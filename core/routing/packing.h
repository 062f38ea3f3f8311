// Arguments and results as bytes: a sequence of values, each with its kind before it.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/object_error.h"
#include "core/routing/request.h"

namespace orrery::routing {

// The first of a packed sequence of values; nothing if it is empty.
Value first_value(const Bytes& packed);

Bytes pack_values(const std::vector<Value>& values);
Bytes pack_error(const ObjectError& error);
ObjectError unpack_error(const Bytes& packed);

// How one C++ type is packed. Author's types are bool, int64, double, text, Value, Request and Response.
template <class T>
Value as_value(const T& item) {
  if constexpr (std::is_same_v<T, Request> || std::is_same_v<T, Response>)
    return to_bytes_of(item);
  else
    return item;
}

// Takes the next value as a T; throws a TypeError naming the place if it is of another kind.
template <class T>
T unpack_one(Reader& reader, int place) {
  if (reader.at_end()) throw ObjectError::type_error("argument " + std::to_string(place) + " is missing");
  Value value = reader.next<Value>();
  if constexpr (std::is_same_v<T, Value>) {
    return value;
  } else if constexpr (std::is_same_v<T, Request> || std::is_same_v<T, Response>) {
    auto* held = std::get_if<std::string>(&value);
    if (!held) throw ObjectError::type_error("argument " + std::to_string(place) + " is no request");
    return Reader(*held).template next<T>();
  } else {
    auto* held = std::get_if<T>(&value);
    if (!held) throw ObjectError::type_error("argument " + std::to_string(place) + " is of another type");
    return std::move(*held);
  }
}

template <class... Items>
Bytes pack(const Items&... items) {
  return to_bytes_of(as_value(items)...);
}

}  // namespace orrery::routing
