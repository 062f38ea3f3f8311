#include "scenarios/design/design_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <expected>
#include <filesystem>
#include <utility>
#include <vector>

#include "scenarios/toml_text.h"

namespace orrery::scenarios {
namespace {

// Tables whose keys are names that a design gives: a path through them leads to what is there.
constexpr std::array<std::string_view, 3> named_tables{"objects", "services", "counted"};

bool is_list_of_tables(const toml::node& node) {
  const toml::array* list = node.as_array();
  return list && !list->empty() && std::ranges::all_of(*list, [](const toml::node& each) { return each.is_table(); });
}

std::string name_in_list(const toml::array& list, std::size_t place) {
  const auto name = (*list[place].as_table())["name"].value<std::string>();
  return name ? *name : fmt::to_string(place + 1);
}

std::vector<std::string> names_in_list(const toml::array& list) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) names.push_back(name_in_list(list, i));
  return names;
}

// A list of tables, const or not.
template <class List>
auto element(List& list, std::string_view name) -> decltype(list.get(0)) {
  for (std::size_t i = 0; i < list.size(); ++i)
    if (name_in_list(list, i) == name) return list.get(i);
  return nullptr;
}

FileError no_element(std::string_view list, std::string_view name, const std::vector<std::string>& known) {
  FileError error = unknown_name("", name, known);
  error.message = fmt::format("there is no \"{}\" in {}", name, list);
  return error;
}

// What a table of one of several kinds says it is.
std::string kind_of(const toml::table& table) {
  for (const char* key : {"process", "dist"})
    if (const auto kind = table[key].value<std::string>()) return *kind;
  return table.contains("median") ? "lognormal" : "";
}

// A part of a table in braces may be meant to be changed, but not to another kind.
bool is_another(const toml::table& below, const toml::table& above) {
  const std::string kind = kind_of(above);
  return above.is_inline() && !kind.empty() && kind != kind_of(below);
}

void lay(TomlText& text, toml::table& below, toml::table&& above);

void lay_over_list(TomlText& text, std::string_view name, toml::array& below, toml::table&& above) {
  for (auto&& [key, node] : above) {
    toml::node* held = element(below, key.str());
    if (!held)
      text.refuse(key.source(), no_element(name, key.str(), names_in_list(below)));
    else if (!node.is_table())
      text.refuse(node.source(), fmt::format("\"{}\" in {} must be a table", key.str(), name));
    else
      lay(text, *held->as_table(), std::move(*node.as_table()));
  }
}

void lay(TomlText& text, toml::table& below, toml::table&& above) {
  const bool is_root = &below == &text.root();
  for (auto&& [key, node] : above) {
    toml::node* const held = below.get(key.str());
    toml::table* const table = node.as_table();
    if (held && table && held->is_table() && !is_another(*held->as_table(), *table))
      lay(text, *held->as_table(), std::move(*table));
    else if (held && table && is_root && is_list_of_tables(*held))
      lay_over_list(text, key.str(), *held->as_array(), std::move(*table));
    else
      below.insert_or_assign(key, std::move(node));
  }
}

// ---- Paths.

using Keys = std::vector<std::string>;

// A way through the document: where it has come to, if that is there, and by which keys.
struct Way {
  const toml::node* at = nullptr;
  Keys keys{};
  bool is_at_list() const { return at && keys.size() == 1 && is_list_of_tables(*at); }
};

Keys names_at(const Way& way) {
  if (way.is_at_list()) return names_in_list(*way.at->as_array());
  Keys names;
  if (way.at && way.at->is_table())
    for (const auto& [key, node] : *way.at->as_table()) names.emplace_back(key.str());
  return names;
}

// Takes the next key off the path: the longest that is there, else what is before the next dot. Nothing if it is
// empty.
std::string take_key(const Way& way, std::string_view& path) {
  std::string_view key = path.substr(0, path.find('.'));
  std::string_view rest = path.substr(key.size());
  if (path.starts_with('"')) {
    const std::size_t end = std::min(path.find('"', 1), path.size());
    key = path.substr(1, end - 1);
    rest = path.substr(std::min(end + 1, path.size()));
    if (!rest.empty() && !rest.starts_with('.')) key = {};
  } else {
    for (const std::string& name : names_at(way))
      if (name.size() > key.size() && (path == name || path.starts_with(name + "."))) {
        key = path.substr(0, name.size());
        rest = path.substr(name.size());
      }
  }
  std::string taken(key);
  path = rest.empty() ? rest : rest.substr(1);
  if (!rest.empty() && path.empty()) taken.clear();  // it ended with a dot
  return taken;
}

Way stepped(Way way, const std::string& key) {
  const toml::node* next = nullptr;
  if (way.is_at_list())
    next = element(*way.at->as_array(), key);
  else if (way.at && way.at->is_table())
    next = way.at->as_table()->get(key);
  way.at = next;
  way.keys.push_back(key);
  return way;
}

// All ways that a path leads; a mistake if it leads nowhere.
std::expected<std::vector<Keys>, FileError> follow(const toml::table& root, std::string_view path) {
  std::vector<Way> ways{{.at = &root}};
  do {
    const std::string key = take_key(ways.front(), path);
    std::vector<Way> next;
    for (const Way& way : ways) {
      const Keys names = way.is_at_list() && key == "*" ? names_at(way) : Keys{key};
      for (const std::string& name : names) next.push_back(stepped(way, name));
    }
    const Way& before = ways.front();
    const bool is_named =
        before.keys.size() == 1 && std::ranges::find(named_tables, before.keys[0]) != named_tables.end();
    if (!next.front().at && (before.is_at_list() || (is_named && before.at && !path.empty())))
      return std::unexpected(no_element(before.keys[0], key, names_at(before)));
    FileError no_path;
    no_path.message = "a path is keys with dots between them, as in objects.Venue.shards";
    if (key.empty()) return std::unexpected(no_path);
    ways = std::move(next);
  } while (!path.empty());
  std::vector<Keys> all;
  for (Way& way : ways) all.push_back(std::move(way.keys));
  return all;
}

// As TOML writes it, if it is TOML; else, or if it is a date, the text that it is.
std::string as_toml(std::string_view value) {
  TomlText text("");
  const toml::table read = text.parse_argument(fmt::format("value = {}", value), "");
  const toml::node* node = read.size() == 1 ? read.get("value") : nullptr;
  const bool is_plain = node && !node->is_date() && !node->is_time() && !node->is_date_time();
  return is_plain ? std::string(value) : scenarios::quoted(value);
}

// ---- Telling.

void visit_inside(const std::string& path, const toml::node& node, bool is_root, const VisitPart& visit) {
  const auto visit_one = [&](std::string_view key, const toml::node& part) {
    const std::string its_path = path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
    visit(its_path, part);
    visit_inside(its_path, part, path.empty(), visit);
  };
  if (const toml::table* table = node.as_table()) {
    for (const auto& [key, part] : *table) visit_one(key.str(), part);
  } else if (is_root && is_list_of_tables(node)) {
    const toml::array& list = *node.as_array();
    for (std::size_t i = 0; i < list.size(); ++i) visit_one(name_in_list(list, i), list[i]);
  }
}

std::string key_in_toml(std::string_view key) {
  const auto is_bare = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !key.empty() && std::ranges::all_of(key, is_bare) ? std::string(key) : scenarios::quoted(key);
}

using Entries = std::vector<std::pair<const toml::key*, const toml::node*>>;

// As they stand in their files, that is by this place of each: the table itself is ordered by name.
template <class Place>
Entries in_order(const toml::table& table, const Place& place) {
  Entries entries;
  for (const auto& [key, part] : table) entries.emplace_back(&key, &part);
  std::ranges::stable_sort(entries, {}, place);
  return entries;
}

std::string in_toml(const toml::node& node) {
  std::string inside;
  const auto add = [&inside](const std::string& text) { inside += (inside.empty() ? "" : ", ") + text; };
  if (const auto* text = node.as_string()) return scenarios::quoted(text->get());
  if (const auto* number = node.as_integer()) return fmt::to_string(number->get());
  if (const auto* real = node.as_floating_point()) return fmt::to_string(real->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  if (const toml::array* list = node.as_array()) {
    for (const toml::node& each : *list) add(in_toml(each));
    return fmt::format("[{}]", inside);
  }
  if (const toml::table* table = node.as_table()) {
    const auto place = [](const auto& entry) {
      const toml::source_position& begin = entry.first->source().begin;
      return std::pair(begin.line, begin.column);
    };
    for (const auto& [key, part] : in_order(*table, place))
      add(fmt::format("{} = {}", key_in_toml(key->str()), in_toml(*part)));
  }
  return inside.empty() ? "{}" : fmt::format("{{ {} }}", inside);
}

// Whether it stands under a heading of its own.
bool is_section(const toml::node& node) {
  const toml::array* list = node.as_array();
  if (!list) return node.is_table() && !node.as_table()->is_inline();
  return !list->empty() && std::ranges::all_of(*list, [](const toml::node& each) { return is_section(each); });
}

// The values of a table, then its sections.
std::string lines_of(const TomlText& text, const toml::table& table, const std::string& heading) {
  std::string lines;
  const Entries entries = in_order(table, [&text](const auto& entry) { return text.order(entry.first->source()); });
  for (const auto& [key, part] : entries)
    if (!is_section(*part)) lines += fmt::format("{} = {}\n", key_in_toml(key->str()), in_toml(*part));
  for (const auto& [key, part] : entries) {
    if (!is_section(*part)) continue;
    const std::string path = heading.empty() ? key_in_toml(key->str()) : heading + "." + key_in_toml(key->str());
    if (const toml::table* one = part->as_table()) {
      const auto has_values = [](const auto& entry) { return !is_section(entry.second); };
      if (std::ranges::any_of(*one, has_values)) lines += fmt::format("\n[{}]\n", path);
      lines += lines_of(text, *one, path);
    } else {
      for (const toml::node& each : *part->as_array())
        lines += fmt::format("\n[[{}]]\n{}", path, lines_of(text, *each.as_table(), path));
    }
  }
  return lines;
}

}  // namespace

std::string document_text(const TomlText& text) { return lines_of(text, text.root(), ""); }

void lay_over(TomlText& text, toml::table&& above) { lay(text, text.root(), std::move(above)); }

void set_value(TomlText& text, std::string_view path, std::string_view value) {
  const std::string argument = fmt::format("--set {}={}", path, value);
  const auto ways = follow(text.root(), path);
  if (!ways) {
    FileError error = ways.error();
    error.file = text.place({}).file;
    error.message = fmt::format("{}: {}", argument, error.message);
    return text.refuse(std::move(error));
  }
  for (const Keys& keys : *ways) {
    std::string line;
    for (const std::string& key : keys) line += (line.empty() ? "" : ".") + scenarios::quoted(key);
    lay_over(text, text.parse_argument(fmt::format("{} = {}", line, as_toml(value)), argument));
  }
}

void visit_parts(const toml::table& root, const VisitPart& visit) { visit_inside("", root, false, visit); }

const toml::node* part_at(const toml::table& root, std::string_view path) {
  const toml::node* found = nullptr;
  std::string plain(path);
  std::erase(plain, '"');
  visit_parts(root, [&](const std::string& each, const toml::node& part) {
    if (each == plain) found = &part;
  });
  return found;
}

std::string value_text(const toml::node& part) {
  const auto* text = part.as_string();
  return text ? text->get() : in_toml(part);
}

std::string beside(std::string_view by, const std::string& name) {
  return (std::filesystem::path(by).parent_path() / name).lexically_normal().string();
}

}  // namespace orrery::scenarios
