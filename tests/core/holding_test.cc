// How long an event keeps the object to itself: what enters when, and what a crash, an eviction or an abort finds.
#include <gtest/gtest.h>

#include "tests/worlds.h"

namespace orrery {
namespace {

using object::Holding;
using tests::Keep;

// Keeps money.
class Till final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  Task<std::int64_t> add(std::int64_t by) {
    kv().put("n", read_now() + by);
    co_return read_now();
  }
  Task<std::int64_t> read() { co_return read_now(); }
  // What it has read is old if anybody else was inside meanwhile.
  Task<std::int64_t> ask_then_add(std::int64_t by) {
    const std::int64_t seen = read_now();
    Request question = Request::get("/");
    co_await ctx().fetch("permits", std::move(question));
    kv().put("n", seen + by);
    co_return read_now();
  }
  Task<std::int64_t> add_then_ask(std::int64_t by) {
    kv().put("n", read_now() + by);
    Request question = Request::get("/");
    co_await ctx().fetch("permits", std::move(question));
    co_return read_now();
  }
  Task<std::int64_t> ask_then_abort() {
    Request question = Request::get("/");
    co_await ctx().fetch("permits", std::move(question));
    ctx().abort("enough");
    co_return 0;
  }

 private:
  std::int64_t read_now() { return kv().get_or("n", std::int64_t{0}); }
  Kv kv() { return ctx().storage().kv(); }
};

const scenarios::Code& code() {
  static const scenarios::Code all{{object_class<Till>("Till")
                                        .with<&Till::add>("add")
                                        .with<&Till::read>("read")
                                        .with<&Till::ask_then_add>("ask_then_add")
                                        .with<&Till::add_then_ask>("add_then_ask")
                                        .with<&Till::ask_then_abort>("ask_then_abort")}};
  return all;
}

constexpr Duration sync_time = 100ms;  // the service takes 20 ms

class Held : public ::testing::Test {
 protected:
  // Of another client each.
  void call(Duration at, std::string name, std::vector<Value> args = {}) {
    const auto client = static_cast<std::uint32_t>(operations_.size());
    operations_.push_back(tests::operation(client, 0, at, "Till", std::move(name), std::move(args)));
  }
  void fault_at(Duration at, sim::FaultKind kind, Duration lasts = 0s) {
    faults_.push_back({.kind = kind, .at = at, .target = "Till/0", .lasts = lasts});
  }
  void run(Holding holding) {
    scenarios::Experiment experiment =
        tests::london({{.name = "Till", .model = "", .holding = holding}}, operations_, 8);
    experiment.lasts = 100s;
    experiment.disk.sync = Distribution::constant(sync_time);
    experiment.faults = faults_;
    experiment.world.data_centers_per_city = 1;
    ASSERT_EQ(scenarios::mistake_in(experiment, code()), std::nullopt);
    outcome_ = scenarios::run(experiment, code(), {.more_sinks = {&keep_}}).outcome;
    for (const auto& each : outcome_.verdicts)
      EXPECT_NE(each.verdict.kind, properties::Verdict::Kind::violated)
          << each.property << ": " << (each.verdict.violation ? each.verdict.violation->text : "");
  }
  std::string answer(std::uint32_t client) const { return keep_.answer(ClientId{client}, 0); }
  journal::Status status(std::uint32_t client) const {
    const CallId call{Cause::operation(ClientId{client}, 0).key};
    for (const auto& [at, answered] : keep_.all<journal::Answered>())
      if (answered.call == call) return answered.status;
    ADD_FAILURE() << "client " << client << " was never answered";
    return {};
  }
  // The clients whose calls had the turns, in order.
  std::vector<std::uint32_t> turns() const {
    std::vector<std::uint32_t> clients;
    for (const auto& [at, turn] : keep_.all<journal::TurnStarted>())
      for (std::uint32_t client = 0; client < operations_.size(); ++client)
        if (turn.call == CallId{Cause::operation(ClientId{client}, 0).key}) clients.push_back(client);
    return clients;
  }
  template <class E>
  Time time_of(std::size_t place) const {
    return keep_.all<E>().at(place).first;
  }
  static std::vector<Value> one() { return {Value(std::int64_t{1})}; }

  std::vector<scenarios::Operation> operations_;
  std::vector<scenarios::FaultPlan> faults_;
  Keep keep_;
  reports::Outcome outcome_;
};

TEST_F(Held, ForItsTurnAnObjectIsFreeBeforeItsCommitIsDurable) {
  call(1s, "add", one());
  call(1s, "add", one());

  run(Holding::turn);

  EXPECT_EQ(time_of<journal::TurnStarted>(1), time_of<journal::TurnEnded>(0));
  EXPECT_LT(time_of<journal::TurnStarted>(1), time_of<journal::Confirmed>(0));
}

TEST_F(Held, ForItsCommitAnObjectIsFreeWhenThatIsDurable) {
  call(1s, "add", one());
  call(1s, "add", one());
  call(1s + 10ms, "add", one());

  run(Holding::commit);

  EXPECT_EQ(time_of<journal::Confirmed>(0) - time_of<journal::TurnEnded>(0), sync_time);
  EXPECT_EQ(time_of<journal::TurnStarted>(1), time_of<journal::Confirmed>(0));
  EXPECT_EQ(time_of<journal::TurnStarted>(2), time_of<journal::Confirmed>(1));
  EXPECT_EQ(answer(2), "3");
}

TEST_F(Held, ForItsCommitAnObjectIsFreeAtOnceIfNothingWasWritten) {
  call(1s, "read");
  call(1s, "read");

  run(Holding::commit);

  EXPECT_EQ(time_of<journal::TurnStarted>(1), time_of<journal::TurnEnded>(0));
}

TEST_F(Held, ForItsCommitAnObjectIsFreeWhileAHandlerAwaits) {
  call(1s, "ask_then_add", one());
  call(1s + 10ms, "read");

  run(Holding::commit);

  EXPECT_EQ(turns(), (std::vector<std::uint32_t>{0, 1, 0}));
}

TEST_F(Held, ForAWholeCallAnObjectTakesNothingButItsContinuations) {
  call(1s, "ask_then_add", one());
  call(1s + 1ms, "ask_then_add", one());
  call(1s + 2ms, "read");

  run(Holding::call);

  EXPECT_EQ(turns(), (std::vector<std::uint32_t>{0, 0, 1, 1, 2}));
  EXPECT_EQ(time_of<journal::TurnStarted>(2), time_of<journal::TurnEnded>(1));
  EXPECT_EQ(answer(1), "2");
  EXPECT_EQ(answer(2), "2");
}

TEST_F(Held, ForAWholeCallAnObjectWaitsForTheCommitThatKeepsItsFetchBack) {
  call(1s, "add_then_ask", one());
  call(1s + 1ms, "read");

  run(Holding::call);

  EXPECT_EQ(time_of<journal::FetchStarted>(0), time_of<journal::Confirmed>(0));
  EXPECT_EQ(turns(), (std::vector<std::uint32_t>{0, 0, 1}));
}

TEST_F(Held, ForItsCommitAnObjectIsEvictedWhenThatIsDurable) {
  call(0s, "read");
  call(1s, "add", one());
  fault_at(1s + 50ms, sim::FaultKind::evict);

  run(Holding::commit);

  ASSERT_EQ(keep_.all<journal::InstanceEnded>().size(), 1u);
  EXPECT_EQ(time_of<journal::InstanceEnded>(0), time_of<journal::Confirmed>(0));
  EXPECT_EQ(answer(1), "1");
}

TEST_F(Held, ForAWholeCallAnObjectIsEvictedWhenTheCallIsOver) {
  call(0s, "read");
  call(1s, "ask_then_add", one());
  fault_at(1s + 15ms, sim::FaultKind::evict);

  run(Holding::call);

  ASSERT_EQ(keep_.all<journal::InstanceEnded>().size(), 1u);
  EXPECT_EQ(time_of<journal::InstanceEnded>(0), time_of<journal::Confirmed>(0));
  EXPECT_EQ(answer(1), "1");
}

TEST_F(Held, AnObjectThatCrashesIsFreeAgain) {
  for (const Holding holding : {Holding::commit, Holding::call}) {
    operations_.clear();
    faults_.clear();
    keep_ = {};
    call(0s, "read");
    call(1s, holding == Holding::commit ? "add" : "ask_then_add", one());
    call(1s + 1ms, "add", one());
    call(10s, "read");
    fault_at(1s + 15ms, sim::FaultKind::crash, 1s);

    run(holding);

    EXPECT_EQ(status(1), journal::Status::unknown);
    EXPECT_EQ(status(2), journal::Status::unknown);
    EXPECT_EQ(status(3), journal::Status::ok);
  }
}

TEST_F(Held, AnObjectThatIsAbortedGivesUpWhoWaits) {
  call(1s, "ask_then_abort");
  call(1s + 1ms, "read");
  call(10s, "add", one());

  run(Holding::call);

  EXPECT_EQ(status(0), journal::Status::unknown);
  EXPECT_EQ(status(1), journal::Status::failed);
  EXPECT_EQ(answer(2), "1");
}

}  // namespace
}  // namespace orrery
