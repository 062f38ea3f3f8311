#include "reports/verdict.h"

#include <fmt/format.h>

#include "reports/text.h"

namespace orrery::reports {

std::string_view to_text(Answer answer) {
  switch (answer) {
    case Answer::pass: return "pass";
    case Answer::fail: return "fail";
    case Answer::unknown: return "unknown";
  }
  return "";
}

Tally tally_of(std::span<const PropertyVerdict> verdicts) {
  using Kind = properties::Verdict::Kind;
  Tally tally;
  for (const PropertyVerdict& each : verdicts) {
    switch (each.verdict.kind) {
      case Kind::holds: ++tally.holding; break;
      case Kind::violated: ++tally.violated; break;
      case Kind::unknown: ++tally.unknown; break;
      case Kind::untested: ++tally.untested; break;
    }
  }
  return tally;
}

Answer answer_of(const Tally& tally) {
  if (tally.violated > 0) return Answer::fail;
  if (tally.unknown > 0 || tally.untested > 0 || tally.holding == 0) return Answer::unknown;
  return Answer::pass;
}

Answer answer_of(std::span<const Judged> objectives) {
  Answer answer = Answer::pass;
  for (const Judged& each : objectives) {
    switch (each.kind) {
      case Judged::Kind::met: break;
      case Judged::Kind::missed: answer = graver_of(answer, Answer::fail); break;
      case Judged::Kind::unknown: answer = graver_of(answer, Answer::unknown); break;
    }
  }
  return answer;
}

Answer graver_of(Answer one, Answer other) {
  if (one == Answer::fail || other == Answer::fail) return Answer::fail;
  return one == Answer::unknown ? one : other;
}

int exit_code(Answer answer) {
  switch (answer) {
    case Answer::pass: return 0;
    case Answer::fail: return 1;
    case Answer::unknown: return 3;
  }
  return 70;
}

std::string sentence_of(const Tally& tally) {
  const std::string all = counted(tally.total(), "property", "properties");
  if (tally.violated > 0) return fmt::format("{} of {} violated", with_separators(tally.violated), all);
  if (tally.total() == 0) return "cannot tell: no property was asked for";
  if (tally.unknown > 0 && tally.untested > 0)
    return fmt::format("cannot tell: of {} {} unknown, {} untested", all, with_separators(tally.unknown),
                       with_separators(tally.untested));
  if (tally.unknown > 0) return fmt::format("cannot tell: {} of {} unknown", with_separators(tally.unknown), all);
  if (tally.untested > 0) return fmt::format("cannot tell: {} of {} untested", with_separators(tally.untested), all);
  return tally.total() == 1 ? "the property holds" : "all properties hold";
}

}  // namespace orrery::reports
