// An object's log in every state that a small world can reach.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/explore/explorer.h"
#include "tests/explore/log_world.h"

namespace orrery::tests {
namespace {

using log_world::Bounds;
using log_world::LogWorld;

void explore(const Bounds& bounds) {
  const Explored found = Explorer<LogWorld>::explore(LogWorld(bounds), 400'000'000);
  fmt::print("log: 3 followers and a spare, {} epochs, {} values, {} set changes, {} lost disks, {} restarts{}: {}\n",
             bounds.epochs, bounds.values, bounds.set_changes, bounds.lost_disks, bounds.restarts,
             bounds.disks_are_slow ? " of slow disks" : "", to_text(found));
  EXPECT_FALSE(found.wrong) << *found.wrong;
  EXPECT_TRUE(found.is_complete);
}

// Four epochs are the fewest in which copies of old records, taken for new ones, lose what was confirmed.
TEST(Log, LosesNothingThatWasConfirmed) { explore({.epochs = 4, .values = 1, .fences_at_once = true}); }

TEST(Log, LosesNothingWhenAFollowerIsReplaced) {
  explore({.epochs = 3, .values = 1, .set_changes = 1, .fences_at_once = true});
}

TEST(Log, LosesNothingWhenRecordsComeTwice) { explore({.epochs = 2, .values = 2, .comes_twice = true}); }

TEST(Log, LosesNothingWhenFollowersForgetWhatIsConfirmed) {
  explore({.epochs = 3, .values = 1, .restarts = 1, .followers_are_told = true, .fences_at_once = true});
}

TEST(Log, LosesNothingWhenAnOwnerIsNotSettledAndTells) {
  explore({.epochs = 3, .values = 0, .set_changes = 1, .followers_are_told = true, .fences_at_once = true});
}

TEST(Log, LosesNothingWhenDisksAreSlow) {
  explore({.epochs = 2, .values = 1, .restarts = 1, .disks_are_slow = true, .fences_at_once = true});
}

TEST(Log, LosesNothingWhenDisksAreLost) {
  explore({.epochs = 3, .values = 1, .lost_disks = 1, .fences_at_once = true});
}

TEST(Log, LosesNothingOfTwoValuesInFourEpochs) {
  if (!are_large_wanted()) GTEST_SKIP() << "ORRERY_EXPLORATIONS=large";
  explore({.epochs = 4, .values = 2, .fences_at_once = true});
  explore({.epochs = 3, .values = 2});
}

TEST(Log, LosesNothingWhateverBecomesOfItsFollowers) {
  if (!are_large_wanted()) GTEST_SKIP() << "ORRERY_EXPLORATIONS=large";
  explore({.epochs = 4, .values = 2, .set_changes = 1, .restarts = 1, .lost_disks = 1, .fences_at_once = true});
}

}  // namespace
}  // namespace orrery::tests
