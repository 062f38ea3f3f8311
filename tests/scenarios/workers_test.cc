#include "scenarios/cli/workers.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "scenarios/search/batch.h"

using namespace orrery;
using namespace orrery::cli;
using namespace orrery::scenarios;
using namespace std::chrono_literals;

namespace {

std::vector<Bytes> results_of(int jobs, std::uint64_t count, const Workers::Work& work) {
  Workers workers(jobs, count, work);
  std::vector<Bytes> results;
  while (results.size() < count)
    if (auto result = workers.next(10s)) results.push_back(std::move(*result));
  return results;
}

Bytes squared(std::uint64_t number) { return std::to_string(number * number); }

// Of the first number that gives no result, and why.
std::string loss_of(int jobs, const Workers::Work& work) {
  try {
    results_of(jobs, 10, work);
  } catch (const WorkerLost& lost) { return std::to_string(lost.number()) + ": " + lost.what(); }
  return "nothing";
}

reports::Outcome outcome_with(const char* property, properties::Verdict verdict) {
  reports::Outcome outcome;
  outcome.fingerprint = 5;
  outcome.verdicts = {{property, std::move(verdict)}};
  outcome.reached = {{"rare", 3}, {"never", 0}};
  return outcome;
}

properties::Verdict violated_at(Time at) {
  return {.kind = properties::Verdict::Kind::violated,
          .tested = 2,
          .violation = properties::Violation{"rule", "ab", "text", at},
          .note = ""};
}

}  // namespace

TEST(Workers, GiveResultsInOrderWhateverTheirNumber) {
  const auto alone = results_of(1, 100, squared);

  EXPECT_EQ(alone.at(99), "9801");
  for (const int jobs : {2, 3, 7, 200}) EXPECT_EQ(results_of(jobs, 100, squared), alone) << jobs;
}

TEST(Workers, GiveResultsInOrderWhoeverIsFaster) {
  const auto uneven = [](std::uint64_t number) {
    if (number % 3 == 0) usleep(2'000);
    return squared(number);
  };
  EXPECT_EQ(results_of(3, 30, uneven), results_of(1, 30, squared));
}

TEST(Workers, CarryResultsThatAreLongerThanAPipe) {
  const auto long_result = [](std::uint64_t number) { return Bytes(300'000 + number, 'x'); };
  EXPECT_EQ(results_of(2, 5, long_result).at(4).size(), 300'004u);
}

TEST(Workers, NameTheNumberOfAWorkerThatWasKilled) {
  const auto deadly = [](std::uint64_t number) {
    if (number == 6) raise(SIGKILL);
    return squared(number);
  };
  EXPECT_EQ(loss_of(1, deadly), "6: its process was ended by signal 9 (Killed)");
  EXPECT_EQ(loss_of(4, deadly), "6: its process was ended by signal 9 (Killed)");
}

TEST(Workers, PassOnWhatWasThrown) {
  const auto throws = [](std::uint64_t number) {
    if (number >= 4) throw std::runtime_error("four");
    return squared(number);
  };
  EXPECT_EQ(loss_of(3, throws), "4: four");
}

TEST(Workers, GiveNothingWhenTimeRunsOut) {
  const auto slow = [](std::uint64_t) {
    sleep(100);
    return Bytes();
  };
  Workers workers(1, 1, slow);
  EXPECT_FALSE(workers.next(10ms));
}

TEST(SeedResult, SurvivesTheWayBetweenProcesses) {
  const SeedResult sent = result_of(outcome_with("serialization", violated_at(Time(3s))));

  const SeedResult received = unpack(pack(sent));

  EXPECT_EQ(received.fingerprint, 5u);
  ASSERT_EQ(received.verdicts.size(), 1u);
  EXPECT_EQ(received.verdicts[0].property, "serialization");
  EXPECT_EQ(received.verdicts[0].verdict, sent.verdicts[0].verdict);
  EXPECT_EQ(received.reached, sent.reached);
}

TEST(Batch, EndsWhenEveryPropertyIsViolatedOftenEnough) {
  Batch batch("counter", {"a"}, 11, 100, 2);

  batch.take(result_of(outcome_with("a", violated_at(Time(1s)))));
  EXPECT_FALSE(batch.is_done());
  batch.take(result_of(outcome_with("a", violated_at(Time(2s)))));

  EXPECT_TRUE(batch.is_done());
  EXPECT_EQ(batch.summary().seeds_done, 2u);
  ASSERT_EQ(batch.summary().properties[0].violations.size(), 2u);
  EXPECT_EQ(batch.summary().properties[0].violations[1].seed, 12u);
}

TEST(Batch, KeepsNoMoreViolationsThanItLooksFor) {
  Batch batch("counter", {"a", "b"}, 1, 3, 1);

  for (int i = 0; i < 3; ++i) batch.take(result_of(outcome_with("a", violated_at(Time(1s)))));

  EXPECT_TRUE(batch.is_done());
  EXPECT_EQ(batch.summary().properties[0].violations.size(), 1u);
  EXPECT_EQ(batch.summary().properties[0].tested, 6u);
  EXPECT_EQ(batch.summary().properties[1].seeds_tested, 0u);
  EXPECT_EQ(batch.violated(), 1u);
}

TEST(Batch, CountsInHowManySeedsAMarkWasReached) {
  Batch batch("counter", {"a"}, 1, 3, 1);

  for (int i = 0; i < 2; ++i) batch.take(result_of(outcome_with("a", {})));

  EXPECT_EQ(batch.summary().reached.at("rare"), 2u);
  EXPECT_EQ(batch.summary().reached.at("never"), 0u);
}
