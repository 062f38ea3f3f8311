#include "properties/calls.h"

#include <gtest/gtest.h>

#include "tests/histories.h"

namespace orrery::properties {
namespace {

using tests::change;
using tests::History;
using tests::judged;
using tests::look;

const journal::Names& names() {
  static const journal::Names all{.classes = {{.name = "Show", .methods = {"fetch", "book", "look"}}},
                                  .groups = {{"fra", "Frankfurt", 0, 2}, {"lhr", "London", 2, 1}}};
  return all;
}

// Wants every answer to be true, and keeps what it was told.
class EveryAnswerIsTrue final : public CallProperty {
 public:
  explicit EveryAnswerIsTrue(std::vector<Call>* seen = nullptr) : CallProperty(names()), seen_(seen) {}
  std::string_view name() const override { return "every_answer_is_true"; }
  void on_call(const Call& call) override {
    if (seen_) seen_->push_back(call);
    if (call.status != journal::Status::ok) return;
    if (call.value == Value(true)) return held();
    violate("answer", call, call.text() + " got " + orrery::to_text(call.value));
  }

 private:
  std::vector<Call>* seen_;
};

History& requested(History& history, Duration when, std::uint64_t call, std::uint32_t client) {
  return history.add(when, journal::Requested{.call = CallId{call},
                                              .client = ClientId{client},
                                              .number = 5,
                                              .object_class = {},
                                              .method = change,
                                              .intended = tests::at(when)});
}

TEST(CallProperty, TellsOfACallByWhomWhenAndWithWhat) {
  History history;
  requested(history, 1s, 8, 1).call(1500ms, 8, change, Value(std::int64_t{12})).answer(2s, 8, Value(true));
  std::vector<Call> seen;

  judged(history, EveryAnswerIsTrue(&seen));

  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].from, "fra#2");
  EXPECT_EQ(seen[0].number, 5u);
  EXPECT_EQ(seen[0].object, tests::object_named(tests::the_object));
  EXPECT_EQ(seen[0].object_class, "Show");
  EXPECT_EQ(seen[0].method, "book");
  EXPECT_EQ(seen[0].argument, Value(std::int64_t{12}));
  EXPECT_EQ(seen[0].value, Value(true));
  EXPECT_EQ(seen[0].sent, tests::at(1500ms));
  EXPECT_EQ(seen[0].answered, tests::at(2s));
  EXPECT_EQ(seen[0].text(), "fra#2 (book(12) at 1.500000000 s)");
}

TEST(CallProperty, TellsACallOfAnObjectFromThatOfAUser) {
  std::vector<Call> seen;

  judged(History().call(1s, 8, look).answer(2s, 8, Value(true)), EveryAnswerIsTrue(&seen));

  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].text(), "an object (look() at 1.000000000 s)");
}

TEST(CallProperty, IsTestedAsOftenAsItWasSaid) {
  const Verdict verdict = judged(History()
                                     .call(1s, 8, look)
                                     .call(1s, 9, look)
                                     .call(1s, 10, look)
                                     .answer(2s, 9, Value(true))
                                     .answer(3s, 8, Value(true))
                                     .answer(4s, 10, {}, journal::Status::unknown),
                                 EveryAnswerIsTrue());

  EXPECT_EQ(verdict.kind, Verdict::Kind::holds);
  EXPECT_EQ(verdict.tested, 2u);
}

TEST(CallProperty, IsUntestedUntilACallIsAnswered) {
  EXPECT_EQ(judged(History().call(1s, 8, look), EveryAnswerIsTrue()).kind, Verdict::Kind::untested);
  EXPECT_EQ(judged(History().answer(2s, 8, Value(false)), EveryAnswerIsTrue()).kind, Verdict::Kind::untested);
}

TEST(CallProperty, KeepsTheFirstViolation) {
  const Verdict verdict = judged(History()
                                     .call(1s, 8, change, Value(std::int64_t{3}))
                                     .call(1s, 9, look)
                                     .answer(2s, 8, Value(false))
                                     .answer(3s, 9, Value(false)),
                                 EveryAnswerIsTrue());

  ASSERT_EQ(verdict.kind, Verdict::Kind::violated);
  EXPECT_EQ(verdict.violation->rule, "answer");
  EXPECT_EQ(verdict.violation->object, to_hex(tests::object_named(tests::the_object)));
  EXPECT_EQ(verdict.violation->text, "an object (book(3) at 1.000000000 s) got false");
  EXPECT_EQ(verdict.violation->at, tests::at(2s));
}

TEST(CallProperty, HearsOfACallOnce) {
  std::vector<Call> seen;
  judged(History().call(1s, 8, look).answer(2s, 8, Value(true)).answer(3s, 8, Value(false)),
         EveryAnswerIsTrue(&seen));
  EXPECT_EQ(seen.size(), 1u);
}

}  // namespace
}  // namespace orrery::properties
