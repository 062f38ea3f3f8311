#include "scenarios/design/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/text.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/simulate.h"

namespace orrery::cli {
namespace {

using Json = nlohmann::ordered_json;
using scenarios::LintNote;

constexpr std::string_view level_names[] = {"error", "warning", "advice"};
std::string_view name_of(LintNote::Level level) { return level_names[static_cast<std::size_t>(level)]; }

reports::Outcome evidence_for(const Chosen& chosen, const Program& program, std::uint64_t seed) {
  scenarios::Experiment experiment = scenarios::evidence_run(*chosen.design);
  experiment.seed = seed;
  return scenarios::run(experiment, program.code).outcome;
}

std::string text_of(const std::vector<LintNote>& notes, const scenarios::Design& design,
                    const reports::Style& style) {
  using reports::Tone;
  std::string text;
  std::size_t errors = 0;
  for (const LintNote& note : notes) {
    const bool is_error = note.level == LintNote::Level::error;
    errors += is_error ? 1u : 0u;
    const FileError place = design.at(note.path);
    const std::string where = place.line > 0 ? fmt::format("{}:{}:{}: ", place.file, place.line, place.column) : "";
    text += fmt::format("{}{}  {}  {}\n", where,
                        reports::toned(name_of(note.level), is_error ? Tone::bad : Tone::doubtful, style), note.rule,
                        note.path);
    text += reports::wrapped(note.text, 4, style);
    if (!note.evidence.empty()) text += reports::wrapped("this run: " + note.evidence, 4, style);
  }
  if (notes.empty())
    return fmt::format("{} nothing to say about {}\n", reports::glyph(reports::Glyph::pass, style), design.name);
  return text + fmt::format("\n{} {}, {} of them an error        orrery help {} explains the first\n",
                            reports::glyph(errors > 0 ? reports::Glyph::fail : reports::Glyph::pass, style),
                            reports::counted(notes.size(), "note", "notes"), errors, notes.front().rule);
}

Json json_of(const std::vector<LintNote>& notes, const scenarios::Design& design) {
  Json list = Json::array();
  for (const LintNote& note : notes) {
    const FileError place = design.at(note.path);
    list.push_back({{"level", name_of(note.level)},
                    {"rule", note.rule},
                    {"path", note.path},
                    {"file", place.file},
                    {"line", place.line},
                    {"text", note.text},
                    {"evidence", note.evidence}});
  }
  return {{"design", design.name}, {"notes", std::move(list)}};
}

}  // namespace

int lint_command(const Program& program, const Options& options, const Console& console) {
  const std::string name = asked_scenario(options, program);
  if (!names_a_file(name))
    refuse(exit_usage, fmt::format("lint reads a design, and {} is a scenario", name),
           "orrery init booking -o booking.toml writes a design");
  const Chosen chosen = choose(name, options, program);
  std::optional<reports::Outcome> evidence;
  if (!options.no_run) evidence = evidence_for(chosen, program, options.seed);
  const std::vector<LintNote> notes = scenarios::lint(*chosen.design, evidence ? &*evidence : nullptr);

  Output output(options, console);
  output.put(options.format == Format::json
                 ? json_of(notes, *chosen.design).dump(2) + "\n"
                 : as_typed(text_of(notes, *chosen.design, style_of(options, console)), program));
  output.complete();
  const auto is_error = [](const LintNote& note) { return note.level == LintNote::Level::error; };
  return std::ranges::any_of(notes, is_error) ? exit_red : exit_green;
}

}  // namespace orrery::cli
