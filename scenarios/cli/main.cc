#include "scenarios/main.h"

#include "scenarios/catalogue.h"

int main(int argc, char** argv) { return orrery::main(argc, argv, orrery::scenarios::built_in_scenarios()); }
