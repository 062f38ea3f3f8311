# Turns the templates into C++: cmake "-DFILES=a.toml;b.toml" -DOUT=... -P templates.cmake
set(entries "")
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" text)
  string(FIND "${text}" "\n" end)
  string(SUBSTRING "${text}" 2 ${end} first)
  string(STRIP "${first}" first)
  string(APPEND entries "    {\"${name}\", R\"orrery(${first})orrery\", R\"orrery(${text})orrery\"},\n")
endforeach()
file(WRITE "${OUT}" "#include \"scenarios/design/templates.h\"

#include <algorithm>

namespace orrery::scenarios {
namespace {

constexpr DesignTemplate templates[] = {
${entries}};

}  // namespace

std::span<const DesignTemplate> design_templates() { return templates; }

const DesignTemplate* template_named(std::string_view name) {
  const auto found = std::ranges::find(templates, name, &DesignTemplate::name);
  return found == std::end(templates) ? nullptr : found;
}

}  // namespace orrery::scenarios
")
