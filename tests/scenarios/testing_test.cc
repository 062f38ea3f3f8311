// What tests of somebody else's use: properties as assertions of GoogleTest, experiments that RapidCheck shrinks.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <stdexcept>

#include "scenarios/counter.h"
#include "scenarios/lost_update.h"
#include "scenarios/testing/gtest.h"
#include "scenarios/testing/rapidcheck.h"

using namespace orrery;
using namespace orrery::scenarios;

namespace {

std::string failure(const Scenario& scenario, const std::string& property, Seeds asked) {
  return failure_of(scenario, Settings(scenario.parameters), property, asked).value_or("");
}

// The text after `head` in its line.
std::string after(const std::string& text, const std::string& head) {
  const std::size_t at = text.find(head);
  if (at == text.npos) return "";
  return text.substr(at + head.size(), text.find('\n', at) - at - head.size());
}

TEST(ExpectProperty, PassesWhatHolds) { EXPECT_PROPERTY(counter(), "serialization", seeds(5)); }

TEST(ExpectProperty, TakesSettings) {
  const Scenario scenario = counter();
  Settings settings(scenario.parameters);
  ASSERT_TRUE(settings.set("clients.count", "1"));
  EXPECT_PROPERTY(scenario, "liveness", seeds(2).from(9), settings);
}

TEST(ExpectProperty, FailsAndGoesOn) {
  EXPECT_NONFATAL_FAILURE(EXPECT_PROPERTY(lost_update(), "serialization", seeds(200)), "serialization: ");
}

TEST(ExpectProperty, ShowsTheViolationAsCheckDoesAndItsSeed) {
  const std::string text = failure(lost_update(), "serialization", seeds(200));

  EXPECT_TRUE(text.starts_with("✗ serialization: ")) << text;
  EXPECT_NE(after(text, "\n  Rule    "), "");
  const std::string seed = after(text, " of seed ");
  EXPECT_EQ(after(text, "\n  Alone   "), "in place of its seeds: orrery::seeds(1).from(" + seed + ")");
  EXPECT_EQ(failure(lost_update(), "serialization", seeds(1).from(std::stoull(seed))), text);
}

TEST(ExpectProperty, RefusesAPropertyThatWasNotTested) {
  Scenario idle = counter();
  idle.make = [](const Settings& settings) {
    Experiment experiment = counter().make(settings);
    experiment.workload = std::vector<Operation>();
    return experiment;
  };
  EXPECT_EQ(failure(idle, "serialization", seeds(3).from(4)),
            "serialization: untested, none of 3 seeds of counter from 4 on put it to the test");
}

TEST(ExpectProperty, RefusesAPropertyThatTheScenarioDoesNotHave) {
  EXPECT_TRUE(failure(counter(), "seats", seeds(1)).starts_with("counter is not judged by seats; there are "));
}

TEST(ExpectProperty, RefusesNoSeedsAndSeedsThatDoNotExist) {
  EXPECT_EQ(failure(counter(), "liveness", seeds(0)), "no seed was asked for");
  EXPECT_EQ(failure(counter(), "liveness", seeds(2).from(UINT64_MAX)),
            "there are no 2 seeds from 18446744073709551615 on: seeds have 64 bits");
}

TEST(ExpectProperty, SaysWhatIsMistakenInAScenario) {
  Scenario scenario = counter();
  scenario.make = [](const Settings& settings) {
    Experiment experiment = counter().make(settings);
    experiment.classes.front().name = "Nobody";
    return experiment;
  };
  EXPECT_NE(failure(scenario, "liveness", seeds(1)).find("Nobody"), std::string::npos);
}

TEST(ExpectProperty, SaysWhatMakingTheExperimentThrew) {
  Scenario scenario = counter();
  scenario.make = [](const Settings&) -> Experiment { throw std::runtime_error("no rows"); };
  EXPECT_EQ(failure(scenario, "liveness", seeds(1)), "scenario counter makes no experiment: it threw: no rows");
}

bool is_violated(const Experiment& experiment, const std::string& property) {
  return verdict_of(experiment, lost_update(), property).violation.has_value();
}

// What RapidCheck ends with, without its prints.
rc::detail::TestResult checked(const std::function<void()>& property) {
  rc::detail::TestParams params;
  params.seed = 1;
  params.maxSuccess = 100;
  return rc::detail::checkTestable(property, rc::detail::TestMetadata(), params);
}

TEST(DrawnExperiments, ShrinkToTheOperationsThatMatter) {
  Experiment last;
  const rc::detail::TestResult result = checked([&last] {
    const Experiment experiment = *drawn_experiments(lost_update());
    if (!is_violated(experiment, "serialization")) return;
    last = experiment;
    RC_FAIL("an update is lost");
  });

  ASSERT_TRUE(result.is<rc::detail::FailureResult>());
  const auto* operations = std::get_if<std::vector<Operation>>(&last.workload);
  ASSERT_TRUE(operations);
  EXPECT_GE(operations->size(), 2u);
  EXPECT_LE(operations->size(), 3u);
  EXPECT_TRUE(last.faults.empty());
  EXPECT_TRUE(is_violated(last, "serialization"));
}

TEST(DrawnExperiments, AreThoseOfCheckAndListedTheyAreTheSameRun) {
  const auto drawn = drawn_experiments(lost_update())(rc::Random(3));
  const Experiment experiment = drawn.value();
  EXPECT_EQ(experiment,
            drawn_experiment(lost_update(), Settings(lost_update().parameters), experiment.seed, DrawnFaults::on));

  auto first = drawn.shrinks().next();
  ASSERT_TRUE(first);
  const Code code = code_of({lost_update()});
  EXPECT_EQ(run(first->value(), code).outcome.fingerprint, run(experiment, code).outcome.fingerprint);
  EXPECT_EQ(first->value().seed, experiment.seed);
}

TEST(DrawnExperiments, AreShownAsTheFileThatReplayReads) {
  const Experiment experiment = drawn_experiments(lost_update())(rc::Random(3)).value();
  std::ostringstream shown;
  rc::show(experiment, shown);

  const auto file = read_experiment(shown.str(), "shown");

  ASSERT_TRUE(file);
  EXPECT_EQ(file->experiment, experiment);
}

}  // namespace
