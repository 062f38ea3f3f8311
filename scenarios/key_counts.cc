#include "scenarios/key_counts.h"

#include <algorithm>
#include <tuple>

namespace orrery::scenarios {

void KeyCounts::count(ClassId object_class, std::uint64_t key) {
  OfClass& of_class = classes_[object_class.value];
  if (!count_is_most(of_class, key)) return;
  of_class.busiest = key;
  of_class.busiest_text.clear();
}

void KeyCounts::count(ClassId object_class, std::string_view key) {
  OfClass& of_class = classes_[object_class.value];
  if (count_is_most(of_class, hash_of(key)) && of_class.busiest_text != key) of_class.busiest_text = key;
}

bool KeyCounts::count_is_most(OfClass& of_class, std::uint64_t key) {
  ++of_class.requests;
  const std::uint64_t count = ++of_class.counts[key];
  if (count <= of_class.most) return false;
  of_class.most = count;
  return true;
}

std::vector<reports::KeyUse> KeyCounts::busiest(const Experiment& experiment) const {
  std::vector<reports::KeyUse> uses;
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    const OfClass& each = classes_[i];
    if (each.counts.size() < 2) continue;
    uses.push_back({experiment.classes[i].name,
                    each.busiest_text.empty() ? std::to_string(each.busiest) : each.busiest_text, each.most,
                    each.requests});
  }
  std::ranges::sort(uses, [](const reports::KeyUse& a, const reports::KeyUse& b) {
    return std::tie(b.requests, a.class_name) < std::tie(a.requests, b.class_name);
  });
  return uses;
}

}  // namespace orrery::scenarios
