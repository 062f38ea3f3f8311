// The settings that every scenario has: how long it runs, the network, the disks, crashes.
#pragma once

#include <string>
#include <vector>

#include "scenarios/experiment.h"
#include "scenarios/settings.h"

namespace orrery::scenarios {

// How long a scenario runs, its own settings, then those of the world.
std::vector<Parameter> with_world_settings(Duration usual_duration, std::vector<Parameter> own);

// An experiment in the world that these settings ask for, judged by all properties. It has no classes, clients,
// services, workload and faults yet.
Experiment experiment_in_world(std::string scenario, const Settings& settings);

// The cities of that world. Tables that cannot be read are for mistake_in() to report: they give the measured world.
std::vector<sim::City> cities_of(const Experiment& experiment);

// The crashes that `faults.crash_every` asks for, on the machines of the objects 0, 1, 2, ... of the first class in
// turn. If they are more than an experiment may have, mistake_in() will say so.
std::vector<FaultPlan> crashes_of(const Experiment& experiment, const Settings& settings);

}  // namespace orrery::scenarios
