#include "scenarios/object_names.h"

#include <algorithm>
#include <vector>

#include "core/object/namespace.h"
#include "scenarios/design/popularity.h"

namespace orrery::scenarios {
namespace {

constexpr std::uint64_t numbers_tried_max = 256;

std::vector<std::string> names_to_try(const reports::Outcome& outcome, const Experiment& experiment,
                                      const ClassPlan& plan) {
  std::vector<std::string> names;
  for (const reports::KeyUse& each : outcome.keys)
    if (each.class_name == plan.name) names.push_back(object_of(plan, each.key));
  for (const ClassPlan& caller : experiment.classes)
    for (const HandlerPlan& handler : caller.handlers)
      for_each_step(handler.steps, [&](const Step& step, std::int64_t) {
        const auto* call = std::get_if<CallStep>(&step.what);
        if (call && call->object_class == plan.name && call->keys == 0)
          names.push_back(object_of({.name = plan.name, .shards = call->shards}, call->key));
      });
  const std::uint64_t numbers = plan.shards == 0 ? plan.keys : plan.shards;
  for (std::uint64_t i = 0; i < std::min(numbers, numbers_tried_max); ++i) names.push_back(std::to_string(i));
  return names;
}

}  // namespace

void name_objects(reports::Outcome& outcome, const Experiment& experiment) {
  for (const ClassPlan& plan : experiment.classes) {
    const auto is_nameless = [&plan](const reports::ObjectUse& use) {
      return use.class_name == plan.name && use.name.empty();
    };
    auto nameless = std::ranges::count_if(outcome.objects, is_nameless);
    if (nameless == 0) continue;
    const Namespace objects(plan.name);
    for (const std::string& name : names_to_try(outcome, experiment, plan)) {
      const std::string id = to_hex(objects.id_from_name(name));
      const auto found = std::ranges::find(outcome.objects, id, &reports::ObjectUse::object);
      if (found == outcome.objects.end() || !found->name.empty()) continue;
      found->name = name;
      if (--nameless == 0) break;
    }
  }
}

}  // namespace orrery::scenarios
