#include "core/base/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace orrery {
namespace {

Task<int> seven() { co_return 7; }

Task<std::int64_t> sum_of_finished(std::int64_t count) {
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const int value = co_await seven();
    sum += value;
  }
  co_return sum;
}

// Something outside that is waited for, and resumed by hand.
struct Signal {
  std::coroutine_handle<> waiting;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) { waiting = coroutine; }
  void await_resume() const noexcept {}
};

Task<std::string> wait_for(Signal& signal) {
  co_await signal;
  co_return "done";
}

Task<std::string> wait_twice(Signal& first, Signal& second) {
  const std::string a = co_await wait_for(first);
  const std::string b = co_await wait_for(second);
  co_return a + " " + b;
}

Task<int> failing() {
  throw std::runtime_error("broken");
  co_return 0;
}

Task<std::string> catching() {
  std::string caught;
  try {
    const int never = co_await failing();
    caught = std::to_string(never);
  } catch (const std::runtime_error& error) { caught = error.what(); }
  co_return caught;
}

Task<int> waits_then_fails(Signal& signal) {
  co_await signal;
  throw std::runtime_error("late");
}

TEST(Task, AwaitsAMillionFinishedTasksWithoutAStack) {
  Ready ready;
  Task<std::int64_t> task = sum_of_finished(1'000'000);

  task.start(ready);

  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), 7'000'000);
}

TEST(Task, RunsOnlyWhenStarted) {
  Signal signal;
  Task<std::string> task = wait_for(signal);

  EXPECT_FALSE(task.done());
  EXPECT_FALSE(signal.waiting);
}

TEST(Task, GoesOnThroughTheReadyQueueAfterAWait) {
  Ready ready;
  Signal first;
  Signal second;
  Task<std::string> task = wait_twice(first, second);
  task.start(ready);

  first.waiting.resume();
  EXPECT_FALSE(second.waiting);  // the awaiting coroutine has not been resumed yet
  ready.drain();
  EXPECT_TRUE(second.waiting);
  second.waiting.resume();
  EXPECT_FALSE(task.done());
  ready.drain();

  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.take(), "done done");
}

TEST(Task, HandsOnWhatWasThrown) {
  Ready ready;
  Task<std::string> task = catching();

  task.start(ready);

  EXPECT_EQ(task.take(), "broken");
}

TEST(Task, ThrowsAtTheOwnerWhatWasThrownAfterAWait) {
  Ready ready;
  Signal signal;
  Task<int> task = waits_then_fails(signal);
  task.start(ready);

  signal.waiting.resume();

  EXPECT_THROW(task.take(), std::runtime_error);
}

#ifndef __SANITIZE_ADDRESS__
TEST(Frames, OfOneSizeAreUsedAgain) {
  void* const frame = Frames::take(100);
  Frames::give_back(frame, 100);

  void* const next = Frames::take(127);
  EXPECT_EQ(next, frame);
  void* const longer = Frames::take(129);
  EXPECT_NE(longer, frame);
  Frames::give_back(next, 127);
  Frames::give_back(longer, 129);
}
#endif

TEST(Task, TakingTheResultOfAWaitingTaskIsABug) {
  Ready ready;
  Signal signal;
  Task<std::string> task = wait_for(signal);
  task.start(ready);

  EXPECT_THROW(task.take(), Bug);
}

TEST(Task, DestroysWhatItHoldsWhenItNeverEnds) {
  Ready ready;
  Signal signal;
  auto held = std::make_shared<int>(1);
  const auto holding = [](std::shared_ptr<int> argument, Signal& until) -> Task<int> {
    co_await until;
    co_return *argument;
  };
  {
    Task<int> task = holding(held, signal);
    task.start(ready);
    EXPECT_GT(held.use_count(), 1);
  }

  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace orrery
