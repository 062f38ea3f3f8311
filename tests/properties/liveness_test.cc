#include "properties/liveness.h"

#include <gtest/gtest.h>

#include "tests/histories.h"

namespace orrery::properties {
namespace {

using journal::Status;
using tests::at;
using tests::History;
using tests::judged;
using tests::rule_of;

const Value lost = std::string("Network connection lost.");

journal::Requested requested(Duration when, std::uint64_t call) {
  return {.call = CallId{call},
          .client = ClientId{3},
          .number = call,
          .object_class = {},
          .method = {},
          .intended = at(when)};
}
journal::Completed completed(std::uint64_t call, Status status) {
  return {.call = CallId{call}, .client = ClientId{3}, .status = status};
}

// A user's request, from end to end.
History& request(History& history, Duration when, std::uint64_t call, Status status, Value told = {},
                 Duration lasts = 1s) {
  return history.add(when, requested(when, call))
      .answer(when + lasts, call, std::move(told), status)
      .add(when + lasts, completed(call, status));
}

// Instance 1 calls another object.
History& object_calls(History& history, Duration when, std::uint64_t call, std::uint32_t node = 1) {
  return history
      .add(when,
           journal::OutputLeft{.object = tests::object_named(tests::the_object),
                               .instance = InstanceId{1},
                               .turn = {},
                               .kind = journal::OutputKind::call,
                               .output = CallId{call},
                               .shows = {}},
           node)
      .add(when,
           journal::Called{.call = CallId{call},
                           .parent = CallId{99},
                           .stub = {},
                           .sequence = 1,
                           .object = tests::object_named(8),
                           .object_class = {},
                           .method = {},
                           .argument = {}},
           node);
}

TEST(Liveness, HoldsWhenEverybodyWasAnswered) {
  History history;
  request(history, 1s, 1, Status::ok);
  request(history, 2s, 2, Status::failed, std::string("no"));

  const Verdict verdict = judged<Liveness>(history);

  EXPECT_EQ(rule_of(verdict), "holds");
  EXPECT_EQ(verdict.tested, 2u);
}

TEST(Liveness, IsUntestedWithoutRequests) {
  EXPECT_EQ(rule_of(judged<Liveness>(History().crashed(1s).restarted(2s))), "untested");
}

TEST(Liveness, SeesARequestThatIsNeverAnswered) {
  History history;
  request(history, 1s, 1, Status::ok);
  history.add(3s, requested(3s, 2)).add(2s, requested(2s, 7));

  Liveness property;
  tests::feed(property, history.records());

  EXPECT_FALSE(property.violated());
  const Verdict verdict = property.verdict();
  ASSERT_EQ(rule_of(verdict), "every_call_is_answered");
  EXPECT_EQ(verdict.violation->text, "operation 7 of client 3, sent at 2.000000000 s, is never answered");
  EXPECT_EQ(verdict.violation->at, at(2s));
  EXPECT_EQ(verdict.tested, 3u);
}

TEST(Liveness, SeesACallOfAnObjectThatIsNeverAnswered) {
  History history;
  object_calls(history, 1s, 5);

  const Verdict verdict = judged<Liveness>(history);

  ASSERT_EQ(rule_of(verdict), "every_call_is_answered");
  EXPECT_EQ(verdict.violation->object, to_hex(tests::object_named(8)));
  EXPECT_EQ(rule_of(judged<Liveness>(History(history).answer(2s, 5, {}, Status::unknown))), "untested");
}

TEST(Liveness, ExcusesTheCallsOfACallerThatHasEnded) {
  History history;
  object_calls(history, 1s, 5);

  EXPECT_EQ(rule_of(judged<Liveness>(History(history).ended(2s, 1, journal::EndReason::aborted))), "untested");
  EXPECT_EQ(rule_of(judged<Liveness>(History(history).crashed(2s).restarted(3s))), "untested");
  EXPECT_EQ(rule_of(judged<Liveness>(History(history).ended(2s, 2))), "every_call_is_answered");
  EXPECT_EQ(rule_of(judged<Liveness>(History(history).crashed(2s, 4).restarted(3s, 4))), "every_call_is_answered");
}

TEST(Liveness, SeesAnUnknownAnswerWhereNothingWasWrong) {
  History history;
  request(history, 1s, 1, Status::unknown, std::string("reset"));

  Liveness property;
  tests::feed(property, history.records());

  EXPECT_TRUE(property.violated());
  ASSERT_EQ(rule_of(property.verdict()), "calls_succeed_after_healing");
  EXPECT_EQ(property.verdict().violation->text,
            "operation 1 of client 3, sent at 1.000000000 s, is answered \"unknown\" at 2.000000000 s, and nothing "
            "disturbed it before");
}

TEST(Liveness, SeesALostConnectionWhereNothingWasWrong) {
  History history;
  request(history, 1s, 1, Status::failed, lost);

  EXPECT_EQ(rule_of(judged<Liveness>(history)), "calls_succeed_after_healing");
}

TEST(Liveness, ExcusesRequestsMeantForSoonAfterADisturbance) {
  const std::vector<History> disturbed = {
      History().crashed(1s).restarted(9s),
      History().add(1s, journal::Paused{}).add(9s, journal::Resumed{}),
      History().add(1s, journal::DiskFull{}).add(9s, journal::DiskHasRoom{}),
      History().add(9s, journal::FaultStruck{}),
      History().add(9s, journal::SyncFailed{}),
      History().ended(9s, 1, journal::EndReason::aborted),
      History().ended(9s, 1, journal::EndReason::storage_failed),
      History().add(1s, journal::FaultStruck{}).add(9s, journal::StubBroken{}),
  };
  for (const History& before : disturbed) {
    const std::string what(std::visit([](const auto& event) { return event.name; }, before.records().back().event));
    History soon = before;
    History later = before;
    request(soon, 14s, 1, Status::unknown);
    request(later, 14s + 1ns, 1, Status::unknown);

    EXPECT_EQ(rule_of(judged<Liveness>(soon)), "holds") << what;
    EXPECT_EQ(rule_of(judged<Liveness>(later)), "calls_succeed_after_healing") << what;
  }
}

TEST(Liveness, ExcusesRequestsLongerAfterAFaultOfTheNetwork) {
  History before = History().add(1s, journal::NetworkImpaired{}).add(9s, journal::NetworkHealed{});
  before.add(10s, journal::SyncFailed{});
  History soon = before;
  History later = before;
  request(soon, 24s, 1, Status::unknown);
  request(later, 24s + 1ns, 1, Status::unknown);

  EXPECT_EQ(rule_of(judged<Liveness>(soon)), "holds");
  EXPECT_EQ(rule_of(judged<Liveness>(later)), "calls_succeed_after_healing");
}

TEST(Liveness, ExcusesRequestsWhileSomethingIsStillWrong) {
  History crashed = History().crashed(1s);
  History full = History().add(1s, journal::DiskFull{}).crashed(2s).restarted(3s);
  History impaired = History().add(1s, journal::NetworkImpaired{0});
  impaired.add(2s, journal::NetworkImpaired{1}).add(3s, journal::NetworkHealed{0});
  for (History* history : {&crashed, &full, &impaired}) {
    request(*history, 100s, 1, Status::unknown);

    EXPECT_EQ(rule_of(judged<Liveness>(*history)), "holds");
  }
}

TEST(Liveness, ExcusesRequestsThatADisturbanceOvertakes) {
  History history;
  history.add(1s, requested(1s, 1)).crashed(2s).restarted(3s);
  history.answer(4s, 1, lost, Status::unknown).add(4s, completed(1, Status::unknown));

  EXPECT_EQ(rule_of(judged<Liveness>(history)), "holds");
}

TEST(Liveness, SeesWhatHappenedInAQuietTimeBetweenTwoFaults) {
  History history = History().crashed(1s).restarted(2s);
  request(history, 20s, 1, Status::unknown);
  history.crashed(40s).restarted(41s);

  EXPECT_EQ(rule_of(judged<Liveness>(history)), "calls_succeed_after_healing");
}

TEST(Liveness, ACrashEndsAPauseAndEvictionDisturbsNobody) {
  History paused = History().add(1s, journal::Paused{}).crashed(2s).restarted(3s);
  History evicted = History().ended(9s, 1);
  History broken = History().add(9s, journal::StubBroken{});
  for (History* history : {&paused, &evicted, &broken}) {
    request(*history, 10s, 1, Status::unknown);

    EXPECT_EQ(rule_of(judged<Liveness>(*history)), "calls_succeed_after_healing");
  }
}

TEST(Liveness, SeesAnAnswerThatComesTooLate) {
  History in_time;
  History late;
  request(in_time, 1s, 1, Status::ok, {}, 30s);
  request(late, 1s, 1, Status::ok, {}, 30s + 1ns);

  EXPECT_EQ(rule_of(judged<Liveness>(in_time)), "holds");
  EXPECT_EQ(rule_of(judged<Liveness>(late)), "answered_in_time");
  EXPECT_EQ(rule_of(judged(late, Liveness({.answer_within = 40s}))), "holds");
}

TEST(Liveness, DoesNotBlameAnybodyForUsersWhoGiveUpThemselves) {
  History gave_up;
  gave_up.add(1s, requested(1s, 1)).add(6s, completed(1, Status::unknown)).answer(40s, 1, {});
  EXPECT_EQ(rule_of(judged<Liveness>(gave_up)), "holds");
  EXPECT_EQ(judged<Liveness>(gave_up).tested, 1u);

  // The answer is on its way when the user gives up.
  History just_missed;
  just_missed.add(1s, requested(1s, 1)).answer(6s, 1, {}).add(6s, completed(1, Status::unknown));
  EXPECT_EQ(rule_of(judged<Liveness>(just_missed)), "holds");
}

TEST(Liveness, WantsAnAnswerEvenIfTheUserHasGivenUp) {
  History history;
  history.add(1s, requested(1s, 1)).add(6s, completed(1, Status::unknown));

  const Verdict verdict = judged<Liveness>(history);

  ASSERT_EQ(rule_of(verdict), "every_call_is_answered");
  EXPECT_EQ(verdict.violation->text, "operation 1 of client 3, sent at 1.000000000 s, is never answered");
}

TEST(Liveness, SaysUnknownWhenTheRunWasCutShort) {
  History history;
  request(history, 1s, 1, Status::ok);
  history.add(2s, requested(2s, 2));

  const Verdict error = judged<Liveness>(History(history).add(3s, journal::InternalError{}));
  const Verdict down = judged<Liveness>(History(history).crashed(3s));

  EXPECT_EQ(error.kind, Verdict::Kind::unknown);
  EXPECT_EQ(error.note, "an internal error ended the run, and 1 calls have no answer");
  EXPECT_EQ(down.kind, Verdict::Kind::unknown);
  EXPECT_EQ(down.note, "a machine never recovered, and 1 calls have no answer");
}

TEST(Liveness, JudgesACutRunThatLeftNothingOpen) {
  History history;
  request(history, 1s, 1, Status::ok);

  EXPECT_EQ(rule_of(judged<Liveness>(history.add(3s, journal::InternalError{}).crashed(4s))), "holds");
}

}  // namespace
}  // namespace orrery::properties
