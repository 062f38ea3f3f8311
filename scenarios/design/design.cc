#include "scenarios/design/design.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "scenarios/design/design_layers.h"
#include "scenarios/design/design_toml.h"

namespace orrery::scenarios {
namespace {

struct TextFile {
  std::string path;
  std::string text;
};

std::string stem_of(const std::string& path) { return std::filesystem::path(path).stem().string(); }

// Of the values in a root: of all that has no parts with paths of their own.
std::vector<std::string> paths_in(const toml::table& root) {
  std::vector<std::string> paths;
  visit_parts(root, [&](const std::string& path, const toml::node&) {
    if (!paths.empty() && path.starts_with(paths.back() + ".")) paths.pop_back();
    paths.push_back(path);
  });
  return paths;
}

// A file and those that it includes, in the order of laying over.
class Files {
 public:
  explicit Files(const ReadText& read_text) : read_text_(read_text) {}

  // A file that includes itself, over whatever others, is a mistake; one that is included twice is laid once.
  std::optional<FileError> add(const std::string& path) {
    auto read = read_text_(path);
    if (!read) return std::move(read.error());
    TomlText text(*read, path);
    const toml::node* include = text.root().get("include");
    open_.push_back(path);
    if (!text.mistake() && include) add_included(text, *include, path);
    open_.pop_back();
    if (text.mistake()) return text.mistake();
    files.push_back({path, std::move(*read)});
    return std::nullopt;
  }

  std::vector<TextFile> files;

 private:
  void add_included(TomlText& text, const toml::node& include, const std::string& path) {
    const toml::array* list = include.as_array();
    if (!list) return add_one(text, include, path);
    for (const toml::node& each : *list) add_one(text, each, path);
  }
  void add_one(TomlText& text, const toml::node& name, const std::string& path) {
    if (!name.is_string())
      return text.refuse(name.source(), "\"include\" names a file, or a list of files, that stand beside this one");
    const std::string included = beside(path, name.as_string()->get());
    if (std::ranges::find(open_, included) != open_.end())
      return text.refuse(name.source(), fmt::format("{} would include itself", included));
    if (std::ranges::find(files, included, &TextFile::path) != files.end()) return;
    const std::optional<FileError> wrong = add(included);
    if (wrong && wrong->line == 0)  // it cannot be read
      text.refuse(name.source(), fmt::format("{}: {}", wrong->file, wrong->message));
    else if (wrong)
      text.refuse(*wrong);
  }

  const ReadText& read_text_;
  std::vector<std::string> open_;
};

}  // namespace

struct DesignFile::Inside {
  std::string path;
  ReadText read_text;
  std::vector<TextFile> files;  // in the order of laying over
  std::string name;
  std::vector<std::string> variants;

  // Parsed anew each time: a copy of a table would not know where its parts stand.
  void lay_files(TomlText& text) const {
    for (const TextFile& file : files) {
      toml::table read = text.parse(file.text, file.path);
      read.erase("include");
      lay_over(text, std::move(read));
    }
  }
  void lay_variant(TomlText& text, const std::string& variant) const {
    toml::node* held = text.root().get("variant");
    if (!variant.empty() && std::ranges::find(variants, variant) == variants.end())
      return text.refuse(toml::source_region{}, unknown_name("variant", variant, variants));
    toml::table all = held ? std::move(*held->as_table()) : toml::table{};
    text.root().erase("variant");
    if (variant.empty()) return;
    toml::table& chosen = *all[variant].as_table();
    for (const char* key : {"include", "variant", "orrery"})
      if (const auto found = chosen.find(key); found != chosen.end())
        text.refuse(found->first.source(), fmt::format("a variant has no \"{}\" of its own", key));
    lay_over(text, std::move(chosen));
  }
  void lay(TomlText& text, const DesignChoice& choice) const {
    lay_files(text);
    lay_variant(text, choice.variant);
    for (const auto& [path, value] : choice.sets) set_value(text, path, value);
  }
};

DesignFile::DesignFile(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
DesignFile::DesignFile(DesignFile&&) noexcept = default;
DesignFile& DesignFile::operator=(DesignFile&&) noexcept = default;
DesignFile::~DesignFile() = default;

std::string DesignFile::name() const { return inside_->name; }
std::vector<std::string> DesignFile::variants() const { return inside_->variants; }

std::vector<std::string> DesignFile::paths_of_variant(std::string_view variant) const {
  TomlText text(inside_->path);
  inside_->lay_files(text);
  const auto held = text.root()["variant"][variant];
  return held.is_table() ? paths_in(*held.as_table()) : std::vector<std::string>{};
}

std::expected<DesignFile, FileError> DesignFile::read(const std::string& path, const ReadText& read_text) {
  Files files(read_text);
  if (const auto mistake = files.add(path)) return std::unexpected(*mistake);
  auto inside = std::make_unique<Inside>();
  inside->path = path;
  inside->read_text = read_text;
  inside->files = std::move(files.files);

  TomlText text(path);
  inside->lay_files(text);
  TomlTable root(text, text.root(), "");
  inside->name = root.text("name", stem_of(path));
  for (const auto& [name, variant] : root.entries("variant")) {
    inside->variants.push_back(name);
    if (!variant->is_table())
      text.refuse(variant->source(), fmt::format("variant \"{}\" must be a table", name),
                  fmt::format("begin it with [variant.{}]", name));
  }
  if (text.mistake()) return std::unexpected(*text.mistake());
  return DesignFile(std::move(inside));
}

std::expected<Design, FileError> DesignFile::choose(const DesignChoice& choice) const {
  TomlText text(inside_->path);
  inside_->lay(text, choice);
  Design design;
  design.name = stem_of(inside_->path);
  for (const TextFile& file : inside_->files) design.files.push_back(file.path);
  if (!text.mistake()) read_design(text, inside_->read_text, design);
  if (text.mistake()) return std::unexpected(*text.mistake());
  if (!choice.variant.empty()) design.name += "/" + choice.variant;
  design.experiment.scenario = design.name;
  visit_parts(text.root(), [&](const std::string& path, const toml::node& part) {
    design.places.emplace(path, text.place(part.source()));
  });
  design.places.emplace("", text.place({}));
  return design;
}

std::string DesignFile::to_toml(const DesignChoice& choice) const {
  TomlText text(inside_->path);
  inside_->lay(text, choice);
  return document_text(text);
}

std::string DesignFile::value_at(std::string_view path, const DesignChoice& choice) const {
  TomlText text(inside_->path);
  inside_->lay(text, choice);
  const toml::node* part = part_at(text.root(), path);
  return part ? value_text(*part) : "";
}

FileError Design::at(std::string_view path) const {
  for (;;) {
    if (const auto found = places.find(path); found != places.end()) return found->second;
    if (path.empty()) return {};
    const std::size_t dot = path.rfind('.');
    path = path.substr(0, dot == path.npos ? 0 : dot);
  }
}

std::vector<std::string> paths_of(const DesignFile& file) {
  TomlText text(file.inside_->path);
  file.inside_->lay(text, {});
  text.root().erase("orrery");
  if (!text.root().contains("rate")) text.root().insert("rate", "x1");
  return paths_in(text.root());
}

}  // namespace orrery::scenarios
