#include "tests/conformance/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/hex.h"
#include "core/base/object_error.h"

namespace orrery::tests::conformance {
namespace {

constexpr std::size_t shown_max = 200;  // letters or bytes
constexpr std::size_t shown_of_long = 8;

std::size_t count_of(const Value& value) { return static_cast<std::size_t>(number_of(value)); }
std::string key(std::size_t number) { return fmt::format("k{:03}", number); }

Value special_number(const Value& value) {
  const std::string text = text_of(value);
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  if (text == "-0") return -0.0;
  throw ObjectError("no such number: " + text);
}

Value big_integer(const Value& value) {
  const std::string text = text_of(value);
  std::int64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size())
    throw ObjectError("this harness has no BigInt " + text);
  return number;
}

Value repeated_text(const Value& value) {
  const Values& parts = std::get<List>(value).items;
  const std::string once = text_of(parts.at(0));
  std::string text;
  for (std::size_t i = 0; i < count_of(parts.at(1)); ++i) text += once;
  return text;
}

Value keys(const Value& count) {
  List list;
  for (std::size_t i = 0; i < count_of(count); ++i) list.items.emplace_back(key(i));
  return list;
}

Value entries(const Value& value) {
  const Values& parts = std::get<List>(value).items;
  Object object;
  for (std::size_t i = 0; i < count_of(parts.at(0)); ++i) object.fields.emplace_back(key(i), parts.at(1));
  return object;
}

using Special = Value (*)(const Value& argument);
const std::map<std::string_view, Special> special_values = {
    {"$undefined", [](const Value&) { return Value(Undefined()); }},
    {"$number", special_number},
    {"$bigint", big_integer},
    {"$bytes", [](const Value& hex) { return Value(Blob{bytes_of_hex(text_of(hex)).value()}); }},
    {"$zeros", [](const Value& count) { return Value(Blob{Bytes(count_of(count), '\0')}); }},
    {"$text", repeated_text},
    {"$keys", keys},
    {"$entries", entries},
};

Value read_text(std::string text, const Variables& variables) {
  if (text.starts_with("$$")) return text.substr(1);
  if (!text.starts_with('$')) return text;
  const auto found = variables.find(std::string_view(text).substr(1));
  return found == variables.end() ? Value(Undefined()) : found->second;
}

// The first so many UTF-16 code units; a letter beyond the basic plane is not cut.
std::string first_letters(std::string_view text, std::size_t units) {
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size() && seen < units;) {
    const std::size_t start = end++;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u) ++end;
    seen += length_of_text(text.substr(start, end - start));
  }
  return std::string(text.substr(0, end));
}

struct Show {
  Json operator()(std::monostate) const { return nullptr; }
  Json operator()(bool truth) const { return truth; }
  Json operator()(std::int64_t number) const { return {{"$bigint", std::to_string(number)}}; }
  Json operator()(double number) const {
    if (number == 0 && std::signbit(number)) return {{"$number", "-0"}};
    if (!std::isfinite(number)) return {{"$number", text_of(number)}};
    return number;
  }
  Json operator()(const std::string& text) const {
    const std::size_t length = length_of_text(text);
    if (length <= shown_max) return text;
    return {{"$long", Json::array({first_letters(text, shown_of_long), length})}};
  }
  Json operator()(const Blob& blob) const {
    if (blob.bytes.size() <= shown_max) return {{"$bytes", hex_of(blob.bytes)}};
    const std::string start = hex_of(std::string_view(blob.bytes).substr(0, shown_of_long));
    return {{"$long_bytes", Json::array({start, blob.bytes.size()})}};
  }
  Json operator()(Undefined) const { return {{"$undefined", true}}; }
  Json operator()(const List& list) const {
    Json json = Json::array();
    for (const Value& each : list.items) json.push_back(shown(each));
    return json;
  }
  Json operator()(const Object& object) const {
    Json json = Json::object();
    for (const auto& [name, value] : object.fields) json[name] = shown(value);
    return json;
  }
};

// As ECMAScript's Number::toString lays out the shortest digits that stand for a number.
std::string text_of_finite(double number) {
  std::array<char, 40> room{};
  const auto [last, error] = std::to_chars(room.begin(), room.end(), std::abs(number), std::chars_format::scientific);
  const std::string_view text(room.begin(), last);
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  std::erase(digits, '.');
  const std::string sign = number < 0 ? "-" : "";
  const int exponent = std::stoi(std::string(text.substr(e + 1)));
  const int size = static_cast<int>(digits.size());
  const int point = exponent + 1;  // the place of the decimal point among the digits
  const auto zeros = [](int count) { return std::string(static_cast<std::size_t>(count), '0'); };
  if (size <= point && point <= 21) return sign + digits + zeros(point - size);
  if (0 < point && point <= 21) return sign + digits.insert(static_cast<std::size_t>(point), ".");
  if (-6 < point && point <= 0) return sign + "0." + zeros(-point) + digits;
  if (size > 1) digits.insert(1, ".");
  return fmt::format("{}{}e{:+}", sign, digits, exponent);
}

struct AsText {
  std::string operator()(std::monostate) const { return "null"; }
  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
    return number == 0 ? "0" : text_of_finite(number);
  }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(const Blob&) const { return "[object ArrayBuffer]"; }
  std::string operator()(Undefined) const { return "undefined"; }
  std::string operator()(const List& list) const {
    std::string text;
    for (const Value& each : list.items) {
      if (&each != &list.items.front()) text += ',';
      if (!std::holds_alternative<Undefined>(each) && !std::holds_alternative<std::monostate>(each))
        text += text_of(each);
    }
    return text;
  }
  std::string operator()(const Object& object) const {
    return pairs_of_map(object) ? "[object Map]" : "[object Object]";
  }
};

constexpr std::string_view name_of(ObjectError::Kind kind) {
  switch (kind) {
    case ObjectError::Kind::error: return "Error";
    case ObjectError::Kind::type_error: return "TypeError";
    case ObjectError::Kind::range_error: return "RangeError";
  }
  return "Error";
}

// Without the number by which workerd's log finds an internal error.
std::string without_reference(std::string message) {
  constexpr std::string_view mark = "internal error; reference = ";
  const std::size_t at = message.find(mark);
  if (at == message.npos) return message;
  const std::size_t begin = at + mark.size();
  std::size_t end = begin;
  while (end < message.size() && (std::isalnum(static_cast<unsigned char>(message[end])) != 0 || message[end] == '_'))
    ++end;
  return end == begin ? message : message.replace(begin, end - begin, "*");
}

Json shown_error(const ObjectError& error) {
  Json json = {name_of(error.kind()), without_reference(error.message())};
  const std::pair<std::string_view, bool> flags[] = {{"durableObjectReset", error.reset()},
                                                     {"overloaded", error.overloaded()},
                                                     {"remote", error.remote()},
                                                     {"retryable", error.retryable()}};
  for (const auto& [flag, is_set] : flags)
    if (is_set) json.push_back(flag);
  return json;
}

}  // namespace

Value read(const Json& json, const Variables& variables) {
  if (json.is_null()) return {};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return read_text(json.get<std::string>(), variables);
  if (json.is_array()) {
    List list;
    for (const Json& each : json) list.items.push_back(read(each, variables));
    return list;
  }
  if (json.size() == 1) {
    const auto only = json.begin();
    const auto special = special_values.find(only.key());
    if (special != special_values.end()) return special->second(read(only.value(), variables));
  }
  Object object;
  for (const auto& [name, value] : json.items()) object.fields.emplace_back(name, read(value, variables));
  return object;
}

Json shown(const Value& value) { return std::visit(Show(), value); }

Json shown_error(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const ObjectError& error) {
    return shown_error(error);
  } catch (const std::exception& error) { return {"Error", without_reference(error.what())}; }
}

std::string text_of(const Value& value) { return std::visit(AsText(), value); }

double number_of(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? 1 : 0;
  throw ObjectError::type_error(text_of(value) + " is no number");
}

std::size_t length_of_text(std::string_view text) {
  std::size_t length = 0;
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if ((byte & 0xc0u) != 0x80u) length += byte >= 0xf0 ? 2 : 1;
  }
  return length;
}

Value map_of(const std::vector<std::pair<std::string, Value>>& entries) {
  List pairs;
  for (const auto& [name, value] : entries) pairs.items.emplace_back(List{name, value});
  return Object{{{"$map", std::move(pairs)}}};
}

const List* pairs_of_map(const Value& value) {
  const auto* object = std::get_if<Object>(&value);
  if (!object || object->fields.size() != 1 || object->fields.front().first != "$map") return nullptr;
  return std::get_if<List>(&object->fields.front().second);
}

const Value* field_of(const Value& value, std::string_view name) {
  const auto* object = std::get_if<Object>(&value);
  if (!object) return nullptr;
  const auto found = std::ranges::find(object->fields, name, &std::pair<std::string, Value>::first);
  return found == object->fields.end() ? nullptr : &found->second;
}

}  // namespace orrery::tests::conformance
