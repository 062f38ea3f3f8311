// The commands, one file each. Each returns its exit code or throws Refusal.
#pragma once

#include "scenarios/cli/console.h"
#include "scenarios/cli/options.h"

namespace orrery::cli {

int run_command(const Options& options, const Console& console);
int check_command(const Options& options, const Console& console);
int replay_command(const Options& options, const Console& console);
int list_command(const Options& options, const Console& console);
int help_command(const Options& options, const Console& console);
int version_command(const Options& options, const Console& console);

// The help of one command, or the one at the top if the name is empty. Throws Refusal for an unknown topic.
std::string help_text(const std::string& topic);

}  // namespace orrery::cli
