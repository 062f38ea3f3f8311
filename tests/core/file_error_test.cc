#include "core/base/file_error.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/nearest.h"

namespace orrery {
namespace {

FileError unknown_hint() {
  return {.file = "booking.toml",
          .line = 24,
          .column = 9,
          .message = "unknown location hint \"eanm\"",
          .line_text = "place = \"eanm\"",
          .hint = "did you mean \"enam\"?",
          .width = 6,
          .note = "known: wnam enam"};
}

TEST(FileError, ShowsThePlaceTheLineAndTheFix) {
  EXPECT_EQ(to_text(unknown_hint()),
            "booking.toml:24:9: unknown location hint \"eanm\"\n"
            "   24 | place = \"eanm\"\n"
            "      |         ^~~~~~ did you mean \"enam\"?\n"
            "  known: wnam enam\n");
}

TEST(FileError, MarksTheRightPlaceBehindTabsAndAccents) {
  FileError error = unknown_hint();
  error.line_text = "\tM\xc3\xbcnchen,x";
  error.column = 11;
  error.width = 1;
  error.hint = "";
  error.note = "";

  EXPECT_EQ(to_text(error),
            "booking.toml:24:11: unknown location hint \"eanm\"\n"
            "   24 | \tM\xc3\xbcnchen,x\n"
            "      | \t        ^\n");
}

TEST(FileError, CountsCharactersNotBytesInTheMark) {
  FileError error = unknown_hint();
  error.line_text = "Z\xc3\xbcrich,2";
  error.column = 1;
  error.width = 7;
  error.hint = "";
  error.note = "";

  EXPECT_TRUE(to_text(error).ends_with("      | ^~~~~~\n"));
}

TEST(FileError, MarksTheEndOfALineThatIsTooShort) {
  FileError error = unknown_hint();
  error.line_text = "a,b";
  error.column = 99;
  error.hint = "";
  error.note = "";

  EXPECT_TRUE(to_text(error).ends_with("   24 | a,b\n      |    ^\n"));
}

TEST(FileError, SaysNoPlaceWhereThereIsNone) {
  FileError error = unknown_hint();
  error.column = 0;
  EXPECT_EQ(to_text(error),
            "booking.toml:24: unknown location hint \"eanm\"\n"
            "   24 | place = \"eanm\"\n"
            "  did you mean \"enam\"?\n"
            "  known: wnam enam\n");

  error.line = 0;
  error.hint = "";
  error.note = "";
  EXPECT_EQ(to_text(error), "booking.toml: unknown location hint \"eanm\"\n");
}

const std::vector<std::string> hints{"wnam", "enam", "sam", "weur", "eeur", "apac", "oc"};

TEST(NearestName, UndoesOneSlip) {
  EXPECT_EQ(nearest_name("eanm", hints), "enam");   // swapped
  EXPECT_EQ(nearest_name("enamm", hints), "enam");  // too many
  EXPECT_EQ(nearest_name("apc", hints), "apac");    // missing
  EXPECT_EQ(nearest_name("opac", hints), "apac");   // wrong
}

TEST(NearestName, IgnoresCase) {
  EXPECT_EQ(nearest_name("APAC", hints), "apac");
  EXPECT_EQ(nearest_name("OC", hints), "oc");
}

TEST(NearestName, AllowsOneSlipForEveryThreeCharacters) {
  const std::vector<std::string> cities{"Frankfurt"};
  EXPECT_EQ(nearest_name("Frnakfrutt", cities), "Frankfurt");  // 3 slips in 10 characters
  EXPECT_EQ(nearest_name("Frnakfutt", cities), "Frankfurt");   // 3 in 9
  EXPECT_EQ(nearest_name("Fnrakfutx", cities), std::nullopt);  // 4 in 9
  EXPECT_EQ(nearest_name("fort", cities), std::nullopt);
}

TEST(NearestName, TakesTheFirstOfSeveral) {
  EXPECT_EQ(nearest_name("xeur", hints), "weur");
  const std::vector<std::string> reversed{"eeur", "weur"};
  EXPECT_EQ(nearest_name("xeur", reversed), "eeur");
}

TEST(NearestName, FindsNothingInWhatSharesNoCharacter) {
  EXPECT_EQ(nearest_name("z", hints), std::nullopt);
  EXPECT_EQ(nearest_name("", hints), std::nullopt);
  EXPECT_EQ(nearest_name("zz", hints), std::nullopt);
  EXPECT_EQ(nearest_name("enam", {}), std::nullopt);
}

}  // namespace
}  // namespace orrery
