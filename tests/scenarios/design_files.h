// Designs in memory, for tests that read them.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "scenarios/design/design.h"

namespace orrery::tests {

// Files that are nowhere else.
using Texts = std::map<std::string, std::string, std::less<>>;

inline scenarios::ReadText reader_of(Texts texts) {
  return [texts = std::move(texts)](const std::string& path) -> std::expected<std::string, FileError> {
    if (const auto found = texts.find(path); found != texts.end()) return found->second;
    FileError error;
    error.file = path;
    error.message = "no such file";
    return std::unexpected(error);
  };
}

// The design in "shop.toml" of these files.
inline std::expected<scenarios::Design, FileError> read_shop(Texts texts, const scenarios::DesignChoice& choice = {}) {
  const auto file = scenarios::DesignFile::read("shop.toml", reader_of(std::move(texts)));
  if (!file) return std::unexpected(file.error());
  return file->choose(choice);
}
inline std::expected<scenarios::Design, FileError> read_shop(std::string_view text,
                                                             const scenarios::DesignChoice& choice = {}) {
  return read_shop(Texts{{"shop.toml", std::string(text)}}, choice);
}

// It has no mistake.
inline scenarios::Design shop(Texts texts, const scenarios::DesignChoice& choice = {}) {
  auto design = read_shop(std::move(texts), choice);
  if (design) return std::move(*design);
  ADD_FAILURE() << to_text(design.error());
  return {};
}
inline scenarios::Design shop(std::string_view text, const scenarios::DesignChoice& choice = {}) {
  return shop(Texts{{"shop.toml", std::string(text)}}, choice);
}

inline scenarios::DesignChoice with_set(std::string path, std::string value) {
  return {.variant = {}, .sets = {{std::move(path), std::move(value)}}};
}

}  // namespace orrery::tests
