// The image of a database: what a change holds, and that it leads from one image to the other.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "core/base/invariant.h"
#include "core/storage/pages.h"

namespace orrery::storage {
namespace {

Bytes contents(const Pages& pages) {
  Bytes bytes(std::size_t{pages.count()} * page_bytes, '\0');
  pages.read(0, bytes.data(), bytes.size());
  return bytes;
}

struct Step {
  std::uint8_t kind;
  std::uint8_t page;
  std::uint16_t offset;
  std::string bytes;
};

std::vector<Step> some_steps() {
  return *rc::gen::container<std::vector<Step>>(rc::gen::apply(
      [](std::uint8_t kind, std::uint8_t page, std::uint16_t offset, std::string bytes) {
        return Step{kind, page, offset, std::move(bytes)};
      },
      rc::gen::inRange<std::uint8_t>(0, 12), rc::gen::inRange<std::uint8_t>(0, 6),
      rc::gen::inRange<std::uint16_t>(0, page_bytes - 100),
      rc::gen::map(rc::gen::arbitrary<std::string>(), [](std::string text) { return text.substr(0, 99); })));
}

RC_GTEST_PROP(Pages, ChangesLeadToTheSameImageAndDigest, ()) {
  Pages image;
  Pages copy;
  Bytes committed;
  for (const Step& step : some_steps()) {
    if (step.kind < 7) {
      image.write(step.page * page_bytes + step.offset, step.bytes);
    } else if (step.kind == 7) {
      image.write(step.page * page_bytes, std::string(page_bytes, static_cast<char>(step.offset)));
    } else if (step.kind == 8) {
      image.resize(step.page);
    } else if (step.kind == 9) {
      image.drop_change();
      RC_ASSERT(contents(image) == committed);
    } else {
      RC_ASSERT(image.digest() == image.computed_digest());
      const std::uint32_t pages_before = copy.count();
      const Bytes change = image.take_change();
      RC_ASSERT(change.empty() == (contents(image) == committed && image.count() == pages_before));
      RC_ASSERT(change.empty() || copy.apply(change));
      committed = contents(image);
      RC_ASSERT(contents(copy) == committed);
      RC_ASSERT(copy.digest() == image.digest());
    }
    RC_ASSERT(image.digest() == image.computed_digest());
  }
  static_cast<void>(image.take_change());
  Pages rebuilt;
  RC_ASSERT(rebuilt.apply(image.as_change()));
  RC_ASSERT(contents(rebuilt) == contents(image));
  RC_ASSERT(rebuilt.digest() == image.digest());
}

RC_GTEST_PROP(Pages, ABrokenChangeIsRefusedOrAppliedButNeverTrusted, (const std::string& bytes)) {
  Pages image;
  if (image.apply(bytes)) RC_ASSERT(image.digest() == image.computed_digest());
}

TEST(Pages, AnIncrementIsAFewBytes) {
  Pages image;
  image.write(0, std::string(page_bytes, 'a'));
  image.write(page_bytes, std::string(page_bytes, 'b'));
  static_cast<void>(image.take_change());

  std::string page(page_bytes, 'b');
  page[1000] = 'c';
  image.write(page_bytes, page);

  EXPECT_EQ(image.take_change(), Bytes("\2\0\0\0"
                                       "\1\0\0\0"
                                       "\1\0"
                                       "\xe8\3"
                                       "\1\0"
                                       "c",
                                       15));
}

TEST(Pages, AChangeIsAFunctionOfTheTwoImages) {
  Pages straight;
  Pages crooked;
  straight.write(page_bytes, std::string(page_bytes, 'x'));
  straight.write(10, "abc");
  crooked.write(10, "xyz");
  crooked.write(page_bytes, std::string(page_bytes, 'y'));
  crooked.resize(5);
  crooked.resize(1);
  crooked.write(10, "abc");
  crooked.write(page_bytes, std::string(page_bytes, 'x'));

  EXPECT_EQ(straight.take_change(), crooked.take_change());
}

TEST(Pages, WhatIsWrittenBackIsNoChange) {
  Pages image;
  image.write(0, "before");
  static_cast<void>(image.take_change());

  image.write(0, "behind");
  image.write(0, "before");

  EXPECT_TRUE(image.has_changed());
  EXPECT_EQ(image.take_change(), "");
  EXPECT_FALSE(image.has_changed());
}

TEST(Pages, CutOffPagesAreForgotten) {
  Pages image;
  image.write(0, "here");
  const std::uint64_t digest = image.digest();
  image.write(3 * page_bytes, "there");
  static_cast<void>(image.take_change());

  image.resize(1);

  EXPECT_EQ(image.digest(), digest);
  EXPECT_EQ(image.take_change(), Bytes("\1\0\0\0", 4));
  image.resize(4);
  char byte = 'x';
  image.read(3 * page_bytes, &byte, 1);
  EXPECT_EQ(byte, '\0');
}

TEST(Pages, EqualBytesInOtherPlacesHaveAnotherDigest) {
  Pages a;
  Pages b;

  a.write(0, "word");
  b.write(8, "word");

  EXPECT_NE(a.digest(), b.digest());
}

TEST(Pages, AWriteAcrossPagesIsAMistake) {
  Pages image;

  EXPECT_THROW(image.write(page_bytes - 1, "ab"), Bug);
}

TEST(Pages, AChangeThatClaimsTooMuchIsRefused) {
  Pages image;

  EXPECT_FALSE(image.apply(""));
  EXPECT_FALSE(image.apply(Bytes("\xff\xff\xff\xff", 4)));  // pages
  EXPECT_FALSE(
      image.apply(Bytes("\1\0\0\0"
                        "\1\0\0\0"
                        "\1\0"
                        "\0\0"
                        "\1\0"
                        "c",
                        15)));  // page 1 of 1
  EXPECT_FALSE(
      image.apply(Bytes("\1\0\0\0"
                        "\0\0\0\0"
                        "\1\0"
                        "\xff\x0f"
                        "\2\0"
                        "cc",
                        16)));  // beyond the page
  EXPECT_FALSE(
      image.apply(Bytes("\1\0\0\0"
                        "\0\0\0\0"
                        "\1\0"
                        "\0\0"
                        "\2\0"
                        "c",
                        15)));  // cut short
  EXPECT_FALSE(
      image.apply(Bytes("\1\0\0\0"
                        "\0\0\0\0"
                        "\2\0"
                        "\0\0"
                        "\1\0"
                        "c",
                        15)));  // a run missing
}

}  // namespace
}  // namespace orrery::storage
