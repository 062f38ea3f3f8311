#include "properties/delivery.h"

#include <gtest/gtest.h>

#include "tests/histories.h"

namespace orrery::properties {
namespace {

using tests::History;
using tests::judged;
using tests::rule_of;

TEST(DeliveryOrder, HoldsWhenCallsBeginAsTheyWereMade) {
  const Verdict verdict = judged<DeliveryOrder>(
      History().call_on_stub(1s, 1, 1).call_on_stub(1s, 1, 2).begins(2s, 1, 1).begins(3s, 1, 2));

  EXPECT_EQ(verdict.kind, Verdict::Kind::holds);
  EXPECT_EQ(verdict.tested, 1u);
}

TEST(DeliveryOrder, IsUntestedWhileNoStubHasBegunTwoCalls) {
  EXPECT_EQ(rule_of(judged<DeliveryOrder>(
                History().call_on_stub(1s, 1, 1).call_on_stub(1s, 2, 1).begins(2s, 2, 1).begins(3s, 1, 1))),
            "untested");
}

TEST(DeliveryOrder, AllowsACallNeverToBegin) {
  EXPECT_EQ(
      rule_of(judged<DeliveryOrder>(
          History().call_on_stub(1s, 1, 1).call_on_stub(1s, 1, 2).call_on_stub(1s, 1, 3).begins(2s, 1, 1).begins(
              3s, 1, 3))),
      "holds");
}

TEST(DeliveryOrder, DoesNotCountAContinuationAsABeginning) {
  EXPECT_EQ(rule_of(judged<DeliveryOrder>(
                History().call_on_stub(1s, 1, 1).call_on_stub(1s, 1, 2).begins(2s, 1, 1).begins(3s, 1, 2).begins(
                    4s, 1, 1, journal::TurnKind::continuation))),
            "holds");
}

TEST(DeliveryOrder, SeesACallThatOvertakesAnother) {
  const Verdict verdict = judged<DeliveryOrder>(
      History().call_on_stub(1s, 1, 1).call_on_stub(1s, 1, 2).begins(2s, 1, 2).begins(3s, 1, 1));

  ASSERT_EQ(rule_of(verdict), "calls_begin_in_order");
  EXPECT_EQ(verdict.violation->text, "call 101, number 1 of stub 1, begins after number 2 has begun");
}

TEST(DeliveryOrder, SeesACallThatBeginsTwice) {
  EXPECT_EQ(rule_of(judged<DeliveryOrder>(History().call_on_stub(1s, 1, 1).begins(2s, 1, 1).begins(3s, 1, 1))),
            "each_call_begins_once");
}

TEST(DeliveryOrder, ForgetsAStubThatWasClosed) {
  EXPECT_EQ(rule_of(judged<DeliveryOrder>(History()
                                              .call_on_stub(1s, 1, 1)
                                              .begins(2s, 1, 1)
                                              .add(3s, journal::StubClosed{.stub = StubId{1}})
                                              .call_on_stub(4s, 1, 1))),
            "untested");
}

TEST(DeliveryOrder, SeesACallWithAWrongNumber) {
  EXPECT_EQ(rule_of(judged<DeliveryOrder>(History().call_on_stub(1s, 1, 1).call_on_stub(2s, 1, 3))),
            "calls_are_counted");
  EXPECT_EQ(rule_of(judged<DeliveryOrder>(History().call_on_stub(1s, 1, 2))), "calls_are_counted");
}

TEST(DeliveryOrder, LetsABrokenStubLoseCallsAndRefuseLaterOnes) {
  const History broken = History()
                             .call_on_stub(1s, 1, 1)
                             .call_on_stub(1s, 1, 2)
                             .begins(2s, 1, 1)
                             .crashed(3s)
                             .add(4s, journal::StubBroken{.stub = StubId{1}, .error = {}})
                             .answer(4s, 101, {}, journal::Status::unknown)
                             .answer(4s, 102, {}, journal::Status::unknown)
                             .call_on_stub(5s, 1, 3)
                             .answer(5s, 103, {}, journal::Status::failed)
                             .call_on_stub(6s, 2, 1)
                             .call_on_stub(6s, 2, 2)
                             .begins(7s, 2, 1)
                             .begins(8s, 2, 2);

  EXPECT_EQ(rule_of(judged<DeliveryOrder>(broken)), "holds");
}

}  // namespace
}  // namespace orrery::properties
