#include "reports/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <variant>

#include "core/base/hex.h"
#include "core/base/utf8.h"

namespace orrery::reports {
namespace {

bool is_inside_character(char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }

// How much of the text is no more than so many bytes, and ends with a whole character.
std::size_t whole_characters(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text.size();
  std::size_t end = bytes_max;
  while (end > 0 && is_inside_character(text[end])) --end;
  return end;
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
  const bool is_ascii = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const bool keeps_bytes = is_ascii || is_utf8(text);
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else if (byte >= 0x80 && !keeps_bytes) {
      out += "\\ufffd";
    } else {
      out += c;
    }
  }
  out += '"';
}

namespace {

void append_hex_object(std::string& out, std::string_view name, std::string_view bytes) {
  out += fmt::format(R"({{"{}":")", name);
  append_hex(out, bytes);
  out += "\"}";
}

void append_list(std::string& out, const List& list) {
  out += '[';
  for (const Value& each : list.items) {
    if (&each != &list.items.front()) out += ',';
    append_json(out, each);
  }
  out += ']';
}

void append_object(std::string& out, const Object& object) {
  out += '{';
  for (const auto& field : object.fields) {
    if (&field != &object.fields.front()) out += ',';
    append_json(out, std::string_view(field.first));
    out += ':';
    append_json(out, field.second);
  }
  out += '}';
}

// Of lists and objects, what fits.
std::string shortened(std::string text, std::size_t bytes_max) {
  const std::size_t end = whole_characters(text, bytes_max);
  return end == text.size() ? text : text.substr(0, end) + "…";
}

}  // namespace

void append_json(std::string& out, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return is_utf8(*text) ? append_json(out, std::string_view(*text)) : append_hex_object(out, "hex", *text);
  }
  if (const auto* list = std::get_if<List>(&value)) return append_list(out, *list);
  if (const auto* object = std::get_if<Object>(&value)) return append_object(out, *object);
  if (const auto* blob = std::get_if<Blob>(&value)) return append_hex_object(out, "bytes", blob->bytes);
  if (std::holds_alternative<Undefined>(value)) {
    out += R"({"undefined":true})";
    return;
  }
  const auto* real = std::get_if<double>(&value);
  if (real != nullptr && !std::isfinite(*real))
    out += fmt::format(R"({{"real":"{}"}})", std::isnan(*real) ? "nan" : *real < 0 ? "-inf" : "inf");
  else
    out += to_text(value);
}

std::string brief_text(const Value& value, std::size_t bytes_max) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return shortened(to_text(value), bytes_max);
  if (!is_utf8(*text)) {
    const std::string_view begins = std::string_view(*text).substr(0, bytes_max / 2);
    return "hex " + hex_of(begins) + (begins.size() < text->size() ? "…" : "");
  }
  const std::size_t end = whole_characters(*text, bytes_max);
  std::string brief = to_text(Value(text->substr(0, end)));
  if (end < text->size()) brief.insert(brief.size() - 1, "…");
  return brief;
}

}  // namespace orrery::reports
