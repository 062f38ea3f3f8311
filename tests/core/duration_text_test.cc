#include "core/base/duration_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "core/base/decimal.h"

namespace orrery {
namespace {

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

std::string complaint_about_duration(std::string_view text) {
  const auto parsed = parse_duration(text);
  return parsed ? "accepted as " + to_text(*parsed) : parsed.error();
}

std::string complaint_about_rate(std::string_view text) {
  const auto parsed = parse_rate(text);
  return parsed ? "accepted as " + to_text(*parsed) : parsed.error();
}

TEST(DurationText, IsWhatAPersonWouldWrite) {
  EXPECT_EQ(to_text(8ms), "8ms");
  EXPECT_EQ(to_text(1500ms), "1.5s");
  EXPECT_EQ(to_text(250us), "250us");
  EXPECT_EQ(to_text(2min), "2m");
  EXPECT_EQ(to_text(1h), "1h");
  EXPECT_EQ(to_text(17ns), "17ns");
  EXPECT_EQ(to_text(90s), "90s");
  EXPECT_EQ(to_text(90min), "90m");
  EXPECT_EQ(to_text(Duration{1'000'000'001}), "1.000000001s");
  EXPECT_EQ(to_text(Duration{}), "0s");
  EXPECT_EQ(to_text(-1500us), "-1.5ms");
  EXPECT_EQ(to_text(Duration{std::numeric_limits<std::int64_t>::min()}), "-9223372036.854775808s");
}

TEST(DurationText, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("17ns"), 17ns);
  EXPECT_EQ(parse_duration("250us"), 250us);
  EXPECT_EQ(parse_duration("5ms"), 5ms);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("0.5h"), 30min);
  EXPECT_EQ(parse_duration("000.000s"), 0s);
}

TEST(DurationText, ReadsSeveralUnitsInARow) {
  EXPECT_EQ(parse_duration("4m30s"), 270s);
  EXPECT_EQ(parse_duration("1h2m3.5s"), 3723500ms);
  EXPECT_EQ(parse_duration("1s1ns"), Duration{1'000'000'001});
}

TEST(DurationText, IsExactToTheNanosecondUpToTheLongest) {
  EXPECT_EQ(parse_duration("9223372036.854775807s"), Duration::max());
  EXPECT_EQ(parse_duration("9223372036854775807ns"), Duration::max());
  EXPECT_EQ(parse_duration("2562047h47m16.854775807s"), Duration::max());
  EXPECT_EQ(parse_duration("0.0000000000025h"), Duration{9});
}

TEST(DurationText, SaysWhatIsWrong) {
  EXPECT_EQ(complaint_about_duration("5 apples"),
            "\"5 apples\" is not a duration: write a number and a unit, as in 5ms, 1.5s or 10m");
  EXPECT_EQ(complaint_about_duration("-5ms"), "\"-5ms\" is negative: a duration is 0 or more");
  EXPECT_EQ(complaint_about_duration("2562048h"), "\"2562048h\" is too long: a duration is at most 2562047h");
  EXPECT_EQ(complaint_about_duration("1.5ns"), "\"1.5ns\" is not a whole number of nanoseconds");
  EXPECT_EQ(complaint_about_duration("30s4m"),
            "\"30s4m\" has its units out of order: write the largest first and each once, as in 4m30s");
}

TEST(DurationText, RefusesWhatIsNearlyADuration) {
  for (const char* text : {"", "5", "ms", "5 ms", " 5ms", "5ms ", "5.ms", ".5ms", "1..5ms", "1e3ms", "+5ms", "5Ms",
                           "1.5m30s", "0x5ms", "4m30", "1,5s", "5ms\n", "."})
    EXPECT_EQ(complaint_about_duration(text), "\"" + std::string(text) +
                                                  "\" is not a duration: write a number and a unit, as in 5ms, 1.5s "
                                                  "or 10m");
}

TEST(DurationText, RefusesWhatOverflows) {
  for (const char* text : {"9223372036854775808ns", "9223372036.854775808s", "2562047h47m16.854775808s",
                           "99999999999999999999999999999999999999999999999ns", "2562047.9h"})
    EXPECT_NE(complaint_about_duration(text).find("is too long"), std::string::npos) << text;
}

RC_GTEST_PROP(DurationText, ReadsBackAsTheSameDuration, ()) {
  const auto magnitude = *rc::gen::inRange<std::int64_t>(0, int64_max);
  const auto shift = *rc::gen::inRange(0, 63);
  const auto rounding = *rc::gen::element<std::int64_t>(1, 1'000, 500'000, 1'000'000'000, 60'000'000'000);
  const Duration duration{(magnitude >> shift) / rounding * rounding};
  const bool same = parse_duration(to_text(duration)) == duration;
  RC_ASSERT(same);
}

TEST(RateText, IsTheShortestOfThePossible) {
  const auto again = [](std::string_view text) { return to_text(parse_rate(text).value()); };

  EXPECT_EQ(again("2.5/s"), "2.5/s");
  EXPECT_EQ(again("10/m"), "10/m");
  EXPECT_EQ(again("100/h"), "100/h");
  EXPECT_EQ(again("60/m"), "1/s");
  EXPECT_EQ(again("0.01/s"), "36/h");
  EXPECT_EQ(again("0/h"), "0/s");
  EXPECT_EQ(again("0.000001/s"), "0.0036/h");
}

TEST(RateText, SaysWhatIsWrong) {
  EXPECT_EQ(complaint_about_rate("5 apples"),
            "\"5 apples\" is not a rate: write a number, a slash and s, m or h, as in 2.5/s, 10/m or 100/h");
  EXPECT_EQ(complaint_about_rate("-1/s"), "\"-1/s\" is negative: a rate is 0 or more");
  EXPECT_EQ(complaint_about_rate("0.0000001/h"), "\"0.0000001/h\" is not a whole number of millionths per hour");
  EXPECT_EQ(complaint_about_rate("3000000000/s"), "\"3000000000/s\" is too often: a rate is at most 2562047788/s");
  for (const char* text : {"", "5", "5/", "/s", "5/ms", "5 /s", "5/d", "5/s/s", "1./s"})
    EXPECT_NE(complaint_about_rate(text).find("is not a rate"), std::string::npos) << text;
}

TEST(Rate, HasAMeanGap) {
  EXPECT_EQ(parse_rate("2.5/s")->mean_gap(), 400ms);
  EXPECT_EQ(parse_rate("10/m")->mean_gap(), 6s);
  EXPECT_EQ(parse_rate("100/h")->mean_gap(), 36s);
  EXPECT_EQ(parse_rate("3/s")->mean_gap(), Duration{333'333'333});
  EXPECT_EQ(parse_rate("2500000000/s")->mean_gap(), Duration{1});
  EXPECT_EQ(Rate{int64_max}.mean_gap(), Duration{1});
}

RC_GTEST_PROP(RateText, ReadsBackAsTheSameRate, ()) {
  const auto magnitude = *rc::gen::inRange<std::int64_t>(0, int64_max);
  const auto shift = *rc::gen::inRange(0, 63);
  const auto rounding = *rc::gen::element<std::int64_t>(1, 60, 3'600, 3'600'000'000);
  const Rate rate{(magnitude >> shift) / rounding * rounding};
  const bool same = parse_rate(to_text(rate)) == rate;
  RC_ASSERT(same);
}

TEST(DecimalText, KeepsTheSignAndDropsNeedlessZeros) {
  EXPECT_EQ(decimal_text(1500, 3), "1.5");
  EXPECT_EQ(decimal_text(2000, 3), "2");
  EXPECT_EQ(decimal_text(-5, 3), "-0.005");
  EXPECT_EQ(decimal_text(7, 0), "7");
}

}  // namespace
}  // namespace orrery
