#include "core/object/namespace.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/base/object_error.h"
#include "core/base/sha256.h"

namespace orrery {
namespace {

std::string hex(const Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string message_of(const Namespace& names, const std::string& text) {
  try {
    names.id_from_string(text);
  } catch (const ObjectError& error) {
    EXPECT_EQ(error.kind(), ObjectError::Kind::type_error);
    return error.message();
  }
  return "";
}

// FIPS 180-4, examples published by NIST.
TEST(Sha256, AgreesWithThePublishedExamples) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesAreTheWhole) {
  std::string whole;
  for (int i = 0; i < 300; ++i) whole += static_cast<char>(i * 7);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string_view message = std::string_view(whole).substr(0, length);
    for (const std::size_t piece : {1u, 3u, 55u, 64u, 65u, 200u}) {
      Sha256 digest;
      for (std::size_t at = 0; at < length; at += piece) digest.update(message.substr(at, piece));
      ASSERT_EQ(digest.digest(), sha256(message)) << length << " bytes, " << piece << " at once";
    }
  }
}

TEST(Sha256, ADigestIsOfWhatWasGivenSoFar) {
  Sha256 digest;
  EXPECT_EQ(digest.update("ab").digest(), sha256("ab"));
  EXPECT_EQ(digest.update("").digest(), sha256("ab"));
  EXPECT_EQ(digest.update("c").digest(), sha256("abc"));
}

// RFC 4231, test cases 1, 2, 3 and 6.
TEST(HmacSha256, AgreesWithRfc4231) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Namespace, AnIdIs64HexDigitsAndComesBackFromThem) {
  const Namespace names("Counter");
  const ObjectId id = names.id_from_name("hot");

  const std::string text = to_hex(id);

  EXPECT_EQ(text.size(), 64u);
  EXPECT_EQ(names.id_from_string(text), id);
}

TEST(Namespace, OneNameHasOneIdInOneNamespace) {
  EXPECT_EQ(Namespace("A").id_from_name("x"), Namespace("A").id_from_name("x"));
  EXPECT_NE(Namespace("A").id_from_name("x"), Namespace("A").id_from_name("y"));
  EXPECT_NE(Namespace("A").id_from_name("x"), Namespace("B").id_from_name("x"));
}

TEST(Namespace, RefusesAnIdOfAnotherInTheOriginalsWords) {
  const std::string foreign = to_hex(Namespace("B").id_from_name("x"));

  EXPECT_EQ(message_of(Namespace("A"), foreign), "Durable Object ID is not valid for this namespace.");
}

TEST(Namespace, RefusesWhatIsNoIdInTheOriginalsWords) {
  const Namespace names("A");
  const std::string wanted = "Invalid Durable Object ID: must be 64 hex digits";

  EXPECT_EQ(message_of(names, ""), wanted);
  EXPECT_EQ(message_of(names, std::string(63, 'a')), wanted);
  EXPECT_EQ(message_of(names, std::string(65, 'a')), wanted);
  EXPECT_EQ(message_of(names, std::string(63, 'a') + "g"), wanted);
}

TEST(Namespace, UniqueIdsAreOfTheNamespaceAndDiffer) {
  const Namespace names("A");
  const Draws draws(1);
  const ObjectId first = names.new_unique_id(draws, Cause{1});
  const ObjectId second = names.new_unique_id(draws, Cause{2});

  EXPECT_NE(first, second);
  EXPECT_EQ(names.id_from_string(to_hex(first)), first);
  EXPECT_EQ(names.new_unique_id(draws, Cause{1}), first);
}

}  // namespace
}  // namespace orrery
