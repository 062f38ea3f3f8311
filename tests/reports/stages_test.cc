#include "reports/stages.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "core/base/invariant.h"
#include "tests/reports/records.h"

using namespace orrery;
using namespace orrery::reports;

namespace {

struct Kept final : BreakdownReader {
  void on(const Breakdown& breakdown) override { all.push_back(breakdown); }
  std::vector<Breakdown> all;
};

struct Spent {
  Duration access{};
  Duration network{};
  Duration queue{};
  Duration cpu{};
  Duration storage{};
  Duration commit{};
  Duration fetch{};
  friend bool operator==(const Spent&, const Spent&) = default;
};

Spent spent(const Breakdown& breakdown) {
  StageTimes times = breakdown.stages;
  return {time_in(times, Stage::access), time_in(times, Stage::network), time_in(times, Stage::queue),
          time_in(times, Stage::cpu),    time_in(times, Stage::storage), time_in(times, Stage::commit),
          time_in(times, Stage::fetch)};
}

// The only request of the script; nothing of it may be left behind.
Breakdown breakdown_of(const Script& script) {
  Kept kept;
  StageLedger ledger(kept);
  play(script, ledger);
  EXPECT_EQ(ledger.requests_open(), 0u);
  EXPECT_EQ(ledger.calls_open(), 0u);
  EXPECT_EQ(kept.all.size(), 1u);
  return kept.all.at(0);
}

}  // namespace

TEST(StageLedger, SplitsAPlainRequest) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(7, 0ms, 3, 2)},
                                            {4ms, called(7)},
                                            {14ms, arrived(7)},
                                            {17ms, turn_started(7, 19ms)},
                                            {19ms, turn_ended(7)},
                                            {19ms, replied(7)},
                                            {19ms, left(7)},
                                            {29ms, answered(7)},
                                            {33ms, completed(7, journal::Status::failed)}});

  EXPECT_EQ(spent(breakdown), (Spent{.access = 8ms, .network = 20ms, .queue = 3ms, .cpu = 2ms}));
  EXPECT_EQ(breakdown.latency, 33ms);
  EXPECT_EQ(breakdown.call, CallId{7});
  EXPECT_EQ(breakdown.client, ClientId{3});
  EXPECT_EQ(breakdown.method, MethodId{2});
  EXPECT_EQ(breakdown.status, journal::Status::failed);
}

TEST(StageLedger, CountsALateUserAsQueue) {
  const Breakdown breakdown = breakdown_of({{30ms, requested(1, 10ms)}, {35ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.access = 5ms, .queue = 20ms}));
  EXPECT_EQ(breakdown.intended, at(10ms));
  EXPECT_EQ(breakdown.latency, 25ms);
}

TEST(StageLedger, ChargesANestedCallToItsRoot) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {10ms, arrived(1)},
                                            {10ms, turn_started(1, 11ms)},
                                            {11ms, turn_ended(1)},
                                            {11ms, called(2, 1)},
                                            {31ms, arrived(2, 2)},
                                            {36ms, turn_started(2, 38ms, 2)},
                                            {38ms, turn_ended(2)},
                                            {38ms, called(3, 2)},
                                            {40ms, arrived(3, 3)},
                                            {40ms, turn_started(3, 43ms, 3)},
                                            {43ms, turn_ended(3)},
                                            {43ms, replied(3)},
                                            {43ms, left(3)},
                                            {45ms, answered(3)},
                                            {46ms, turn_started(2, 47ms, 2)},
                                            {47ms, turn_ended(2)},
                                            {47ms, replied(2)},
                                            {47ms, left(2)},
                                            {67ms, answered(2)},
                                            {70ms, turn_started(1, 71ms)},
                                            {71ms, turn_ended(1)},
                                            {71ms, replied(1)},
                                            {71ms, left(1)},
                                            {81ms, answered(1)},
                                            {81ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.network = 64ms, .queue = 9ms, .cpu = 8ms}));
}

TEST(StageLedger, LetsTheLastTransitionDecideAmongParallelFetches) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {0ms, arrived(1)},
                                            {0ms, turn_started(1, 1ms)},
                                            {1ms, turn_ended(1)},
                                            {1ms, fetch_started(1, 100)},
                                            {1ms, fetch_started(1, 101)},
                                            {21ms, fetch_ended(1, 100)},
                                            {23ms, turn_started(1, 24ms)},
                                            {24ms, turn_ended(1)},  // the other answer is still awaited
                                            {51ms, fetch_ended(1, 101)},
                                            {51ms, turn_started(1, 52ms)},
                                            {52ms, turn_ended(1)},
                                            {52ms, replied(1)},
                                            {52ms, left(1)},
                                            {52ms, answered(1)},
                                            {52ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.queue = 2ms, .cpu = 3ms, .fetch = 47ms}));
}

TEST(StageLedger, SaysHowLongAFetchWaitedForACommitAndThenAtTheInputGate) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {0ms, arrived(1)},
                                            {0ms, turn_started(1, 1ms)},
                                            {1ms, turn_ended(1)},
                                            {4ms, fetch_queued(1, 100)},
                                            {9ms, fetch_started(1, 100)},
                                            {16ms, fetch_ended(1, 100)},
                                            {16ms, turn_started(1, 17ms)},
                                            {17ms, turn_ended(1)},
                                            {17ms, replied(1)},
                                            {17ms, left(1)},
                                            {17ms, answered(1)},
                                            {17ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.queue = 5ms, .cpu = 2ms, .commit = 3ms, .fetch = 7ms}));
}

TEST(StageLedger, LeavesOutWhatAHandlerDoesAfterItsReply) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {0ms, arrived(1)},
                                            {0ms, turn_started(1, 1ms)},
                                            {1ms, turn_ended(1)},
                                            {1ms, replied(1)},
                                            {1ms, fetch_started(1, 100)},
                                            {1ms, left(1)},
                                            {5ms, fetch_ended(1, 100)},
                                            {5ms, turn_started(1, 6ms)},
                                            {6ms, turn_ended(1)},
                                            {6ms, called(2, 1)},
                                            {7ms, arrived(2)},
                                            {8ms, turn_started(2, 9ms)},
                                            {9ms, turn_ended(2)},
                                            {11ms, answered(1)},
                                            {12ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.access = 1ms, .network = 10ms, .cpu = 1ms}));
}

TEST(StageLedger, FollowsASecondAttempt) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {1ms, arrived(1)},
                                            {1ms, turn_started(1, 2ms)},
                                            {2ms, turn_ended(1)},
                                            {2ms, replied(1)},
                                            {2ms, left(1)},  // and the reply is lost
                                            {9ms, arrived(1)},
                                            {10ms, turn_started(1, 12ms)},
                                            {12ms, turn_ended(1)},
                                            {12ms, replied(1)},
                                            {12ms, left(1)},
                                            {13ms, answered(1)},
                                            {13ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.network = 9ms, .queue = 1ms, .cpu = 3ms}));
}

// ---- Storage and the output gate.

TEST(StageLedger, SplitsATurnIntoStorageAndCpu) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {0ms, arrived(1)},
                                            {1ms, storing_turn(1, 6ms, 3ms, 7)},
                                            {7ms, turn_ended(1)},
                                            {7ms, replied(1)},
                                            {7ms, left(1)},
                                            {7ms, answered(1)},
                                            {7ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.queue = 1ms, .cpu = 3ms, .storage = 3ms}));
}

TEST(StageLedger, NeverGivesStorageMoreThanTheTurn) {
  const Breakdown breakdown = breakdown_of(
      {{0ms, requested(1, 0ms)}, {0ms, storing_turn(1, 2ms, 5ms)}, {2ms, turn_ended(1)}, {2ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.storage = 2ms}));
}

TEST(StageLedger, CountsTheWaitOfAReplyForItsCommit) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {0ms, arrived(1)},
                                            {0ms, turn_started(1, 1ms)},
                                            {1ms, turn_ended(1)},
                                            {1ms, replied(1)},
                                            {31ms, left(1)},
                                            {35ms, answered(1)},
                                            {35ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.network = 4ms, .cpu = 1ms, .commit = 30ms}));
}

TEST(StageLedger, CountsTheWaitOfFetchesAndCallsForACommit) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {0ms, arrived(1)},
                                            {0ms, turn_started(1, 1ms)},
                                            {1ms, turn_ended(1)},
                                            {11ms, left(100, journal::OutputKind::fetch)},
                                            {11ms, fetch_started(1, 100)},
                                            {16ms, fetch_ended(1, 100)},
                                            {16ms, turn_started(1, 17ms)},
                                            {17ms, turn_ended(1)},
                                            {37ms, left(2, journal::OutputKind::call)},
                                            {37ms, called(2, 1)},
                                            {40ms, answered(2)},
                                            {40ms, turn_started(1, 41ms)},
                                            {41ms, turn_ended(1)},
                                            {41ms, replied(1)},
                                            {41ms, left(1)},
                                            {41ms, answered(1)},
                                            {41ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.network = 3ms, .cpu = 3ms, .commit = 30ms, .fetch = 5ms}));
}

TEST(StageLedger, CountsAWaitForACallAsNetworkEvenAfterAnotherTurn) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {0ms, called(2, 1)},
                                            {0ms, called(3, 1)},
                                            {5ms, answered(2)},
                                            {5ms, turn_started(1, 6ms)},
                                            {6ms, turn_ended(1)},  // the other one is still in flight
                                            {9ms, answered(3)},
                                            {9ms, turn_started(1, 10ms)},
                                            {10ms, turn_ended(1)},  // now only the gate can hold it
                                            {12ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.network = 8ms, .cpu = 2ms, .commit = 2ms}));
}

TEST(StageLedger, SaysCommitForAReplyThatWaitsWhileAFetchGoesOn) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {0ms, fetch_started(1, 100)},
                                            {2ms, turn_started(1, 3ms)},
                                            {3ms, turn_ended(1)},
                                            {3ms, replied(1)},  // without the answer of the service
                                            {4ms, fetch_ended(1, 100)},
                                            {8ms, left(1)},
                                            {9ms, answered(1)},
                                            {9ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.network = 1ms, .cpu = 1ms, .commit = 5ms, .fetch = 2ms}));
}

TEST(StageLedger, LeavesARequestWhereItsInstanceDied) {
  const Breakdown in_a_turn = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {0ms, arrived(1)},
                                            {1ms, storing_turn(1, 6ms, 3ms)},
                                            {20ms, answered(1)},
                                            {25ms, completed(1, journal::Status::unknown)}});
  EXPECT_EQ(spent(in_a_turn), (Spent{.access = 5ms, .queue = 1ms, .cpu = 19ms}));

  const Breakdown at_the_gate = breakdown_of({{0ms, requested(1, 0ms)},
                                              {0ms, called(1)},
                                              {0ms, turn_started(1, 1ms)},
                                              {1ms, turn_ended(1)},
                                              {1ms, replied(1)},
                                              {20ms, answered(1)},
                                              {20ms, completed(1, journal::Status::unknown)}});
  EXPECT_EQ(spent(at_the_gate), (Spent{.cpu = 1ms, .commit = 19ms}));
}

TEST(StageLedger, IgnoresACallThatArrivesAfterItsUserWasAnswered) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {9ms, answered(1)},  // unknown
                                            {10ms, arrived(1)},
                                            {10ms, turn_started(1, 11ms)},
                                            {11ms, turn_ended(1)},
                                            {11ms, replied(1)},
                                            {12ms, left(1)},
                                            {15ms, completed(1, journal::Status::unknown)}});

  EXPECT_EQ(spent(breakdown), (Spent{.access = 6ms, .network = 9ms}));
}

TEST(StageLedger, IgnoresNestedCallsOfAHandlerThatHasReturned) {
  const Breakdown breakdown = breakdown_of({{0ms, requested(1, 0ms)},
                                            {0ms, called(1)},
                                            {0ms, called(2, 1)},
                                            {0ms, called(3, 2)},
                                            {1ms, replied(1)},
                                            {1ms, left(1)},
                                            {2ms, arrived(3)},
                                            {3ms, turn_started(3, 4ms)},
                                            {4ms, answered(3)},
                                            {5ms, fetch_started(2, 100)},
                                            {7ms, answered(2)},
                                            {9ms, answered(1)},
                                            {9ms, completed(1)}});

  EXPECT_EQ(spent(breakdown), (Spent{.network = 9ms}));
}

// ---- Work.

TEST(StageLedger, CountsWhatWasDoneForARequest) {
  const Work work = breakdown_of({{0ms, requested(1, 0ms)},
                                  {0ms, called(1)},
                                  {0ms, arrived(1)},
                                  {0ms, storing_turn(1, 1ms, 300us, 5)},
                                  {1ms, turn_ended(1, 1)},
                                  {1ms, committed(1)},
                                  {2ms, called(2, 1)},
                                  {2ms, fetch_started(1, 100)},
                                  {3ms, storing_turn(2, 4ms, 200us, 2)},
                                  {4ms, turn_ended(2, 2)},
                                  {4ms, committed(2)},
                                  {4ms, replied(2)},
                                  {5ms, left(2)},
                                  {6ms, answered(2)},
                                  {7ms, turn_started(1, 8ms)},
                                  {8ms, turn_ended(1, 3)},
                                  {8ms, replied(1)},
                                  {8ms, called(3, 1)},  // nobody awaits these two
                                  {8ms, fetch_started(1, 101)},
                                  {8ms, left(1)},
                                  {9ms, answered(1)},
                                  {9ms, completed(1)}})
                        .work;

  EXPECT_EQ(work, (Work{.turns = 3, .operations = 7, .storage = 500us, .calls = 2, .fetches = 2, .commits = 2}));
}

TEST(StageLedger, CountsACommitForTheTurnThatHasJustEnded) {
  const auto commits_of = [](std::uint64_t turn) {
    return breakdown_of({{0ms, requested(1, 0ms)},
                         {0ms, turn_started(1, 1ms)},
                         {1ms, turn_ended(1, 4)},
                         {1ms, committed(turn)},
                         {1ms, completed(1)}})
        .work.commits;
  };

  EXPECT_EQ(commits_of(4), 1u);
  EXPECT_EQ(commits_of(3), 0u);
}

TEST(StageLedger, StartsEachRequestWithoutWork) {
  Kept kept;
  StageLedger ledger(kept);
  for (std::uint64_t call = 1; call <= 2; ++call)
    play({{0ms, requested(call, 0ms)}, {0ms, storing_turn(call, 1ms, 1ms)}, {1ms, completed(call)}}, ledger);

  EXPECT_EQ(kept.all.at(1).work.turns, 1u);
  EXPECT_EQ(kept.all.at(1).work.storage, 1ms);
}

TEST(StageLedger, ForgetsNestedCallsThatOutliveTheirRoot) {
  Kept kept;
  StageLedger ledger(kept);
  play({{0ms, requested(1, 0ms)},
        {0ms, called(1)},
        {1ms, called(2, 1)},
        {1ms, called(3, 1)},
        {1ms, called(4, 1)},
        {2ms, answered(2)}},
       ledger);
  EXPECT_EQ(ledger.calls_open(), 3u);

  play({{5ms, completed(1, journal::Status::unknown)}}, ledger);
  EXPECT_EQ(ledger.calls_open(), 0u);

  play({{6ms, arrived(3)}, {7ms, answered(3)}, {8ms, called(5, 4)}, {9ms, answered(1)}}, ledger);
  EXPECT_EQ(ledger.calls_open(), 0u);
  EXPECT_EQ(kept.all.size(), 1u);
}

TEST(StageLedger, ForgetsNestedCallsInAnyOrder) {
  Kept kept;
  StageLedger ledger(kept);
  play({{0ms, requested(1, 0ms)},
        {1ms, called(2, 1)},
        {1ms, called(3, 1)},
        {1ms, called(4, 1)},
        {2ms, answered(2)},
        {3ms, answered(4)}},
       ledger);
  EXPECT_EQ(ledger.calls_open(), 2u);

  play({{5ms, completed(1)}}, ledger);
  EXPECT_EQ(ledger.calls_open(), 0u);
}

TEST(StageLedger, KeepsInterleavedRequestsApart) {
  Kept kept;
  StageLedger ledger(kept);
  play({{0ms, requested(1, 0ms)},
        {1ms, requested(2, 1ms)},
        {2ms, called(1)},
        {3ms, called(2)},
        {5ms, completed(2)},
        {9ms, completed(1)}},
       ledger);

  ASSERT_EQ(kept.all.size(), 2u);
  EXPECT_EQ(spent(kept.all[0]), (Spent{.access = 2ms, .network = 2ms}));
  EXPECT_EQ(spent(kept.all[1]), (Spent{.access = 2ms, .network = 7ms}));
}

TEST(StageLedger, RefusesARequestThatIsSentBeforeItIsIntended) {
  Kept kept;
  StageLedger ledger(kept);
  EXPECT_THROW(play({{1ms, requested(1, 2ms)}}, ledger), Bug);
}

RC_GTEST_PROP(StageLedger, SumsToTheLatencyAndLeaksNothingWhateverHappens, ()) {
  Kept kept;
  StageLedger ledger(kept);
  Duration now{};
  for (std::uint64_t root = 1; root <= 3; ++root) play({{now, requested(root, now)}}, ledger);
  const int steps = *rc::gen::inRange(0, 60);
  for (int i = 0; i < steps; ++i) {
    now += Duration(*rc::gen::inRange<std::int64_t>(0, 50));
    const auto call = *rc::gen::inRange<std::uint64_t>(1, 12);
    const auto parent = *rc::gen::inRange<std::uint64_t>(1, 12);
    switch (*rc::gen::inRange(0, 11)) {
      case 0: play({{now, call > 3 ? called(call, parent) : called(call)}}, ledger); break;
      case 1: play({{now, arrived(call)}}, ledger); break;
      case 2: play({{now, storing_turn(call, now, Duration(*rc::gen::inRange(0, 50)))}}, ledger); break;
      case 3: play({{now, turn_ended(call)}}, ledger); break;
      case 4: play({{now, fetch_started(call, 100)}}, ledger); break;
      case 5: play({{now, fetch_ended(call, 100)}}, ledger); break;
      case 6: play({{now, answered(call)}}, ledger); break;
      case 7: play({{now, replied(call)}}, ledger); break;
      case 8: play({{now, left(call)}}, ledger); break;
      case 9: play({{now, committed(0)}}, ledger); break;
      case 10: play({{now, fetch_queued(call, 100)}}, ledger); break;
    }
  }
  for (std::uint64_t root = 1; root <= 3; ++root) play({{now, completed(root)}}, ledger);

  RC_ASSERT(kept.all.size() == 3u);
  for (const Breakdown& each : kept.all) {
    RC_ASSERT(each.latency == now);
    RC_ASSERT(sum_of(each.stages) == now);
  }
  RC_ASSERT(ledger.calls_open() == 0u);
  RC_ASSERT(ledger.requests_open() == 0u);
}
