#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "reports/run_blocks.h"

namespace orrery::reports {
namespace {

std::string head_line(const RunSummary& run) {
  std::string text = fmt::format("{}   {}   {}", run.scenario, seeds_text(run), length_asked_text(run));
  if (run.wall) text += fmt::format(" in {}", wall_text(*run.wall));
  text += "   " + counted(run.outcome.all.completed, "request", "requests");
  if (run.warmup > Duration::zero()) text += fmt::format(" after {} warm-up", length_text(run.warmup));
  return text + "\n";
}

std::string violation_lines(const properties::Violation& violation, const Style& style) {
  std::string place = violation.rule;
  if (!violation.object.empty()) place += ", object " + violation.object.substr(0, 8);
  return wrapped(fmt::format("{}: {}", place, violation.text), 12, style);
}

// When it was violated, and in which seed of several.
std::string instant_of(const PropertyVerdict& each) {
  if (!each.verdict.violation) return "";
  const std::string instant = "   at " + instant_text(each.verdict.violation->at);
  return each.seed ? fmt::format("{} of seed {}", instant, *each.seed) : instant;
}

// What was not put to the test counts as holding, where nobody named it.
Tally tally_of_asked(const RunSummary& run) {
  Tally tally = tally_of(run);
  for (const PropertyVerdict& each : run.outcome.verdicts)
    if (each.verdict.kind == properties::Verdict::Kind::untested &&
        std::ranges::find(run.unasked, each.property) != run.unasked.end()) {
      --tally.untested;
      ++tally.holding;
    }
  return tally;
}

// "7 properties hold", "5 of 7 properties hold, the others were not put to the test".
std::string holding_text(const Tally& tally) {
  const std::string all = counted(tally.total(), "property", "properties");
  if (tally.holding == 0) return "no property was put to the test";
  if (tally.holding == tally.total()) return fmt::format("{} {}", all, tally.total() == 1 ? "holds" : "hold");
  return fmt::format("{} of {} hold, the others were not put to the test", with_separators(tally.holding), all);
}

std::string sentence_of_properties(const RunSummary& run) {
  const Tally tally = tally_of_asked(run);
  const bool is_left_out = tally != tally_of(run) && answer_of(tally) == Answer::pass;
  return is_left_out ? holding_text(tally_of(run)) : sentence_of(tally);
}

// A violated property comes first, then what was missed, then what could not be told.
std::string sentence_of(const RunSummary& run) {
  if (run.objectives.empty()) return sentence_of_properties(run);
  const Tally tally = tally_of(run);
  const Answer of_objectives = answer_of(run.objectives);
  if (tally.violated > 0 && of_objectives == Answer::fail)
    return sentence_of(tally) + ", " + sentence_of(run.objectives);
  const bool told_by_properties =
      tally.violated > 0 || (of_objectives == Answer::pass && answer_of(run) == Answer::unknown);
  return told_by_properties ? sentence_of_properties(run) : sentence_of(run.objectives);
}

}  // namespace

Answer answer_of(const RunSummary& run) {
  const Answer of_properties = answer_of(tally_of_asked(run));
  if (run.objectives.empty()) return of_properties;
  const Answer of_objectives = answer_of(run.objectives);
  return tally_of(run).total() == 0 ? of_objectives : graver_of(of_properties, of_objectives);
}

std::string verdict_line(Answer answer, std::string_view sentence, std::uint64_t fingerprint, const Style& style) {
  const auto [mark, tone] = [&]() -> std::pair<std::string_view, Tone> {
    switch (answer) {
      case Answer::pass: return {glyph(Glyph::pass, style), Tone::good};
      case Answer::fail: return {glyph(Glyph::fail, style), Tone::bad};
      case Answer::unknown: return {"?", Tone::doubtful};
    }
    return {"", Tone::doubtful};
  }();
  const std::string line = fmt::format("{} {}", toned(mark, tone, style), sentence);
  const std::string end = "fingerprint " + fingerprint_text(fingerprint);
  const bool has_room = display_width(line) + 8 + end.size() <= columns_of(style);
  return fmt::format("{}{}{}\n", line, has_room ? "        " : "\n  ", end);
}

std::string verdict_line(const RunSummary& run, const Style& style) {
  return verdict_line(answer_of(run), sentence_of(run), run.outcome.fingerprint, style);
}

std::string seeds_text(const RunSummary& run) {
  if (run.seeds.empty()) return fmt::format("seed {}", run.outcome.seed);
  const std::uint64_t first = run.seeds.front().seed;
  bool is_range = true;
  std::string list;
  for (std::size_t i = 0; i < run.seeds.size(); ++i) {
    is_range = is_range && run.seeds[i].seed == first + i;
    list += fmt::format("{}{}", list.empty() ? "" : ", ", run.seeds[i].seed);
  }
  return is_range ? fmt::format("seeds {}..{}", first, run.seeds.back().seed) : "seeds " + list;
}

std::string length_asked_text(const RunSummary& run) {
  return length_text(run.duration) + (run.seeds.empty() ? " virtual" : " virtual each");
}

std::string properties_block(const RunSummary& run, const Style& style) {
  using Kind = properties::Verdict::Kind;
  const std::vector<PropertyVerdict>& verdicts = run.outcome.verdicts;
  if (verdicts.empty()) return "";
  if (!run.objectives.empty() && !style.verbose && answer_of(tally_of_asked(run)) == Answer::pass)
    return fmt::format("\n{}\n", holding_text(tally_of(run)));
  Table table({{.head = "", .left = true, .width_min = 10}, {.head = "", .left = true}, {.head = ""}});
  for (const PropertyVerdict& each : verdicts) {
    const properties::Verdict& verdict = each.verdict;
    const std::string times = "   " + counted(verdict.tested, "time", "times");
    switch (verdict.kind) {
      case Kind::holds: table.row({"  holds", each.property, times}); break;
      case Kind::violated:
        table.row({"  " + toned("VIOLATED", Tone::bad, style), each.property, instant_of(each)});
        if (verdict.violation) table.lines(violation_lines(*verdict.violation, style));
        break;
      case Kind::untested: table.row({"  " + toned("UNTESTED", Tone::doubtful, style), each.property, ""}); break;
      case Kind::unknown:
        table.row({"  " + toned("UNKNOWN", Tone::doubtful, style), each.property, times});
        table.lines(wrapped(verdict.note, 12, style));
        break;
    }
  }
  return "\nProperties\n" + table.text(style);
}

std::string run_text(const RunSummary& run, const Style& style) {
  std::string text = head_line(run) + latency_block(run, style) + stages_block(run.outcome, style) +
                     work_block(run, style) + objects_block(run, style) + findings_block(run, style) +
                     recording_block(run, style) + properties_block(run, style);
  text += "\n" + verdict_line(run, style);
  if (const auto next = next_command(run, style)) text += fmt::format("  next: {}\n", *next);
  return text;
}

}  // namespace orrery::reports
