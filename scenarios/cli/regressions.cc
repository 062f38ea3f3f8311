#include "scenarios/cli/regressions.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "scenarios/cli/errors.h"
#include "scenarios/cli/files.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* directory = "orrery-regressions";
constexpr std::size_t name_digits_min = 4;

std::vector<std::string> stored_files() {
  std::vector<std::string> files;
  std::error_code error;
  if (!fs::exists(directory, error)) return files;
  fs::directory_iterator entries(directory, error);
  if (error) refuse(exit_no_file, fmt::format("cannot read {}: {}", directory, error.message()));
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".toml") && !name.starts_with('.')) files.push_back(fmt::format("{}/{}", directory, name));
  }
  std::ranges::sort(files);
  return files;
}

std::string scenario_in(const std::string& name) {
  const auto file = scenarios::read_experiment(read_file(name), name);
  if (!file) refuse(file.error());
  return file->experiment.scenario;
}

// Writes it under a name with as many digits as tell it from what is there: other experiments, and this one with
// another property. Somebody else may be writing at the same time.
std::string write_failure(const scenarios::Experiment& experiment, const scenarios::ExperimentStamp& stamp) {
  const std::string digest = scenarios::digest_of(experiment);
  std::string scenario = experiment.scenario;
  std::ranges::replace(scenario, '/', '-');  // of a design's variant
  const std::string text = scenarios::to_toml(experiment, stamp);
  std::string name;
  for (std::size_t digits = name_digits_min; digits <= digest.size(); ++digits) {
    name = fmt::format("{}/{}-{}.toml", directory, scenario, digest.substr(0, digits));
    NewFile file(name);
    file.write(text);
    if (file.complete_if_new()) return name;
    const auto there = scenarios::read_experiment(read_file(name), name);
    const bool is_the_same =
        there && there->stamp.property == stamp.property && scenarios::digest_of(there->experiment) == digest;
    if (!is_the_same) continue;
    write_file(name, text);  // by this build
    return name;
  }
  refuse(exit_no_file, fmt::format("cannot store {}: its name is taken in every length", name));
}

// Without the name of the tool before it.
std::string first_line(const std::string& text) {
  constexpr std::string_view tool = "orrery: ";
  const std::string line = text.substr(0, text.find('\n'));
  return line.starts_with(tool) ? line.substr(tool.size()) : line;
}

const reports::PropertyVerdict* violated_in(const reports::Outcome& outcome, const std::string& first_choice) {
  const reports::PropertyVerdict* found = nullptr;
  for (const reports::PropertyVerdict& each : outcome.verdicts)
    if (each.verdict.kind == properties::Verdict::Kind::violated && (!found || each.property == first_choice))
      found = &each;
  return found;
}

// Nothing, if it is not asked for: it may be of another program, whose classes this one does not know.
std::optional<StoredFailure> replayed(const std::string& name, const std::string& scenario,
                                      const scenarios::Code& code, const IsSelected& is_selected) try {
  if (scenario_in(name) != scenario) return std::nullopt;
  const scenarios::ExperimentFile file = load_experiment(name, code);
  if (!file.stamp.property.empty() && !is_selected(file.stamp.property)) return std::nullopt;
  const scenarios::Run run = scenarios::run(file.experiment, code);
  const reports::PropertyVerdict* violated = violated_in(run.outcome, file.stamp.property);
  return StoredFailure{name, violated != nullptr, violated ? violated->property : ""};
} catch (const Refusal& refusal) {
  return StoredFailure{.file = name, .mistake = first_line(refusal.what()), .exit_code = refusal.code()};
}

}  // namespace

std::vector<StoredFailure> replay_stored(const std::string& scenario, const scenarios::Code& code,
                                         const IsSelected& is_selected) {
  std::vector<StoredFailure> all;
  for (const std::string& name : stored_files())
    if (auto one = replayed(name, scenario, code, is_selected)) all.push_back(std::move(*one));
  return all;
}

std::string store_failure(const scenarios::Experiment& experiment, const Program& program,
                          const std::string& property, std::uint64_t fingerprint) {
  const scenarios::Experiment listed = scenarios::explicit_form(experiment, program.code);
  const scenarios::Run run = scenarios::run(listed, program.code);
  if (run.outcome.fingerprint != fingerprint) return "";
  const auto verdict = std::ranges::find(run.outcome.verdicts, property, &reports::PropertyVerdict::property);
  if (verdict == run.outcome.verdicts.end() || !verdict->verdict.violation) return "";

  const scenarios::ExperimentStamp stamp{.build = program.build(),
                                         .property = property,
                                         .violation = *verdict->verdict.violation,
                                         .fingerprint = run.outcome.fingerprint,
                                         .checkpoints = scenarios::thinned(run.checkpoints)};
  std::error_code error;
  fs::create_directory(directory, error);
  if (error) refuse(exit_no_file, fmt::format("cannot make the directory {}: {}", directory, error.message()));
  return write_failure(listed, stamp);
}

}  // namespace orrery::cli
