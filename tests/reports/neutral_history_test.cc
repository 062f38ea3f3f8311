#include "reports/neutral_history.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/reports/records.h"

namespace orrery::reports {
namespace {

using Json = nlohmann::json;
using journal::Status;

std::vector<Json> history_of(const Script& script, TraceBounds bounds = {}, std::optional<Time>* cut_at = nullptr) {
  std::string text;
  NeutralHistory history({.classes = {{"Counter", {"fetch", "increment"}}}, .groups = {}}, bounds,
                         [&](std::string_view piece) { text += piece; });
  play(script, history);
  history.finish();
  if (cut_at != nullptr) *cut_at = history.cut_at();
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  EXPECT_EQ(history.written(), lines.size());
  return lines;
}

journal::Called call_with(std::uint64_t call, Value argument = {}) {
  journal::Called event = called(call);
  event.object = ObjectId{{0x3f2a90bc00000000u, 0, 0, 1}};
  event.method = MethodId{1};
  event.argument = std::move(argument);
  return event;
}

// "0 invoke, 0 ok"
std::string outline(const std::vector<Json>& lines) {
  std::string text;
  for (const Json& line : lines)
    text += (text.empty() ? "" : ", ") + line.at("process").dump() + " " + line.at("type").get<std::string>();
  return text;
}

Json value_of(Value value) { return history_of({{1ms, call_with(1, std::move(value))}}).at(0).at("value"); }

TEST(NeutralHistory, WritesACallAndItsAnswer) {
  const auto lines =
      history_of({{1ms, call_with(1, std::int64_t{5})}, {2ms, answered(1, Status::ok, std::int64_t{7})}});

  const std::string key = "Counter/3f2a90bc" + std::string(55, '0') + "1";
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(
      lines[0],
      (Json{
          {"process", 0}, {"type", "invoke"}, {"f", "increment"}, {"key", key}, {"value", 5}, {"time", 1'000'000}}));
  EXPECT_EQ(
      lines[1],
      (Json{{"process", 0}, {"type", "ok"}, {"f", "increment"}, {"key", key}, {"value", 7}, {"time", 2'000'000}}));
}

// A handler that throws keeps what it wrote before.
TEST(NeutralHistory, DoesNotSayThatACallThatThrewHadNoEffect) {
  journal::TurnStarted began;
  began.call = CallId{1};
  const auto lines = history_of({{1ms, call_with(1)}, {2ms, began}, {3ms, answered(1, Status::failed, "no")}});

  EXPECT_EQ(outline(lines), "0 invoke, 0 info");
  EXPECT_EQ(lines[1].at("error"), "no");
}

TEST(NeutralHistory, TellsNoEffectFromPerhaps) {
  const auto lines = history_of({{1ms, call_with(1, std::int64_t{5})},
                                 {2ms, answered(1, Status::failed, "no")},
                                 {3ms, call_with(2)},
                                 {4ms, answered(2, Status::unknown, "lost")}});

  EXPECT_EQ(outline(lines), "0 invoke, 0 fail, 0 invoke, 0 info");
  EXPECT_EQ(lines[1].at("value"), nullptr);
  EXPECT_EQ(lines[1].at("error"), "no");
  EXPECT_EQ(lines[3].at("error"), "lost");
}

TEST(NeutralHistory, GivesOpenCallsDifferentProcesses) {
  EXPECT_EQ(outline(history_of({{1ms, call_with(1)}, {2ms, call_with(2)}, {3ms, answered(1)}, {4ms, answered(2)}})),
            "0 invoke, 1 invoke, 0 ok, 1 ok");
}

TEST(NeutralHistory, GivesTheLowestFreeProcess) {
  EXPECT_EQ(outline(history_of({{1ms, call_with(1)},
                                {1ms, call_with(2)},
                                {1ms, call_with(3)},
                                {2ms, answered(2)},
                                {3ms, answered(1)},
                                {4ms, call_with(4)},
                                {4ms, call_with(5)},
                                {4ms, call_with(6)}})),
            "0 invoke, 1 invoke, 2 invoke, 1 ok, 0 ok, 0 invoke, 1 invoke, 3 invoke");
}

TEST(NeutralHistory, NeverGivesAProcessAgainAfterInfo) {
  EXPECT_EQ(outline(history_of({{1ms, call_with(1)},
                                {2ms, answered(1, Status::unknown, {})},
                                {3ms, call_with(2)},
                                {4ms, answered(2)},
                                {5ms, call_with(3)}})),
            "0 invoke, 0 info, 1 invoke, 1 ok, 1 invoke");
}

TEST(NeutralHistory, LeavesACallOpenThatIsNeverAnswered) {
  EXPECT_EQ(outline(history_of({{1ms, call_with(1)}, {2ms, call_with(2)}, {3ms, answered(2)}, {4ms, call_with(3)}})),
            "0 invoke, 1 invoke, 1 ok, 1 invoke");
}

TEST(NeutralHistory, AtOneInstantInvokesStandBeforeAnswers) {
  EXPECT_EQ(outline(history_of({{1ms, call_with(1)}, {2ms, answered(1)}, {2ms, call_with(2)}, {3ms, call_with(3)}})),
            "0 invoke, 1 invoke, 0 ok, 0 invoke");
}

TEST(NeutralHistory, DoesNotSeeCallsThatObjectsMake) {
  EXPECT_EQ(outline(history_of({{1ms, call_with(1)}, {2ms, called(2, 1)}, {3ms, answered(2)}, {4ms, answered(1)}})),
            "0 invoke, 0 ok");
}

TEST(NeutralHistory, WritesEveryValue) {
  EXPECT_EQ(value_of({}), nullptr);
  EXPECT_EQ(value_of(true), true);
  EXPECT_EQ(value_of(std::numeric_limits<std::int64_t>::min()), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(value_of(0.1), 0.1);
  EXPECT_EQ(value_of(1e300), 1e300);
  EXPECT_EQ(value_of("a \"quoted\"\n\x01 é"), "a \"quoted\"\n\x01 é");
  EXPECT_EQ(value_of("\xff\x0a"), (Json{{"hex", "ff0a"}}));
  EXPECT_EQ(value_of(-std::numeric_limits<double>::infinity()), (Json{{"real", "-inf"}}));
  EXPECT_EQ(value_of(std::numeric_limits<double>::infinity()), (Json{{"real", "inf"}}));
  EXPECT_EQ(value_of(std::numeric_limits<double>::quiet_NaN()), (Json{{"real", "nan"}}));
}

TEST(NeutralHistory, KeepsToItsBounds) {
  const Script script{{1ms, call_with(1)}, {2ms, call_with(2)}, {3ms, answered(1)},
                      {4ms, answered(2)},  {5ms, call_with(3)}, {6ms, answered(3)}};

  EXPECT_EQ(outline(history_of(script, {.from = at(2ms), .until = at(6ms)})), "0 invoke, 0 ok, 0 invoke");
  EXPECT_EQ(outline(history_of(script, {.until = at(4ms)})), "0 invoke, 1 invoke, 0 ok");
  std::optional<Time> cut_at;
  EXPECT_EQ(outline(history_of(script, {.limit = 3}, &cut_at)), "0 invoke, 1 invoke, 0 ok");
  EXPECT_EQ(cut_at, at(4ms));
  history_of(script, {.limit = 6}, &cut_at);
  EXPECT_EQ(cut_at, std::nullopt);
}

}  // namespace
}  // namespace orrery::reports
