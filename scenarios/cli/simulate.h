// Runs of scenarios and designs, over one seed or several, and what is said of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "reports/seeds.h"
#include "reports/summary.h"
#include "scenarios/cli/chosen.h"
#include "scenarios/cli/console.h"
#include "scenarios/cli/workers.h"

namespace orrery::cli {

struct Interrupted {};  // thrown: the user stopped the tool before anything was known

// So many seeds from the first one on; those of --seeds, else as many as the design has.
struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t count = 1;
};
SeedRange seeds_of(const Options& options, const Chosen& chosen);
// To add the outcomes of its seeds to, in their order.
reports::Seeds no_seeds_of(const Chosen& chosen);

// Makes the results 0 to count - 1 and takes them in their order: one in this process, several in worker processes, and
// they are the same. When the user stops the tool it ends with the results taken so far, and throws Interrupted if there
// is none; Refusal if a result could not be made.
void for_each_result(std::uint64_t count, const Workers::Work& work, const std::string& name, const Options& options,
                     const Console& console, const std::function<void(const Bytes&)>& take);

// A run of each of the experiments 0 to count - 1, which are made when they are wanted. As for_each_result().
using ExperimentNumber = std::function<scenarios::Experiment(std::uint64_t number)>;
void for_each_outcome(std::uint64_t count, const ExperimentNumber& experiment, const std::string& name,
                      const Program& program, const Options& options, const Console& console,
                      const std::function<void(const reports::Outcome&)>& take);

// What is said of one or several seeds of an experiment, without the time on the wall. `advice`: also why it was slow
// and what would help; this may make another run.
enum class Advice : std::uint8_t { none, wanted };
reports::RunSummary summary_of(const Chosen& chosen, const reports::Seeds& seeds, const Program& program,
                               Advice advice);
reports::RunSummary summary_of(const Chosen& chosen, const std::vector<reports::Outcome>& by_seed,
                               const Program& program, Advice advice);

// "--set a=1,2 --set b=3": a design for each combination, the last path varying fastest.
struct GridPoint {
  std::vector<std::string> values;  // by path
  Sets sets;
};
std::vector<GridPoint> grid_of(const Sets& sets);

}  // namespace orrery::cli
