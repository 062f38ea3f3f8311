#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"

namespace orrery::cli {

int trace_command(const Program&, const Options&, const Console&) { refuse(exit_usage, "trace is not there yet"); }

}  // namespace orrery::cli
