// The one answer of a command that judges, from the verdicts of its properties and from its objectives.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "reports/objectives.h"
#include "reports/outcome.h"

namespace orrery::reports {

enum class Answer : std::uint8_t { pass, fail, unknown };

// "pass", "fail", "unknown".
std::string_view to_text(Answer answer);

// Of how many properties what can be said. A property is counted once, as the first that applies of:
// violated, unknown, untested, holding.
struct Tally {
  std::uint64_t holding = 0;
  std::uint64_t violated = 0;
  std::uint64_t unknown = 0;   // no answer could be given, in one seed at least
  std::uint64_t untested = 0;  // not put to the test in any seed
  std::uint64_t total() const { return holding + violated + unknown + untested; }
  friend bool operator==(const Tally&, const Tally&) = default;
};

Tally tally_of(std::span<const PropertyVerdict> verdicts);

// A violation outweighs what could not be told. Where nothing was put to the test nothing has passed.
Answer answer_of(const Tally& tally);

// One that is missed outweighs those that could not be told. A design that is held to nothing passes.
Answer answer_of(std::span<const Judged> objectives);

// Fail, if either fails; else unknown, if either is.
Answer graver_of(Answer one, Answer other);

// 0 pass, 1 fail, 3 unknown.
int exit_code(Answer answer);

// "all properties hold", "1 of 5 properties violated", "cannot tell: 2 of 5 properties untested".
std::string sentence_of(const Tally& tally);

}  // namespace orrery::reports
