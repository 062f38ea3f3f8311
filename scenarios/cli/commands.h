// The commands, one file each. Each returns its exit code or throws Refusal.
#pragma once

#include "scenarios/cli/console.h"
#include "scenarios/cli/options.h"
#include "scenarios/cli/program.h"

namespace orrery::cli {

int run_command(const Program& program, const Options& options, const Console& console);
int sweep_command(const Program& program, const Options& options, const Console& console);
int compare_command(const Program& program, const Options& options, const Console& console);
int lint_command(const Program& program, const Options& options, const Console& console);
int init_command(const Program& program, const Options& options, const Console& console);
int check_command(const Program& program, const Options& options, const Console& console);
int replay_command(const Program& program, const Options& options, const Console& console);
int bench_command(const Program& program, const Options& options, const Console& console);
int trace_command(const Program& program, const Options& options, const Console& console);
int list_command(const Program& program, const Options& options, const Console& console);
int doctor_command(const Program& program, const Options& options, const Console& console);
int help_command(const Program& program, const Options& options, const Console& console);
int version_command(const Program& program, const Options& options, const Console& console);
int completions_command(const Program& program, const Options& options, const Console& console);
int man_command(const Program& program, const Options& options, const Console& console);
int names_command(const Program& program, const Options& options, const Console& console);

// The help of one command, or the one at the top if the name is empty. Throws Refusal for an unknown topic.
std::string help_text(const std::string& topic);

}  // namespace orrery::cli
