// Objects are placed by registers on five acceptors, and run by whoever holds a lease.
#include <gtest/gtest.h>

#include "properties/catalogue.h"
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

// Users in London and in Tokyo call one counter.
class WorldPlacement : public ::testing::Test {
 protected:
  void call(Duration at, std::string name, std::uint32_t client = 0, std::vector<Value> args = {}) {
    operations_.push_back(operation(client, numbers_[client]++, at, "Counter", std::move(name), std::move(args)));
  }
  void read(Duration at, std::uint32_t client = 0) { call(at, "read", client); }
  void increment(Duration at, std::uint32_t client = 0) { call(at, "increment", client, {Value(std::int64_t{1})}); }
  void fault(FaultPlan plan) { faults_.push_back(std::move(plan)); }

  Keep play() {
    std::ranges::stable_sort(operations_, {}, &scenarios::Operation::client);
    scenarios::Experiment experiment = tests::london({{.name = "Counter", .model = "counter"}}, operations_, 1);
    experiment.clients.push_back({.name = "nrt", .city = "Tokyo", .clients = 1});
    experiment.lasts = 1000s;
    experiment.world.acceptors = 5;
    experiment.world.followers = followers_;
    experiment.faults = faults_;
    return tests::play(experiment, code());
  }

  std::vector<scenarios::Operation> operations_;
  std::array<std::uint64_t, 2> numbers_{};
  std::vector<FaultPlan> faults_;
  int followers_ = 0;
};

struct Answer {
  Time at;
  journal::Status status{};
  std::string text;
};
Answer answer(const Keep& keep, std::uint64_t number, std::uint32_t client = 0) {
  const CallId call{Cause::operation(ClientId{client}, number).key};
  for (const auto& [at, answered] : keep.all<journal::Answered>())
    if (answered.call == call) return {at, answered.status, to_text(answered.value)};
  ADD_FAILURE() << "operation " << number << " was never answered";
  return {};
}
std::vector<std::uint64_t> epochs(const Keep& keep) {
  std::vector<std::uint64_t> epochs;
  for (const auto& [at, placed] : keep.all<journal::Placed>()) epochs.push_back(placed.epoch.value);
  return epochs;
}

TEST_F(WorldPlacement, TheFirstCallMakesANearMachineTheOwner) {
  increment(1s);
  increment(2s);

  const Keep keep = play();

  EXPECT_EQ(epochs(keep), std::vector<std::uint64_t>{1});
  EXPECT_EQ(answer(keep, 1).text, "2");
  EXPECT_LT(answer(keep, 0).at, Time(2s));
  EXPECT_LT(answer(keep, 1).at, Time(2s + 50ms));
  EXPECT_EQ(keep.all<journal::LeaseTaken>().size(), 1);
}

TEST_F(WorldPlacement, FirstCallsFromTwoContinentsAtOnceFindOneOwner) {
  increment(1s, 0);
  increment(1s, 1);

  const Keep keep = play();

  EXPECT_EQ(epochs(keep), std::vector<std::uint64_t>{1});
  EXPECT_EQ(answer(keep, 0, 0).status, journal::Status::ok);
  EXPECT_EQ(answer(keep, 0, 1).status, journal::Status::ok);
}

TEST_F(WorldPlacement, AMachineThatCrashedOwnsItsObjectsInTheNextEpoch) {
  increment(1s);
  increment(20s);
  fault({.kind = FaultKind::crash, .at = 10s, .target = "Counter/0", .lasts = 2s});

  const Keep keep = play();

  EXPECT_EQ(epochs(keep), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(answer(keep, 1).text, "2");
  EXPECT_LT(answer(keep, 1).at, Time(22s));
}

TEST_F(WorldPlacement, AMachineWithoutItsLeaseRunsNothingAndGoesOnWhenItHasItAgain) {
  increment(1s);
  increment(9s);
  increment(12s);  // it cannot renew any more, but is reached by its users
  increment(40s);
  fault({.kind = FaultKind::partition, .at = 7s, .target = "Counter/0", .lasts = 20s, .with_users = true});

  const Keep keep = play();

  EXPECT_EQ(epochs(keep), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(answer(keep, 1).text, "2");
  EXPECT_GT(answer(keep, 2).at, Time(27s));
  EXPECT_EQ(answer(keep, 3).text, "4");
  EXPECT_EQ(keep.all<journal::LeaseEnded>().size(), 1);
}

TEST_F(WorldPlacement, WithoutAMajorityOfAcceptorsNothingIsPlaced) {
  increment(1s);
  increment(60s);
  fault({.kind = FaultKind::partition, .at = 0s, .target = "dfw,nrt,bom", .lasts = 50s});

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 0).status, journal::Status::failed);
  EXPECT_EQ(answer(keep, 0).text, "\"Network connection lost.\"");
  EXPECT_EQ(answer(keep, 1).text, "1");
}

// ---- With followers.

class WorldReplication : public WorldPlacement {
 protected:
  WorldReplication() { followers_ = 5; }
};

TEST_F(WorldReplication, ACommitWaitsForAQuorumOfFollowers) {
  increment(1s);
  increment(2s);

  const Keep keep = play();

  EXPECT_EQ(answer(keep, 1).text, "2");
  const auto committed = keep.all<journal::Committed>();
  const auto confirmed = keep.all<journal::Confirmed>();
  ASSERT_EQ(committed.size(), 2);
  ASSERT_EQ(confirmed.size(), 2);
  EXPECT_GT(confirmed[1].first - committed[1].first, 9ms);  // Frankfurt and back
  EXPECT_LT(confirmed[1].first - committed[1].first, 20ms);
}

TEST_F(WorldReplication, AnotherMachineTakesOverFromOneThatCrashed) {
  increment(1s);
  increment(9s);
  increment(11s);
  increment(100s);
  fault({.kind = FaultKind::crash, .at = 10s, .target = "Counter/0", .lasts = 60s});

  const Keep keep = play();

  EXPECT_EQ(epochs(keep), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(answer(keep, 2).text, "3");
  EXPECT_LT(answer(keep, 2).at, Time(17s));
  EXPECT_EQ(answer(keep, 3).text, "4");
  EXPECT_FALSE(keep.all<journal::LeaseSealed>().empty());
  EXPECT_EQ(keep.all<journal::TakenOver>().size(), 1);
}

TEST_F(WorldReplication, AMachineThatIsBackSoonTakesItsOwnObjectsOver) {
  increment(1s);
  increment(12s);
  fault({.kind = FaultKind::crash, .at = 10s, .target = "Counter/0", .lasts = 1s});

  const Keep keep = play();

  EXPECT_EQ(epochs(keep), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(answer(keep, 1).text, "2");
}

TEST_F(WorldReplication, AnOwnerThatIsCutOffStopsBeforeAnotherBegins) {
  increment(1s);
  increment(11s, 1);
  increment(35s, 1);
  increment(80s);
  fault({.kind = FaultKind::partition, .at = 10s, .target = "Counter/0", .lasts = 40s});

  const Keep keep = play();

  ASSERT_FALSE(keep.all<journal::LeaseSealed>().empty());
  ASSERT_FALSE(keep.all<journal::LeaseEnded>().empty());
  ASSERT_EQ(keep.all<journal::TakenOver>().size(), 1);
  EXPECT_LT(keep.all<journal::LeaseEnded>()[0].first, keep.all<journal::LeaseSealed>()[0].first);
  EXPECT_EQ(answer(keep, 1).status, journal::Status::ok);
}

}  // namespace
}  // namespace orrery::sim
