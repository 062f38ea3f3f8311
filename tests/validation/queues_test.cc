// The simulator against queueing theory: for each row of tests/validation/queues.h, so many seeds, a 95 % interval
// for the mean wait from each, and how many of the intervals cover what theory says. All runs of a row together must
// also tell theory from one that is told a load 5 % too high, or a second moment 20 % too high.
//
//   ORRERY_VALIDATION=full build/release/tests/validation_test --gtest_filter='*Theory*' | grep '^|'
//
// makes the whole table, of seeds 1 to 200. Without that, seeds are fewer, and the limits as much wider.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/draws.h"
#include "reports/stages.h"
#include "tests/optimised.h"
#include "tests/validation/coverage.h"
#include "tests/validation/queues.h"

namespace orrery::validation {

// For messages of GoogleTest.
void PrintTo(const Row& row, std::ostream* out) { *out << row.model << " at load " << row.load; }

namespace {

using tests::is_optimised;

// Seeds 1 to this one.
std::uint64_t seeds_of(const Row& row) {
  const char* wanted = std::getenv("ORRERY_VALIDATION");
  if (wanted && std::string_view(wanted) == "full") return 200;
  constexpr std::uint64_t least = 4;
  return is_optimised ? std::clamp<std::uint64_t>(1'000'000 / requests_of(row), least, 20) : least;
}

// How long each request waited at the gate, as the ledger of stages has it.
class Waits final : public reports::BreakdownReader {
 public:
  explicit Waits(const scenarios::Experiment& experiment) : warmup_(experiment.warmup) {}

  void on(const reports::Breakdown& breakdown) override {
    reports::StageTimes stages = breakdown.stages;
    const Duration wait = time_in(stages, reports::Stage::queue);
    all += wait;
    ++calls;
    if (breakdown.intended < Time(warmup_)) return;
    const Duration on_its_way = breakdown.latency - wait - time_in(stages, reports::Stage::cpu) - travel;
    if ((on_its_way < 0ns || on_its_way > ties) && !unlike)
      unlike = fmt::format("request {} travels {} ns longer than others", breakdown.number, on_its_way.count());
    series.push_back(static_cast<double>(nanoseconds(wait)) / 1e9);
  }

  Duration all{};
  std::uint64_t calls = 0;
  std::vector<double> series;  // in seconds, behind the warm-up
  std::optional<std::string> unlike;  // the first one behind the warm-up that does not travel for as long as all

 private:
  // What would come at one instant by one stream comes a nanosecond apart.
  static constexpr Duration ties = 3ns;

  const Duration warmup_;
};

Estimate measure(const scenarios::Experiment& experiment) {
  Waits waits(experiment);
  reports::StageLedger ledger(waits);
  const reports::Outcome outcome = run(experiment, {}, {.more_sinks = {&ledger}}).outcome;

  EXPECT_EQ(outcome.objects_used, 1u);
  EXPECT_EQ(outcome.objects.at(0).calls, waits.calls);
  EXPECT_EQ(outcome.objects.at(0).waited, waits.all);
  EXPECT_FALSE(waits.unlike) << "seed " << experiment.seed << ": " << *waits.unlike;
  return batch_means(waits.series);
}

class Theory : public testing::TestWithParam<Row> {
 protected:
  static void SetUpTestSuite() {
    fmt::print(
        "| model | load | requests a run | theory | mean of the runs | covered "
        "| if the load were 5 % higher | if E[S²] were 20 % higher |\n"
        "|---|---|---|---|---|---|---|---|\n");
  }
};

std::uint64_t covering(const std::vector<Estimate>& estimates, double value) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(estimates, [value](const Estimate& each) { return each.covers(value); }));
}
std::string percent(std::uint64_t of, std::size_t all) {
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(of) / static_cast<double>(all));
}

TEST_P(Theory, IsCoveredAsOftenAsAnIntervalPromises) {
  const Row& row = GetParam();
  scenarios::Experiment experiment = experiment_of(row);
  ASSERT_FALSE(mistake_in(experiment, {}));

  std::vector<Estimate> estimates;
  for (experiment.seed = 1; experiment.seed <= seeds_of(row); ++experiment.seed)
    estimates.push_back(measure(experiment));

  const std::size_t runs = estimates.size();
  const Limits allowed = limits(runs);
  const double wait = mean_wait(row);
  const std::uint64_t covered = covering(estimates, wait);
  const std::uint64_t with_load = covering(estimates, mean_wait(row, {.load = 1.05}));
  const std::uint64_t with_square = covering(estimates, mean_wait(row, {.square = 1.2}));
  double mean = 0;
  double squares = 0;
  for (const Estimate& each : estimates) {
    mean += each.mean / static_cast<double>(runs);
    squares += each.error * each.error;
  }
  const double error = std::sqrt(squares) / static_cast<double>(runs);
  fmt::print("| {} | {} | {} | {:.3f} ms | {:.3f} ± {:.3f} ms | {} | {} | {} |\n", row.model, row.load,
             requests_of(row), wait * 1e3, mean * 1e3, 1.96 * error * 1e3, percent(covered, runs),
             percent(with_load, runs), row.clients > 0 ? "" : percent(with_square, runs));
  std::fflush(stdout);

  EXPECT_TRUE(allowed.include(covered)) << covered << " of " << runs << " intervals cover " << wait << " s";
  EXPECT_LT(std::abs(mean - wait), 4 * error) << "all runs together say " << mean << " s, and not " << wait;
  // Few intervals may hold a value that is wrong. All runs together must not.
  EXPECT_GT(std::abs(mean - mean_wait(row, {.load = 1.05})), 4 * error) << "a load that is too high is not seen";
  if (row.clients == 0) {
    EXPECT_GT(std::abs(mean - mean_wait(row, {.square = 1.2})), 4 * error) << "a wrong second moment is not seen";
  }
}

// MM1_30, repairman20machines_95.
std::string name_of(const testing::TestParamInfo<Row>& info) {
  std::string name = info.param.model;
  std::erase_if(name, [](char c) { return std::string_view("/, ").contains(c); });
  return fmt::format("{}_{:.0f}", name, info.param.load * 100);
}
INSTANTIATE_TEST_SUITE_P(Queue, Theory, testing::ValuesIn(rows(!is_optimised)), name_of);

// ---- The formulas and the statistics themselves.

// The formulas of textbooks for one law each.
TEST(Formula, OfPollaczekAndKhinchineHasTheKnownCases) {
  const Moments exponential = moments_of(Distribution::exponential(10ms));
  const Moments constant = moments_of(Distribution::constant(10ms));
  for (const double load : {0.3, 0.8, 0.95}) {
    EXPECT_DOUBLE_EQ(pollaczek_khinchine(load, exponential), 0.010 * load / (1 - load));
    EXPECT_DOUBLE_EQ(pollaczek_khinchine(load, constant), 0.010 * load / (2 * (1 - load)));
  }
}

// From the balance of births and deaths: with k machines down, others break at (n - k) / think.
TEST(Formula, OfTheMachineRepairmanIsThatOfTheBirthAndDeathProcess) {
  for (const std::uint32_t machines : {1u, 2u, 5u, 20u, 50u})
    for (const double think : {0.02, 0.2, 0.5}) {
      const double service = 0.010;
      double weight = 1;
      double all = 1;
      double down = 0;
      for (std::uint32_t k = 1; k <= machines; ++k) {
        weight *= (machines - k + 1) * service / think;
        all += weight;
        down += k * weight;
      }
      const double throughput = (1 - 1 / all) / service;
      EXPECT_NEAR(machine_repairman(machines, think, service), down / all / throughput - service, 1e-12);
    }
}

TEST(Formula, KnowsTheMomentsOfALaw) {
  const Draws draws(1);
  for (const Distribution& law : {Distribution::constant(10ms), Distribution::exponential(10ms),
                                  Distribution::uniform(5ms, 20ms), Distribution::lognormal(8ms, 500'000)}) {
    constexpr std::uint64_t many = 100'000;
    double sum = 0;
    double squares = 0;
    for (std::uint64_t i = 0; i < many; ++i) {
      const double drawn = static_cast<double>(nanoseconds(law.sample(draws.bits(Purpose::experiment, {}, i)))) / 1e9;
      sum += drawn / many;
      squares += drawn * drawn / many;
    }
    EXPECT_NEAR(sum / moments_of(law).mean, 1, 0.02) << law.to_text();
    EXPECT_NEAR(squares / moments_of(law).square, 1, 0.05) << law.to_text();
  }
}

TEST(Formula, MakesClientsThinkForAsLongAsTheLoadWants) {
  for (const Row& row : rows(false)) {
    if (row.clients == 0) continue;
    const double service = moments_of(row.service).mean;
    const double round = think_time(row) + mean_wait(row) + service;
    EXPECT_NEAR(row.clients * service / round, row.load, 1e-9);
    EXPECT_GT(think_time(row) * 1e9, 10 * static_cast<double>(nanoseconds(travel)));  // most of it is drawn
  }
}

TEST(Interval, CoversTheMeanOfIndependentDrawsAsOftenAsItPromises) {
  const Distribution law = Distribution::exponential(1s);
  std::vector<Estimate> estimates;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const Draws draws(seed);
    std::vector<double> series;
    for (std::uint64_t i = 0; i < 1000; ++i)
      series.push_back(static_cast<double>(nanoseconds(law.sample(draws.bits(Purpose::experiment, {}, i)))) / 1e9);
    estimates.push_back(batch_means(series));
  }
  EXPECT_TRUE(limits(1000).include(covering(estimates, 1.0))) << covering(estimates, 1.0);
  EXPECT_FALSE(limits(1000).include(covering(estimates, 1.03))) << covering(estimates, 1.03);
}

TEST(Interval, MayMissNowAndThen) {
  EXPECT_EQ(limits(200), (Limits{180, 198}));  // 90 and 99 %
  EXPECT_EQ(limits(20), (Limits{15, 20}));
  EXPECT_EQ(limits(4), (Limits{2, 4}));
  EXPECT_EQ(limits(1), (Limits{0, 1}));
}

}  // namespace
}  // namespace orrery::validation
