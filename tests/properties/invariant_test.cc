#include "properties/invariant.h"

#include <gtest/gtest.h>

#include "tests/histories.h"

namespace orrery::properties {
namespace {

using tests::History;
using tests::judged;

// The second invariant of class 3.
AuthorsInvariant property() { return {"stock_is_not_negative", ClassId{3}, 1}; }

struct Checks : History {
  Checks& checked(Duration when, Value broken, ClassId object_class = ClassId{3}, std::uint32_t invariant = 1) {
    add(when, journal::InvariantChecked{.object = tests::object_named(tests::the_object),
                                        .instance = InstanceId{1},
                                        .turn = TurnNumber{1},
                                        .call = CallId{1},
                                        .object_class = object_class,
                                        .invariant = invariant,
                                        .broken = std::move(broken)});
    return *this;
  }
};

TEST(AuthorsInvariant, IsTestedByEachTurn) {
  const Verdict verdict = judged(Checks().checked(1s, {}).checked(2s, {}), property());

  EXPECT_EQ(verdict.kind, Verdict::Kind::holds);
  EXPECT_EQ(verdict.tested, 2u);
}

TEST(AuthorsInvariant, SaysWhatItsAuthorSaid) {
  const Verdict verdict = judged(Checks().checked(1s, {}).checked(2s, Value("stock is -1")), property());

  ASSERT_EQ(verdict.kind, Verdict::Kind::violated);
  EXPECT_EQ(verdict.violation->rule, "holds_after_every_turn");
  EXPECT_EQ(verdict.violation->object, to_hex(tests::object_named(tests::the_object)));
  EXPECT_EQ(verdict.violation->text, "stock is -1");
  EXPECT_EQ(verdict.violation->at, tests::at(2s));
}

TEST(AuthorsInvariant, KeepsTheFirstViolation) {
  const Verdict verdict =
      judged(Checks().checked(1s, Value("stock is -1")).checked(2s, Value("stock is -2")), property());

  ASSERT_TRUE(verdict.violation);
  EXPECT_EQ(verdict.violation->text, "stock is -1");
  EXPECT_EQ(verdict.tested, 1u);
}

TEST(AuthorsInvariant, IsUntestedByOtherClassesAndOtherInvariants) {
  const Verdict verdict =
      judged(Checks().checked(1s, Value("wrong"), ClassId{2}).checked(2s, Value("wrong"), ClassId{3}, 0), property());
  EXPECT_EQ(verdict.kind, Verdict::Kind::untested);
}

}  // namespace
}  // namespace orrery::properties
