#include "scenarios/settings.h"

#include <gtest/gtest.h>

using namespace orrery;
using namespace orrery::scenarios;

namespace {

std::vector<Parameter> parameters() {
  const Setting any = Distribution::constant(0ms);
  return {{"run.duration", "how long", Duration(60s), Duration(1ms), Duration(24h)},
          {"clients.rate", "how often", *parse_rate("20/s"), *parse_rate("0.1/s"), *parse_rate("10000/s")},
          {"clients.count", "how many", std::int64_t{4}, std::int64_t{1}, std::int64_t{100}},
          {"keys.s", "how unequal", Decimal{990'000}, Decimal{-1'000'000}, Decimal{2'000'000}},
          {"network.access", "how far", Distribution::lognormal(8ms, 300'000), any, any},
          {"network.matrix", "a file", FileText{}, FileText{}, FileText{}}};
}

// The error of setting this, or "set".
std::string outcome_of(std::string_view path, std::string_view text) {
  Settings settings(parameters());
  const auto set = settings.set(path, text);
  return set ? "set" : set.error();
}

}  // namespace

TEST(Settings, BeginAtTheirUsualValues) {
  const Settings settings(parameters());

  EXPECT_EQ(settings.get<Duration>("run.duration"), 60s);
  EXPECT_EQ(settings.get<std::int64_t>("clients.count"), 4);
  EXPECT_EQ(settings.get<Decimal>("keys.s"), Decimal{990'000});
}

TEST(Settings, ReadEachTypeAsText) {
  Settings settings(parameters());

  EXPECT_TRUE(settings.set("run.duration", "1m30s"));
  EXPECT_TRUE(settings.set("clients.rate", "2.5/s"));
  EXPECT_TRUE(settings.set("clients.count", "7"));
  EXPECT_TRUE(settings.set("keys.s", "-0.25"));
  EXPECT_TRUE(settings.set("network.access", "uniform 1ms..3ms"));
  EXPECT_TRUE(settings.set("network.matrix", "mine.csv"));

  EXPECT_EQ(settings.get<Duration>("run.duration"), 90s);
  EXPECT_EQ(settings.get<Rate>("clients.rate"), *parse_rate("2.5/s"));
  EXPECT_EQ(settings.get<std::int64_t>("clients.count"), 7);
  EXPECT_EQ(settings.get<Decimal>("keys.s").millionths, -250'000);
  EXPECT_EQ(settings.get<Distribution>("network.access"), Distribution::uniform(1ms, 3ms));
  EXPECT_EQ(settings.get<FileText>("network.matrix").name, "mine.csv");
}

TEST(Settings, PrintTheTextThatReadsBack) {
  for (const Parameter& parameter : parameters()) {
    Settings settings(parameters());
    ASSERT_TRUE(settings.set(parameter.path, to_text(parameter.usual))) << parameter.path;
    EXPECT_EQ(settings.at(parameter.path), parameter.usual) << parameter.path;
  }
  EXPECT_EQ(to_text(Setting(Decimal{-250'000})), "-0.25");
  EXPECT_EQ(to_toml(Setting(Duration(60s))), "\"1m\"");
  EXPECT_EQ(to_toml(Setting(Decimal{990'000})), "0.99");
}

TEST(Settings, NameTheNearestPathForAnUnknownOne) {
  EXPECT_EQ(outcome_of("clients.rat", "3/s"), "no setting is called \"clients.rat\": did you mean \"clients.rate\"?");
  EXPECT_EQ(outcome_of("zzzzzzzz", "3").substr(0, 60),
            "no setting is called \"zzzzzzzz\": there are run.duration, cli");
}

TEST(Settings, SayWhichRangeAValueMissed) {
  EXPECT_EQ(outcome_of("clients.rate", "0/s"), "clients.rate must be between 6/m and 10000/s, not 0/s");
  EXPECT_EQ(outcome_of("clients.count", "101"), "clients.count must be between 1 and 100, not 101");
  EXPECT_EQ(outcome_of("clients.count", "100"), "set");
  EXPECT_EQ(outcome_of("run.duration", "25h"), "run.duration must be between 1ms and 24h, not 25h");
  EXPECT_EQ(outcome_of("keys.s", "2.000001"), "keys.s must be between -1 and 2, not 2.000001");
}

TEST(Settings, SayWhyATextCannotBeRead) {
  EXPECT_TRUE(outcome_of("run.duration", "5 apples").starts_with("\"5 apples\" is not a duration"));
  EXPECT_TRUE(outcome_of("clients.rate", "often").starts_with("\"often\" is not a rate"));
  EXPECT_TRUE(outcome_of("clients.count", "1.5").starts_with("\"1.5\" is not a whole number"));
  EXPECT_TRUE(outcome_of("clients.count", "").starts_with("\"\" is not a whole number"));
  EXPECT_EQ(outcome_of("clients.count", "99999999999999999999"),
            "\"99999999999999999999\" is more than 64 bits hold");
  EXPECT_EQ(outcome_of("keys.s", "0.1234567"), "\"0.1234567\" has more than six decimals");
  EXPECT_TRUE(outcome_of("network.access", "gauss 3ms").starts_with("\"gauss 3ms\" is not a distribution"));
}

TEST(Settings, ChangeNothingWhenTheyRefuse) {
  Settings settings(parameters());
  EXPECT_FALSE(settings.set("clients.count", "0"));
  EXPECT_EQ(settings.get<std::int64_t>("clients.count"), 4);
}

TEST(Settings, HoldTheTextOfAFile) {
  Settings settings(parameters());
  EXPECT_TRUE(settings.is_file("network.matrix"));
  EXPECT_FALSE(settings.is_file("run.duration"));
  EXPECT_FALSE(settings.is_file("nothing"));

  settings.set_file("network.matrix", {"mine.csv", "from,to,rtt_ms\n"});
  EXPECT_EQ(settings.get<FileText>("network.matrix").text, "from,to,rtt_ms\n");
}

TEST(Seed, IsAny64BitsInEitherForm) {
  EXPECT_EQ(parse_seed("0"), 0u);
  EXPECT_EQ(parse_seed("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_seed("0xffffffffffffffff"), UINT64_MAX);
  EXPECT_EQ(parse_seed("0x2A"), 42u);
  EXPECT_EQ(parse_seed("18446744073709551616").error(),
            "\"18446744073709551616\" is not a seed: it has more than 64 bits");
  for (const char* wrong : {"", "0x", "-1", "1.5", "7 ", "seven"}) EXPECT_FALSE(parse_seed(wrong)) << wrong;
}
