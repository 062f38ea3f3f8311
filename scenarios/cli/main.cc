#include "scenarios/cli/cli.h"

int main(int argc, char** argv) { return orrery::cli::main(argc, argv); }
