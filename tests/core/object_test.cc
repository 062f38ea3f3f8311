// Objects as their authors write them, on the whole runtime in a small world.
#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "core/object/output_gate.h"
#include "tests/worlds.h"

namespace orrery {
namespace {

using journal::TurnEnded;
using journal::TurnKind;
using journal::TurnStarted;
using tests::Keep;
using tests::london;
using tests::operation;

class Probe final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  Task<std::int64_t> next() { co_return ++count_; }

  // Reads, awaits, writes: loses what others write meanwhile.
  Task<std::int64_t> careless() {
    const std::int64_t before = count_;
    Request question = Request::get("/");
    const Response answer = co_await ctx().fetch("permits", std::move(question));
    count_ = before + answer.status() / 200;
    co_return count_;
  }
  Task<std::int64_t> slow() {
    ctx().spend(100ms);
    co_return ++count_;
  }
  Task<bool> clock_stands_still() {
    const LocalTime before = ctx().now();
    ctx().spend(10ms);
    co_return before == ctx().now();
  }
  Task<bool> clock_moves_at_awaits() {
    const LocalTime before = ctx().now();
    Request question = Request::get("/");
    const Response answer = co_await ctx().fetch("permits", std::move(question));
    co_return ctx().now() >= before + 20ms && answer.status() == 200;
  }
  Task<std::string> greet(std::string name, std::int64_t times) {
    std::string text;
    for (std::int64_t i = 0; i < times; ++i) text += "hello " + name + " ";
    co_return text;
  }
  Task<std::string> own_name() { co_return ctx().id().name().value_or("nameless"); }
  Task<> quiet() { co_return; }
  Task<> throws() {
    throw ObjectError::range_error("too much");
    co_return;
  }
  Task<> asks_nobody() {
    Request question = Request::get("/");
    const Response answer = co_await ctx().fetch("nobody", std::move(question));
    (void)answer;
  }

 private:
  std::int64_t count_ = 0;
};

// Calls a Probe, and says what it got.
class Caller final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  Task<std::int64_t> twice() {
    Stub probe = ctx().binding("Probe").get_by_name("shared");
    const std::int64_t first = co_await probe.call<&Probe::next>();
    const std::int64_t second = co_await probe.call<&Probe::next>();
    co_return first * 10 + second;
  }
  Task<std::string> asks_by_name(std::string name) {
    Stub probe = ctx().binding("Probe").get_by_name(name);
    const std::string seen = co_await probe.call<&Probe::own_name>();
    co_return seen;
  }
  Task<std::string> asks_by_text(std::string name) {
    Binding probes = ctx().binding("Probe");
    Stub probe = probes.get(probes.id_from_string(probes.id_from_name(name).to_string()));
    const std::string seen = co_await probe.call<&Probe::own_name>();
    co_return seen;
  }
  Task<std::string> catches() {
    Stub probe = ctx().binding("Probe").get_by_name("shared");
    std::string caught = "nothing";
    try {
      co_await probe.call<&Probe::throws>();
    } catch (const ObjectError& error) { caught = error.message() + (error.remote() ? " remote" : " local"); }
    co_return caught;
  }
  Task<std::string> fetches() {
    Stub probe = ctx().binding("Probe").get_by_name("shared");
    std::string caught = "nothing";
    try {
      Request request = Request::get("/");
      const Response response = co_await probe.fetch(std::move(request));
      caught = response.body();
    } catch (const ObjectError& error) { caught = error.message(); }
    co_return caught;
  }
  Task<std::string> self() {
    Stub me = ctx().binding("Caller").get(ctx().id());
    const std::string answer = co_await me.call<&Caller::plain>();
    co_return answer + " self";
  }
  Task<std::string> plain() { co_return "plain"; }
  Task<std::int64_t> by_a_temporary() {
    Task<std::int64_t> later = ctx().binding("Probe").get_by_name("shared").call<&Probe::next>();
    const std::int64_t first = co_await std::move(later);
    co_return first;
  }
  Task<> foreign_id() {
    ctx().binding("Probe").get(ctx().id());
    co_return;
  }
  Task<> unknown_class() {
    ctx().binding("Nothing");
    co_return;
  }
};

class Broken final : public DurableObject {
 public:
  explicit Broken(Context& context) : DurableObject(context) { throw ObjectError("cannot start"); }
  Task<> anything() { co_return; }
};

class BrokenOtherwise final : public DurableObject {
 public:
  explicit BrokenOtherwise(Context& context) : DurableObject(context) {
    throw std::runtime_error("cannot start either");
  }
  Task<> anything() { co_return; }
};

class BrokenByANumber final : public DurableObject {
 public:
  explicit BrokenByANumber(Context& context) : DurableObject(context) { throw 7; }
  Task<> anything() { co_return; }
};

// Does in its constructor what handlers do.
class Early final : public DurableObject {
 public:
  explicit Early(Context& context)
      : DurableObject(context),
        probe_(context.binding("Probe").get_by_name("shared")),
        id_(context.binding("Probe").new_unique_id()),
        started_(context.now()) {
    context.spend(100ms);
  }
  Task<std::int64_t> count() {
    const std::int64_t count = co_await probe_.call<&Probe::next>();
    co_return count;
  }
  Task<bool> started_now() { co_return started_ == ctx().now(); }
  Task<std::string> unique() { co_return to_hex(id_); }

 private:
  Stub probe_;
  ObjectId id_;
  LocalTime started_;
};

class Web final : public DurableObject {
 public:
  using DurableObject::DurableObject;
  Task<Response> fetch(Request request) override { co_return Response::ok(request.path() + request.body()); }
};

scenarios::Code code() {
  return {{object_class<Probe>("Probe")
               .with<&Probe::next>("next")
               .with<&Probe::careless>("careless")
               .with<&Probe::slow>("slow")
               .with<&Probe::clock_stands_still>("clock_stands_still")
               .with<&Probe::clock_moves_at_awaits>("clock_moves_at_awaits")
               .with<&Probe::greet>("greet")
               .with<&Probe::own_name>("own_name")
               .with<&Probe::quiet>("quiet")
               .with<&Probe::throws>("throws")
               .with<&Probe::asks_nobody>("asks_nobody"),
           object_class<Caller>("Caller")
               .with<&Caller::twice>("twice")
               .with<&Caller::asks_by_name>("asks_by_name")
               .with<&Caller::asks_by_text>("asks_by_text")
               .with<&Caller::catches>("catches")
               .with<&Caller::fetches>("fetches")
               .with<&Caller::self>("self")
               .with<&Caller::plain>("plain")
               .with<&Caller::by_a_temporary>("by_a_temporary")
               .with<&Caller::foreign_id>("foreign_id")
               .with<&Caller::unknown_class>("unknown_class"),
           object_class<Broken>("Broken").with<&Broken::anything>("anything"), object_class<Web>("Web"),
           object_class<BrokenOtherwise>("BrokenOtherwise").with<&BrokenOtherwise::anything>("anything"),
           object_class<BrokenByANumber>("BrokenByANumber").with<&BrokenByANumber::anything>("anything"),
           object_class<Early>("Early")
               .with<&Early::count>("count")
               .with<&Early::started_now>("started_now")
               .with<&Early::unique>("unique")}};
}

Keep run_all(std::vector<scenarios::Operation> operations) {
  const scenarios::Experiment experiment = london({{.name = "Probe", .model = ""},
                                                   {.name = "Caller", .model = ""},
                                                   {.name = "Broken", .model = ""},
                                                   {.name = "Web", .model = ""},
                                                   {.name = "BrokenOtherwise", .model = ""},
                                                   {.name = "BrokenByANumber", .model = ""},
                                                   {.name = "Early", .model = ""}},
                                                  std::move(operations));
  const auto mistake = scenarios::mistake_in(experiment, code());
  EXPECT_FALSE(mistake) << mistake->message;
  Keep keep;
  const scenarios::Run run = scenarios::run(experiment, code(), {.witness = true, .more_sinks = {&keep}});
  for (const auto& each : run.outcome.verdicts)
    EXPECT_NE(each.verdict.kind, properties::Verdict::Kind::violated) << each.property;
  EXPECT_EQ(run.outcome.all.completed, std::get<std::vector<scenarios::Operation>>(experiment.workload).size());
  return keep;
}

// The answer to one call of a Probe, Caller, ...
std::string answer_to(std::string object_class, std::string call, std::vector<Value> args = {}) {
  return run_all({operation(0, 0, 1ms, std::move(object_class), std::move(call), std::move(args))})
      .answer(ClientId{0}, 0);
}

TEST(OutputGate, LetsGoWhatShowsConfirmedCommitsOnly) {
  object::OutputGate<int> gate(CommitIndex{2});

  EXPECT_TRUE(gate.leave(CommitIndex{2}, 1));
  EXPECT_FALSE(gate.leave(CommitIndex{3}, 2));
  EXPECT_FALSE(gate.next());
  gate.confirm(CommitIndex{3});

  EXPECT_EQ(gate.next(), 2);
  EXPECT_TRUE(gate.is_empty());
}

TEST(OutputGate, LetsAnOutputGoThatWasMadeBeforeAWriteOfItsTurn) {
  object::OutputGate<int> gate(CommitIndex{0});

  EXPECT_TRUE(gate.leave(CommitIndex{0}, 1));
  EXPECT_FALSE(gate.leave(CommitIndex{1}, 2));
}

TEST(OutputGate, KeepsTheOrderThoughTheLaterOneCouldGo) {
  object::OutputGate<int> gate(CommitIndex{0});
  EXPECT_FALSE(gate.leave(CommitIndex{1}, 1));
  EXPECT_FALSE(gate.leave(CommitIndex{2}, 2));
  gate.confirm(CommitIndex{2});

  EXPECT_FALSE(gate.leave(CommitIndex{2}, 3));  // the others have not gone yet
  EXPECT_EQ(gate.next(), 1);
  EXPECT_EQ(gate.next(), 2);
  EXPECT_EQ(gate.next(), 3);
}

TEST(OutputGate, ShowingLessThanAnEarlierOneIsABug) {
  object::OutputGate<int> gate(CommitIndex{0});
  EXPECT_FALSE(gate.leave(CommitIndex{2}, 1));

  EXPECT_THROW(static_cast<void>(gate.leave(CommitIndex{1}, 2)), Bug);
}

TEST(Object, KeepsItsStateFromCallToCall) {
  const Keep keep = run_all({operation(0, 0, 1ms, "Probe", "next"), operation(0, 1, 2s, "Probe", "next")});

  EXPECT_EQ(keep.answer(ClientId{0}, 0), "1");
  EXPECT_EQ(keep.answer(ClientId{0}, 1), "2");
}

TEST(Object, IsBusyForTheCostOfATurn) {
  const Keep keep = run_all({operation(0, 0, 1ms, "Probe", "slow"), operation(1, 0, 1ms, "Probe", "next")});

  const auto started = keep.all<TurnStarted>();
  const auto ended = keep.all<TurnEnded>();
  ASSERT_EQ(started.size(), 2u);
  EXPECT_GE(ended[0].first - started[0].first, 20ms);  // 100.5 ms times a draw around 1
  EXPECT_EQ(started[1].first, ended[0].first);         // what waited enters in the same instant
}

TEST(Object, OtherCallsRunWhileAHandlerAwaitsAFetch) {
  const Keep keep = run_all({operation(0, 0, 1ms, "Probe", "careless"), operation(1, 0, 10ms, "Probe", "next")});

  EXPECT_EQ(keep.answer(ClientId{1}, 0), "1");
  EXPECT_EQ(keep.answer(ClientId{0}, 0), "1");  // the careless handler lost the other's update
  const auto started = keep.all<TurnStarted>();
  ASSERT_EQ(started.size(), 3u);
  EXPECT_EQ(started[2].second.kind, TurnKind::continuation);
  EXPECT_EQ(started[2].second.turn, TurnNumber{3});
}

TEST(Object, ItsClockStandsStillInATurn) { EXPECT_EQ(answer_to("Probe", "clock_stands_still"), "true"); }
TEST(Object, ItsClockMovesAtAnAwait) { EXPECT_EQ(answer_to("Probe", "clock_moves_at_awaits"), "true"); }

TEST(Call, CarriesArgumentsOfSeveralTypes) {
  EXPECT_EQ(answer_to("Probe", "greet", {Value("you"), Value(std::int64_t{2})}), "\"hello you hello you \"");
}
TEST(Call, OfAMethodWithoutAResultGivesNull) { EXPECT_EQ(answer_to("Probe", "quiet"), "null"); }
TEST(Call, WithoutAnArgumentIsATypeError) {
  EXPECT_EQ(answer_to("Probe", "greet", {Value("you")}), "\"argument 2 is missing\"");
}
TEST(Call, WithAnArgumentOfAnotherTypeIsATypeError) {
  EXPECT_EQ(answer_to("Probe", "greet", {Value(true), Value(std::int64_t{2})}), "\"argument 1 is of another type\"");
}
TEST(Call, BringsBackWhatTheHandlerThrew) { EXPECT_EQ(answer_to("Probe", "throws"), "\"too much\""); }
TEST(Call, OfAnObjectThatCannotStartFails) {
  EXPECT_EQ(answer_to("Broken", "anything"), "\"cannot start\"");
  EXPECT_EQ(answer_to("BrokenOtherwise", "anything"), "\"cannot start either\"");
  EXPECT_EQ(answer_to("BrokenByANumber", "anything"),
            "\"the constructor threw something that is no std::exception\"");
}

TEST(Constructor, SeesTheTimeOfTheFirstTurn) { EXPECT_EQ(answer_to("Early", "started_now"), "true"); }
TEST(Constructor, MakesTheFirstTurnAsMuchLongerAsItSpends) {
  const Keep keep =
      run_all({operation(0, 0, 1ms, "Early", "started_now"), operation(0, 1, 1s, "Early", "started_now")});
  const auto began = keep.all<TurnStarted>();
  ASSERT_EQ(began.size(), 2u);
  EXPECT_GT(began[0].second.ends - began[0].first, 20ms);
  EXPECT_LT(began[1].second.ends - began[1].first, 20ms);
}
TEST(Constructor, MakesStubsAndIdsOfItsOwnInstanceTheSameInEachRun) {
  const std::vector<scenarios::Operation> operations = {
      operation(0, 0, 1ms, "Early", "count", {}, "a"), operation(0, 1, 1s, "Early", "unique", {}, "a"),
      operation(1, 0, 1ms, "Early", "count", {}, "b"), operation(1, 1, 1s, "Early", "unique", {}, "b")};
  const Keep keep = run_all(operations);
  const Keep again = run_all(operations);
  std::set<StubId> stubs;
  for (const auto& [at, called] : keep.all<journal::Called>()) stubs.insert(called.stub);

  EXPECT_EQ(stubs.size(), 4u);  // of two users and of two objects
  EXPECT_NE(keep.answer(ClientId{0}, 1), keep.answer(ClientId{1}, 1));
  EXPECT_EQ(keep.answer(ClientId{0}, 1), again.answer(ClientId{0}, 1));
}

TEST(Id, OfAnObjectHasTheNameThatItWasCalledBy) {
  EXPECT_EQ(answer_to("Probe", "own_name"), "\"0\"");
  EXPECT_EQ(answer_to("Caller", "asks_by_name", {"someone"}), "\"someone\"");
  EXPECT_EQ(answer_to("Caller", "asks_by_name", {std::string(1024, 'x')}), '"' + std::string(1024, 'x') + '"');
}
TEST(Id, OfAnObjectHasNoNameIfItWasCalledByItsBitsOrByALongOne) {
  EXPECT_EQ(answer_to("Caller", "asks_by_text", {"someone"}), "\"nameless\"");
  EXPECT_EQ(answer_to("Caller", "asks_by_name", {std::string(1025, 'x')}), "\"nameless\"");
}

TEST(Fetch, LeavesBehindWhatWaitsAtTheInputGate) {
  const Keep keep = run_all({operation(0, 0, 1ms, "Probe", "careless"), operation(1, 0, 1ms, "Probe", "slow")});

  const auto started = keep.all<TurnStarted>();
  const auto ended = keep.all<TurnEnded>();
  ASSERT_EQ(started.size(), 3u);
  EXPECT_EQ(started[1].first, ended[0].first);  // the other call waited
  EXPECT_EQ(keep.all<journal::FetchStarted>().at(0).first, ended[1].first);
}
TEST(Fetch, OfAServiceThatDoesNotExistThrows) {
  EXPECT_EQ(answer_to("Probe", "asks_nobody"), "\"no service is called nobody\"");
}
TEST(Fetch, OfAnObjectWithoutOneThrowsInTheOriginalsWords) {
  EXPECT_EQ(answer_to("Caller", "fetches"), "\"Handler does not export a fetch() function.\"");
}

TEST(Stub, CallsAnotherObjectInOrder) { EXPECT_EQ(answer_to("Caller", "twice"), "12"); }
TEST(Stub, MarksWhatTheOtherObjectThrewAsRemote) { EXPECT_EQ(answer_to("Caller", "catches"), "\"too much remote\""); }
TEST(Stub, OfTheObjectItselfDoesNotDeadlock) { EXPECT_EQ(answer_to("Caller", "self"), "\"plain self\""); }
TEST(Stub, MayBeGoneWhenItsCallIsAwaited) { EXPECT_EQ(answer_to("Caller", "by_a_temporary"), "1"); }
TEST(Binding, RefusesAnIdOfAnotherClass) {
  EXPECT_EQ(answer_to("Caller", "foreign_id"), "\"Durable Object ID is not valid for this namespace.\"");
}
TEST(Stub, IsClosedOnceWhenNobodyCanCallOnItAgain) {
  const Keep keep = run_all({operation(0, 0, 1ms, "Caller", "twice"), operation(0, 1, 10s, "Caller", "catches")});

  const auto closed = keep.all<journal::StubClosed>();
  const auto called = keep.all<journal::Called>();
  ASSERT_EQ(called.size(), 5u);  // two by the user, three by the object on two stubs
  ASSERT_EQ(closed.size(), 2u);
  EXPECT_EQ(closed[0].second.stub, called[1].second.stub);
  EXPECT_EQ(called[1].second.stub, called[2].second.stub);
  EXPECT_EQ(closed[1].second.stub, called[4].second.stub);
}

TEST(Binding, OfAnUnknownClassThrows) {
  EXPECT_EQ(answer_to("Caller", "unknown_class"), "\"no object class is called Nothing\"");
}

}  // namespace
}  // namespace orrery
