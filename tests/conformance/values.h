// Values as programs write them, as transcripts show them, and as JavaScript makes texts of them.
//
// Numbers are doubles, BigInts std::int64_t, undefined is Undefined. What JavaScript has beside the kinds of
// orrery::Value is the object by which a transcript shows it: a Map is {"$map": [[key, value]...]}.
#pragma once

#include <cstddef>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/value.h"
#include "tests/conformance/program.h"

namespace orrery::tests::conformance {

using Variables = std::map<std::string, Value, std::less<>>;

// What a value in a program means.
Value read(const Json& json, const Variables& variables);
// The value as a transcript shows it.
Json shown(const Value& value);
// Class, message and flags of what is being thrown. What is no std::exception is thrown on.
Json shown_error(const std::exception_ptr& thrown);

// String(value).
std::string text_of(const Value& value);
// Number(value), of numbers and truth values. Throws ObjectError for others.
double number_of(const Value& value);
// In UTF-16 code units, as JavaScript counts.
std::size_t length_of_text(std::string_view text);

Value map_of(const std::vector<std::pair<std::string, Value>>& entries);
// The list of a map's pairs; null if the value is no map.
const List* pairs_of_map(const Value& value);
// Null if the value is no object, or has no such field.
const Value* field_of(const Value& value, std::string_view name);

}  // namespace orrery::tests::conformance
