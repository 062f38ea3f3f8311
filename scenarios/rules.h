// What makes a design slow or wrong, as a list of rules: what `lint` looks for before a run, and what findings name
// after one. `orrery help RULE` prints the explanation.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace orrery::scenarios {

struct Rule {
  std::string_view id;        // "hot-object"
  std::string_view sentence;  // what is the matter, one line
  std::string_view why;       // what it does to users, and what to do about it; a paragraph
};

std::span<const Rule> rules();
// Nothing if there is none.
const Rule* rule_named(std::string_view id);

}  // namespace orrery::scenarios
