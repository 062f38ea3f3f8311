// Critical sections: when they begin, who enters, how they fail.
#include <gtest/gtest.h>

#include "tests/worlds.h"

namespace orrery {
namespace {

using scenarios::ClassPlan;
using scenarios::Code;
using scenarios::Operation;
using tests::Keep;
using tests::operation;

class Sectioned final : public DurableObject {
 public:
  explicit Sectioned(Context& context) : DurableObject(context) {}

  // What waits at the gate enters after the section, though the turn that asked for it ended before.
  Task<std::string> ask_for_section() {
    said_ += "a";
    ctx().wait_until(ctx().block_concurrency_while(say_slowly("s")));
    said_ += "b";
    co_return said_;
  }
  Task<std::string> say(std::string what) {
    said_ += what;
    co_return said_;
  }
  Task<std::int64_t> nest(std::int64_t depth) {
    co_await nested(depth);
    co_return depth;
  }
  Task<std::string> wait_in_section(std::int64_t ms) {
    co_await ctx().block_concurrency_while(ctx().sleep(Duration(1ms) * ms));
    co_return "done";
  }
  // What was begun outside cannot come in: the section never ends.
  Task<std::string> await_what_is_outside() {
    ctx().wait_until(finish_later());
    co_await ctx().block_concurrency_while(until_finished());
    co_return "done";
  }
  Task<std::string> fail_with_range_error() {
    co_await ctx().block_concurrency_while(throw_range_error());
    co_return "done";
  }
  // A section lets in what was begun inside it, by whomever.
  Task<std::string> parallel_sections() {
    std::vector<Task<void>> both;
    both.push_back(ctx().block_concurrency_while(say_twice("1")));
    both.push_back(ctx().block_concurrency_while(say_twice("2")));
    co_await all_of(std::move(both));
    co_return said_;
  }

 private:
  Task<void> say_slowly(std::string what) {
    co_await ctx().sleep(50ms);
    said_ += what;
  }
  Task<void> say_twice(std::string what) {
    said_ += what;
    co_await ctx().sleep(10ms);
    said_ += what;
  }
  Task<void> nested(std::int64_t depth) {
    if (depth > 0) {
      co_await ctx().block_concurrency_while(nested(depth - 1));
    }
  }
  Task<void> finish_later() {
    co_await ctx().sleep(10ms);
    is_finished_ = true;
  }
  Task<void> until_finished() {
    while (!is_finished_) {
      co_await ctx().sleep(1s);
    }
  }
  Task<void> throw_range_error() {
    co_await ctx().sleep(5ms);
    throw ObjectError::range_error("too far");
  }

  std::string said_;
  bool is_finished_ = false;
};

// Loads before anybody enters.
class Founded final : public DurableObject {
 public:
  explicit Founded(Context& context) : DurableObject(context) {
    ctx().wait_until(ctx().block_concurrency_while(load()));
  }
  Task<std::string> read() { co_return loaded_; }

 private:
  Task<void> load() {
    co_await ctx().sleep(100ms);
    loaded_ = "loaded";
  }
  std::string loaded_ = "empty";
};

class FoundedBadly final : public DurableObject {
 public:
  explicit FoundedBadly(Context& context) : DurableObject(context) {
    ctx().wait_until(ctx().block_concurrency_while(fail()));
  }
  Task<std::string> read() { co_return "alive"; }

 private:
  Task<void> fail() {
    co_await ctx().sleep(10ms);
    throw ObjectError::type_error("not today");
  }
};

const Code code{{object_class<Sectioned>("Sectioned")
                     .with<&Sectioned::ask_for_section>("ask_for_section")
                     .with<&Sectioned::say>("say")
                     .with<&Sectioned::nest>("nest")
                     .with<&Sectioned::wait_in_section>("wait_in_section")
                     .with<&Sectioned::await_what_is_outside>("await_what_is_outside")
                     .with<&Sectioned::fail_with_range_error>("fail_with_range_error")
                     .with<&Sectioned::parallel_sections>("parallel_sections"),
                 object_class<Founded>("Founded").with<&Founded::read>("read"),
                 object_class<FoundedBadly>("FoundedBadly").with<&FoundedBadly::read>("read")}};

class Sections : public testing::Test {
 protected:
  void play(std::vector<Operation> operations) {
    const scenarios::Experiment experiment = tests::london(
        {ClassPlan{.name = "Sectioned"}, ClassPlan{.name = "Founded"}, ClassPlan{.name = "FoundedBadly"}},
        std::move(operations));
    keep = tests::play(experiment, code);
  }
  std::string answer(std::uint32_t client, std::uint64_t number = 0) const {
    return keep.answer(ClientId{client}, number);
  }
  // From the start of the call of this client to its answer.
  Duration lasted(std::uint32_t client) const {
    const CallId call{Cause::operation(ClientId{client}, 0).key};
    Time from;
    for (const auto& [at, requested] : keep.all<journal::Requested>())
      if (requested.call == call) from = at;
    for (const auto& [at, completed] : keep.all<journal::Completed>())
      if (completed.call == call) return at - from;
    return {};
  }
  Keep keep;
};

Operation call(std::uint32_t client, Duration at, std::string method, std::vector<Value> args = {},
               std::string object_class = "Sectioned") {
  return operation(client, 0, at, std::move(object_class), std::move(method), std::move(args));
}

TEST_F(Sections, BeginWhenTheTurnIsOverAndAheadOfWhatWaits) {
  play({call(0, 1ms, "ask_for_section"), call(1, 2ms, "say", {Value("x")}), call(2, 100ms, "say", {Value("y")})});

  EXPECT_EQ(answer(0), "\"ab\"");
  EXPECT_EQ(answer(1), "\"absx\"");
  EXPECT_EQ(answer(2), "\"absxy\"");
}

TEST_F(Sections, BeginOneAfterTheOther) {
  play({call(0, 1ms, "parallel_sections")});

  EXPECT_EQ(answer(0), "\"1122\"");
}

TEST_F(Sections, LieSixtyFourDeepAndNoDeeper) {
  play({call(0, 1ms, "nest", {Value(std::int64_t{64})}), call(1, 1s, "nest", {Value(std::int64_t{65})})});

  EXPECT_EQ(answer(0), "64");
  EXPECT_EQ(answer(1), "\"blockConcurrencyWhile() calls are nested too deeply.\"");
}

TEST_F(Sections, TakeThirtySecondsAtMost) {
  play({call(0, 1ms, "wait_in_section", {Value(std::int64_t{29'000})}),
        call(1, 40s, "wait_in_section", {Value(std::int64_t{31'000})}), call(2, 41s, "say", {Value("x")})});

  EXPECT_EQ(answer(0), "\"done\"");
  const std::string too_long =
      "\"A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was canceled and the "
      "Durable Object was reset.\"";
  EXPECT_EQ(answer(1), too_long);
  EXPECT_EQ(answer(2), too_long);
  EXPECT_GE(lasted(1), 30s);
  EXPECT_LT(lasted(1), 31s);
  const auto ended = keep.all<journal::InstanceEnded>();
  ASSERT_GE(ended.size(), 1u);
  EXPECT_EQ(ended.front().second.reason, journal::EndReason::section_failed);
}

TEST_F(Sections, ThatAwaitWhatIsOutsideEndByTheLimit) {
  play({call(0, 1ms, "await_what_is_outside")});

  EXPECT_TRUE(answer(0).starts_with("\"A call to blockConcurrencyWhile()")) << answer(0);
}

TEST_F(Sections, KeepTheKindOfTheErrorThatEndsTheObject) {
  play({call(0, 1ms, "fail_with_range_error"), call(1, 2ms, "say", {Value("x")})});

  EXPECT_EQ(answer(0), "\"too far\"");
  EXPECT_EQ(answer(1), "\"too far\"");
}

TEST_F(Sections, OfAConstructorEndBeforeTheFirstEventEnters) {
  play({call(0, 1ms, "read", {}, "Founded"), call(1, 2ms, "read", {}, "Founded")});

  EXPECT_EQ(answer(0), "\"loaded\"");
  EXPECT_EQ(answer(1), "\"loaded\"");
  EXPECT_GE(lasted(0), 100ms);
}

TEST_F(Sections, OfAConstructorThatFailEndTheObject) {
  play({call(0, 1ms, "read", {}, "FoundedBadly"), call(1, 1s, "read", {}, "FoundedBadly")});

  EXPECT_EQ(answer(0), "\"not today\"");
  EXPECT_EQ(answer(1), "\"not today\"") << "the next call begins another life, which fails as well";
}

}  // namespace
}  // namespace orrery
