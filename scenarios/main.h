// A program of your own: your object classes and scenarios, with all commands of the tool `orrery`.
//
//   int main(int argc, char** argv) { return orrery::main(argc, argv, {booking()}); }
//
// This header is all that such a program includes. What it brings: DurableObject and its context
// (core/object/durable_object.h), Scenario, Experiment and Settings (scenario.h, experiment.h, settings.h), the
// settings that every scenario has (world_settings.h), properties of whole calls (properties/calls.h). What authors
// need of these stands in namespace orrery.
#pragma once

#include <vector>

#include "core/object/durable_object.h"
#include "properties/calls.h"
#include "scenarios/scenario.h"
#include "scenarios/world_settings.h"

namespace orrery {

using properties::Call;
using properties::CallProperty;
using properties::own_property;
using scenarios::Between;
using scenarios::ClosedLoop;
using scenarios::Experiment;
using scenarios::experiment_in_world;
using scenarios::faults_of;
using scenarios::latency_setting;
using scenarios::Law;
using scenarios::number_setting;
using scenarios::poisson;
using scenarios::rate_setting;
using scenarios::Scenario;
using scenarios::Settings;
using scenarios::share_setting;
using scenarios::with_world_settings;

// Returns the exit code.
int main(int argc, char** argv, std::vector<scenarios::Scenario> scenarios);

}  // namespace orrery
