// Who enters an object next: order, kept locks, critical sections.
#include "core/object/input_gate.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

using Gate = object::InputGate<int>;

// Enters at the place where the event inside has entered.
bool enter_beside(Gate& gate, int entry) {
  const Gate::Place place = gate.inside();
  return gate.enter(std::move(entry), place);
}

TEST(InputGate, LetsOneInAtATimeInOrderOfArrival) {
  Gate gate;

  EXPECT_TRUE(gate.enter(1));
  EXPECT_FALSE(gate.enter(2));
  EXPECT_FALSE(gate.enter(3));
  EXPECT_EQ(gate.leave(), 2);
  EXPECT_TRUE(gate.is_held());  // handed over in the same instant: nothing slips in between
  EXPECT_FALSE(gate.enter(4));
  EXPECT_EQ(gate.leave(), 3);
  EXPECT_EQ(gate.leave(), 4);
  EXPECT_EQ(gate.leave(), std::nullopt);
  EXPECT_FALSE(gate.is_held());
}

TEST(InputGate, LeavingAnEmptyGateIsABug) {
  Gate gate;
  EXPECT_THROW(gate.leave(), Bug);
}

TEST(InputGate, IsHeldForWhatTheEventInsideKeptItFor) {
  Gate gate;
  ASSERT_TRUE(gate.enter(1));
  ASSERT_FALSE(gate.enter(2));
  const Gate::Place place = gate.keep();

  EXPECT_EQ(gate.leave(), std::nullopt);
  EXPECT_TRUE(gate.is_held());
  EXPECT_FALSE(gate.enter(3));
  EXPECT_TRUE(gate.enter_with_kept(4, place));
  EXPECT_EQ(gate.leave(), 2);
  EXPECT_EQ(gate.leave(), 3);
}

TEST(InputGate, LetsInWhatHasALockAheadOfAllOthers) {
  Gate gate;
  ASSERT_TRUE(gate.enter(1));
  const Gate::Place one = gate.keep();
  const Gate::Place other = gate.keep();
  ASSERT_FALSE(gate.enter(2));

  EXPECT_FALSE(gate.enter_with_kept(3, one));
  EXPECT_FALSE(gate.enter_with_kept(4, other));
  EXPECT_EQ(gate.leave(), 3);
  EXPECT_EQ(gate.leave(), 4);
  EXPECT_EQ(gate.leave(), 2);
}

TEST(InputGate, GoesOnWhenALockIsLetGo) {
  Gate gate;
  ASSERT_TRUE(gate.enter(1));
  const Gate::Place place = gate.keep();
  ASSERT_EQ(gate.leave(), std::nullopt);
  ASSERT_FALSE(gate.enter(2));
  ASSERT_EQ(gate.next(), std::nullopt);

  gate.let_go(place);

  EXPECT_EQ(gate.next(), 2);
  EXPECT_EQ(gate.next(), std::nullopt) << "one is inside";
}

TEST(InputGate, BeginsASectionWhenTheLockIsFreeAheadOfEventsThatWait) {
  Gate gate;
  ASSERT_TRUE(gate.enter(1));
  ASSERT_FALSE(gate.enter(2));
  gate.begin_section(10);
  gate.begin_section(20);

  EXPECT_EQ(gate.leave(), 10);
  EXPECT_EQ(gate.depth(), 1u);
  EXPECT_EQ(gate.leave(), std::nullopt) << "the second begins when the first has ended";
}

TEST(InputGate, LetsInOnlyWhatWasBegunInTheSection) {
  Gate gate;
  ASSERT_TRUE(gate.enter(1));
  const Gate::Place outside = gate.inside();
  gate.begin_section(10);
  ASSERT_EQ(gate.leave(), 10);
  const Gate::Place section = gate.inside();
  ASSERT_FALSE(gate.enter(2, outside));
  ASSERT_EQ(gate.leave(), std::nullopt);

  EXPECT_FALSE(gate.enter(3));
  EXPECT_TRUE(gate.enter(11, section));
  EXPECT_EQ(gate.leave(), std::nullopt);
  EXPECT_TRUE(gate.is_held());
}

TEST(InputGate, TakesOverWhoEndsASectionAndWhatWaitsThere) {
  Gate gate;
  ASSERT_TRUE(gate.enter(1));
  gate.begin_section(10);
  ASSERT_FALSE(gate.enter(2));
  ASSERT_EQ(gate.leave(), 10);
  const Gate::Place section = gate.inside();
  ASSERT_FALSE(enter_beside(gate, 11));
  ASSERT_FALSE(enter_beside(gate, 12));

  gate.end_section(section);

  EXPECT_EQ(gate.depth(), 0u);
  EXPECT_FALSE(gate.enter(13, section)) << "a straggler enters through the gate around it";
  EXPECT_EQ(gate.leave(), 11) << "the first that waited in the section";
  EXPECT_EQ(gate.leave(), 2);
  EXPECT_EQ(gate.leave(), 12);
  EXPECT_EQ(gate.leave(), 13);
  EXPECT_EQ(gate.leave(), std::nullopt);
  EXPECT_FALSE(gate.is_held());
}

TEST(InputGate, NestsSections) {
  Gate gate;
  ASSERT_TRUE(gate.enter(1));
  gate.begin_section(10);
  ASSERT_EQ(gate.leave(), 10);
  const Gate::Place outer = gate.inside();
  gate.begin_section(100);
  ASSERT_FALSE(enter_beside(gate, 11));
  ASSERT_EQ(gate.leave(), 100);
  EXPECT_EQ(gate.depth(), 2u);
  const Gate::Place inner = gate.inside();

  gate.end_section(inner);
  EXPECT_EQ(gate.inside(), outer);
  EXPECT_EQ(gate.leave(), 11);
  gate.end_section(outer);
  EXPECT_EQ(gate.leave(), std::nullopt);
  EXPECT_FALSE(gate.is_held());
}

// The one around it may have ended while the inner one went on.
TEST(InputGate, LetsASectionOutliveTheOneAroundIt) {
  Gate gate;
  ASSERT_TRUE(gate.enter(1));
  gate.begin_section(10);
  ASSERT_EQ(gate.leave(), 10);
  const Gate::Place outer = gate.inside();
  gate.begin_section(100);
  ASSERT_EQ(gate.leave(), 100);
  const Gate::Place inner = gate.inside();
  ASSERT_FALSE(gate.enter(2));

  gate.end_section(outer);
  EXPECT_EQ(gate.leave(), std::nullopt);
  ASSERT_TRUE(gate.enter(101, inner));
  gate.end_section(inner);

  EXPECT_EQ(gate.leave(), 2);
  EXPECT_EQ(gate.leave(), std::nullopt);
  EXPECT_FALSE(gate.is_held());
}

TEST(InputGate, BeginsTheSectionOfAConstructorBeforeTheFirstEvent) {
  Gate gate;
  gate.begin_section(10);

  EXPECT_TRUE(gate.is_held());
  EXPECT_FALSE(gate.enter(1));
  EXPECT_EQ(gate.next(), 10);
  gate.end_section(gate.inside());
  EXPECT_EQ(gate.leave(), 1);
}

TEST(InputGate, GivesUpWhoeverWaits) {
  Gate gate;
  ASSERT_TRUE(gate.enter(1));
  ASSERT_FALSE(gate.enter(2));
  ASSERT_FALSE(gate.enter(3));

  EXPECT_EQ(gate.waiting(), 2u);
  EXPECT_EQ(gate.give_up(), 2);
  EXPECT_EQ(gate.give_up(), 3);
  EXPECT_EQ(gate.waiting(), 0u);
}

}  // namespace
}  // namespace orrery
