#include "reports/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/mix.h"
#include "reports/coverage.h"

namespace orrery::reports {

std::uint64_t fold_fingerprint(std::uint64_t folded, std::uint64_t of_next_seed) { return mix(folded, of_next_seed); }

void add_reached(CheckSummary& check, const std::map<std::string, std::uint64_t>& of_seed) {
  for (const auto& [name, times] : of_seed) {
    if (is_met_name(name))
      check.met[name] += times;
    else
      check.reached[name] += times > 0 ? 1 : 0;
  }
}

Duration length_of(const RunSummary& run) {
  return run.duration * static_cast<std::int64_t>(std::max<std::size_t>(1, run.seeds.size()));
}

Tally tally_of(const RunSummary& run) { return tally_of(run.outcome.verdicts); }

Tally tally_of(const CheckSummary& check) {
  Tally tally;
  for (const PropertySummary& each : check.properties) {
    if (!each.violations.empty())
      ++tally.violated;
    else if (each.seeds_unknown > 0)
      ++tally.unknown;
    else if (each.tested == 0)
      ++tally.untested;
    else
      ++tally.holding;
  }
  return tally;
}

std::string verdict_line(const Tally& tally, std::uint64_t fingerprint, const Style& style) {
  const std::string sentence = sentence_of(tally);
  const auto line = [&](std::string_view mark, Tone tone) {
    return fmt::format("{} {}        fingerprint {}\n", toned(mark, tone, style), sentence,
                       fingerprint_text(fingerprint));
  };
  switch (answer_of(tally)) {
    case Answer::pass: return line(glyph(Glyph::pass, style), Tone::good);
    case Answer::fail: return line(glyph(Glyph::fail, style), Tone::bad);
    case Answer::unknown: return line("?", Tone::doubtful);
  }
  return "";
}

}  // namespace orrery::reports
