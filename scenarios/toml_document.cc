// TomlText: the document, and where its parts stand.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/nearest.h"
#include "scenarios/toml_reader.h"

namespace orrery::scenarios {
namespace {

bool continues_a_character(char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }

// Where the character with this number begins, both from 1; toml++ counts characters, FileError bytes.
int byte_column(std::string_view line, std::uint32_t character) {
  std::size_t at = 0;
  for (std::uint32_t seen = 1; seen < character && at < line.size(); ++seen) {
    ++at;
    while (at < line.size() && continues_a_character(line[at])) ++at;
  }
  return static_cast<int>(at) + 1;
}

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (std::uint32_t at = 1; at < number; ++at) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

FileError unknown_name(std::string_view what, std::string_view name, const std::vector<std::string>& known) {
  FileError error;
  const auto nearest = nearest_name(name, known);
  error.message = fmt::format("unknown {} \"{}\"", what, name);
  if (nearest) error.hint = fmt::format("did you mean \"{}\"?", *nearest);
  if (!known.empty()) error.note = fmt::format("known: {}", fmt::join(known, ", "));
  return error;
}

TomlText::TomlText(std::string_view text, std::string_view file) : file_(file) { root_ = parse(text, file); }

toml::table TomlText::parse(std::string_view text, std::string_view file) {
  return parse(text, {std::string(file), text});
}

toml::table TomlText::parse_argument(std::string_view text, std::string_view argument) {
  return parse(text, {std::string(argument), {}, true});
}

toml::table TomlText::parse(std::string_view text, Source source) {
  sources_.push_back(std::move(source));
  try {
    return toml::parse(text, sources_.back().name);
  } catch (const toml::parse_error& error) {
    refuse(error.source(), fmt::format("this is not TOML: {}", error.description()));
  }
  return {};
}

const TomlText::Source* TomlText::source_of(const toml::source_region& where) const {
  if (!where.path) return nullptr;
  const auto found = std::ranges::find(sources_, *where.path, &Source::name);
  return found == sources_.end() ? nullptr : &*found;
}

std::string_view TomlText::file_of(const toml::source_region& where) const {
  const Source* source = source_of(where);
  if (!source) return file_;
  return source->is_argument ? std::string_view() : std::string_view(source->name);
}

std::tuple<std::size_t, std::uint32_t, std::uint32_t> TomlText::order(const toml::source_region& where) const {
  const Source* source = source_of(where);
  return {source ? static_cast<std::size_t>(source - sources_.data()) : 0, where.begin.line, where.begin.column};
}

FileError TomlText::place(const toml::source_region& where) const {
  FileError error;
  error.file = file_;
  const Source* source = source_of(where);
  if (source && source->is_argument) error.message = source->name + ": ";
  if (!source || source->is_argument) return error;
  error.file = source->name;
  if (where.begin.line == 0 || source->text.empty()) return error;
  const std::string_view shown = line_of(source->text, where.begin.line);
  error.line = static_cast<int>(where.begin.line);
  error.line_text = shown;
  error.column = byte_column(shown, where.begin.column);
  const bool on_one_line = where.end.line == where.begin.line && where.end.column > where.begin.column;
  error.width = on_one_line ? byte_column(shown, where.end.column) - error.column : 1;
  return error;
}

void TomlText::refuse(const toml::source_region& where, FileError what) {
  FileError error = place(where);
  error.message += what.message;
  error.hint = std::move(what.hint);
  error.note = std::move(what.note);
  refuse(std::move(error));
}

void TomlText::refuse(const toml::source_region& where, std::string message, std::string hint) {
  FileError what;
  what.message = std::move(message);
  what.hint = std::move(hint);
  refuse(where, std::move(what));
}

void TomlText::refuse(FileError whole) {
  if (!mistake_) mistake_ = std::move(whole);
}

void TomlText::refuse_all(std::string message) { refuse({}, std::move(message)); }

}  // namespace orrery::scenarios
