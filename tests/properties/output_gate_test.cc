#include "properties/output_gate.h"

#include <gtest/gtest.h>

#include "tests/histories.h"

namespace orrery::properties {
namespace {

using journal::OutputKind;
using tests::History;
using tests::judged;
using tests::rule_of;

TEST(OutputGate, HoldsWhenOutputsWaitForTheirCommit) {
  const Verdict verdict = judged<OutputGate>(History()
                                                 .recovered(0s, 1, 0)
                                                 .committed(1s, 1)
                                                 .committed(2s, 2)
                                                 .confirmed(3s, 1)
                                                 .left(3s, 1, 1)
                                                 .confirmed(4s, 2)
                                                 .left(4s, 2, 2)
                                                 .left(5s, 3, 2));

  EXPECT_EQ(rule_of(verdict), "holds");
  EXPECT_EQ(verdict.tested, 3u);
}

TEST(OutputGate, IsUntestedWhileNoOutputShowsACommit) {
  EXPECT_EQ(rule_of(judged<OutputGate>(History().recovered(0s, 1, 0).left(1s, 1, 0).committed(2s, 1))), "untested");
}

TEST(OutputGate, SeesAnOutputThatLeavesTooEarly) {
  const Verdict verdict = judged<OutputGate>(History().committed(1s, 1).left(1s, 1, 1).confirmed(2s, 1));

  ASSERT_EQ(rule_of(verdict), "leaves_when_durable");
  EXPECT_EQ(verdict.violation->text,
            "the reply to call 0000000000000001 of turn 1 of instance 1 leaves and shows commit 1, which is not "
            "confirmed; none is");
  EXPECT_EQ(verdict.violation->at, tests::at(1s));
}

TEST(OutputGate, SeesAnOutputThatShowsACommitThatNobodyMade) {
  EXPECT_EQ(rule_of(judged<OutputGate>(History().left(1s, 1, 1))), "leaves_when_durable");
}

TEST(OutputGate, SeesAReadThatHidesAnEarlierCommit) {
  for (const OutputKind kind : {OutputKind::reply, OutputKind::fetch, OutputKind::call}) {
    EXPECT_EQ(rule_of(judged<OutputGate>(History().committed(1s, 1).left(2s, 2, 0, kind))), "shows_what_came_before");
    EXPECT_EQ(rule_of(judged<OutputGate>(History().committed(1s, 1).confirmed(2s, 1).left(2s, 2, 0, kind))),
              "shows_what_came_before");
    EXPECT_EQ(rule_of(judged<OutputGate>(
                  History().committed(1s, 1).committed(1s, 2).confirmed(2s, 2).left(2s, 2, 0, kind))),
              "shows_what_came_before");
  }
}

TEST(OutputGate, SeesAnOutputThatHidesWhatItsInstanceStartedFrom) {
  const History recovered = History().committed(1s, 1).confirmed(2s, 1).crashed(3s).recovered(4s, 2, 1);

  EXPECT_EQ(rule_of(judged<OutputGate>(History(recovered).left(5s, 1, 0, OutputKind::fetch, 2))),
            "shows_what_came_before");
  EXPECT_EQ(rule_of(judged<OutputGate>(History(recovered).left(5s, 1, 1, OutputKind::fetch, 2))), "holds");
}

TEST(OutputGate, LetsAFetchLeaveBeforeTheCommitOfItsTurn) {
  EXPECT_EQ(rule_of(judged<OutputGate>(
                History().committed(1s, 1).left(1s, 1, 0, OutputKind::fetch).confirmed(2s, 1).left(2s, 1, 1))),
            "holds");
  EXPECT_EQ(rule_of(judged<OutputGate>(
                History().committed(1s, 1).committed(1s, 2).confirmed(2s, 1).left(2s, 2, 1, OutputKind::call))),
            "holds");
}

TEST(OutputGate, SeesAReplyThatHidesTheCommitOfItsTurn) {
  EXPECT_EQ(rule_of(judged<OutputGate>(History().committed(1s, 1).left(1s, 1, 0))), "reply_shows_its_own_turn");
  EXPECT_EQ(rule_of(judged<OutputGate>(History().committed(1s, 1).confirmed(2s, 1).left(2s, 1, 0))),
            "reply_shows_its_own_turn");
}

TEST(OutputGate, CountsWhatAnotherProcessRecoveredAsConfirmed) {
  const History crashed = History().committed(1s, 1).crashed(2s).restarted(3s).recovered(4s, 2, 1);

  EXPECT_EQ(rule_of(judged<OutputGate>(History(crashed).left(5s, 1, 1, OutputKind::reply, 2))), "holds");
}

TEST(OutputGate, DoesNotCountWhatTheSameProcessRecoveredAsConfirmed) {
  const History aborted = History().committed(1s, 1).ended(2s, 1, journal::EndReason::aborted).recovered(3s, 2, 1);

  EXPECT_EQ(rule_of(judged<OutputGate>(History(aborted).left(4s, 1, 1, OutputKind::reply, 2))),
            "leaves_when_durable");
  EXPECT_EQ(rule_of(judged<OutputGate>(History(aborted).confirmed(4s, 1).left(4s, 1, 1, OutputKind::reply, 2))),
            "holds");
}

TEST(OutputGate, TakesBackWhatACrashLost) {
  const History lost = History().committed(1s, 1).confirmed(2s, 1).committed(3s, 2).crashed(4s).recovered(5s, 2, 1);

  EXPECT_EQ(rule_of(judged<OutputGate>(History(lost).left(6s, 1, 1, OutputKind::reply, 2))), "holds");
  EXPECT_EQ(rule_of(judged<OutputGate>(History(lost).committed(6s, 2, 22, 2).left(6s, 2, 2, OutputKind::reply, 2))),
            "leaves_when_durable");
}

TEST(OutputGate, HoldsAnOutputThatLeavesLateToWhatItsInstanceStartedFrom) {
  EXPECT_EQ(rule_of(judged<OutputGate>(
                History().committed(1s, 1).committed(2s, 2).committed(3s, 3).confirmed(4s, 3).left(5s, 1, 1))),
            "holds");
}

}  // namespace
}  // namespace orrery::properties
