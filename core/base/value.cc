#include "core/base/value.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "core/base/hex.h"

namespace orrery {
namespace {

// So deep may lists and objects lie in each other when they are read.
constexpr int depth_max = 200;

struct Append {
  std::string& out;

  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool truth) const { out += truth ? "true" : "false"; }
  void operator()(std::int64_t number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
  void operator()(double number) const {
    const std::string text = fmt::format("{}", number);
    out += text;
    if (text.find_first_of(".en") == std::string::npos) out += ".0";  // still a real number when read back
  }
  void operator()(const std::string& text) const {
    out += '"';
    for (const char c : text) {
      if (static_cast<unsigned char>(c) < 0x20) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        continue;
      }
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  void operator()(const Blob& blob) const {
    out += R"({"$bytes":")";
    append_hex(out, blob.bytes);
    out += R"("})";
  }
  void operator()(Undefined) const { out += R"({"$undefined":true})"; }
  void operator()(const List& list) const {
    out += '[';
    for (const Value& each : list.items) {
      if (&each != &list.items.front()) out += ',';
      std::visit(*this, each);
    }
    out += ']';
  }
  void operator()(const Object& object) const {
    out += '{';
    for (const auto& field : object.fields) {
      if (&field != &object.fields.front()) out += ',';
      (*this)(field.first.starts_with('$') ? "$" + field.first : field.first);
      out += ':';
      std::visit(*this, field.second);
    }
    out += '}';
  }
};

// Reads one value after the other off a text. What it gives after it has failed is of no use.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool is_good() const { return is_good_; }
  bool at_end() const { return rest_.empty(); }

  Value value(int depth) {
    if (depth > depth_max) return fail();
    if (rest_.starts_with('"')) return text();
    if (takes('[')) return list(depth);
    if (takes('{')) return object(depth);
    for (const auto& [word, value] : {std::pair<std::string_view, Value>{"null", {}}, {"true", true}, {"false", false}})
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return value;
      }
    return number();
  }

 private:
  Value fail() {
    is_good_ = false;
    rest_ = {};
    return {};
  }

  bool takes(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  Value number() {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(",]} "));
    rest_.remove_prefix(word.size());
    if (word.find_first_of(".en") == std::string_view::npos) return read<std::int64_t>(word);
    return read<double>(word);
  }
  template <class Number>
  Value read(std::string_view word) {
    Number number{};
    const auto result = std::from_chars(word.begin(), word.end(), number);
    if (result.ec != std::errc() || result.ptr != word.end()) return fail();
    return number;
  }

  std::string text() {
    std::string out;
    if (!takes('"')) fail();
    while (is_good_ && !takes('"')) {
      if (rest_.empty()) {
        fail();
      } else if (takes('\\')) {
        out += escaped();
      } else {
        out += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    return out;
  }
  char escaped() {
    if (takes('"')) return '"';
    if (takes('\\')) return '\\';
    unsigned char code = 0;
    const bool is_code = rest_.starts_with("u00") && rest_.size() >= 5 &&
                         std::from_chars(rest_.data() + 3, rest_.data() + 5, code, 16).ptr == rest_.data() + 5;
    if (!is_code) fail();
    rest_.remove_prefix(is_code ? 5 : 0);
    return static_cast<char>(code);
  }

  Value list(int depth) {
    List list;
    if (takes(']')) return list;
    do list.items.push_back(value(depth + 1));
    while (is_good_ && takes(','));
    if (!takes(']')) return fail();
    return list;
  }

  Value object(int depth) {
    Object object;
    if (takes('}')) return object;
    do {
      std::string name = text();
      if (!takes(':')) return fail();
      object.fields.emplace_back(std::move(name), value(depth + 1));
    } while (is_good_ && takes(','));
    if (!takes('}')) return fail();
    return meant_by(std::move(object));
  }

  // Undoes what stands for other things.
  Value meant_by(Object object) {
    if (object.fields.size() == 1) {
      const auto& [name, value] = object.fields.front();
      if (name == "$undefined") return Undefined{};
      const auto* digits = std::get_if<std::string>(&value);
      if (name == "$bytes") {
        std::optional<Bytes> bytes = digits ? bytes_of_hex(*digits) : std::nullopt;
        return bytes ? Value(Blob{std::move(*bytes)}) : fail();
      }
    }
    for (auto& [name, value] : object.fields)
      if (name.starts_with("$$")) name.erase(0, 1);
    return object;
  }

  std::string_view rest_;
  bool is_good_ = true;
};

}  // namespace

List::List(Values held) : items(std::move(held)) {}
List::List(std::initializer_list<Value> held) : items(held) {}
bool operator==(const List& a, const List& b) { return a.items == b.items; }
std::partial_ordering operator<=>(const List& a, const List& b) { return a.items <=> b.items; }
bool operator==(const Object& a, const Object& b) { return a.fields == b.fields; }
std::partial_ordering operator<=>(const Object& a, const Object& b) { return a.fields <=> b.fields; }

std::string to_text(const Value& value) {
  std::string text;
  std::visit(Append{text}, value);
  return text;
}

std::optional<Value> value_from_text(std::string_view text) {
  Parser parser(text);
  Value value = parser.value(0);
  if (!parser.is_good() || !parser.at_end()) return std::nullopt;
  return value;
}

}  // namespace orrery
