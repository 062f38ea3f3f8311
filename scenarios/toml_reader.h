// TOML that a person may have edited, read strictly.
//
// Every key must be known, every value must have the type and range that its reader asks for. The first mistake
// is kept, with its place; what is read after it are defaults, so readers need no error paths: they read
// everything, call end() on each table, and look for a mistake once.
//
// A document may be laid together from several texts (design/design_layers.h): each part knows which one it is from.
#pragma once

#include <toml++/toml.h>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/duration_text.h"
#include "core/base/file_error.h"
#include "core/base/value.h"
#include "scenarios/argument.h"

namespace orrery::scenarios {

// What is said of a name that is not among those that are known: message, hint and note.
FileError unknown_name(std::string_view what, std::string_view name, const std::vector<std::string>& known);

class TomlText {
 public:
  // All texts that parts come from must outlive this.
  TomlText(std::string_view text, std::string_view file);
  // A document that is still empty. Mistakes without a place are this file's.
  explicit TomlText(std::string_view file) : file_(file) {}

  toml::table& root() { return root_; }
  const toml::table& root() const { return root_; }

  // Reads a text that parts of the document are to come from. One that is not TOML is a mistake, and an empty table.
  toml::table parse(std::string_view text, std::string_view file);
  // The same for what stands on the command line, "--set disk.sync=5ms": its mistakes begin with that, and have no line.
  toml::table parse_argument(std::string_view text, std::string_view argument);

  // Keeps the mistake if it is the first. Of `what`, it takes message, hint and note.
  void refuse(const toml::source_region& where, std::string message, std::string hint = {});
  void refuse(const toml::source_region& where, FileError what);
  void refuse(FileError whole);
  void refuse_all(std::string message);  // no one place
  const std::optional<FileError>& mistake() const { return mistake_; }

  // An error at this place; its message, which is empty or begins with an argument, is to be completed.
  FileError place(const toml::source_region& where) const;
  // Empty for what stands on the command line.
  std::string_view file_of(const toml::source_region& where) const;
  // Orders places: texts as they were read, then lines, then columns.
  std::tuple<std::size_t, std::uint32_t, std::uint32_t> order(const toml::source_region& where) const;

 private:
  struct Source {
    std::string name;
    std::string_view text;
    bool is_argument = false;
  };
  toml::table parse(std::string_view text, Source source);
  const Source* source_of(const toml::source_region& where) const;

  std::string file_;
  std::vector<Source> sources_;
  toml::table root_;
  std::optional<FileError> mistake_;
};

class TomlTable {
 public:
  static constexpr std::int64_t whole_max = std::numeric_limits<std::int64_t>::max();

  // `name` is for people: "[run]". Both references must outlive the table.
  TomlTable(TomlText& text, const toml::table& table, std::string name)
      : text_(text), table_(table), name_(std::move(name)) {}

  // Without a fallback the key must be there.
  std::string text(std::string_view key, std::optional<std::string> fallback = {});
  bool truth(std::string_view key, std::optional<bool> fallback = {});
  std::int64_t whole(std::string_view key, std::int64_t least, std::int64_t most,
                     std::optional<std::int64_t> fallback = {});
  // A number with at most six decimals, between so many millionths.
  std::int64_t millionths(std::string_view key, std::int64_t least, std::int64_t most,
                          std::optional<std::int64_t> fallback = {});
  Duration duration(std::string_view key, std::optional<Duration> fallback = {});
  Rate rate(std::string_view key);
  // A text (core/base/distributions.h), or a table:
  //   { median = "85ms", sigma = 0.4 }        { dist = "exponential", mean = "5ms" }   { dist = "constant", value = "5ms" }
  //   { dist = "uniform", least = "1ms", most = "3ms" }   { dist = "pareto", scale = "1ms", alpha = 1.5 }
  Distribution distribution(std::string_view key, std::optional<Distribution> fallback = {});
  // A text that is one of `words`, by its place among them.
  std::size_t choice(std::string_view key, std::span<const std::string_view> words);
  std::uint64_t seed(std::string_view key);
  std::uint64_t hexadecimal(std::string_view key);  // 16 digits
  std::vector<std::string> texts(std::string_view key);
  std::vector<std::uint64_t> hexadecimals(std::string_view key);
  // A list that is left out is empty.
  std::vector<Value> values(std::string_view key);
  std::vector<Argument> arguments(std::string_view key);  // values, or { between = [1, 6] }

  // For a caller who reads this key by itself; nothing if it is not there.
  const toml::node* node(std::string_view key) { return find(key, false); }
  // Every key of a table with its value, in the order of the text.
  std::vector<std::pair<std::string, const toml::node*>> entries(std::string_view key);
  TomlText& file() { return text_; }

  bool has(std::string_view key) const { return table_.contains(key); }
  // A table of its own, "[key]" unless it has a name for people; an empty one if it is left out.
  TomlTable table(std::string_view key, std::string name = {});
  // Calls visit(TomlTable&) for each table of a list, and ends each.
  template <class Visit>
  void each(std::string_view key, Visit&& visit) {
    const toml::array* list = array(key);
    if (!list) return;
    for (const toml::node& node : *list) {
      if (!node.is_table()) return text_.refuse(node.source(), wrong_type(key, node, "a list of tables"));
      TomlTable element(text_, *node.as_table(), std::string(key));
      visit(element);
      element.end();
    }
  }

  // Refuses, with the place of the key, or of the table if the key is not there.
  void refuse(std::string_view key, std::string message, std::string hint = {});
  void refuse(std::string_view key, FileError what);
  // The same with the place of the key itself, not of its value.
  void refuse_key(std::string_view key, std::string message, std::string hint = {});
  void refuse_key(std::string_view key, FileError what);
  // Refuses the keys that nobody asked for.
  void end();

 private:
  // Nothing if the key is not there; then it is a mistake if it is `needed`.
  const toml::node* find(std::string_view key, bool needed);
  const toml::array* array(std::string_view key);
  std::string unknown(std::string_view key) const;
  std::string wrong_type(std::string_view key, const toml::node& node, std::string_view wanted) const;
  Value value_of(std::string_view key, const toml::node& node);
  std::optional<Value> value_in(std::string_view key, const toml::table& table);
  Argument argument_of(std::string_view key, const toml::node& node);
  template <class T>
  T parsed(std::string_view key, std::expected<T, std::string> (*parse)(std::string_view), std::optional<T> fallback);
  std::string distribution_text();  // of the table as a whole

  TomlText& text_;
  const toml::table& table_;
  std::string name_;
  std::vector<std::string> asked_;
};

}  // namespace orrery::scenarios
