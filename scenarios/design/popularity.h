// Who is asked how much: shares of the operations that go to one call, one key, one object.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "scenarios/experiment.h"

namespace orrery::scenarios {

// In millionths of what the group sends; 0 if it never makes this call. The workload is a law.
std::int64_t share_of_group(const Experiment& experiment, const CallShare& share, const ClientGroup& group);

// By name, in millionths of the operations on the class: of all its objects if keys share them, else of the most
// popular one; and of those that are asked for. Only the first 4,096 keys are told apart.
std::map<std::string, std::int64_t> shares_of_objects(const ClassPlan& plan, const std::vector<std::string>& also);

}  // namespace orrery::scenarios
