#include "properties/guarded.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/histories.h"

namespace orrery::properties {
namespace {

using tests::History;
using tests::look;

// Where it throws, and when it is violated; set before it is made.
struct Plan {
  bool when_made = false;
  int at_record = 0;
  int violated_at = 0;
  bool when_judged = false;
};
Plan plan;

class Thrower final : public Property {
 public:
  explicit Thrower(const journal::Names&) {
    if (plan.when_made) throw std::runtime_error("made");
  }
  std::string_view name() const override { return "thrower"; }
  journal::Interest interest() const override { return journal::Interest::everything(); }
  void on(const journal::Record& record) override {
    ++seen_;
    if (seen_ == plan.violated_at) violation_ = {"second", "", "a violation", record.at};
    if (seen_ == plan.at_record) throw std::runtime_error("seen");
  }
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override {
    if (plan.when_judged) throw 7;
    return violation_ ? Verdict{Verdict::Kind::violated, 2, violation_, ""}
                      : Verdict{Verdict::Kind::holds, static_cast<std::uint64_t>(seen_), {}, ""};
  }

 private:
  int seen_ = 0;
  std::optional<Violation> violation_;
};

Verdict guarded(Plan its) {
  plan = its;
  const OwnProperty own{"thrower", "It throws.", [](const journal::Names& names) -> std::unique_ptr<Property> {
                          return std::make_unique<Thrower>(names);
                        }};
  const journal::Names names;
  Guarded property(own, names);
  EXPECT_EQ(property.name(), "thrower");
  History history;
  history.call(1s, 1, look).call(2s, 2, look).call(3s, 3, look);
  for (const journal::Record& record : history.records())
    if (property.interest().includes(record.event.index())) property.on(record);
  EXPECT_EQ(property.violated(), property.verdict().kind == Verdict::Kind::violated && !its.when_judged);
  return property.verdict();
}

TEST(Guarded, LeavesWhatThrowsNothingAsItIs) {
  EXPECT_EQ(guarded({}).kind, Verdict::Kind::holds);
  EXPECT_EQ(guarded({}).tested, 3u);
  EXPECT_EQ(guarded({.violated_at = 1}).violation, (Violation{"second", "", "a violation", tests::at(1s)}));
}

TEST(Guarded, TellsWhatIsThrownAtARecordAsAViolation) {
  const Verdict verdict = guarded({.at_record = 2});
  EXPECT_EQ(verdict.kind, Verdict::Kind::violated);
  EXPECT_EQ(verdict.tested, 2u);
  EXPECT_EQ(verdict.violation, (Violation{"threw", "", "it threw: seen", tests::at(2s)}));
}

TEST(Guarded, TellsWhatIsThrownWhenItIsMadeOrJudges) {
  EXPECT_EQ(guarded({.when_made = true}).violation, (Violation{"threw", "", "it threw: made", Time{}}));
  EXPECT_EQ(guarded({.when_judged = true}).violation,
            (Violation{"threw", "", "it threw something that is no std::exception", tests::at(3s)}));
}

TEST(Guarded, KeepsAViolationThatWasFoundBefore) {
  EXPECT_EQ(guarded({.at_record = 2, .violated_at = 1}).violation->rule, "second");
}

}  // namespace
}  // namespace orrery::properties
