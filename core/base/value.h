// What objects store and calls carry: what JavaScript has words for.
//
// Null, a truth value, an integer, a real number, text, bytes, undefined, a list, and an object of named values.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace orrery {

// Raw bytes. A std::string, because its small form holds a packed number without an allocation.
using Bytes = std::string;

// Bytes as a value, so that they are no text.
struct Blob {
  Bytes bytes;
  friend auto operator<=>(const Blob&, const Blob&) = default;
};

// What JavaScript has for no value at all. As a result it is "nothing": std::optional says that better in C++.
struct Undefined {
  friend auto operator<=>(const Undefined&, const Undefined&) = default;
};

struct Value;
using Values = std::vector<Value>;

// Lists and objects compare by functions of their own: a comparison that is generated asks for that of Value, which
// would ask for theirs.
struct List {
  List() = default;
  explicit List(Values held);
  List(std::initializer_list<Value> held);
  friend bool operator==(const List& a, const List& b);
  friend std::partial_ordering operator<=>(const List& a, const List& b);
  Values items;
};

// In the order of its author; each name once.
struct Object {
  friend bool operator==(const Object& a, const Object& b);
  friend std::partial_ordering operator<=>(const Object& a, const Object& b);
  std::vector<std::pair<std::string, Value>> fields;
};

// The place of a kind in this list is part of what is stored and sent: add at the end. Values can be keys of a map.
struct Value : std::variant<std::monostate, bool, std::int64_t, double, std::string, Blob, Undefined, List, Object> {
  using variant::variant;
};

// As written in JSON: null, true, 7, 0.5, "text" (quotes and control characters escaped), [7,8], {"a":1}. What JSON has
// no word for is an object with one name: {"$bytes":"00ff"}, {"$undefined":true}. Other names that begin with $
// are written with one more. It has no blanks outside of texts.
std::string to_text(const Value& value);
// Nothing, if to_text() writes nothing like it. NaN and infinities are read as to_text() writes them.
std::optional<Value> value_from_text(std::string_view text);

}  // namespace orrery
