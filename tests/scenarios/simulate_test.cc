// What the commands for designs make of runs.
#include "scenarios/cli/simulate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/scenarios/tool.h"

namespace orrery::cli {
namespace {

using Json = nlohmann::json;

std::vector<std::string> values_of(const std::string& list) {
  std::vector<std::string> values;
  for (const GridPoint& point : grid_of({{"path", list}})) values.push_back(point.values.front());
  return values;
}

TEST(Grid, HasAPointForEachCombination) {
  const std::vector<GridPoint> grid = grid_of({{"a", "1,2"}, {"b", "x,,y"}});
  ASSERT_EQ(grid.size(), 6u);
  EXPECT_EQ(grid[4].values, (std::vector<std::string>{"2", ""}));
  EXPECT_EQ(grid[5].sets, (Sets{{"a", "2"}, {"b", "y"}}));
}

TEST(Grid, TakesATableOrAListOrATextAsOneValue) {
  using Values = std::vector<std::string>;
  EXPECT_EQ(values_of(R"({dist="zipf",n=100})"), (Values{R"({dist="zipf",n=100})"}));
  EXPECT_EQ(values_of(R"({a=[1,2]},[3,[4,5]],6)"), (Values{"{a=[1,2]}", "[3,[4,5]]", "6"}));
  EXPECT_EQ(values_of(R"("a,b",'c,"d',"e\",f")"), (Values{R"("a,b")", R"('c,"d')", R"("e\",f")"}));
  EXPECT_EQ(values_of(R"({a="}",b=1},2)"), (Values{R"({a="}",b=1})", "2"}));
  EXPECT_EQ(values_of("Xi'an,London"), (Values{"Xi'an", "London"}));
  EXPECT_EQ(values_of("]1,2"), (Values{"]1", "2"}));
}

// Calls that compute: nothing is written, so durability cannot be put to the test.
constexpr const char* computing = R"(orrery = 1
run = { duration = "15s", warmup = "5s" }
mix = { ask = 1 }
[[clients]]
name = "eu"
city = "London"
arrivals = { process = "poisson", rate = "150/s" }
[objects.Venue]
key = { dist = "uniform", n = 20 }
shards = 1
[objects.Venue.handlers]
ask = ["cpu 5ms"]
)";

class Simulate : public Tool {
 protected:
  static Json json_of(const std::vector<std::string>& args) { return Json::parse(call(args).out); }
};

TEST_F(Simulate, PassesADesignThatWritesNothing) {
  write("shop.toml", computing);
  EXPECT_EQ(call({"run", "shop.toml"}).code, 0);
  write("shop.toml", std::string(computing) + "[objectives]\np90 = \"10s\"\n");
  const Called called = call({"run", "shop.toml"});
  EXPECT_EQ(called.code, 0) << called.out;
  EXPECT_TRUE(called.out.contains("\n5 of 7 properties hold, the others were not put to the test\n")) << called.out;
}

TEST_F(Simulate, IsUnsureWhereAPropertyWithANameIsUntested) {
  write("shop.toml", std::string("properties = [\"durability\", \"liveness\"]\n") + computing);
  const Called called = call({"run", "shop.toml"});
  EXPECT_EQ(called.code, 3) << called.out;
  EXPECT_TRUE(called.out.contains("\n? cannot tell: 1 of 2 properties untested ")) << called.out;
}

TEST_F(Simulate, CallsAnObjectTheSameInTheTableInFindingsAndInJson) {
  std::string text = computing;
  text.replace(text.find("shards = 1"), 10, "shards = 2");
  text.replace(text.find("cpu 5ms"), 7, "cpu 20ms");
  write("shop.toml", text + "[objectives]\nmean = \"20ms\"\n");
  const Json json = json_of({"run", "shop.toml", "--format", "json", "--no-wall"});
  const std::string name = "Venue/" + json["objects"][0]["name"].get<std::string>();
  ASSERT_FALSE(json["findings"].empty());
  const std::string report = call({"run", "shop.toml", "--no-wall"}).out;
  for (const char* number : {"0", "1"})
    EXPECT_TRUE(report.contains(std::string("\n  Venue/") + number + " ")) << report;
  EXPECT_TRUE(json["findings"][0]["text"].get<std::string>().starts_with("Venue/")) << json["findings"].dump();
  EXPECT_TRUE(name == "Venue/0" || name == "Venue/1") << name;
}

TEST_F(Simulate, DerivesFindingsFromAllSeedsTogether) {
  write("shop.toml", std::string(computing) + "[objectives]\nmean = \"10ms\"\n");
  const Json json = json_of({"run", "shop.toml", "--seeds", "3", "--format", "json", "--no-wall"});
  ASSERT_EQ(json["findings"][0]["rule"], "hot-object") << json["findings"].dump();
  // What all seeds together kept it busy for, of 45 s.
  const auto busy_ns = json["objects"][0]["busy_ns"].get<std::int64_t>();
  const std::string busy = reports::percent_text(static_cast<std::uint64_t>(busy_ns), 45'000'000'000);
  EXPECT_EQ(json["findings"][0]["evidence"]["busy"], busy);
  EXPECT_TRUE(call({"run", "shop.toml", "--seeds", "3"}).out.contains(busy));
  EXPECT_TRUE(json["closed_loop"].is_object());
}

TEST_F(Simulate, DoesNotCountWhatTrailsBehindTheRunAsTimeOfTheRun) {
  const std::string text = std::string(computing) + "[objectives]\nmean = \"10ms\"\n";
  write("shop.toml", text);
  std::string waiting = text;
  const std::string process = "arrivals = { process = \"poisson\", rate = \"150/s\" }\n";
  waiting.insert(waiting.find(process) + process.size(),
                 "retry = { on = [\"timeout\"], timeout = \"60s\", max = 1, backoff = \"1s\" }\n");
  write("waiting.toml", waiting);
  const auto objects_in = [](const std::string& report) {
    const std::size_t from = report.find("\nObjects ");
    return report.substr(from, report.find("\nFindings") - from);
  };
  EXPECT_EQ(objects_in(call({"run", "waiting.toml"}).out), objects_in(call({"run", "shop.toml"}).out));
}

}  // namespace
}  // namespace orrery::cli
