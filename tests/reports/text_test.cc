#include "reports/text.h"

#include <gtest/gtest.h>

#include "core/base/invariant.h"
#include "reports/verdict.h"

using namespace orrery;
using namespace orrery::reports;
using Kind = properties::Verdict::Kind;

TEST(Text, SeparatesThousands) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1'000), "1,000");
  EXPECT_EQ(with_separators(18'446'744'073'709'551'615u), "18,446,744,073,709,551,615");
}

TEST(Text, GivesMillisecondsOneDecimalFromTenOn) {
  EXPECT_EQ(milliseconds_text(0ns), "0.00");
  EXPECT_EQ(milliseconds_text(4'999ns), "0.00");
  EXPECT_EQ(milliseconds_text(5us), "0.01");
  EXPECT_EQ(milliseconds_text(9'994'999ns), "9.99");
  EXPECT_EQ(milliseconds_text(9'995us), "10.0");
  EXPECT_EQ(milliseconds_text(2'563'049us), "2,563.0");
  EXPECT_EQ(milliseconds_text(2'563'050us), "2,563.1");
  EXPECT_THROW(milliseconds_text(-1ns), Bug);
}

TEST(Text, GivesMeansAsManyDecimals) {
  EXPECT_EQ(mean_text(0, 3), "0.00");
  EXPECT_EQ(mean_text(1, 3), "0.33");
  EXPECT_EQ(mean_text(2, 3), "0.67");
  EXPECT_EQ(mean_text(9'994, 1'000), "9.99");
  EXPECT_EQ(mean_text(9'995, 1'000), "10.0");
  EXPECT_EQ(mean_text(10'100, 100), "101.0");
  EXPECT_EQ(mean_text(18'446'744'073'709'551'615u, 1), "18,446,744,073,709,551,615.0");
  EXPECT_THROW(mean_text(1, 0), Bug);
}

TEST(Text, ShortensLongDurations) {
  EXPECT_EQ(length_text(1min), "1m");
  EXPECT_EQ(length_text(1'500ms), "1.5s");
  EXPECT_EQ(length_text(90'250ms), "90s");
  EXPECT_EQ(length_text(45'059s), "12h 30m");
  EXPECT_EQ(length_text(600'000s), "166h");
}

TEST(Text, WritesInstantsExactly) {
  EXPECT_EQ(instant_text(Time(41'203ms)), "41.203 s");
  EXPECT_EQ(instant_text(Time(2s)), "2.000 s");
  EXPECT_EQ(instant_text(Time(1ns)), "0.000000001 s");
  EXPECT_EQ(instant_text(Time(1'500us)), "0.001500 s");
}

TEST(Text, RoundsTimeOnTheWall) {
  EXPECT_EQ(wall_text(41'400us), "41 ms");
  EXPECT_EQ(wall_text(320ms), "0.3 s");
  EXPECT_EQ(wall_text(6'250ms), "6.3 s");
}

TEST(Text, MeasuresWhatTheScreenShows) {
  EXPECT_EQ(display_width("London"), 6u);
  EXPECT_EQ(display_width("São Paulo"), 9u);
  EXPECT_EQ(display_width("Sa\u0303o"), 3u);
  EXPECT_EQ(display_width("東京"), 4u);
  EXPECT_EQ(display_width("✓ ok"), 4u);
  EXPECT_EQ(display_width("\x1b[31mred\x1b[0m"), 3u);
  EXPECT_EQ(display_width("\xff\xc3"), 2u);  // not UTF-8
}

TEST(Text, WrapsBetweenWords) {
  const Style style{.width = 20};
  EXPECT_EQ(wrapped("one two three four five", 4, style), "    one two three\n    four five\n");
  EXPECT_EQ(wrapped("averyveryverylongsingleword x", 0, style), "averyveryverylongsingleword\nx\n");
  EXPECT_EQ(wrapped("", 4, style), "");
}

TEST(Table, PutsDecimalPointsBelowEachOther) {
  Table table({{.head = "name", .left = true}, {.head = "ms"}});
  table.row({"a", "1,234.5"});
  table.row({"b", "0.25"});
  table.row({"c", "-"});

  EXPECT_EQ(table.text(Style{}),
            "name        ms\n"
            "a     1,234.5\n"
            "b         0.25\n"
            "c            -\n");
}

TEST(Table, LeavesOutColumnsUntilItFits) {
  Table table({{.head = "name", .left = true, .width_min = 8},
               {.head = "first", .width_min = 8, .gives_way = 1},
               {.head = "second", .width_min = 8, .gives_way = 2},
               {.head = "third", .width_min = 8}});
  table.row({"a", "1", "2", "3"});

  EXPECT_EQ(table.text(Style{.width = 38}),
            "name         first    second     third\na                1         2         3\n");
  EXPECT_EQ(table.text(Style{.width = 37}), "name         first     third\na                1         3\n");
  EXPECT_EQ(table.text(Style{.width = 27}), "name         third\na                3\n");
}

TEST(Answer, LetsAViolationOutweighEverything) {
  EXPECT_EQ(exit_code(answer_of({.holding = 1, .violated = 1, .unknown = 1, .untested = 1})), 1);
  EXPECT_EQ(exit_code(answer_of({.holding = 4, .unknown = 1})), 3);
  EXPECT_EQ(exit_code(answer_of({.holding = 4, .untested = 1})), 3);
  EXPECT_EQ(exit_code(answer_of({.holding = 5})), 0);
  EXPECT_EQ(exit_code(answer_of(Tally{})), 3);
}

TEST(Answer, IsToldInOneSentence) {
  EXPECT_EQ(sentence_of({.holding = 5}), "all properties hold");
  EXPECT_EQ(sentence_of({.holding = 4, .violated = 1}), "1 of 5 properties violated");
  EXPECT_EQ(sentence_of({.violated = 1}), "1 of 1 property violated");
  EXPECT_EQ(sentence_of({.holding = 3, .untested = 2}), "cannot tell: 2 of 5 properties untested");
  EXPECT_EQ(sentence_of({.holding = 3, .unknown = 1, .untested = 1}),
            "cannot tell: of 5 properties 1 unknown, 1 untested");
  EXPECT_EQ(sentence_of(Tally{}), "cannot tell: no property was asked for");
}

TEST(Tally, CountsEachVerdictOnce) {
  const std::vector<PropertyVerdict> verdicts{
      {"a", {.kind = Kind::holds, .tested = 1, .violation = {}, .note = {}}}, {"b", {}}, {"c", {}}};
  EXPECT_EQ(tally_of(verdicts), (Tally{.holding = 1, .untested = 2}));
}
