#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"

namespace orrery::cli {

int bench_command(const Program&, const Options&, const Console&) { refuse(exit_usage, "bench is not there yet"); }

}  // namespace orrery::cli
