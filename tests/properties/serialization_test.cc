#include "properties/serialization.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/base/draws.h"
#include "core/base/invariant.h"
#include "tests/histories.h"
#include "tests/properties/serialized.h"

namespace orrery::properties {
namespace {

using journal::Status;
using tests::change;
using tests::History;
using tests::look;
using tests::rule_of;

TEST(Serialization, HoldsForCallsOneAfterTheOther) {
  const Verdict verdict = judged(counter, History()
                                              .whole_call(1ms, 1, change, {}, number(1))
                                              .whole_call(2ms, 2, change, number(5), number(6))
                                              .whole_call(3ms, 3, look, {}, number(6)));

  EXPECT_EQ(verdict.kind, Verdict::Kind::holds);
  EXPECT_EQ(verdict.tested, 3u);
  EXPECT_EQ(verdict.note, "");
}

TEST(Serialization, IsUntestedWithoutADeclaredModel) {
  const History history = History().whole_call(1ms, 1, change, {}, number(99));

  EXPECT_EQ(rule_of(judged({}, history)), "untested");
  EXPECT_EQ(rule_of(judged(counter, History().call(1ms, 1, change))), "untested");
}

TEST(Serialization, SeesALostUpdateAndNamesTheCalls) {
  const Verdict verdict = judged(counter, History()
                                              .call(1ms, 1, change)
                                              .call(2ms, 2, change)
                                              .reply(3ms, 1)
                                              .reply(4ms, 2)
                                              .answer(5ms, 1, number(1))
                                              .answer(6ms, 2, number(1)));

  ASSERT_EQ(rule_of(verdict), "not_linearizable");
  EXPECT_EQ(verdict.violation->object, to_hex(tests::object_named(tests::the_object)));
  EXPECT_EQ(verdict.violation->text,
            "no order of its calls explains increment() = 1 from 0.002000000 s to 0.006000000 s "
            "among increment() = 1 from 0.001000000 s to 0.005000000 s");
  EXPECT_EQ(verdict.violation->at, tests::at(6ms));
}

TEST(Serialization, SeesAStaleReadOfARegister) {
  EXPECT_EQ(rule_of(judged(cell, History()
                                     .whole_call(1ms, 1, change, Value(std::string("a")), {})
                                     .whole_call(2ms, 2, change, Value(std::string("b")), {})
                                     .whole_call(3ms, 3, look, {}, Value(std::string("a"))))),
            "not_linearizable");
}

TEST(Serialization, TakesAnotherOrderThanTheWitnessAsADiagnostic) {
  const Verdict verdict = judged(counter, History()
                                              .call(1ms, 1, change)
                                              .call(2ms, 2, change)
                                              .reply(3ms, 2)
                                              .reply(4ms, 1)
                                              .answer(5ms, 1, number(1))
                                              .answer(6ms, 2, number(2))
                                              .whole_call(7ms, 3, change, {}, number(3)));

  EXPECT_EQ(verdict.kind, Verdict::Kind::holds);
  EXPECT_EQ(verdict.tested, 3u);
  EXPECT_EQ(verdict.note, "1 times an order other than that of the replies was needed");
}

TEST(Serialization, SeesAViolationAfterADiagnostic) {
  EXPECT_EQ(rule_of(judged(counter, History()
                                        .call(1ms, 1, change)
                                        .call(2ms, 2, change)
                                        .reply(3ms, 2)
                                        .reply(4ms, 1)
                                        .answer(5ms, 1, number(1))
                                        .answer(6ms, 2, number(2))
                                        .whole_call(7ms, 3, change, {}, number(2)))),
            "not_linearizable");
}

TEST(Serialization, SeesAnAnswerThatNoReplyGave) {
  EXPECT_EQ(rule_of(judged(counter, History().call(1ms, 1, look).answer(2ms, 1, number(1)))), "not_linearizable");
}

TEST(Serialization, DoesNotNeedTheWitnessToBeWhole) {
  EXPECT_EQ(rule_of(judged(cell, History()
                                     .call(1ms, 1, change, number(5))
                                     .answer(2ms, 1, {})
                                     .whole_call(3ms, 2, look, {}, number(5))
                                     .whole_call(4ms, 3, look, {}, number(5)))),
            "holds");
}

TEST(Serialization, LetsCallsThatTouchTakeEitherOrder) {
  const auto read_at = [](Duration called) {
    return History()
        .call(1ms, 1, change, number(5))
        .reply(2ms, 1)
        .answer(3ms, 1, {})
        .call(called, 2, look)
        .reply(4ms, 2)
        .answer(5ms, 2, {});
  };

  EXPECT_EQ(rule_of(judged(cell, read_at(3ms))), "holds");
  EXPECT_EQ(rule_of(judged(cell, read_at(3ms + 1ns))), "not_linearizable");
}

TEST(Serialization, LetsAnUnknownCallHaveBeenDoneOrNot) {
  for (const std::int64_t seen : {0, 1})
    EXPECT_EQ(rule_of(judged(counter, History()
                                          .call(1ms, 1, change)
                                          .answer(2ms, 1, {}, Status::unknown)
                                          .whole_call(3ms, 2, look, {}, number(seen)))),
              "holds");
  EXPECT_EQ(rule_of(judged(counter, History()
                                        .call(1ms, 1, change)
                                        .answer(2ms, 1, {}, Status::unknown)
                                        .whole_call(3ms, 2, look, {}, number(2)))),
            "not_linearizable");
}

TEST(Serialization, LetsACallThatWasNeverAnsweredHaveBeenDone) {
  EXPECT_EQ(rule_of(judged(counter, History().call(1ms, 1, change).whole_call(3ms, 2, look, {}, number(1)))),
            "holds");
}

TEST(Serialization, HoldsAFailedCallToHaveHadNoEffect) {
  const History without_effect = History()
                                     .call(1ms, 1, change)
                                     .reply(2ms, 1, Status::failed)
                                     .answer(3ms, 1, Value(std::string("no")), Status::failed)
                                     .whole_call(4ms, 2, look, {}, number(0));
  const History with_effect = History()
                                  .call(1ms, 1, change)
                                  .reply(2ms, 1)
                                  .answer(3ms, 1, Value(std::string("no")), Status::failed)
                                  .whole_call(4ms, 2, look, {}, number(1));

  EXPECT_EQ(rule_of(judged(counter, without_effect)), "holds");
  EXPECT_EQ(rule_of(judged(counter, with_effect)), "not_linearizable");
}

TEST(Serialization, CountsCallsOfOtherMethodsAndIgnoresThem) {
  const Verdict verdict = judged(
      counter, History().whole_call(1ms, 1, MethodId{0}, {}, number(9)).whole_call(2ms, 2, look, {}, number(0)));

  EXPECT_EQ(verdict.kind, Verdict::Kind::holds);
  EXPECT_EQ(verdict.tested, 1u);
  EXPECT_EQ(verdict.note, "1 calls were no operations of a model");
}

// Two writes overlap, so which came last is not known from outside until a read shows it.
History written_at_once() {
  return History()
      .call(1ms, 1, change, number(1))
      .call(2ms, 2, change, number(2))
      .reply(3ms, 1)
      .reply(4ms, 2)
      .answer(5ms, 1, {})
      .answer(6ms, 2, {});
}

TEST(Serialization, RemembersThatOverlappingWritesLeaveTwoStates) {
  History other_state = written_at_once();
  other_state.whole_call(7ms, 3, look, {}, number(1));
  History impossible_state = written_at_once();
  impossible_state.whole_call(7ms, 3, look, {}, number(3));

  EXPECT_EQ(rule_of(judged(cell, other_state)), "holds");
  EXPECT_EQ(rule_of(judged(cell, impossible_state)), "not_linearizable");
}

TEST(Serialization, FoldsAFullWindowWithoutForgettingAState) {
  for (const std::int64_t seen : {1, 2, 3}) {
    History history = written_at_once();
    history.call(7ms, 3, look).call(8ms, 4, look).reply(9ms, 3).reply(9ms, 4).answer(9ms, 3, number(2));
    history.answer(10ms, 4, number(seen));
    const char* expected = seen == 2 ? "holds" : "not_linearizable";

    EXPECT_EQ(rule_of(judged(cell, history, {.window_max = 2})), expected) << seen;
    EXPECT_EQ(rule_of(judged(cell, history)), expected) << seen;
  }
}

TEST(Serialization, SaysUnknownWhenTheWindowWasDropped) {
  History history;
  history.call(1ms, 1000, look);  // stays open, so that no window can be folded
  for (std::int64_t i = 1; i <= 40; ++i)
    history.whole_call(i * 2ms, static_cast<std::uint64_t>(i), change, {}, number(i));
  const History sound = history;
  history.whole_call(100ms, 41, look, {}, number(7));

  EXPECT_EQ(rule_of(judged(counter, sound, {.window_max = 4})), "holds");
  const Verdict verdict = judged(counter, history, {.window_max = 4});
  EXPECT_EQ(verdict.kind, Verdict::Kind::unknown);
  EXPECT_NE(verdict.note.find("no longer remembered"), std::string::npos) << verdict.note;
  EXPECT_EQ(rule_of(judged(counter, history)), "not_linearizable");
}

TEST(Serialization, SaysUnknownWithTheStepsWhenTheSearchGivesUp) {
  History history;
  for (std::uint64_t i = 1; i <= 20; ++i) history.call(1ms, i, change, number(static_cast<std::int64_t>(i)));
  for (std::uint64_t i = 1; i <= 20; ++i) history.reply(2ms, i);
  for (std::uint64_t i = 1; i <= 20; ++i) history.answer(3ms, i, {});
  history.whole_call(4ms, 21, look, {}, number(99));

  const Verdict verdict = judged(cell, history, {.budget = {.steps_max = 2'000}});

  EXPECT_EQ(verdict.kind, Verdict::Kind::unknown);
  EXPECT_NE(verdict.note.find("steps placed"), std::string::npos) << verdict.note;
}

TEST(Serialization, RefusesAModelItDoesNotKnow) { EXPECT_THROW(Serialization({{ClassId{0}, "abacus", {}}}), Bug); }

// A run of three objects: calls take effect at a drawn instant of their interval, some are never answered,
// some replies are journalled in another order, and half of the histories have one wrong answer.
class DrawnRun {
 public:
  explicit DrawnRun(std::uint64_t seed) : cause_{seed} {}

  History make(bool is_counter) {
    std::map<std::pair<std::int64_t, int>, journal::Event> events;  // by instant, then by a number of its own
    int next = 0;
    std::map<std::int64_t, std::vector<std::uint64_t>> effects;
    const std::uint64_t calls = 10 + below(60);
    const std::uint64_t spacing = 1 + below(4);
    struct Drawn {
      std::uint64_t object;
      MethodId method;
      Value argument, result;
      std::int64_t returned;
    };
    std::vector<Drawn> drawn;
    for (std::uint64_t i = 0; i < calls; ++i) {
      const auto invoked = static_cast<std::int64_t>(i * spacing + below(3));
      const auto effect = invoked + static_cast<std::int64_t>(below(6));
      drawn.push_back(
          {below(3), below(3) == 0 ? look : change, {}, {}, effect + static_cast<std::int64_t>(below(6))});
      Drawn& call = drawn.back();
      if (call.method == change) call.argument = number(static_cast<std::int64_t>(1 + below(2)));
      effects[effect].push_back(i);
      events[{invoked, next++}] = History().call(0ns, i, call.method, call.argument, call.object).records()[0].event;
    }
    std::map<std::uint64_t, Value> state;
    for (const auto& [instant, members] : effects)
      for (const std::uint64_t i : members)
        take_effect(drawn[i].object, drawn[i].method, drawn[i].argument, drawn[i].result, state, is_counter);
    const std::uint64_t wrong = below(2) == 0 ? below(calls) : calls;
    const bool is_lying = below(3) == 0;
    for (const auto& [instant, members] : effects)
      for (const std::uint64_t i : members) {
        Drawn& call = drawn[i];
        const std::int64_t told_at = is_lying && below(8) == 0 ? call.returned : instant;
        const bool is_unknown = below(20) == 0;
        if (!is_unknown || below(2) == 0) events[{told_at, next++}] = History().reply(0ns, i).records()[0].event;
        if (i == wrong) call.result = number(static_cast<std::int64_t>(below(30)));
        events[{call.returned, 1'000'000 + next++}] =
            History().answer(0ns, i, call.result, is_unknown ? Status::unknown : Status::ok).records()[0].event;
      }
    History history;
    for (const auto& [key, event] : events) history.add(Duration(key.first), event);
    return history;
  }

 private:
  std::uint64_t below(std::uint64_t n) { return draws_.below(n, Purpose::experiment, cause_, place_++); }

  static void take_effect(std::uint64_t object, MethodId method, const Value& argument, Value& result,
                          std::map<std::uint64_t, Value>& states, bool is_counter) {
    Value& state =
        states.try_emplace(object, initial_state(is_counter ? ModelKind::counter : ModelKind::cell)).first->second;
    result = perform(state, method == look ? Verb::read : is_counter ? Verb::add : Verb::write, argument);
  }

  Draws draws_{77};
  Cause cause_;
  std::uint64_t place_ = 0;
};

TEST(Serialization, JudgesTheSameWithAndWithoutTheWitness) {
  std::map<Verdict::Kind, int> kinds;
  int diagnostics = 0;
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    const bool is_counter = seed % 2 == 0;
    const auto& models = is_counter ? counter : cell;
    const History history = DrawnRun(seed).make(is_counter);

    const Verdict by_search = judged(models, history, {.witness = false});
    const Verdict by_witness = judged(models, history);
    const Verdict by_small_windows = judged(models, history, {.window_max = 4});

    ASSERT_EQ(by_witness.kind, by_search.kind) << seed;
    if (by_small_windows.kind != Verdict::Kind::unknown) { ASSERT_EQ(by_small_windows.kind, by_search.kind) << seed; }
    if (by_search.kind == Verdict::Kind::holds) { ASSERT_EQ(by_witness.tested, by_search.tested) << seed; }
    ++kinds[by_search.kind];
    if (!by_witness.note.empty()) ++diagnostics;
  }
  EXPECT_GT(kinds[Verdict::Kind::holds], 300);
  EXPECT_GT(kinds[Verdict::Kind::violated], 150);
  EXPECT_GT(diagnostics, 50);
  EXPECT_EQ(kinds[Verdict::Kind::unknown], 0);
}

}  // namespace
}  // namespace orrery::properties
