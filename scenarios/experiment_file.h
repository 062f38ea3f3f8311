// An experiment as a file that people read, edit and commit.
//
// TOML, format 1. The file holds the whole experiment: nothing is looked up elsewhere but the code of its object
// classes. It may also say what was found in it, so that a replay can tell whether it is the same run.
//
//   orrery   = 1
//   scenario = "counter"
//   seed     = "7"
//   [run]       duration, warmup
//   [network]   access, jitter; matrix and cities: tables of the user's own, as text
//   [disk]      sync: how long a sync takes
//   [world]     data_centers_per_city, machines_per_data_center, classes, services
//   [workload]  clients; mix (a law) or ops (an explicit list)
//   [trace]     the recording that a law's clients send again
//   [adversary] grid, ranked, postponed
//   [[faults]]  kind, target; at (a time) or point and nth; lasts, sectors, stops, with_users, rate, by
//   [objectives] what the run is held to
//   [found]     by which build, what was violated, the fingerprint and its checkpoints
//
// An argument is true, 7, 0.5 or "text"; {} is null, and { hex = "00ff" } a text that is not UTF-8.
#pragma once

#include <array>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/file_error.h"
#include "properties/property.h"
#include "scenarios/experiment.h"
#include "sim/fingerprint.h"

namespace orrery::scenarios {

inline constexpr std::array<std::string_view, 2> lease_modes = {"strict", "production"};

// What is known about the run of an experiment.
struct ExperimentStamp {
  static constexpr std::size_t checkpoints_max = 64;

  std::string build;     // that made the run
  std::string property;  // that was violated; empty: none was
  properties::Violation violation;
  std::optional<std::uint64_t> fingerprint;  // nothing: there was no run
  sim::Checkpoints checkpoints{};            // at most checkpoints_max, see thinned()
};

struct ExperimentFile {
  Experiment experiment;
  ExperimentStamp stamp;
  bool edited = false;  // the experiment is not the one that the stamp tells of
};

// Fewer checkpoints of the same run, wider apart.
sim::Checkpoints thinned(const sim::Checkpoints& checkpoints);

// 16 hexadecimal digits; equal for equal experiments.
std::string digest_of(const Experiment& experiment);

std::string to_toml(const Experiment& experiment, const ExperimentStamp& stamp = {});

// The first mistake is the error, with its place: not TOML, an unknown or missing key, a value that cannot be.
// Whether the names in it mean anything is for mistake_in() to say.
std::expected<ExperimentFile, FileError> read_experiment(std::string_view text, std::string_view file_name);

}  // namespace orrery::scenarios
