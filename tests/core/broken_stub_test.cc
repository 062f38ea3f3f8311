// A call on a broken stub is refused at once, in the instant in which its turn ends: also where turns cost nothing, the
// next one begins when all that this one emitted has left.
#include <gtest/gtest.h>

#include "tests/worlds.h"

namespace orrery {
namespace {

using scenarios::ClassPlan;
using scenarios::Code;
using tests::Keep;
using tests::operation;

class Fragile final : public DurableObject {
 public:
  using DurableObject::DurableObject;
  Task<std::int64_t> reset() {
    ctx().abort("enough");
    co_return 0;
  }
};

// Goes on calling on a stub that it has broken.
class Stubborn final : public DurableObject {
 public:
  explicit Stubborn(Context& context)
      : DurableObject(context), stub_(context.binding("Fragile").get_by_name("one")) {}

  Task<std::int64_t> break_it() {
    co_await try_it();
    co_return failures_;
  }
  // The reply is emitted behind the call.
  Task<std::int64_t> answer_then_write() {
    ctx().wait_until(write_when_refused());
    co_return failures_;
  }
  Task<std::int64_t> answer_then_abort() {
    ctx().wait_until(abort_when_refused());
    co_return failures_;
  }
  Task<std::int64_t> read() { co_return ctx().storage().kv().get_or("failures", std::int64_t{0}); }

 private:
  Task<void> try_it() {
    try {
      co_await stub_.call<&Fragile::reset>();
    } catch (const ObjectError&) { ++failures_; }
  }
  Task<void> write_when_refused() {
    co_await try_it();
    ctx().storage().kv().put("failures", failures_);
    Request question = Request::get("/");
    co_await ctx().fetch("permits", std::move(question));
  }
  Task<void> abort_when_refused() {
    co_await try_it();
    ctx().abort("at once");
  }

  Stub stub_;
  std::int64_t failures_ = 0;
};

const Code code{{object_class<Fragile>("Fragile").with<&Fragile::reset>("reset"),
                 object_class<Stubborn>("Stubborn")
                     .with<&Stubborn::break_it>("break_it")
                     .with<&Stubborn::answer_then_write>("answer_then_write")
                     .with<&Stubborn::answer_then_abort>("answer_then_abort")
                     .with<&Stubborn::read>("read")}};

class BrokenStub : public ::testing::TestWithParam<Duration> {
 protected:
  void play(const std::string& call) {
    scenarios::Experiment experiment =
        tests::london({ClassPlan{.name = "Fragile", .model = ""}, ClassPlan{.name = "Stubborn", .model = ""}},
                      {operation(0, 0, 1s, "Stubborn", "break_it"), operation(0, 1, 2s, "Stubborn", call),
                       operation(0, 2, 3s, "Stubborn", "read")});
    experiment.costs = {.turn = GetParam(), .storage_operation = 0s, .spread_millionths = 0};
    ASSERT_FALSE(mistake_in(experiment, code));
    const auto made = scenarios::run(experiment, code, {.more_sinks = {&keep}});
    for (const auto& each : made.outcome.verdicts)
      EXPECT_FALSE(each.verdict.violation) << each.property << ": " << each.verdict.violation->text;
  }
  std::string answer(std::uint64_t number) const { return keep.answer(ClientId{0}, number); }
  Keep keep;
};

TEST_P(BrokenStub, LetsTheReplyLeaveBeforeTheTurnThatTheRefusalBegins) {
  play("answer_then_write");

  EXPECT_EQ(answer(0), "1");
  EXPECT_EQ(answer(1), "1");
  EXPECT_EQ(answer(2), "2");
  EXPECT_EQ(keep.all<journal::InstanceEnded>().size(), 1u) << "only the other object was reset";
}

TEST_P(BrokenStub, LetsTheReplyLeaveBeforeAnAbort) {
  play("answer_then_abort");

  EXPECT_EQ(answer(1), "1");
  EXPECT_EQ(answer(2), "0");
  EXPECT_EQ(keep.all<journal::InstanceEnded>().size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Costs, BrokenStub, ::testing::Values(Duration(0), Duration(500us)),
                         [](const auto& each) { return each.param == Duration(0) ? "Nothing" : "Something"; });

}  // namespace
}  // namespace orrery
