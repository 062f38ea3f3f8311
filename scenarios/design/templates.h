// Designs to begin with: `init` writes them. Each runs, and meets its objectives or says why not.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace orrery::scenarios {

struct DesignTemplate {
  std::string_view name;     // "booking"
  std::string_view teaches;  // its first line of comment, without the sign
  std::string_view text;
};

// In the order in which `init` lists them.
std::span<const DesignTemplate> design_templates();
const DesignTemplate* template_named(std::string_view name);  // nullptr: there is none

}  // namespace orrery::scenarios
