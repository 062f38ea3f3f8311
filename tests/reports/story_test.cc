#include "reports/story.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/reports/records.h"

namespace orrery::reports {
namespace {

constexpr NodeId edge{0};
constexpr NodeId machine{1};

journal::Names names() {
  return {.classes = {{"Counter", {"fetch", "increment"}, {"never_negative"}}},
          .groups = {{"fra", "Frankfurt", 0, 4}},
          .nodes = {"fra", "lhr-1-1", "permits"},
          .faults = {"crash of Counter/0, in_turn 3", "pause of lhr-1-1, at 2s"}};
}

struct Told {
  std::vector<std::string> lines;
  std::optional<Time> cut_at;
};

using Seen = std::vector<std::pair<NodeId, std::pair<Duration, journal::Event>>>;

Told told(const Seen& records, TraceBounds bounds = {}) {
  std::string text;
  Story story(names(), bounds, [&](std::string_view piece) { text += piece; });
  for (const auto& [node, event] : records) play({event}, story, node);
  story.finish();
  Told told{{}, story.cut_at()};
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) told.lines.push_back(line);
  EXPECT_EQ(story.written(), told.lines.size());
  return told;
}

// The text alone of the one line that the last of these records makes.
std::string last_line(const Seen& records) {
  const Told all = told(records);
  const Told before = told({records.begin(), records.end() - 1});
  EXPECT_EQ(all.lines.size(), before.lines.size() + 1);
  return all.lines.empty() ? "" : all.lines.back().substr(24);
}

std::string line_of(journal::Event event) { return last_line({{machine, {1ms, std::move(event)}}}); }

journal::Called call_with(std::uint64_t call, Value argument, std::uint64_t parent = 0) {
  journal::Called event = called(call, parent);
  event.object = ObjectId{{1ull << 32}};
  event.method = MethodId{1};
  event.argument = std::move(argument);
  return event;
}

Seen asked() { return {{edge, {1ms, requested(1, 1ms, 1)}}, {edge, {2ms, call_with(1, std::int64_t{5})}}}; }

Seen asked_and(std::vector<std::pair<Duration, journal::Event>> more) {
  Seen all = asked();
  for (auto& each : more) all.emplace_back(machine, std::move(each));
  return all;
}

TEST(Story, AlignsTimeNodeAndText) {
  const Told story = told({{edge, {1ms, requested(1, 1ms, 1)}},
                           {edge, {318'204'999ns, call_with(1, std::int64_t{1})}},
                           {machine, {12'345s, journal::Paused{}}}});

  EXPECT_EQ(story.lines,
            (std::vector<std::string>{"    0.318204 s  fra      fra#2 asks Counter/00000001: increment(1)",
                                      "12345.000000 s  lhr-1-1  stands still"}));
}

TEST(Story, TellsACallFromItsUserToItsObjectAndBack) {
  EXPECT_EQ(last_line(asked()), " fra#2 asks Counter/00000001: increment(5)");
  EXPECT_EQ(last_line(asked_and({{5ms, arrived(1)}, {5ms, turn_started(1, 6ms)}})),
            " Counter/00000000 begins increment(5) of fra#2");
  EXPECT_EQ(last_line(asked_and({{5ms, arrived(1)}, {7ms, turn_started(1, 8ms)}})),
            " Counter/00000000 begins increment(5) of fra#2, which has waited 2.00 ms");
  journal::Replied reply = replied(1);
  reply.value = std::int64_t{7};
  EXPECT_EQ(last_line(asked_and({{6ms, reply}})), " Counter/00000000 replies 7 to fra#2");
  journal::OutputLeft out = left(1);
  out.shows = CommitIndex{3};
  EXPECT_EQ(last_line(asked_and({{6ms, reply}, {7ms, out}})),
            " Counter/00000000 lets the reply to fra#2 go: commit 3 is durable");
  EXPECT_EQ(last_line(asked_and({{8ms, answered(1, journal::Status::ok, std::int64_t{7})}, {9ms, completed(1)}})),
            " fra#2 has the answer to increment(5): 7, after 8.00 ms");
}

TEST(Story, SaysNothingOfAReplyThatLeavesAtOnce) {
  EXPECT_EQ(told(asked_and({{6ms, replied(1)}, {6ms, left(1)}})).lines.size(), 2u);
}

TEST(Story, TellsHowCallsFail) {
  journal::Replied reply = replied(1);
  reply.status = journal::Status::failed;
  reply.value = "no";
  EXPECT_EQ(last_line(asked_and({{6ms, reply}})), " Counter/00000000 fails increment(5) of fra#2 with \"no\"");
  using journal::Status;
  EXPECT_EQ(last_line(asked_and({{8ms, answered(1, Status::failed, "no")}, {9ms, completed(1)}})),
            " fra#2 is told that increment(5) failed: \"no\", after 8.00 ms");
  EXPECT_EQ(last_line(asked_and({{8ms, answered(1, Status::unknown, "lost")}, {9ms, completed(1)}})),
            " fra#2 does not know what became of increment(5): \"lost\", after 8.00 ms");
}

TEST(Story, TellsWhatAHandlerAsksOutside) {
  journal::FetchStarted fetch = fetch_started(1, 9);
  fetch.service = NodeId{2};
  EXPECT_EQ(last_line(asked_and({{5ms, fetch}})), " increment(5) of fra#2 fetches from permits");
  EXPECT_EQ(last_line(asked_and({{5ms, fetch}, {8ms, fetch_ended(1, 9)}})), " permits answers increment(5) of fra#2");
  EXPECT_EQ(last_line(asked_and({{9ms, turn_started(1, 9ms, 1, 1, journal::TurnKind::continuation)}})),
            " Counter/00000000 goes on with increment(5) of fra#2");
  EXPECT_EQ(last_line(asked_and({{5ms, call_with(2, {}, 1)}})),
            " a call of fra#2 asks Counter/00000001: increment()");
  EXPECT_EQ(last_line(asked_and({{5ms, call_with(2, {}, 1)}, {6ms, answered(2, journal::Status::ok, true)}})),
            " a call of fra#2 has the answer to increment(): true");
}

TEST(Story, TellsOfObjects) {
  EXPECT_EQ(line_of(journal::Placed{ObjectId{}, ClassId{}, Epoch{2}, machine}),
            " Counter/00000000 is given to lhr-1-1, epoch 2");
  EXPECT_EQ(line_of(instance_started(1, 1)), " Counter/00000000 starts, epoch 1");
  EXPECT_EQ(line_of(journal::Recovered{ObjectId{}, InstanceId{1}, CommitIndex{5}, 0, 0}),
            " Counter/00000000 goes on from commit 5");
  EXPECT_EQ(line_of(journal::RecoveryFailed{ObjectId{}, "torn"}), " Counter/00000000 cannot be read back: \"torn\"");
  EXPECT_EQ(line_of(committed(1, 1, 3)), " Counter/00000000 makes commit 3");
  EXPECT_EQ(line_of(journal::Confirmed{ObjectId{}, Epoch{1}, CommitIndex{3}}),
            " commit 3 of Counter/00000000 is durable");
  EXPECT_EQ(line_of(instance_ended(1, 1)), " Counter/00000000 ends: it is evicted");
  EXPECT_EQ(line_of(instance_ended(1, 1, journal::EndReason::aborted)),
            " Counter/00000000 ends: its own code asks for it");
  EXPECT_EQ(line_of(instance_ended(1, 1, journal::EndReason::storage_failed)),
            " Counter/00000000 ends: a commit cannot be stored");
  journal::InvariantChecked broken{};
  broken.broken = "it is -1";
  EXPECT_EQ(line_of(broken), " Counter/00000000 breaks never_negative: \"it is -1\"");
}

TEST(Story, TellsOfNodes) {
  EXPECT_EQ(line_of(journal::FaultStruck{3}), " fault 4 strikes");
  EXPECT_EQ(line_of(journal::FaultStruck{1}), " fault 2 (pause of lhr-1-1, at 2s) strikes");
  EXPECT_EQ(line_of(journal::Crashed{}), " crashes");
  EXPECT_EQ(line_of(journal::Crashed{1, 2, 3}), " crashes; of 6 sectors not synced 2 dropped, 3 torn");
  EXPECT_EQ(line_of(journal::Restarted{2}), " starts again, boot 2");
  EXPECT_EQ(line_of(journal::Paused{}), " stands still");
  EXPECT_EQ(line_of(journal::Resumed{}), " goes on");
  EXPECT_EQ(line_of(journal::DiskFull{}), " the disk is full");
  EXPECT_EQ(line_of(journal::DiskHasRoom{}), " the disk has room again");
  EXPECT_EQ(line_of(journal::SyncFailed{}), " a sync of the disk fails");
  EXPECT_EQ(line_of(journal::DiskReplaced{}), " has a new disk, which is empty");
  EXPECT_EQ(line_of(journal::NetworkHealed{1}), " fault 2 (pause of lhr-1-1, at 2s) is over");
  EXPECT_EQ(line_of(journal::NetworkHealed{3, 1, 2, 0}),
            " fault 4 is over; 1 datagram met it, 2 messages were held back");
  EXPECT_EQ(line_of(journal::NetworkHealed{3, 0, 0, 1}), " fault 4 is over; 1 connection was given up");
  EXPECT_EQ(line_of(journal::StubBroken{StubId{1}, "gone"}), " a stub breaks: \"gone\"");
  EXPECT_EQ(line_of(journal::InternalError{"a mistake"}), " internal error: \"a mistake\"");
}

TEST(Story, ShortensLongValuesAndShowsBytesAsHex) {
  EXPECT_EQ(last_line({{edge, {1ms, call_with(1, std::string(79, 'x') + "ééé")}}}),
            " somebody asks Counter/00000001: increment(\"" + std::string(79, 'x') + "…\")");
  EXPECT_EQ(last_line({{edge, {1ms, call_with(1, "\xff\x01")}}}),
            " somebody asks Counter/00000001: increment(hex ff01)");
}

TEST(Story, KeepsToItsBounds) {
  Seen pauses;
  for (int i = 0; i < 5; ++i) pauses.push_back({machine, {i * 1ms, journal::Paused{}}});

  EXPECT_EQ(told(pauses, {.from = at(1ms), .until = at(4ms)}).lines.size(), 3u);
  EXPECT_EQ(told(pauses, {.limit = 5}).cut_at, std::nullopt);
  const Told cut = told(pauses, {.limit = 3});
  EXPECT_EQ(cut.lines.size(), 3u);
  EXPECT_EQ(cut.cut_at, at(3ms));
}

}  // namespace
}  // namespace orrery::reports
