#include "properties/internal_error.h"

#include <gtest/gtest.h>

#include "properties/catalogue.h"
#include "tests/histories.h"

namespace orrery::properties {
namespace {

using tests::History;
using tests::judged;
using tests::rule_of;

TEST(NoInternalError, HoldsForEveryCallThatWasAnswered) {
  const Verdict verdict = judged<NoInternalError>(History().whole_call(1s, 1).whole_call(2s, 2));

  EXPECT_EQ(verdict.kind, Verdict::Kind::holds);
  EXPECT_EQ(verdict.tested, 2u);
}

TEST(NoInternalError, IsUntestedIfNoCallWasAnswered) {
  EXPECT_EQ(rule_of(judged<NoInternalError>(History().call(1s, 1, tests::look))), "untested");
}

TEST(NoInternalError, SeesAnError) {
  const Verdict verdict = judged<NoInternalError>(
      History().whole_call(1s, 1).add(2s, journal::InternalError{Value(std::string("gate.cc:7: it is so"))}));

  ASSERT_EQ(rule_of(verdict), "internal_error");
  EXPECT_EQ(verdict.violation->text, "gate.cc:7: it is so");
  EXPECT_EQ(verdict.violation->at, tests::at(2s));
}

TEST(Catalogue, MakesEachPropertyByItsName) {
  EXPECT_EQ(property_names().size(), 9u);
  for (const PropertyInfo& info : all_properties()) {
    const auto property = make_property(info.name, {});
    ASSERT_NE(property, nullptr) << info.name;
    EXPECT_EQ(property->name(), info.name);
    EXPECT_EQ(property->verdict().kind, Verdict::Kind::untested);
    EXPECT_FALSE(info.promise.empty());
  }
  EXPECT_EQ(make_property("durability_of_hopes", {}), nullptr);
}

}  // namespace
}  // namespace orrery::properties
