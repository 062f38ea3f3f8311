// What a handler may wait for beside services and other objects: time, commits, sections, several things at once.
#include <gtest/gtest.h>

#include "tests/worlds.h"

namespace orrery {
namespace {

using scenarios::ClassPlan;
using scenarios::Code;
using scenarios::Operation;
using tests::Keep;
using tests::operation;

class Waiter final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  Task<std::int64_t> sleep(std::int64_t ms) {
    const LocalTime before = ctx().now();
    co_await ctx().sleep(Duration(1ms) * ms);
    co_return (ctx().now() - before) / 1ms;
  }
  Task<std::int64_t> put_and_sync() {
    const LocalTime before = ctx().now();
    ctx().storage().kv().put("x", std::int64_t{1});
    co_await ctx().storage().sync();
    co_return (ctx().now() - before) / 1us;
  }
  Task<std::int64_t> sync_alone() {
    const LocalTime before = ctx().now();
    co_await ctx().storage().sync();
    co_return (ctx().now() - before) / 1ms;
  }
  Task<std::int64_t> add_in_section(std::int64_t by) {
    co_await ctx().block_concurrency_while(add_slowly(by));
    co_return sum_;
  }
  Task<std::int64_t> add_openly(std::int64_t by) {
    co_await add_slowly(by);
    co_return sum_;
  }
  Task<std::int64_t> read() { co_return sum_; }
  Task<std::int64_t> throw_in_section() {
    sum_ = 99;
    co_await ctx().block_concurrency_while(fail_later());
    co_return 0;
  }
  Task<std::int64_t> throw_a_number_in_section() {
    sum_ = 99;
    co_await ctx().block_concurrency_while(throw_a_number());
    co_return 0;
  }
  Task<std::int64_t> abort_in_section() {
    sum_ = 99;
    co_await ctx().block_concurrency_while(abort_later());
    co_return 0;
  }
  Task<std::int64_t> answer_early() {
    ctx().wait_until(add_slowly(7));
    co_return sum_;
  }
  Task<std::int64_t> two_sleeps() {
    const LocalTime before = ctx().now();
    std::vector<Task<void>> both;
    both.push_back(ctx().sleep(30ms));
    both.push_back(ctx().sleep(50ms));
    both.push_back(nothing());
    co_await all_of(std::move(both));
    co_return (ctx().now() - before) / 1ms;
  }
  Task<std::int64_t> all_with_one_that_throws() {
    std::vector<Task<void>> both;
    both.push_back(fail_later());
    both.push_back(add_slowly(1));
    try {
      co_await all_of(std::move(both));
    } catch (const ObjectError&) { sum_ += 100; }
    co_return sum_;
  }

 private:
  Task<void> nothing() { co_return; }
  Task<void> add_slowly(std::int64_t by) {
    const std::int64_t seen = sum_;
    co_await ctx().sleep(20ms);
    sum_ = seen + by;
  }
  Task<void> fail_later() {
    co_await ctx().sleep(5ms);
    throw ObjectError("no luck");
  }
  Task<void> throw_a_number() {
    co_await ctx().sleep(5ms);
    throw 7;
  }
  Task<void> abort_later() {
    co_await ctx().sleep(5ms);
    ctx().abort("enough");
  }
  std::int64_t sum_ = 0;
};

const Code code{{object_class<Waiter>("Waiter")
                     .with<&Waiter::sleep>("sleep")
                     .with<&Waiter::put_and_sync>("put_and_sync")
                     .with<&Waiter::sync_alone>("sync_alone")
                     .with<&Waiter::add_in_section>("add_in_section")
                     .with<&Waiter::add_openly>("add_openly")
                     .with<&Waiter::read>("read")
                     .with<&Waiter::throw_in_section>("throw_in_section")
                     .with<&Waiter::throw_a_number_in_section>("throw_a_number_in_section")
                     .with<&Waiter::abort_in_section>("abort_in_section")
                     .with<&Waiter::answer_early>("answer_early")
                     .with<&Waiter::two_sleeps>("two_sleeps")
                     .with<&Waiter::all_with_one_that_throws>("all")}};

class Waits : public testing::Test {
 protected:
  void play(std::vector<Operation> operations, Duration disk = 1ms) {
    scenarios::Experiment experiment = tests::london({ClassPlan{.name = "Waiter"}}, std::move(operations));
    experiment.disk.sync = Distribution::constant(disk);
    keep = tests::play(experiment, code);
  }
  std::string answer(std::uint32_t client, std::uint64_t number = 0) const {
    return keep.answer(ClientId{client}, number);
  }
  Keep keep;
};

Operation call(std::uint32_t client, Duration at, std::string method, std::vector<Value> args = {},
               std::uint64_t number = 0) {
  return operation(client, number, at, "Waiter", std::move(method), std::move(args));
}

TEST_F(Waits, ASleepLastsAtLeastAsLongAsItSays) {
  play({call(0, 1ms, "sleep", {Value(std::int64_t{40})})});
  EXPECT_EQ(answer(0), "40");  // and the rest of a turn, below 1 ms
}

TEST_F(Waits, OthersRunWhileAHandlerSleeps) {
  play({call(0, 1ms, "add_openly", {Value(std::int64_t{1})}), call(1, 5ms, "add_openly", {Value(std::int64_t{2})})});
  EXPECT_EQ(answer(0), "1");
  EXPECT_EQ(answer(1), "2");  // the update of the first is lost: both had seen 0
}

TEST_F(Waits, NobodyElseRunsInASection) {
  play({call(0, 1ms, "add_in_section", {Value(std::int64_t{1})}),
        call(1, 5ms, "add_in_section", {Value(std::int64_t{2})}), call(2, 10ms, "read")});
  EXPECT_EQ(answer(0), "1");
  EXPECT_EQ(answer(1), "3");
  EXPECT_EQ(answer(2), "3");  // it came behind the second
}

TEST_F(Waits, AnExceptionInASectionResetsTheObject) {
  play({call(0, 1ms, "throw_in_section"), call(1, 2s, "read")});
  EXPECT_NE(answer(0).find("no luck"), std::string::npos) << answer(0);
  EXPECT_EQ(answer(1), "0");  // of the next life
  ASSERT_EQ(keep.all<journal::InstanceEnded>().size(), 1u);
}

TEST_F(Waits, WhateverASectionThrowsResetsTheObject) {
  play({call(0, 1ms, "throw_a_number_in_section"), call(1, 2s, "read")});
  EXPECT_EQ(answer(0), "\"the section threw something that is no std::exception\"");
  EXPECT_EQ(answer(1), "0");  // of the next life
  ASSERT_EQ(keep.all<journal::InstanceEnded>().size(), 1u);
}

TEST_F(Waits, AnAbortInASectionKeepsItsReason) {
  play({call(0, 1ms, "abort_in_section"), call(1, 2s, "read")});
  EXPECT_EQ(answer(0), "\"enough\"");
  EXPECT_EQ(answer(1), "0");
  ASSERT_EQ(keep.all<journal::InstanceEnded>().size(), 1u);
  EXPECT_EQ(keep.all<journal::InstanceEnded>()[0].second.reason, journal::EndReason::aborted);
}

TEST_F(Waits, ASyncLastsUntilTheCommitIsDurable) {
  play({call(0, 1ms, "put_and_sync")}, 7ms);
  const std::int64_t took = std::stoll(answer(0));
  EXPECT_GE(took, 7'000);
  EXPECT_LT(took, 9'000);
}

TEST_F(Waits, ASyncOfNothingIsOverAtOnce) {
  play({call(0, 1ms, "sync_alone")}, 50ms);
  EXPECT_EQ(answer(0), "0");
}

TEST_F(Waits, ACrashBeforeTheCommitIsDurableEndsTheSync) {
  scenarios::Experiment experiment =
      tests::london({ClassPlan{.name = "Waiter"}}, {call(0, 1ms, "put_and_sync"), call(0, 2s, "read", {}, 1)});
  experiment.disk.sync = Distribution::constant(20ms);
  experiment.faults = {
      {.kind = sim::FaultKind::crash, .point = sim::FaultPoint::before_sync, .target = "Waiter/0", .lasts = 10ms}};
  const auto made = scenarios::run(experiment, code, {.more_sinks = {&keep}});
  for (const auto& each : made.outcome.verdicts) EXPECT_FALSE(each.verdict.violation) << each.property;
  EXPECT_EQ(keep.all<journal::Crashed>().size(), 1u);
  EXPECT_EQ(answer(0, 1), "0");
}

TEST_F(Waits, ACallerIsAnsweredBeforeWhatGoesOnInTheBackground) {
  play({call(0, 1ms, "answer_early"), call(1, 5ms, "read"), call(2, 2s, "read")});
  EXPECT_EQ(answer(0), "0");
  EXPECT_EQ(answer(1), "0");
  EXPECT_EQ(answer(2), "7");
}

TEST_F(Waits, AllOfSeveralLastsAsLongAsTheLongest) {
  play({call(0, 1ms, "two_sleeps")});
  EXPECT_EQ(answer(0), "50");
}

TEST_F(Waits, AllOfSeveralWaitsForTheOthersWhenOneThrows) {
  play({call(0, 1ms, "all")});
  EXPECT_EQ(answer(0), "101");
}

TEST_F(Waits, ASleepIsNoTimeOfTheObjectAndCountsAsFetch) {
  play({call(0, 1ms, "sleep", {Value(std::int64_t{40})})});
  ASSERT_EQ(keep.all<journal::SleepStarted>().size(), 1u);
  const Time started = keep.all<journal::SleepStarted>().front().first;
  const Time ended = keep.all<journal::SleepEnded>().front().first;
  EXPECT_EQ(ended - started, 40ms);
}

}  // namespace
}  // namespace orrery
