// The busiest objects have the names that their experiment calls them by.
#include "scenarios/object_names.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/object/namespace.h"
#include "tests/scenarios/broken_rules.h"

namespace orrery::scenarios {
namespace {

using namespace tests;

// What an outcome with this object calls it.
std::string name_given(const Experiment& experiment, const std::string& object_class, const std::string& name,
                       std::vector<reports::KeyUse> keys = {}) {
  reports::Outcome outcome;
  outcome.keys = std::move(keys);
  outcome.objects = {{.object = to_hex(Namespace(object_class).id_from_name(name)), .class_name = object_class}};
  name_objects(outcome, experiment);
  return outcome.objects.front().name;
}

TEST(ObjectNames, AreThoseOfShardsAndOfTheFirstKeys) {
  Experiment experiment = venue(cpu(1ms));
  EXPECT_EQ(name_given(experiment, "Venue", "19"), "19");
  EXPECT_EQ(name_given(experiment, "Venue", "20"), "");  // there is no such key
  experiment.classes.front().shards = 4;
  EXPECT_EQ(name_given(experiment, "Venue", "3"), "3");
  EXPECT_EQ(name_given(experiment, "Venue", "4"), "");
}

TEST(ObjectNames, AreThoseOfTheBusiestKeyAndOfWhatHandlersName) {
  const Experiment many = with_keys(100'000, venue(cpu(1ms)));
  EXPECT_EQ(name_given(many, "Venue", "order 17"), "");
  EXPECT_EQ(name_given(many, "Venue", "order 17", {{"Venue", "order 17", 5, 9}}), "order 17");

  const Steps to_main{Step{CallStep{.object_class = "Log", .handler = "add", .key = "main"}}};
  EXPECT_EQ(name_given(with_log(venue(to_main)), "Log", "main"), "main");
}

TEST(ObjectNames, AreKnownOfAllShardsOfARun) {
  Experiment experiment = venue(cpu(1ms));
  experiment.classes.front().shards = 4;
  reports::Outcome outcome = run(experiment, built_in_code()).outcome;
  name_objects(outcome, experiment);
  std::vector<std::string> names;
  for (const reports::ObjectUse& each : outcome.objects) names.push_back(each.name);
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"0", "1", "2", "3"}));
}

}  // namespace
}  // namespace orrery::scenarios
