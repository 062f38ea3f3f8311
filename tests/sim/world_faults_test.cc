// The world under faults of the network and of clocks, as requests feel it.
#include <gtest/gtest.h>

#include "scenarios/catalogue.h"
#include "tests/worlds.h"

namespace orrery::sim {
namespace {

using scenarios::FaultPlan;
using tests::Keep;
using tests::operation;

const scenarios::Code& code() {
  static const scenarios::Code code = scenarios::code_of(scenarios::built_in_scenarios());
  return code;
}

// Users in London call one counter in London, all from the same edge; the directory is in Dallas.
class WorldFaults : public ::testing::Test {
 protected:
  void call(Duration at, std::string name, std::vector<Value> args = {}) {
    operations_.push_back(operation(0, operations_.size(), at, "Counter", std::move(name), std::move(args)));
  }
  void read(Duration at) { call(at, "read"); }
  void increment(Duration at) { call(at, "increment", {Value(std::int64_t{1})}); }
  void increment_if_permitted(Duration at) { call(at, "increment_if_permitted", {Value(std::int64_t{1})}); }
  void fault(FaultPlan plan) { faults_.push_back(std::move(plan)); }

  scenarios::Experiment experiment() const {
    scenarios::Experiment experiment = tests::london({{.name = "Counter", .model = "counter"}}, operations_, 1);
    experiment.lasts = 1000s;
    experiment.faults = faults_;
    return experiment;
  }
  Keep play() { return tests::play(experiment(), code()); }

  std::vector<scenarios::Operation> operations_;
  std::vector<FaultPlan> faults_;
};

struct Answer {
  Time at;
  journal::Status status{};
  std::string text;
};
Answer answer(const Keep& keep, std::uint64_t number) {
  const CallId call{Cause::operation(ClientId{0}, number).key};
  for (const auto& [at, answered] : keep.all<journal::Answered>())
    if (answered.call == call) return {at, answered.status, to_text(answered.value)};
  ADD_FAILURE() << "operation " << number << " was never answered";
  return {};
}

const FaultPlan short_partition{.kind = FaultKind::partition, .at = 10s, .target = "Counter/0", .lasts = 3s};
const FaultPlan long_partition{.kind = FaultKind::partition, .at = 10s, .target = "Counter/0", .lasts = 40s};

TEST_F(WorldFaults, APartitionThatHealsDelaysCalls) {
  increment(1s);
  increment(11s);
  read(20s);
  fault(short_partition);

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 1).text, "2");
  EXPECT_GT(answer(keep, 1).at, Time(13s));
  EXPECT_LT(answer(keep, 1).at, Time(16s));
  EXPECT_EQ(answer(keep, 2).text, "2");
}

TEST_F(WorldFaults, APartitionThatLastsLeavesCallsUnknownAndSoonerOnesDone) {
  increment(1s);
  increment(11s);
  read(100s);
  fault(long_partition);

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 1).status, journal::Status::unknown);
  EXPECT_EQ(answer(keep, 1).at, Time(30s));
  EXPECT_EQ(answer(keep, 2).text, "1");
}

TEST_F(WorldFaults, ACallOnAConnectionThatWasNeverAcceptedHasFailed) {
  increment(11s);
  increment(100s);
  fault({.kind = FaultKind::partition, .at = 10s, .target = "Counter/0", .lasts = 40s});
  fault({.kind = FaultKind::partition, .at = 10s, .target = "lhr-1-1", .lasts = 40s});
  fault({.kind = FaultKind::partition, .at = 10s, .target = "lhr-2-1", .lasts = 40s});
  fault({.kind = FaultKind::partition, .at = 10s, .target = "lhr-3-1", .lasts = 40s});

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 0).status, journal::Status::failed);
  EXPECT_EQ(answer(keep, 0).text, "\"Network connection lost.\"");
  EXPECT_EQ(answer(keep, 1).text, "1");
}

TEST_F(WorldFaults, AnOneWayPartitionLetsACallBeDoneWhoseAnswerIsLost) {
  increment(1s);
  increment(11s);
  read(100s);
  fault({.kind = FaultKind::partition, .at = 10s, .target = "Counter/0", .lasts = 40s, .stops = Direction::out});

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 1).status, journal::Status::unknown);
  EXPECT_EQ(answer(keep, 2).text, "2");
}

TEST_F(WorldFaults, AMachineThatKeepsItsUsersGoesOnServingThem) {
  increment(1s);
  increment(11s);
  fault(long_partition);
  faults_.back().with_users = true;

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 1).text, "2");
  EXPECT_LT(answer(keep, 1).at, Time(12s));
}

TEST_F(WorldFaults, AFetchOverAConnectionThatIsGivenUpThrows) {
  increment(1s);
  increment_if_permitted(9s);  // the connection to the service is there
  increment_if_permitted(11s);
  increment_if_permitted(100s);
  fault(long_partition);
  faults_.back().with_users = true;

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 2).status, journal::Status::failed);
  EXPECT_EQ(answer(keep, 2).text, "\"Network connection lost.\"");
  EXPECT_GT(answer(keep, 2).at, Time(30s));
  EXPECT_EQ(answer(keep, 3).text, "3");
  EXPECT_EQ(keep.all<journal::FetchEnded>().size(), 3u);
}

TEST_F(WorldFaults, APartitionOfACityCutsItFromTheDirectory) {
  increment(1s);
  fault({.kind = FaultKind::partition, .at = 0s, .target = "lhr,fra", .lasts = 5s});

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 0).text, "1");
  EXPECT_GT(answer(keep, 0).at, Time(5s));
  EXPECT_LT(answer(keep, 0).at, Time(7s));  // a lookup is repeated each second
}

TEST_F(WorldFaults, APartitionIsRecordedFromBeginningToEnd) {
  increment(1s);
  increment(11s);
  fault(short_partition);

  const Keep keep = play();

  ASSERT_EQ(keep.all<journal::FaultStruck>().size(), 1u);
  ASSERT_EQ(keep.all<journal::NetworkImpaired>().size(), 1u);
  EXPECT_EQ(keep.all<journal::NetworkImpaired>()[0].first, Time(10s));
  const auto healed = keep.all<journal::NetworkHealed>();
  ASSERT_EQ(healed.size(), 1u);
  EXPECT_EQ(healed[0].first, Time(13s));
  EXPECT_EQ(healed[0].second.messages, 1u);
  EXPECT_EQ(healed[0].second.connections, 0u);
}

TEST_F(WorldFaults, APartitionMayStrikeAtAPoint) {
  increment(1s);
  fault({.kind = FaultKind::partition, .point = FaultPoint::before_sync, .target = "Counter/0", .lasts = 40s});
  read(100s);

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 0).status, journal::Status::unknown);
  EXPECT_EQ(answer(keep, 1).text, "1");
}

TEST_F(WorldFaults, LookupsThatAreLostAreRepeated) {
  read(1s);
  fault({.kind = FaultKind::drop, .at = 0s, .target = "all", .lasts = 3500ms, .rate_millionths = 1'000'000});

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 0).text, "0");
  EXPECT_GT(answer(keep, 0).at, Time(4s));
  EXPECT_EQ(keep.all<journal::NetworkHealed>().at(0).second.datagrams, 3u);
}

TEST_F(WorldFaults, LookupsThatAreDoubledAndDelayedChangeNoAnswer) {
  increment(1s);
  increment(10s);
  fault({.kind = FaultKind::duplicate, .target = "all", .lasts = 100s, .rate_millionths = 1'000'000});
  fault({.kind = FaultKind::delay, .target = "all", .lasts = 100s, .rate_millionths = 1'000'000, .by = 3s});

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 0).text, "1");
  EXPECT_EQ(answer(keep, 1).text, "2");
  EXPECT_EQ(keep.all<journal::Placed>().size(), 1u);
}

// Nobody has another copy, so the commits are gone, and that is held against the runtime.
TEST_F(WorldFaults, AMachineWithANewDiskRemembersNothing) {
  increment(1s);
  read(10s);
  fault({.kind = FaultKind::new_disk, .at = 5s, .target = "Counter/0", .lasts = 1s});

  Keep keep;
  const auto outcome = scenarios::run(experiment(), code(), {.more_sinks = {&keep}}).outcome;

  EXPECT_EQ(answer(keep, 0).text, "1");
  EXPECT_EQ(answer(keep, 1).text, "0");
  ASSERT_EQ(keep.all<journal::DiskReplaced>().size(), 1u);
  EXPECT_EQ(keep.all<journal::DiskReplaced>()[0].first, Time(5s));
  EXPECT_EQ(keep.all<journal::Restarted>().at(0).first, Time(6s));
  for (const auto& each : outcome.verdicts) {
    const bool is_violated = each.property == "durability" || each.property == "serialization";
    EXPECT_EQ(each.verdict.violation.has_value(), is_violated) << each.property;
  }
}

TEST_F(WorldFaults, OfTheNetworkGiveTheSameRunTwice) {
  for (int i = 0; i < 100; ++i) i % 3 == 0 ? increment_if_permitted(i * 400ms) : increment(i * 400ms);
  fault(short_partition);
  fault({.kind = FaultKind::drop, .at = 0s, .target = "all", .lasts = 3500ms, .rate_millionths = 500'000});
  fault({.kind = FaultKind::crash, .at = 12s, .target = "Counter/0", .lasts = 1s});
  fault({.kind = FaultKind::partition, .at = 15s, .target = "lhr", .lasts = 30s, .stops = Direction::in});

  const auto fingerprint = [&] { return scenarios::run(experiment(), code()).outcome.fingerprint; };

  EXPECT_EQ(fingerprint(), fingerprint());
  EXPECT_FALSE(play().records.empty());
}

TEST_F(WorldFaults, OfTheNetworkThatMeetNobodyChangeNothingElse) {
  increment(1s);
  increment_if_permitted(11s);
  const Keep plain = play();
  fault({.kind = FaultKind::partition, .at = 500ms, .target = "nrt", .lasts = 40s});
  fault({.kind = FaultKind::delay, .at = 500ms, .target = "nrt", .lasts = 40s, .rate_millionths = 1'000'000, .by = 1s});

  const Keep faulty = play();

  EXPECT_EQ(answer(faulty, 0).at, answer(plain, 0).at);
  EXPECT_EQ(answer(faulty, 1).at, answer(plain, 1).at);
}

}  // namespace
}  // namespace orrery::sim
