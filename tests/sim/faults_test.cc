#include "sim/faults.h"

#include <gtest/gtest.h>

#include <vector>

#include "sim/disk.h"

namespace orrery::sim {
namespace {

constexpr std::uint16_t strikes = 8;
constexpr std::uint16_t completion = 9;
constexpr NodeId node{4};

// A machine's disk and one fault that strikes it after the sync that makes its first commit durable.
struct Bench {
  void commit() {
    const ObjectId object{{1, 2, 3, 4}};
    faults.on({queue.now(), node, journal::Committed{object, {}, {}, Epoch{1}, CommitIndex{1}, {}, {}}});
  }
  void sync() { disk.sync(0, Cause::background(node, 99, ++syncs)); }
  // How many faults strike when the next sync has ended.
  std::size_t due() {
    Event event;
    EXPECT_TRUE(queue.pop(event));
    return faults.due_after_sync(node, disk.complete(event.what)->began).size();
  }

  Draws draws{1};
  Adversary adversary{{}, draws};
  EventQueue queue;
  Disk disk{DiskPlan{}, draws, adversary, queue, completion, node.value};
  const Fault crash{
      .kind = FaultKind::crash, .point = FaultPoint::after_sync, .target = node, .lasts = 1s, .sectors = ""};
  Faults faults{{crash}, queue, strikes};
  std::uint64_t syncs = 0;
};

TEST(Faults, AfterASyncStrikesAfterTheFirstThatBeganBehindTheCommit) {
  Bench bench;
  bench.sync();
  bench.commit();  // in the same instant, but behind it
  bench.sync();

  EXPECT_EQ(bench.due(), 0u) << "this one does not cover the commit";
  EXPECT_EQ(bench.due(), 1u);
}

TEST(Faults, AfterASyncStrikesOnce) {
  Bench bench;
  bench.commit();
  bench.sync();
  bench.sync();

  EXPECT_EQ(bench.due(), 1u);
  EXPECT_EQ(bench.due(), 0u);
}

}  // namespace
}  // namespace orrery::sim
