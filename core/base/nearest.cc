#include "core/base/nearest.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace orrery {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Optimal string alignment: no part of the text is touched by two slips.
std::size_t slips(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before_last(to.size() + 1);
  std::vector<std::size_t> last(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const bool same = lower(from[i - 1]) == lower(to[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0u : 1u)});
      const bool swapped =
          i > 1 && j > 1 && lower(from[i - 1]) == lower(to[j - 2]) && lower(from[i - 2]) == lower(to[j - 1]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[to.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view wrong, std::span<const std::string> known) {
  const std::string* nearest = nullptr;
  std::size_t fewest = (wrong.size() + 2) / 3 + 1;
  for (const std::string& name : known) {
    const std::size_t needed = slips(wrong, name);
    const bool keeps_something = needed < std::max(wrong.size(), name.size());
    if (needed < fewest && keeps_something) {
      fewest = needed;
      nearest = &name;
    }
  }
  if (!nearest) return std::nullopt;
  return *nearest;
}

}  // namespace orrery
