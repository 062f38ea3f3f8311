// The network under faults: what a partition does to datagrams and streams, and what befalls datagrams.
#include "sim/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace orrery::sim {
namespace {

constexpr NodeId home{0};   // all connections of these tests are opened here
constexpr NodeId away{1};   // 50 ms from it
constexpr NodeId third{2};  // in the city of `away`
constexpr Duration way = 50ms;
constexpr ports::StreamId stream{7};

constexpr std::uint16_t sends = 100;  // kinds of events beside those of the network
constexpr std::uint16_t begins = 101;
constexpr std::uint16_t ends = 102;
constexpr std::uint16_t crashes = 103;

Topology two_cities() {
  return read_topology("from,to,rtt_ms\nA,B,100\n", "rtt.csv", "city,latitude_deg,longitude_deg\nA,0,0\nB,0,60\n")
      .value();
}

struct Arrival {
  Time at;
  NodeId to;
  std::string text;  // "broken" or "refused": its connection is gone
  friend bool operator==(const Arrival&, const Arrival&) = default;
};

// What is sent, and which faults begin and end, is planned; then it is played.
struct Bench {
  void datagram(Duration at, NodeId from, NodeId to, std::string text) { plan(at, {from, to, text, true, false}); }
  void call(Duration at, std::string text, NodeId to = away) { plan(at, {home, to, text, false, false}); }
  void answer(Duration at, std::string text) { plan(at, {away, home, text, false, true}); }
  void fault(Duration at, Fault fault, std::vector<bool> target) {
    faults.push_back(fault);
    targets.push_back(target);
    queue.push(Time(at), Class::world, begins, 0, faults.size() - 1);
    queue.push(Time(at + fault.lasts), Class::world, ends, 0, faults.size() - 1);
  }
  void partition(Duration at, Duration lasts, Direction stops = Direction::both) {
    fault(at, {.kind = FaultKind::partition, .lasts = lasts, .stops = stops}, {true, false, false});
  }
  void crash(Duration at, NodeId node) { queue.push(Time(at), Class::world, crashes, node.value, 0); }

  std::vector<Arrival> play() {
    std::vector<Arrival> arrivals;
    Event event;
    while (queue.pop(event)) {
      if (event.kind == sends) send(event.what);
      if (event.kind == begins) network.begin(event.what, faults[event.what], targets[event.what]);
      if (event.kind == ends) tolls.push_back(network.end(event.what));
      if (event.kind == crashes) network.lose(NodeId{event.where}, Cause::background(NodeId{event.where}, 99, 0));
      if (event.kind == stalled_connection) network.on_stalled(event);
      if (event.kind >= kinds_of_delivery || network.stops(event)) continue;
      const auto packet = network.take(event, true);
      if (!packet) continue;
      const bool is_break = static_cast<Delivery>(event.kind) == Delivery::break_of_connection;
      const std::string text = !is_break ? packet->bytes : packet->was_accepted ? "broken" : "refused";
      arrivals.push_back({event.at, NodeId{event.where}, text});
    }
    return arrivals;
  }

  struct Sending {
    NodeId from;
    NodeId to;
    std::string text;
    bool is_datagram;
    bool is_answer;
  };
  void plan(Duration at, Sending sending) {
    queue.push(Time(at), Class::client, sends, 0, sendings.size());
    sendings.push_back(std::move(sending));
  }
  void send(std::uint64_t number) {
    const Sending& each = sendings[number];
    const Cause cause = Cause::operation(ClientId{1}, number);
    if (each.is_datagram)
      network.send_datagram(each.from, each.to, each.text, cause);
    else if (each.is_answer)
      network.answer_on_stream(each.from, each.to, stream, each.text, cause);
    else
      network.send_on_stream(each.from, each.to, stream, each.text, cause);
  }

  const Topology topology = two_cities();
  const Link link{.jitter_millionths = 0};
  Draws draws{1};
  Adversary adversary{{}, draws};
  EventQueue queue;
  Network network{topology, {{.city = 0}, {.city = 1, .data_center = 0}, {.city = 1, .data_center = 1}},
                  link, draws, adversary, queue};
  std::vector<Sending> sendings;
  std::vector<Fault> faults;
  std::vector<std::vector<bool>> targets;
  std::vector<NetworkToll> tolls;  // of the faults, as they ended
};

using Arrivals = std::vector<Arrival>;

// When something is sent again that was lost for the first time at `lost`, and a partition ended at `healed`.
Duration sent_again(Duration lost, Duration healed) {
  for (Duration wait = 2 * way + 200ms; lost < healed; wait *= 2) lost += wait;
  return lost;
}

// ---- partitions and datagrams -----------------------------------------------------------------------

TEST(Partition, TakesDatagramsThatLeaveOrWouldArriveWhileItLasts) {
  Bench bench;
  bench.partition(1s, 100ms);
  bench.datagram(900ms, home, away, "before");
  bench.datagram(960ms, home, away, "would arrive");
  bench.datagram(1080ms, home, away, "leaves");
  bench.datagram(1100ms, home, away, "after");

  EXPECT_EQ(bench.play(), (Arrivals{{Time(950ms), away, "before"}, {Time(1150ms), away, "after"}}));
  EXPECT_EQ(bench.tolls.at(0).datagrams, 2u);
}

TEST(Partition, LetsThroughWhatDoesNotCrossIt) {
  Bench bench;
  bench.partition(0s, 10s);
  bench.datagram(1s, away, third, "same side");
  bench.datagram(2s, home, home, "to itself");

  EXPECT_EQ(bench.play().size(), 2u);
}

TEST(Partition, MayStopOneWayOnly) {
  for (const Direction stops : {Direction::out, Direction::in}) {
    Bench bench;
    bench.partition(0s, 10s, stops);
    bench.datagram(1s, home, away, "out");
    bench.datagram(1s, away, home, "in");

    const Arrivals arrivals = bench.play();
    ASSERT_EQ(arrivals.size(), 1u);
    EXPECT_EQ(arrivals[0].text, stops == Direction::out ? "in" : "out");
  }
}

// ---- partitions and streams -------------------------------------------------------------------------

TEST(Partition, HoldsBackWhatIsSentOnAStreamUntilTcpSendsItAgain) {
  Bench bench;
  bench.call(0s, "first");
  bench.partition(1s, 2s);
  bench.call(1100ms, "second");
  bench.call(1200ms, "third");

  const Duration again = sent_again(1100ms, 3s);
  ASSERT_EQ(again, 1100ms + 7 * 300ms);
  EXPECT_EQ(bench.play(), (Arrivals{{Time(way), away, "first"},
                                    {Time(again + way), away, "second"},
                                    {Time(again + way + 1ns), away, "third"}}));
  EXPECT_EQ(bench.tolls.at(0).messages, 2u);
  EXPECT_EQ(bench.tolls.at(0).connections, 0u);
}

TEST(Partition, MakesWhatIsSentRightAfterItWaitToo) {
  Bench bench;
  bench.call(0s, "first");
  bench.partition(1s, 2s);
  bench.call(1100ms, "second");
  bench.call(3100ms, "third");

  const Arrivals arrivals = bench.play();
  ASSERT_EQ(arrivals.size(), 3u);
  EXPECT_EQ(arrivals[1].text, "second");
  EXPECT_EQ(arrivals[2].at, arrivals[1].at + 1ns);
}

TEST(Partition, SendsAgainFirstWhatWasOnItsWay) {
  Bench bench;
  bench.call(0s, "first");
  bench.call(980ms, "on its way");
  bench.partition(1s, 500ms);
  bench.call(1010ms, "later");

  const Arrivals arrivals = bench.play();
  ASSERT_EQ(arrivals.size(), 3u);
  EXPECT_EQ(arrivals[1].text, "on its way");
  EXPECT_EQ(arrivals[2].text, "later");
}

TEST(Partition, ThatIsShorterThanTheWayLeavesAStreamInOrder) {
  Bench bench;
  for (int i = 0; i < 100; ++i) bench.call(i * 1ms, std::to_string(i));
  for (int i = 0; i < 10; ++i) bench.partition(60ms + i * 9ms, 3ms);

  const Arrivals arrivals = bench.play();
  ASSERT_EQ(arrivals.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(arrivals[static_cast<std::size_t>(i)].text, std::to_string(i));
}

TEST(Partition, EndsAConnectionThatItStopsFor20Seconds) {
  Bench bench;
  bench.call(0s, "first");
  bench.partition(1s, 40s);
  bench.call(2s, "lost");
  bench.call(50s, "on a new connection");

  EXPECT_EQ(bench.play(), (Arrivals{{Time(way), away, "first"},
                                    {Time(21s), home, "broken"},
                                    {Time(50s + way), away, "on a new connection"}}));
  EXPECT_EQ(bench.tolls.at(0).connections, 1u);
}

TEST(Partition, EndsAnIdleConnectionToo) {
  Bench bench;
  bench.call(0s, "first");
  bench.partition(1s, 40s);

  EXPECT_EQ(bench.play(), (Arrivals{{Time(way), away, "first"}, {Time(21s), home, "broken"}}));
}

TEST(Partition, LeavesAnIdleConnectionThatItStopsForLess) {
  Bench bench;
  bench.call(0s, "first");
  bench.partition(1s, 19s);
  bench.call(20s, "second");

  EXPECT_EQ(bench.play(), (Arrivals{{Time(way), away, "first"}, {Time(20s + way), away, "second"}}));
}

TEST(Partition, OneWayLetsCallsArriveAndHoldsTheirAnswersBack) {
  Bench bench;
  bench.call(0s, "first");
  bench.partition(1s, 2s, Direction::in);
  bench.call(1500ms, "call");
  bench.answer(1600ms, "answer");

  const Duration again = sent_again(1600ms, 3s);
  EXPECT_EQ(bench.play(), (Arrivals{{Time(way), away, "first"},
                                    {Time(1500ms + way), away, "call"},
                                    {Time(again + way), home, "answer"}}));
}

TEST(Partition, OneWayEndsAConnectionLikeAnyOther) {
  for (const Direction stops : {Direction::out, Direction::in}) {
    Bench bench;
    bench.call(0s, "first");
    bench.partition(1s, 40s, stops);

    EXPECT_EQ(bench.play().back(), (Arrival{Time(21s), home, "broken"}));
  }
}

TEST(Partition, OneWayAcceptsNoConnection) {
  for (const Direction stops : {Direction::out, Direction::in}) {
    Bench bench;
    bench.partition(1s, 40s, stops);
    bench.call(2s, "first");

    EXPECT_EQ(bench.play(), (Arrivals{{Time(22s), home, "refused"}}));
  }
}

TEST(Partition, ThatFollowsBeforeAnythingIsSentAgainGoesOnWithTheSame20Seconds) {
  Bench bench;
  bench.call(0s, "first");
  bench.partition(1s, 11s);
  bench.call(2s, "lost");
  bench.partition(12s + 1ms, 30s);

  ASSERT_GT(sent_again(2s, 12s), 12s + 1ms);
  EXPECT_EQ(bench.play().back(), (Arrival{Time(21s), home, "broken"}));
}

TEST(Partition, KeepsTheNewsOfACrashUntilItHeals) {
  Bench bench;
  bench.call(0s, "first");
  bench.partition(1s, 2s);
  bench.crash(2s, away);

  EXPECT_EQ(bench.play(), (Arrivals{{Time(way), away, "first"}, {Time(sent_again(2s, 3s) + way), home, "broken"}}));
}

TEST(Partition, OfAnOpenerThatCrashesHasNothingToGiveUp) {
  Bench bench;
  bench.call(0s, "first");
  bench.partition(1s, 40s);
  bench.call(2s, "lost");
  bench.crash(3s, home);
  bench.call(42s, "on a new connection");

  EXPECT_EQ(bench.play(), (Arrivals{{Time(way), away, "first"}, {Time(42s + way), away, "on a new connection"}}));
  EXPECT_EQ(bench.tolls.at(0).connections, 0u);
}

// ---- what befalls datagrams -------------------------------------------------------------------------

// Of a thousand datagrams and of a thousand messages on a stream, under a fault of this kind and rate.
Arrivals arrivals_under(FaultKind kind, std::int64_t rate_millionths, Duration by = 0s, bool are_datagrams = true) {
  Bench bench;
  bench.fault(0s, {.kind = kind, .lasts = 100s, .rate_millionths = rate_millionths, .by = by}, {false, true, false});
  for (int i = 0; i < 1000; ++i) {
    if (are_datagrams)
      bench.datagram(1s + i * 10ms, home, away, std::to_string(i));
    else
      bench.call(1s + i * 10ms, std::to_string(i));
  }
  return bench.play();
}

TEST(DatagramFaults, DropAtTheirRate) {
  EXPECT_EQ(arrivals_under(FaultKind::drop, 0).size(), 1000u);
  EXPECT_NEAR(static_cast<double>(arrivals_under(FaultKind::drop, 300'000).size()), 700, 50);
  EXPECT_EQ(arrivals_under(FaultKind::drop, 1'000'000).size(), 0u);
}

TEST(DatagramFaults, OfALowerRateDropSomeOfTheSame) {
  const Arrivals few = arrivals_under(FaultKind::drop, 500'000);
  const Arrivals many = arrivals_under(FaultKind::drop, 200'000);

  for (const Arrival& each : few) EXPECT_NE(std::ranges::find(many, each), many.end()) << each.text;
}

TEST(DatagramFaults, DuplicateAtTheirRate) {
  EXPECT_EQ(arrivals_under(FaultKind::duplicate, 0).size(), 1000u);
  EXPECT_NEAR(static_cast<double>(arrivals_under(FaultKind::duplicate, 300'000).size()), 1300, 50);

  const Arrivals all = arrivals_under(FaultKind::duplicate, 1'000'000);
  ASSERT_EQ(all.size(), 2000u);
  for (const Arrival& each : all) EXPECT_EQ(std::ranges::count(all, each.text, &Arrival::text), 2);
}

TEST(DatagramFaults, DelayByAtMostWhatTheySay) {
  std::size_t overtaken = 0;
  Duration longest{};
  const Arrivals all = arrivals_under(FaultKind::delay, 500'000, 200ms);
  ASSERT_EQ(all.size(), 1000u);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Duration late = all[i].at - Time(1s + std::stoi(all[i].text) * 10ms + way);
    EXPECT_GE(late, 0ms);
    EXPECT_LE(late, 200ms);
    longest = std::max(longest, late);
    if (i > 0 && std::stoi(all[i].text) < std::stoi(all[i - 1].text)) ++overtaken;
  }
  EXPECT_GT(longest, 180ms);
  EXPECT_GT(overtaken, 100u);
}

TEST(DatagramFaults, LeaveStreamsAlone) {
  const Arrivals plain = arrivals_under(FaultKind::drop, 0, 0s, false);

  EXPECT_EQ(arrivals_under(FaultKind::drop, 1'000'000, 0s, false), plain);
  EXPECT_EQ(arrivals_under(FaultKind::duplicate, 1'000'000, 0s, false), plain);
  EXPECT_EQ(arrivals_under(FaultKind::delay, 1'000'000, 1s, false), plain);
}

TEST(DatagramFaults, StrikeTheLinksOfTheirTarget) {
  Bench bench;
  bench.fault(0s, {.kind = FaultKind::drop, .lasts = 100s, .rate_millionths = 1'000'000}, {false, false, true});
  bench.datagram(1s, home, third, "to it");
  bench.datagram(1s, third, home, "from it");
  bench.datagram(1s, third, third, "to itself");
  bench.datagram(1s, home, away, "between others");

  const Arrivals arrivals = bench.play();
  ASSERT_EQ(arrivals.size(), 2u);
  EXPECT_EQ(arrivals[0].text, "to itself");
  EXPECT_EQ(arrivals[1].text, "between others");
}

TEST(DatagramFaults, AreOverWhenTheyAre) {
  Bench bench;
  bench.fault(0s, {.kind = FaultKind::drop, .lasts = 2s, .rate_millionths = 1'000'000}, {true, true, true});
  bench.datagram(1s, home, away, "during");
  bench.datagram(2s, home, away, "after");

  EXPECT_EQ(bench.play(), (Arrivals{{Time(2s + way), away, "after"}}));
  EXPECT_EQ(bench.tolls.at(0).datagrams, 1u);
}

TEST(DatagramFaults, OfOneKindCountOnce) {
  Bench bench;
  for (const std::int64_t rate : {100'000, 500'000, 300'000})
    bench.fault(0s, {.kind = FaultKind::drop, .lasts = 100s, .rate_millionths = rate}, {true, true, true});
  for (int i = 0; i < 1000; ++i) bench.datagram(1s + i * 10ms, home, away, std::to_string(i));

  EXPECT_EQ(bench.play(), arrivals_under(FaultKind::drop, 500'000));
}

}  // namespace
}  // namespace orrery::sim
