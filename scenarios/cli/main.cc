#include "scenarios/catalogue.h"
#include "scenarios/cli/program.h"
#include "scenarios/cli/version.h"

int main(int argc, char** argv) {
  return orrery::cli::run_program(argc, argv, orrery::cli::build_id, orrery::scenarios::built_in_scenarios());
}
