// Failures kept as files in orrery-regressions/ of the current directory, tried first by every later check.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scenarios/cli/chosen.h"

namespace orrery::cli {

struct StoredFailure {
  std::string file;
  bool is_violated = false;
  std::string property{};  // that is violated
  std::string mistake{};   // why it cannot be read; empty: it was run
  int exit_code = 0;       // that its mistake asks for
};

using IsSelected = std::function<bool(const std::string& property)>;

// Runs those of the scenario whose property is selected, in order of their names; of a file that cannot be read nobody
// knows whose it is, so it belongs to each.
std::vector<StoredFailure> replay_stored(const std::string& scenario, const scenarios::Code& code,
                                         const IsSelected& is_selected);

// Makes the experiment explicit, runs it again, and writes it with the name of this build. Returns the name of the
// file; empty, with nothing written, if the second run was another one than `fingerprint` says.
std::string store_failure(const scenarios::Experiment& experiment, const Program& program,
                          const std::string& property, std::uint64_t fingerprint);

}  // namespace orrery::cli
