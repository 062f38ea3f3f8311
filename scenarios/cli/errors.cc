#include "scenarios/cli/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/nearest.h"

namespace orrery::cli {

int graver(int a, int b) {
  constexpr std::array order{
      int{exit_bug},     int{exit_terminated}, int{exit_interrupted}, int{exit_diverged},         int{exit_usage},
      int{exit_no_file}, int{exit_red},        int{exit_cannot_tell}, int{exit_nothing_selected}, int{exit_green}};
  const auto place = [&order](int code) { return std::ranges::find(order, code); };
  return place(a) <= place(b) ? a : b;
}

void refuse(int code, std::string_view text, std::string_view fix) {
  throw Refusal(code, fix.empty() ? fmt::format("orrery: {}\n", text) : fmt::format("orrery: {}\n  {}\n", text, fix));
}

void refuse(const FileError& error) { throw Refusal(exit_usage, to_text(error)); }

void refuse_name(std::string_view what, std::string_view name, std::span<const std::string> known,
                 std::string_view fix) {
  const auto nearest = nearest_name(name, known);
  const std::string meant = nearest ? fmt::format(": did you mean \"{}\"?", *nearest) : "";
  refuse(exit_usage, fmt::format("no {} is called \"{}\"{}", what, name, meant), fix);
}

}  // namespace orrery::cli
