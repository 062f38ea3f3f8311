// What is estimated of a design is what its run has.
#include "scenarios/design/estimate.h"

#include <gtest/gtest.h>

#include <map>

#include "scenarios/design/popularity.h"
#include "tests/scenarios/broken_rules.h"

namespace orrery::scenarios {
namespace {

using namespace tests;

double seconds(Duration duration) { return static_cast<double>(nanoseconds(duration)) / 1e9; }

TEST(MeanOf, IsThatOfTheDistribution) {
  EXPECT_EQ(mean_of(Distribution::constant(5ms)), 5ms);
  EXPECT_EQ(mean_of(Distribution::uniform(1ms, 3ms)), 2ms);
  EXPECT_EQ(mean_of(Distribution::exponential(7ms)), 7ms);
  // exp(0.5^2 / 2) and exp(2^2 / 2)
  EXPECT_NEAR(seconds(mean_of(Distribution::lognormal(10ms, 500'000))), 0.011331, 0.0001);
  EXPECT_NEAR(seconds(mean_of(Distribution::lognormal(10ms, 2'000'000))), 0.073891, 0.0007);
  // alpha / (alpha - 1)
  EXPECT_NEAR(seconds(mean_of(Distribution::pareto(1ms, 2'000'000))), 0.002, 0.00002);
  EXPECT_NEAR(seconds(mean_of(Distribution::pareto(1ms, 5'000'000))), 0.00125, 0.00001);
}

TEST(QuantileOf, IsInOrder) {
  const Distribution latency = Distribution::lognormal(10ms, 300'000);
  EXPECT_NEAR(seconds(quantile_of(latency, 500'000)), 0.010, 0.00001);
  EXPECT_LT(quantile_of(latency, 10'000), 6ms);
  EXPECT_EQ(quantile_of(Distribution::constant(3ms), 10'000), 3ms);
}

// Everything that a handler can do, at what it usually costs.
TEST(Estimates, AreWhatARunHas) {
  Steps steps = cpu(1ms);
  for (const std::string_view text : {"cpu lognormal 1ms sigma 0.5", "kv.get", "kv.put bytes=300", "sql.read rows=3",
                                      "sql.write 650us rows=3", "wait 5ms", "sql.write rows=2", "sync"})
    steps.push_back(*parse_step(text));
  steps.push_back(fetch());
  steps.push_back(Step{BlockStep{{*parse_step("wait 3ms"), *parse_step("cpu 400us")}}});
  steps.push_back(Step{AllStep{{cpu(200us), {*parse_step("wait 2ms")}, {fetch(), *parse_step("kv.put")}}}});
  steps.push_back(Step{WhenStep{250'000, {*parse_step("cpu 2ms"), call()}}});
  Experiment experiment = with_log(venue(steps, "20/s"));
  experiment.costs = {};
  experiment.lasts = 100s;
  experiment.classes.front().shards = 1;
  const reports::Outcome outcome = run(experiment, built_in_code()).outcome;

  const Estimates estimates(experiment);
  const ClassPlan& plan = experiment.classes.front();
  const HandlerEstimate estimate = estimates.of(plan, plan.handlers.front());
  const auto venue = std::ranges::find(outcome.objects, plan.name, &reports::ObjectUse::class_name);
  const double busy = seconds(venue->busy) / static_cast<double>(venue->calls);
  EXPECT_NEAR(seconds(estimate.busy), busy, 0.03 * busy);

  reports::StageTimes stages = outcome.all.stages;
  const Duration on_the_way = time_in(stages, reports::Stage::access) + time_in(stages, reports::Stage::queue);
  const double lasts = seconds(reports::sum_of(stages) - on_the_way) / static_cast<double>(outcome.all.completed);
  EXPECT_NEAR(seconds(estimate.lasts), lasts, 0.05 * lasts);

  const ObjectEstimate object = estimates.busiest_object_on_average(plan);
  EXPECT_NEAR(static_cast<double>(object.busy_millionths) / 1e6, seconds(venue->busy) / 100, 0.03);
  EXPECT_EQ(estimate.shut, 3ms);
}

TEST(Estimates, KnowHowLongAnObjectIsHeld) {
  const auto shut = [](object::Holding holding, Steps steps) {
    const Experiment experiment = held(holding, venue(std::move(steps)));
    const ClassPlan& plan = experiment.classes.front();
    return Estimates(experiment).of(plan, plan.handlers.front()).shut;
  };
  EXPECT_EQ(shut(object::Holding::turn, {fetch(), put()}), 0ms);
  EXPECT_EQ(shut(object::Holding::call, {fetch(), put()}), 20ms + 600us);
  EXPECT_EQ(shut(object::Holding::commit, {fetch(), put()}), 200us);
  EXPECT_EQ(shut(object::Holding::commit, {put(), put(), fetch(), put()}), 400us);
  EXPECT_EQ(shut(object::Holding::commit, {fetch()}), 0ms);
}

// A handler that calls the second one twice, which calls the third one twice.
TEST(Estimates, AddUpCallsThatAreReachedInSeveralWays) {
  const auto lasts = [](Steps steps) {
    Experiment experiment = with_log(venue(std::move(steps)));
    experiment.classes.back().handlers = {{"first", {call("second"), call("second")}},
                                          {"second", {call("third"), call("third")}},
                                          {"third", cpu(1ms)}};
    const ClassPlan& plan = experiment.classes.front();
    return Estimates(experiment).of(plan, plan.handlers.front());
  };
  const HandlerEstimate once = lasts({call("third")});
  EXPECT_GE(once.lasts, 1ms);
  const Duration trip = once.lasts - 1ms;
  EXPECT_EQ(once.least, trip);
  EXPECT_EQ(lasts({call("second")}).lasts, 2 * once.lasts + trip);
  EXPECT_EQ(lasts({call("first")}).lasts, 4 * once.lasts + 3 * trip);
  EXPECT_EQ(lasts({call("first")}).least, 7 * trip);
}

TEST(Estimates, AreThereSoonThoughEveryHandlerCallsAll) {
  Experiment experiment = with_log(venue({call("0")}));
  std::vector<HandlerPlan>& handlers = experiment.classes.back().handlers;
  for (int i = 0; i < 20; ++i) {
    Steps calls = cpu(1ms);
    for (int other = 0; other < 20; ++other)
      calls.push_back(Step{WhenStep{900'000, Steps(20, call(std::to_string(other)))}});
    handlers.push_back({std::to_string(i), calls});
  }
  const ClassPlan& plan = experiment.classes.front();
  const Estimates estimates(experiment);
  EXPECT_GT(estimates.of(plan, plan.handlers.front()).lasts, 1h);
  EXPECT_GT(estimates.busiest_object_on_average(experiment.classes.back()).taken_millionths, 1'000'000);
}

TEST(Shares, AreThoseOfTheRun) {
  ClassPlan plan{.name = "Venue", .keys = 50, .zipf_millionths = 1'000'000, .hot_millionths = 100'000, .shards = 4};
  const auto by_shard = shares_of_objects(plan, {});
  plan.shards = 0;
  const auto by_key = shares_of_objects(plan, {"7"});

  Experiment experiment = venue(cpu(1us), "1000/s");
  experiment.classes.front() = {plan.name, "", 50, 1'000'000, 100'000};
  const Experiment listed = [&] {
    experiment.classes.front().handlers = {{"book", cpu(1us)}};
    return explicit_form(experiment, built_in_code());
  }();
  std::map<std::string, double> of_shards;
  std::map<std::string, double> of_keys;
  const auto& operations = std::get<std::vector<Operation>>(listed.workload);
  plan.shards = 4;
  for (const Operation& each : operations) {
    of_keys[each.key] += 1e6 / static_cast<double>(operations.size());
    of_shards[object_of(plan, each.key)] += 1e6 / static_cast<double>(operations.size());
  }
  ASSERT_EQ(by_shard.size(), 4u);
  std::int64_t sum = 0;
  for (const auto& [object, share] : by_shard) {
    EXPECT_NEAR(static_cast<double>(share), of_shards[object], 15'000) << object;
    sum += share;
  }
  EXPECT_NEAR(static_cast<double>(sum), 1e6, 4.1);
  for (const auto& [key, share] : by_key) EXPECT_NEAR(static_cast<double>(share), of_keys[key], 15'000) << key;
}

}  // namespace
}  // namespace orrery::scenarios
