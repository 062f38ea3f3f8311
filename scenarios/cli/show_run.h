// One run, shown as `run` and `replay` do.
#pragma once

#include "scenarios/cli/chosen.h"
#include "scenarios/cli/console.h"
#include "scenarios/cli/simulate.h"

namespace orrery::cli {

struct ShownRun {
  scenarios::Run run;
  int exit_code = 0;
};

// `more_sinks` see its records. The result goes to `output`.
ShownRun run_and_show(const Chosen& chosen, const scenarios::Experiment& experiment, const Program& program,
                      std::vector<journal::Sink*> more_sinks, const reports::Invocation& invocation,
                      const Options& options, const Console& console, Output& output);

}  // namespace orrery::cli
