#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "core/base/invariant.h"
#include "core/placement/directory.h"

namespace orrery::placement {
namespace {

const std::vector<std::vector<NodeId>> two_cities = {{NodeId{10}, NodeId{11}}, {NodeId{20}}};

TEST(Directory, PlacesAnObjectNearTheFirstWhoAsks) {
  Directory directory(two_cities);
  std::vector<DirectoryEffect> effects;

  directory.step(NodeId{1}, Find{ObjectId{{1, 2, 3, 4}}, ClassId{0}, 1}, effects);

  EXPECT_EQ(std::get<Claimed>(effects.at(0)).owner, NodeId{20});
  EXPECT_EQ(std::get<Claimed>(effects.at(0)).epoch, Epoch{1});
  EXPECT_EQ(std::get<Tell>(effects.at(1)).to, NodeId{1});
  EXPECT_EQ(std::get<Tell>(effects.at(1)).found.owner, NodeId{20});
}

TEST(Directory, ACityWithoutNodesIsABug) {
  Directory directory(std::vector<std::vector<NodeId>>(1));
  std::vector<DirectoryEffect> effects;

  EXPECT_THROW(directory.step(NodeId{1}, Find{}, effects), Bug);
}

RC_GTEST_PROP(Directory, GivesAnObjectOneOwnerInEachEpoch,
              (const std::vector<std::pair<std::uint8_t, bool>>& lookups)) {
  Directory directory(two_cities);
  std::map<std::pair<ObjectId, Epoch>, NodeId> owners;
  for (const auto& [object, city] : lookups) {
    std::vector<DirectoryEffect> effects;
    directory.step(NodeId{city}, Find{ObjectId{{object, 0, 0, object}}, ClassId{0}, city}, effects);
    for (const DirectoryEffect& effect : effects)
      if (const auto* tell = std::get_if<Tell>(&effect)) {
        const auto entry = owners.try_emplace({tell->found.object, tell->found.epoch}, tell->found.owner).first;
        RC_ASSERT(entry->second == tell->found.owner);
      }
  }
}

}  // namespace
}  // namespace orrery::placement
