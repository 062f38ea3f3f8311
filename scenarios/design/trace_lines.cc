#include "scenarios/design/trace_lines.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace orrery::scenarios {
namespace {

// --- CSV ---

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::size_t after_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

// The field whose opening mark stands at `at`; that becomes the place of the comma behind the field, or
// the line's end. Doubled marks are made single at the end of `unquoted`.
std::optional<std::string_view> quoted_field(std::string_view line, std::size_t& at, std::string& unquoted) {
  const std::size_t begin = at + 1;
  const std::size_t unquoted_from = unquoted.size();
  for (std::size_t from = begin;;) {
    const std::size_t mark = line.find('"', from);
    if (mark == std::string_view::npos) return std::nullopt;
    if (line.substr(mark + 1).starts_with('"')) {
      unquoted.append(line.substr(from, mark + 1 - from));
      from = mark + 2;
      continue;
    }
    at = after_blanks(line, mark + 1);
    if (at < line.size() && line[at] != ',') return std::nullopt;
    if (from == begin) return line.substr(begin, mark - begin);
    unquoted.append(line.substr(from, mark - from));
    return std::string_view(unquoted).substr(unquoted_from);
  }
}

// --- JSON ---

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What stands for itself in a string. Whether it is UTF-8 has been seen by whoever took the line from the file.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> is_plain{};
  for (std::size_t c = 0x20; c < is_plain.size(); ++c) is_plain[c] = c != '"' && c != '\\';
  return is_plain;
}();

void append_utf8(std::string& text, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

// Reads a text as one object, and shows each field that holds a single value or null: visit(path, name, value). The
// path names the objects that it stands in, each with a dot behind it. Fields within arrays have no name.
template <class Visit>
class JsonScanner {
 public:
  // Strings with escapes are decoded at the end of `decoded`.
  JsonScanner(std::string_view text, std::string& decoded, const Visit& visit)
      : at_(text.data()), end_(text.data() + text.size()), decoded_(decoded), visit_(visit) {
    decoded_.clear();
    decoded_.reserve(text.size());  // it must not move
  }

  bool read() {
    skip_blanks();
    if (!take('{') || !rest_of_object()) return false;
    skip_blanks();
    return at_ == end_;
  }

 private:
  bool take(char wanted) {
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view wanted) {
    if (!std::string_view(at_, end_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }
  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }

  bool rest_of_object() {
    if (++depth_ > JsonLine::depth_max) return false;
    skip_blanks();
    if (!take('}')) {
      do {
        skip_blanks();
        std::string_view name;
        if (!take('"') || !rest_of_string(name)) return false;
        skip_blanks();
        if (!take(':') || !value_of(name)) return false;
        skip_blanks();
      } while (take(','));
      if (!take('}')) return false;
    }
    --depth_;
    return true;
  }

  bool value_of(std::string_view name) {
    skip_blanks();
    if (take('{')) {
      const std::size_t path_bytes = path_.size();
      path_.append(name) += '.';
      const bool is_read = rest_of_object();
      path_.resize(path_bytes);
      return is_read;
    }
    if (take('[')) return rest_of_array();
    std::string_view value;
    if (!single_value(value)) return false;
    if (arrays_ == 0) visit_(std::string_view(path_), name, value);
    return true;
  }

  bool rest_of_array() {
    if (++depth_ > JsonLine::depth_max) return false;
    ++arrays_;
    skip_blanks();
    if (!take(']')) {
      do {
        if (!value_of({})) return false;
        skip_blanks();
      } while (take(','));
      if (!take(']')) return false;
    }
    --arrays_;
    --depth_;
    return true;
  }

  bool single_value(std::string_view& value) {
    if (take('"')) return rest_of_string(value);
    const char* from = at_;
    if (take("null")) return true;
    if (!take("true") && !take("false") && !take_number()) return false;
    value = {from, at_};
    return true;
  }

  bool take_digits() {
    const char* from = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != from;
  }
  bool take_number() {
    take('-');
    if (!take('0') && !take_digits()) return false;
    if (take('.') && !take_digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return take_digits();
  }

  bool rest_of_string(std::string_view& text) {
    const char* from = at_;
    const auto skip_plain = [&] {
      while (at_ != end_ && plain[static_cast<unsigned char>(*at_)]) ++at_;
    };
    skip_plain();
    text = {from, at_};
    if (take('"')) return true;
    const std::size_t decoded_from = decoded_.size();
    while (take('\\')) {
      decoded_.append(from, at_ - 1);
      if (!take_escape()) return false;
      from = at_;
      skip_plain();
    }
    decoded_.append(from, at_);
    text = std::string_view(decoded_).substr(decoded_from);
    return take('"');  // else a control character stands there, or nothing
  }

  bool take_escape() {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    if (at_ == end_) return false;
    const std::size_t which = letters.find(*at_);
    if (which == std::string_view::npos) return take('u') && take_code();
    decoded_ += meant[which];
    ++at_;
    return true;
  }

  // Characters beyond 16 bits are two codes, the higher half first.
  bool take_code() {
    std::uint32_t code = 0;
    if (!take_hex(code) || (code >= 0xdc00 && code < 0xe000)) return false;
    if (code >= 0xd800 && code < 0xdc00) {
      std::uint32_t low = 0;
      if (!take("\\u") || !take_hex(low) || low < 0xdc00 || low >= 0xe000) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(decoded_, code);
    return true;
  }
  bool take_hex(std::uint32_t& code) {
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ == end_) return false;
      const char c = *at_;
      const char lower = static_cast<char>(c | 0x20);
      if (!is_digit(c) && (lower < 'a' || lower > 'f')) return false;
      code = code * 16 + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    return true;
  }

  const char* at_;
  const char* end_;
  std::string& decoded_;
  const Visit& visit_;
  std::string path_;
  int depth_ = 0;
  int arrays_ = 0;
};

bool is_named(std::string_view wanted, std::string_view path, std::string_view name) {
  return wanted.size() == path.size() + name.size() && wanted.ends_with(name) && wanted.starts_with(path);
}

}  // namespace

bool CsvLine::read(std::string_view line) {
  fields_.clear();
  unquoted_.clear();
  unquoted_.reserve(line.size());  // it must not move
  for (std::size_t at = 0;; ++at) {
    at = after_blanks(line, at);
    if (at < line.size() && line[at] == '"') {
      const auto field = quoted_field(line, at, unquoted_);
      if (!field) return false;
      fields_.push_back(*field);
    } else {
      const std::size_t begin = at;
      at = std::min(line.find(',', begin), line.size());
      std::size_t end = at;
      while (end > begin && is_blank(line[end - 1])) --end;
      fields_.push_back(line.substr(begin, end - begin));
    }
    if (at == line.size()) return true;
  }
}

JsonLine::JsonLine(std::vector<std::string> wanted) : wanted_(std::move(wanted)), fields_(wanted_.size()) {}

bool JsonLine::read(std::string_view line) {
  std::ranges::fill(fields_, std::string_view());
  const auto keep = [this](std::string_view path, std::string_view name, std::string_view value) {
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      if (is_named(wanted_[i], path, name)) fields_[i] = value;
  };
  return JsonScanner(line, decoded_, keep).read();
}

std::vector<std::string> JsonLine::names_in(std::string_view line) {
  std::vector<std::string> names;
  std::string decoded;
  const auto keep = [&](std::string_view path, std::string_view name, std::string_view) {
    names.push_back(std::string(path).append(name));
  };
  if (!JsonScanner(line, decoded, keep).read()) names.clear();
  return names;
}

}  // namespace orrery::scenarios
