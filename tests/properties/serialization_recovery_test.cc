// Serialization where objects lose their memory: what a recovery undoes goes out of the witness, and nothing else.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <utility>
#include <vector>

#include "properties/serialization.h"
#include "tests/histories.h"
#include "tests/properties/serialized.h"

namespace orrery::properties {
namespace {

using journal::Status;
using tests::change;
using tests::History;
using tests::look;
using tests::rule_of;

// The increment that makes commit n, durable before it is answered.
History& durable_increment(History& history, Duration when, std::uint64_t call, std::uint64_t commit) {
  return history.call(when, call, change)
      .committed(when + 1us, commit)
      .reply(when + 1us, call)
      .confirmed(when + 2us, commit)
      .answer(when + 3us, call, number(static_cast<std::int64_t>(commit)));
}

// One durable increment, and one that was not durable when the machine crashed.
History crash_with_an_increment_in_flight() {
  History history = History().recovered(0s, 1, 0);
  durable_increment(history, 1ms, 1, 1);
  return history.call(2ms, 2, change).committed(3ms, 2).reply(3ms, 2).crashed(4ms);
}

TEST(SerializationAfterARecovery, LetsACrashLoseAnIncrementThatNobodyWasToldOf) {
  History history = crash_with_an_increment_in_flight().recovered(5ms, 2, 1).answer(6ms, 2, {}, Status::unknown);
  durable_increment(history, 7ms, 3, 2);

  const Verdict verdict = judged(counter, history.whole_call(8ms, 4, look, {}, number(2)));

  EXPECT_EQ(rule_of(verdict), "holds");
  EXPECT_EQ(verdict.note, "");
  EXPECT_EQ(verdict.tested, 3u);
}

TEST(SerializationAfterARecovery, LetsAnIncrementSurviveThatNobodyWasToldOf) {
  History history = crash_with_an_increment_in_flight().answer(5ms, 2, {}, Status::unknown).recovered(6ms, 2, 2);
  durable_increment(history, 7ms, 3, 3);

  const Verdict verdict = judged(counter, history);

  EXPECT_EQ(rule_of(verdict), "holds");
  EXPECT_EQ(verdict.note, "");
}

TEST(SerializationAfterARecovery, SeesThatACrashLosesAnIncrementThatSomebodyWasToldOf) {
  const auto read_after_the_loss = [](std::int64_t seen) {
    History history = History().recovered(0s, 1, 0);
    durable_increment(history, 1ms, 1, 1);
    return history.crashed(2ms).recovered(3ms, 2, 0).whole_call(4ms, 2, look, {}, number(seen));
  };

  EXPECT_EQ(rule_of(judged(counter, read_after_the_loss(0))), "not_linearizable");
  EXPECT_EQ(rule_of(judged(counter, read_after_the_loss(1))), "holds");
}

TEST(SerializationAfterARecovery, SeesThatACrashLosesWhatAReadHasShown) {
  History history = crash_with_an_increment_in_flight();
  History shown;
  for (const journal::Record& record : history.records()) {
    if (std::holds_alternative<journal::Crashed>(record.event)) shown.whole_call(3500us, 9, look, {}, number(2));
    shown.add(record.at.time_since_epoch(), record.event);
  }
  shown.recovered(5ms, 2, 1).answer(6ms, 2, {}, Status::unknown).whole_call(7ms, 3, look, {}, number(1));

  EXPECT_EQ(rule_of(judged(counter, shown)), "not_linearizable");
}

TEST(SerializationAfterARecovery, SeesAnAnswerThatComesAfterItsEffectWasUndone) {
  EXPECT_EQ(rule_of(judged(counter, crash_with_an_increment_in_flight()
                                        .recovered(5ms, 2, 1)
                                        .answer(6ms, 2, number(2))
                                        .whole_call(7ms, 3, look, {}, number(1)))),
            "not_linearizable");
}

TEST(SerializationAfterARecovery, LetsAnAnswerArriveAfterItsInstanceWasEvicted) {
  const Verdict verdict = judged(counter, History()
                                              .call(1ms, 1, change)
                                              .recovered(2ms, 1, 0)
                                              .committed(3ms, 1)
                                              .reply(3ms, 1)
                                              .confirmed(4ms, 1)
                                              .ended(5ms, 1)
                                              .call(6ms, 2, look)
                                              .recovered(7ms, 2, 1)
                                              .reply(8ms, 2)
                                              .answer(9ms, 1, number(1))
                                              .answer(9ms, 2, number(1)));

  EXPECT_EQ(rule_of(verdict), "holds");
  EXPECT_EQ(verdict.note, "");
}

TEST(SerializationAfterARecovery, KeepsCommitsInFlightWhenTheSameProcessRecovers) {
  History history = crash_with_an_increment_in_flight();
  History aborted;
  for (const journal::Record& record : history.records())
    if (!std::holds_alternative<journal::Crashed>(record.event))
      aborted.add(record.at.time_since_epoch(), record.event);
  aborted.ended(4ms, 1, journal::EndReason::aborted).recovered(5ms, 2, 2).answer(6ms, 2, {}, Status::unknown);
  aborted.call(7ms, 3, look).reply(8ms, 3).confirmed(9ms, 2).answer(9ms, 3, number(2));

  const Verdict verdict = judged(counter, aborted);

  EXPECT_EQ(rule_of(verdict), "holds");
  EXPECT_EQ(verdict.note, "");
}

TEST(SerializationAfterARecovery, SeesThatAnObjectForgetsWhatItKeptInMemory) {
  const auto increment_after = [](Status told) {
    return History()
        .recovered(0s, 1, 0)
        .call(1ms, 1, change)
        .reply(2ms, 1)
        .answer(3ms, 1, number(1), told)
        .ended(4ms, 1)
        .recovered(5ms, 2, 0)
        .whole_call(6ms, 2, change, {}, number(1));
  };

  EXPECT_EQ(rule_of(judged(counter, increment_after(Status::ok))), "not_linearizable");
  EXPECT_EQ(judged(counter, increment_after(Status::unknown)).note, "");
  EXPECT_EQ(rule_of(judged(counter, increment_after(Status::unknown))), "holds");
}

TEST(SerializationAfterARecovery, CountsCommitsMadeBeforeTheFirstCallOfTheModel) {
  const Verdict verdict = judged(counter, History()
                                              .committed(1ms, 1)
                                              .confirmed(1ms, 1)
                                              .call(2ms, 1, change)
                                              .committed(3ms, 2)
                                              .reply(3ms, 1)
                                              .crashed(4ms)
                                              .recovered(5ms, 2, 1)
                                              .answer(6ms, 1, {}, Status::unknown)
                                              .whole_call(7ms, 2, look, {}, number(0)));

  EXPECT_EQ(rule_of(verdict), "holds");
  EXPECT_EQ(verdict.note, "");
}

TEST(SerializationAfterARecovery, SaysUnknownWhenWhatWasUndoneIsNoLongerRemembered) {
  History history = History().recovered(0s, 1, 0).call(1us, 1000, look);  // stays open: no window can be folded
  for (std::uint64_t i = 1; i <= 40; ++i) durable_increment(history, static_cast<std::int64_t>(i) * 1ms, i, i);
  history.crashed(50ms).recovered(51ms, 2, 39);

  const Verdict verdict = judged(counter, history, {.window_max = 4});

  EXPECT_EQ(verdict.kind, Verdict::Kind::unknown);
  EXPECT_NE(verdict.note.find("what a caller was told was undone, and earlier calls"), std::string::npos)
      << verdict.note;
}

// All numbers alike, also while RapidCheck still tries small cases.
template <class Number>
Number drawn(Number from, Number below) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(from, below));
}

// A sound object with callers, driven by draws. It does one call at a time; each change is a commit, and answers wait
// until what they show is durable.
struct DrawnService {
  struct Answer {
    std::uint64_t call;
    std::uint64_t shows;
    Value value;
  };
  explicit DrawnService(ModelKind of) : model(of), states{initial_state(of)} { history.recovered(0s, instance, 0); }

  const ModelKind model;
  History history;
  Duration now = 0s;
  std::vector<Value> states;  // by commit
  std::uint64_t confirmed = 0;
  std::uint64_t answered = 0;  // the newest commit that anybody was told of
  std::uint64_t instance = 1;
  std::uint64_t calls = 0;
  std::vector<std::pair<std::uint64_t, Value>> waiting;  // calls, each with what it writes; nothing: it reads
  std::vector<Answer> gate;

  std::uint64_t last() const { return states.size() - 1; }

  void step() {
    now += 1ms;
    switch (drawn(0, 12)) {
      case 0:
      case 1:
      case 2: return make_call(drawn(0, 3) != 0);
      case 3:
      case 4:
      case 5: return do_next();
      case 6:
      case 7: return confirm(drawn<std::uint64_t>(confirmed, last() + 1));
      case 8:
      case 9: return answer(drawn<std::size_t>(0, gate.size() + 1));
      case 10: return recover(last(), false);
      default: return recover(drawn<std::uint64_t>(confirmed, last() + 1), true);
    }
  }
  void make_call(bool is_change) {
    const Value argument = is_change ? Value(drawn<std::int64_t>(1, 4)) : Value();
    history.call(now, ++calls, is_change ? change : look, argument);
    waiting.emplace_back(calls, argument);
  }
  void do_next() {
    if (waiting.empty()) return;
    const auto [call, argument] = waiting.front();
    waiting.erase(waiting.begin());
    const bool is_change = !std::holds_alternative<std::monostate>(argument);
    Value state = states.back();
    const Verb verb = !is_change ? Verb::read : model == ModelKind::counter ? Verb::add : Verb::write;
    const Value told = perform(state, verb, argument);
    if (state != states.back()) {
      states.push_back(state);
      history.committed(now, last());
    }
    history.reply(now, call);
    gate.push_back({call, last(), told});
  }
  void confirm(std::uint64_t commit) {
    if (commit > confirmed) history.confirmed(now, commit);
    confirmed = commit;
  }
  void answer(std::size_t place) {
    if (place >= gate.size() || gate[place].shows > confirmed) return;
    history.answer(now, gate[place].call, gate[place].value);
    answered = std::max(answered, gate[place].shows);
    gate.erase(gate.begin() + static_cast<std::ptrdiff_t>(place));
  }
  // Callers learn before or after the next life begins, or never.
  void recover(std::uint64_t kept, bool is_crash) {
    const int when = drawn(0, 3);
    is_crash ? history.crashed(now) : history.ended(now, instance, journal::EndReason::aborted);
    if (when == 0) disappoint();
    history.recovered(now, ++instance, kept);
    if (when == 1) disappoint();
    waiting.clear();
    gate.clear();
    states.resize(kept + 1);
    if (is_crash) confirmed = kept;
  }
  void disappoint() {
    for (const auto& [call, argument] : waiting) history.answer(now, call, {}, Status::failed);
    for (const Answer& each : gate) history.answer(now, each.call, {}, Status::unknown);
  }
  void settle() {
    now += 1ms;
    make_call(false);
    while (!waiting.empty()) do_next();
    confirm(last());
    while (!gate.empty()) answer(0);
  }
};

RC_GTEST_PROP(SerializationAfterARecovery, TakesTheWitnessOfASoundRuntimeAsItIs, ()) {
  const bool is_counter = *rc::gen::arbitrary<bool>();
  DrawnService service(is_counter ? ModelKind::counter : ModelKind::cell);
  for (int i = drawn(1, 80); i > 0; --i) service.step();
  service.settle();

  const Verdict verdict = judged(is_counter ? counter : cell, service.history);

  RC_ASSERT(rule_of(verdict) == "holds");
  RC_ASSERT(verdict.note == "");
  RC_ASSERT(rule_of(judged(is_counter ? counter : cell, service.history, {.witness = false})) == "holds");
}

RC_GTEST_PROP(SerializationAfterARecovery, SeesEveryLossOfWhatACallerWasTold, ()) {
  DrawnService service(ModelKind::counter);
  service.make_call(true);
  service.settle();
  for (int i = drawn(0, 60); i > 0; --i) service.step();
  service.recover(drawn<std::uint64_t>(0, service.answered), true);
  service.settle();

  const Verdict verdict = judged(counter, service.history);

  RC_ASSERT(rule_of(verdict) == "not_linearizable");
  RC_ASSERT(rule_of(judged(counter, service.history, {.witness = false})) == "not_linearizable");
}

}  // namespace
}  // namespace orrery::properties
