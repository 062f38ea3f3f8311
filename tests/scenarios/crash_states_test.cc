// What a crash leaves on the disk, in all of its states.
#include "scenarios/search/crash_states.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/invariant.h"
#include "tests/worlds.h"

namespace orrery::scenarios {
namespace {

// Counts as Counter does, and carries so much else that a commit takes several sectors.
class Ledger final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  Task<std::int64_t> increment(std::int64_t by) {
    const std::int64_t sum = total() + by;
    const std::string line = std::to_string(sum) + " ";
    std::string page;
    while (page.size() < 1500) page += line;
    ctx().storage().kv().put("page", page);
    ctx().storage().kv().put("total", sum);
    co_return sum;
  }
  Task<std::int64_t> read() { co_return total(); }

 private:
  std::int64_t total() { return ctx().storage().kv().get_or("total", std::int64_t{0}); }
};

const Code code{{object_class<Ledger>("Ledger").with<&Ledger::increment>("increment").with<&Ledger::read>("read")}};

// Four increments and, when all is over, a read; the machine crashes when the object hands commit `nth` to its disk.
Experiment crash_before_sync(std::uint32_t nth) {
  std::vector<Operation> operations;
  for (std::uint64_t number = 0; number < 4; ++number)
    operations.push_back(tests::operation(0, number, Duration(300ms) * static_cast<std::int64_t>(number), "Ledger",
                                          "increment", {Value(std::int64_t{1})}));
  operations.push_back(tests::operation(0, 4, 10s, "Ledger", "read"));
  Experiment experiment = tests::london({{.name = "Ledger", .model = "counter"}}, std::move(operations), 1);
  experiment.faults = {{.kind = sim::FaultKind::crash,
                        .point = sim::FaultPoint::before_sync,
                        .nth = nth,
                        .target = "Ledger/0",
                        .lasts = 100ms}};
  return experiment;
}

struct Seen {
  reports::Outcome outcome;
  journal::Crashed crashed;
  std::optional<journal::Recovered> recovered;  // by the first life after the crash
};

Seen run_and_see(const Experiment& experiment) {
  tests::Keep keep;
  Seen seen{run(experiment, code, {.witness = true, .more_sinks = {&keep}}).outcome, {}, {}};
  const auto crashes = keep.all<journal::Crashed>();
  EXPECT_EQ(crashes.size(), 1u);
  if (crashes.empty()) return seen;
  seen.crashed = crashes.front().second;
  for (const auto& [at, recovered] : keep.all<journal::Recovered>())
    if (at > crashes.front().first && !seen.recovered) seen.recovered = recovered;
  return seen;
}

TEST(CrashStates, AreAllCombinationsOfFates) {
  const Experiment experiment = crash_before_sync(1);

  std::set<std::string> fates;
  for (Experiment& state : crash_states(experiment, 3)) {
    fates.insert(state.faults.front().sectors);
    state.faults.front().sectors.clear();
    EXPECT_EQ(state, experiment);
  }

  EXPECT_EQ(fates.size(), 27u);
  EXPECT_TRUE(fates.contains("kkk") && fates.contains("ddd") && fates.contains("tdk"));
  EXPECT_EQ(crash_states(experiment, 0), std::vector{experiment});
}

TEST(CrashStates, AreOfOneCrashWithFewSectors) {
  Experiment experiment = crash_before_sync(1);
  EXPECT_THROW(crash_states(experiment, 8), Bug);
  experiment.faults.push_back(experiment.faults.front());
  EXPECT_THROW(crash_states(experiment, 1), Bug);
  experiment.faults.clear();
  EXPECT_THROW(crash_states(experiment, 1), Bug);
}

TEST(CrashStates, EveryCrashStateOfOneCommitIsRecovered) {
  for (const std::uint32_t nth : {1u, 2u, 4u}) {
    const Experiment experiment = crash_before_sync(nth);
    const journal::Crashed first = run_and_see(experiment).crashed;
    const std::uint64_t sectors = first.kept + first.dropped + first.torn;
    ASSERT_GE(sectors, 2u) << nth;
    ASSERT_LE(sectors, enumerated_sectors_max) << nth;

    std::set<std::pair<CommitIndex, std::uint64_t>> recovered;
    for (const Experiment& state : crash_states(experiment, sectors)) {
      const std::string which = std::to_string(nth) + " " + state.faults.front().sectors;
      const Seen seen = run_and_see(state);
      EXPECT_EQ(seen.crashed.kept + seen.crashed.dropped + seen.crashed.torn, sectors) << which;
      for (const reports::PropertyVerdict& each : seen.outcome.verdicts)
        EXPECT_NE(each.verdict.kind, properties::Verdict::Kind::violated) << which << ": " << each.property;
      ASSERT_TRUE(seen.recovered) << which;
      recovered.emplace(seen.recovered->index, seen.recovered->digest);
    }

    // The commit is there as a whole, or not at all.
    EXPECT_EQ(recovered.size(), 2u) << nth;
  }
}

}  // namespace
}  // namespace orrery::scenarios
