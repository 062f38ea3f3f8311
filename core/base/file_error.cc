#include "core/base/file_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace orrery {
namespace {

bool begins_a_character(char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; }

// As wide as the text is on a screen: a tab for a tab, one space for each other character.
std::string blank(std::string_view text) {
  std::string blanks;
  for (const char c : text)
    if (begins_a_character(c)) blanks += c == '\t' ? '\t' : ' ';
  return blanks;
}

std::string mark(std::string_view marked) {
  const std::ptrdiff_t characters = std::count_if(marked.begin(), marked.end(), begins_a_character);
  return "^" + std::string(static_cast<std::size_t>(std::max<std::ptrdiff_t>(characters, 1) - 1), '~');
}

}  // namespace

std::string to_text(const FileError& error) {
  std::string text = error.file;
  if (error.line > 0) text += fmt::format(":{}", error.line);
  if (error.line > 0 && error.column > 0) text += fmt::format(":{}", error.column);
  text += fmt::format(": {}\n", error.message);

  const bool shows_line = error.line > 0 && !error.line_text.empty();
  const bool shows_mark = shows_line && error.column > 0;
  if (shows_line) text += fmt::format("{:>5} | {}\n", error.line, error.line_text);
  if (shows_mark) {
    const std::string_view line = error.line_text;
    const std::size_t at = std::min(static_cast<std::size_t>(error.column - 1), line.size());
    const std::size_t width = static_cast<std::size_t>(std::max(error.width, 1));
    text += fmt::format("      | {}{}", blank(line.substr(0, at)), mark(line.substr(at, width)));
    text += error.hint.empty() ? "\n" : fmt::format(" {}\n", error.hint);
  } else if (!error.hint.empty()) {
    text += fmt::format("  {}\n", error.hint);
  }
  if (!error.note.empty()) text += fmt::format("  {}\n", error.note);
  return text;
}

}  // namespace orrery
