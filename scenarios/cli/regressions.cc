#include "scenarios/cli/regressions.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

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

// With as many digits as tell it from the files that are there: of other experiments, or of another property.
std::string name_for(const scenarios::Experiment& experiment, const std::string& property) {
  const std::string digest = scenarios::digest_of(experiment);
  std::string name;
  for (std::size_t digits = name_digits_min; digits <= digest.size(); ++digits) {
    name = fmt::format("{}/{}-{}.toml", directory, experiment.scenario, digest.substr(0, digits));
    if (!fs::exists(name)) return name;
    const auto there = scenarios::read_experiment(read_file(name), name);
    if (there && there->stamp.property == property && scenarios::digest_of(there->experiment) == digest) return name;
  }
  return name;
}

const reports::PropertyVerdict* violated_in(const reports::Outcome& outcome, const std::string& first_choice) {
  const reports::PropertyVerdict* found = nullptr;
  for (const reports::PropertyVerdict& each : outcome.verdicts)
    if (each.verdict.kind == properties::Verdict::Kind::violated && (!found || each.property == first_choice))
      found = &each;
  return found;
}

}  // namespace

std::vector<StoredFailure> replay_stored(const std::string& scenario, const scenarios::Code& code,
                                         const std::function<bool(const std::string& property)>& is_selected) {
  std::vector<StoredFailure> all;
  for (const std::string& name : stored_files()) {
    const scenarios::ExperimentFile file = load_experiment(name, code);
    if (file.experiment.scenario != scenario) continue;
    if (!file.stamp.property.empty() && !is_selected(file.stamp.property)) continue;
    const scenarios::Run run = scenarios::run(file.experiment, code);
    const reports::PropertyVerdict* violated = violated_in(run.outcome, file.stamp.property);
    all.push_back({name, violated != nullptr, violated ? violated->property : ""});
  }
  return all;
}

std::string store_failure(const scenarios::Experiment& experiment, const Program& program,
                          const std::string& property, std::uint64_t fingerprint) {
  const scenarios::Experiment listed = scenarios::explicit_form(experiment, program.code);
  const scenarios::Run run = scenarios::run(listed, program.code);
  if (run.outcome.fingerprint != fingerprint) return "";
  const auto verdict = std::ranges::find(run.outcome.verdicts, property, &reports::PropertyVerdict::property);
  if (verdict == run.outcome.verdicts.end() || !verdict->verdict.violation) return "";

  const scenarios::ExperimentStamp stamp{.build = program.build,
                                         .property = property,
                                         .violation = *verdict->verdict.violation,
                                         .fingerprint = run.outcome.fingerprint,
                                         .checkpoints = scenarios::thinned(run.checkpoints)};
  std::error_code error;
  fs::create_directory(directory, error);
  if (error) refuse(exit_no_file, fmt::format("cannot make the directory {}: {}", directory, error.message()));
  const std::string name = name_for(listed, property);
  write_file(name, scenarios::to_toml(listed, stamp));
  return name;
}

}  // namespace orrery::cli
