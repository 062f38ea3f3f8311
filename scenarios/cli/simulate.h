// Runs of scenarios and designs, over one seed or several, and what is said of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "reports/summary.h"
#include "scenarios/cli/chosen.h"
#include "scenarios/cli/console.h"

namespace orrery::cli {

struct Interrupted {};  // thrown: the user stopped the tool

// So many seeds from the first one on; those of --seeds, else as many as the design has.
struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t count = 1;
};
SeedRange seeds_of(const Options& options, const Chosen& chosen);

// One run for each, in their order: in this process if there is but one, else in worker processes, and the outcome is
// the same. Throws Interrupted, and Refusal if a run could not be made.
std::vector<reports::Outcome> outcomes_of(const std::vector<scenarios::Experiment>& experiments,
                                          const std::string& name, const Program& program, const Options& options,
                                          const Console& console);

// What is said of one or several seeds of an experiment, without the time on the wall. `advice`: also why it was slow
// and what would help; this may make another run.
enum class Advice : std::uint8_t { none, wanted };
reports::RunSummary summary_of(const Chosen& chosen, const std::vector<reports::Outcome>& by_seed,
                               const Program& program, Advice advice);

// "--set a=1,2 --set b=3": a design for each combination, the last path varying fastest.
struct GridPoint {
  std::vector<std::string> values;  // by path
  Sets sets;
};
std::vector<GridPoint> grid_of(const Sets& sets);

}  // namespace orrery::cli
