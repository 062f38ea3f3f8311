#include "core/journal/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <concepts>
#include <iterator>
#include <optional>
#include <utility>

#include "core/base/fields.h"

namespace orrery::journal {
namespace {

constexpr std::string_view status_names[] = {"ok", "failed", "unknown"};
constexpr std::string_view turn_kind_names[] = {"call", "continuation", "section"};

constexpr std::string_view end_reason_names[] = {"evicted", "aborted", "storage_failed", "section_failed",
                                                 "lease_lost"};
constexpr std::string_view output_kind_names[] = {"reply", "fetch", "call"};

constexpr auto& names_of(Status) { return status_names; }
constexpr auto& names_of(TurnKind) { return turn_kind_names; }
constexpr auto& names_of(EndReason) { return end_reason_names; }
constexpr auto& names_of(OutputKind) { return output_kind_names; }

template <class T>
concept Named = requires(T value) {
  names_of(value);
};

void write_field(std::string& out, const Value& value) { out += to_text(value); }
void write_field(std::string& out, const ObjectId& id) { out += to_hex(id); }
void write_field(std::string& out, std::integral auto number) {
  fmt::format_to(std::back_inserter(out), "{}", number);
}
void write_field(std::string& out, Duration duration) { write_field(out, duration.count()); }
void write_field(std::string& out, Time time) { write_field(out, time.time_since_epoch()); }
template <class Tag, class Rep>
void write_field(std::string& out, Id<Tag, Rep> id) {
  write_field(out, id.value);
}
void write_field(std::string& out, Named auto value) { out += names_of(value)[static_cast<std::size_t>(value)]; }

// All that is left is read by a value, and must be no more than it.
template <std::integral Number>
  requires(!std::is_same_v<Number, bool>)
bool read_field(std::string_view text, Number& number) {
  const auto result = std::from_chars(text.begin(), text.end(), number);
  return result.ec == std::errc() && result.ptr == text.end();
}
bool read_field(std::string_view text, bool& truth) {
  truth = text == "true";
  return truth || text == "false";
}
template <class Tag, class Rep>
bool read_field(std::string_view text, Id<Tag, Rep>& id) {
  return read_field(text, id.value);
}
bool read_field(std::string_view text, Duration& duration) {
  std::int64_t count = 0;
  if (!read_field(text, count)) return false;
  duration = Duration(count);
  return true;
}
bool read_field(std::string_view text, Time& time) {
  Duration since_start{};
  if (!read_field(text, since_start)) return false;
  time = Time(since_start);
  return true;
}
bool read_field(std::string_view text, ObjectId& id) {
  if (text.size() != 64) return false;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string_view word = text.substr(16 * i, 16);
    const auto result = std::from_chars(word.begin(), word.end(), id.words[i], 16);
    if (result.ec != std::errc() || result.ptr != word.end()) return false;
  }
  return true;
}
template <Named Enum>
bool read_field(std::string_view text, Enum& value) {
  const auto& names = names_of(value);
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (names[i] != text) continue;
    value = static_cast<Enum>(i);
    return true;
  }
  return false;
}

bool read_field(std::string_view text, Value& value) {
  std::optional<Value> read = value_from_text(text);
  if (read) value = std::move(*read);
  return read.has_value();
}

// Takes what stands before the next space, or all of a quoted text, off the front of `rest`.
std::string_view next_word(std::string_view& rest) {
  std::size_t end = 0;
  bool is_quoted = false;
  for (; end < rest.size() && (is_quoted || rest[end] != ' '); ++end) {
    if (rest[end] == '"') is_quoted = !is_quoted;
    if (rest[end] == '\\') ++end;
  }
  end = std::min(end, rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

// Reads the fields of E; says what is wrong, or nothing.
template <HasFields E>
std::string read_fields(std::string_view rest, E& event) {
  std::string wrong;
  for_each_field(event, [&](std::string_view name, auto& member) {
    if (!wrong.empty()) return;
    const std::string_view word = next_word(rest);
    if (!word.starts_with(name) || !word.substr(name.size()).starts_with('='))
      wrong = fmt::format("field {} of {} is expected, not '{}'", name, E::name, word);
    else if (!read_field(word.substr(name.size() + 1), member))
      wrong = fmt::format("field {} of {} cannot be '{}'", name, E::name, word.substr(name.size() + 1));
  });
  if (wrong.empty() && !rest.empty()) wrong = fmt::format("{} has no more fields, but there is '{}'", E::name, rest);
  return wrong;
}

template <std::size_t I = 0>
std::string read_event(std::string_view name, std::string_view rest, Event& event) {
  if constexpr (I == kinds_of_event) {
    return fmt::format("there is no event '{}'", name);
  } else {
    if (name != std::variant_alternative_t<I, Event>::name) return read_event<I + 1>(name, rest, event);
    return read_fields(rest, event.emplace<I>());
  }
}

}  // namespace

void write(std::string& out, const Record& record) {
  write_field(out, record.at);
  out += ' ';
  write_field(out, record.node);
  std::visit(
      [&]<class E>(const E& event) {
        out += ' ';
        out += E::name;
        for_each_field(event, [&](std::string_view name, const auto& member) {
          out += ' ';
          out += name;
          out += '=';
          write_field(out, member);
        });
      },
      record.event);
}

std::expected<Record, std::string> read_record(std::string_view line) {
  Record record;
  const std::string_view time = next_word(line);
  if (!read_field(time, record.at)) return std::unexpected(fmt::format("'{}' is no time in nanoseconds", time));
  const std::string_view node = next_word(line);
  if (!read_field(node, record.node)) return std::unexpected(fmt::format("'{}' is no number of a node", node));
  const std::string_view name = next_word(line);
  std::string wrong = read_event(name, line, record.event);
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  return record;
}

}  // namespace orrery::journal
