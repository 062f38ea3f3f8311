#include "reports/sweep.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/reports/booking.h"

using namespace orrery;
using namespace orrery::reports;

namespace {

constexpr Style wide{.utf8 = true, .color = false, .width = 120, .verbose = false};
constexpr Style narrow{.utf8 = true, .color = false, .width = 80, .verbose = false};
constexpr Style ascii{.utf8 = false, .color = false, .width = 80, .verbose = false};

using Point = std::pair<std::string, Duration>;  // a value, and how long requests wait with it

std::vector<Objective> limits() { return objectives_of({{"p99", "500ms"}, {"us.p99", "300ms"}}); }

SweepSummary sweep_of(const std::string& path, const std::vector<Point>& points,
                      const std::vector<Objective>& objectives = limits()) {
  SweepSummary sweep{.design = "booking", .paths = {path}, .points = {}, .wall = {}};
  for (const auto& [value, wait] : points) {
    RunSummary run = booking_run(wait, objectives);
    const auto place = static_cast<std::int64_t>(sweep.points.size()) + 1;
    run.outcome.fingerprint += static_cast<std::uint64_t>(place);
    run.outcome.objects[0].busy /= place;
    run.outcome.objects[0].longest_queue /= static_cast<std::uint64_t>(place);
    sweep.points.push_back({{value}, std::move(run)});
  }
  return sweep;
}

SweepSummary shards() {
  return sweep_of("objects.Venue.shards", {{"1", 1ms}, {"2", 300us}, {"4", 50us}, {"per-key", 30us}});
}

SweepSummary grid() {
  SweepSummary sweep = sweep_of("objects.Venue.shards", {{"1", 1ms}, {"1", 300us}, {"2", 300us}, {"2", 50us}});
  sweep.paths = {"objects.Venue.shards", "objects.Venue.place"};
  for (std::size_t i = 0; i < 4; ++i) sweep.points[i].values.emplace_back(i % 2 == 0 ? "enam" : "home");
  return sweep;
}

std::string last_lines(const std::string& text) { return text.substr(text.rfind("\n\n") + 2); }

}  // namespace

TEST(SmallestPassing, IsTheFirstThatMeetsEveryObjective) {
  EXPECT_EQ(smallest_passing(shards()), 2u);
  EXPECT_EQ(smallest_passing(grid()), 3u);
  EXPECT_EQ(answer_of(shards()), Answer::pass);
}

TEST(SmallestPassing, IsTheSmallestNumberInAnyOrder) {
  EXPECT_EQ(smallest_passing(sweep_of("n", {{"per-key", 30us}, {"16", 30us}, {"4", 50us}, {"8", 40us}})), 2u);
  EXPECT_EQ(smallest_passing(sweep_of("t", {{"1s", 30us}, {"200ms", 30us}, {"1.5s", 30us}})), 1u);
  EXPECT_EQ(smallest_passing(sweep_of("r", {{"1/s", 30us}, {"30/m", 30us}})), 1u);
  EXPECT_EQ(smallest_passing(sweep_of("place", {{"home", 1ms}, {"weur", 30us}, {"enam", 30us}})), 1u);
}

TEST(SmallestPassing, ViolatesNoProperty) {
  SweepSummary sweep = shards();
  sweep.points[2].run.outcome.verdicts[0].verdict.kind = properties::Verdict::Kind::violated;
  EXPECT_EQ(smallest_passing(sweep), 3u);
  EXPECT_NE(sweep_text(sweep, wide).find("164.4   ✗ 1 violated\n"), std::string::npos) << sweep_text(sweep, wide);
}

TEST(SmallestPassing, IsNotThereIfNonePassesOrNothingIsAsked) {
  const SweepSummary slow = sweep_of("n", {{"1", 1ms}, {"2", 1ms}});
  EXPECT_FALSE(smallest_passing(slow));
  EXPECT_EQ(answer_of(slow), Answer::fail);

  const SweepSummary free = sweep_of("n", {{"1", 1ms}, {"2", 1ms}}, {});
  EXPECT_FALSE(smallest_passing(free));
  EXPECT_FALSE(answer_of(free));

  const SweepSummary untold = sweep_of("n", {{"1", 1ms}, {"2", 1ms}}, objectives_of({{"p99.99", "9s"}}));
  EXPECT_FALSE(smallest_passing(untold));
  EXPECT_EQ(answer_of(untold), Answer::unknown);
}

TEST(LargestPassing, IsTheLastBeforeItIsTooMuch) {
  EXPECT_EQ(largest_passing(sweep_of("r", {{"100/s", 30us}, {"400/s", 1ms}, {"200/s", 50us}})), 2u);
  EXPECT_FALSE(largest_passing(sweep_of("r", {{"100/s", 30us}, {"200/s", 50us}})));
  EXPECT_FALSE(largest_passing(sweep_of("r", {{"1", 30us}, {"2", 1ms}, {"3", 30us}})));
  EXPECT_FALSE(largest_passing(shards()));
  EXPECT_FALSE(largest_passing(grid()));
}

TEST(LargestPassing, OfTheRateIsTheGreatestThatPassesWhateverLessDoes) {
  const std::vector<Point> factors{{"x0.25", 30us}, {"x0.5", 40us}, {"x1", 50us}, {"x3", 1ms}};
  EXPECT_EQ(largest_passing(sweep_of("rate", factors)), 2u);
  EXPECT_EQ(smallest_passing(sweep_of("rate", factors)), 0u);
  EXPECT_EQ(largest_passing(sweep_of("rate", {{"x10", 30us}, {"x9", 30us}})), 0u);
  EXPECT_EQ(largest_passing(sweep_of("clients.us.arrivals.rate", {{"100/s", 1ms}, {"200/s", 50us}})), 1u);
  EXPECT_FALSE(largest_passing(sweep_of("rate", {{"x1", 1ms}})));
}

TEST(SweepText, ShowsEachPointAndTheSmallestThatPasses) {
  SweepSummary sweep = shards();
  sweep.wall = 1'300ms;
  EXPECT_EQ("\n" + sweep_text(sweep, wide), R"(
booking   seed 1   10m virtual in 1.3 s

           busiest  longest  p99, ms
  shards    object    queue      all       eu       us     apac   objectives
  1         88.6 %    1,280  1,063.3  1,051.2  1,023.4  1,102.1   ✗ 3 missed
  2         44.3 %      640    397.1    359.1    329.8    408.9   ✗ 1 missed
  4         29.5 %      426    160.2    114.4     84.5    164.4   ✓
  per-key   22.2 %      320    141.4     95.0     65.1    145.1   ✓
  with shards = 4, 61 % of the slowest 1 % is network

✓ smallest value that meets every objective: shards = 4        fingerprint f083 73fd f4a9 1ba6
)");
}

TEST(SweepText, FitsANarrowScreenInAscii) {
  EXPECT_EQ("\n" + sweep_text(shards(), ascii), R"(
booking   seed 1   10m virtual

           busiest  longest  p99, ms
  shards    object    queue      all       eu       us     apac   objectives
  1         88.6 %    1,280  1,063.3  1,051.2  1,023.4  1,102.1   FAIL 3 missed
  2         44.3 %      640    397.1    359.1    329.8    408.9   FAIL 1 missed
  4         29.5 %      426    160.2    114.4     84.5    164.4   ok
  per-key   22.2 %      320    141.4     95.0     65.1    145.1   ok
  with shards = 4, 61 % of the slowest 1 % is network

ok smallest value that meets every objective: shards = 4
  fingerprint f083 73fd f4a9 1ba6
)");
}

TEST(SweepText, ShowsEveryPathOfAGrid) {
  EXPECT_EQ("\n" + sweep_text(grid(), narrow), R"(
booking   seed 1   10m virtual

                   busiest  p99, ms
  shards  place     object      all       eu       us     apac   objectives
  1       enam      88.6 %  1,063.3  1,051.2  1,023.4  1,102.1   ✗ 3 missed
  1       home      44.3 %    397.1    359.1    329.8    408.9   ✗ 1 missed
  2       enam      29.5 %    397.1    359.1    329.8    408.9   ✗ 1 missed
  2       home      22.2 %    160.2    114.4     84.5    164.4   ✓
  with shards = 2, place = home, 61 % of the slowest 1 % is network

✓ the first that meets every objective: shards = 2, place = home
  fingerprint f083 73fd f4a9 1ba6
)");
}

TEST(SweepText, NamesPathsByWhatTellsThemApart) {
  SweepSummary sweep = grid();
  sweep.paths = {"objects.Venue.shards", "objects.User.shards"};
  EXPECT_NE(sweep_text(sweep, wide).find("\n  Venue.shards  User.shards   object"), std::string::npos)
      << sweep_text(sweep, wide);
  sweep.paths = {"rate", "clients.eu.rate"};
  EXPECT_NE(sweep_text(sweep, wide).find("\n  rate   eu.rate   object"), std::string::npos)
      << sweep_text(sweep, wide);
}

TEST(SweepText, SaysHowMuchADesignCanTake) {
  const SweepSummary load = sweep_of("clients.eu.rate", {{"100/s", 30us}, {"200/s", 50us}, {"400/s", 1ms}});
  EXPECT_TRUE(last_lines(sweep_text(load, wide))
                  .starts_with("✓ largest value that meets every objective: rate = 200/s        fingerprint "))
      << sweep_text(load, wide);
}

TEST(SweepText, NamesTheLargestRateEvenIfAllPass) {
  const SweepSummary load = sweep_of("rate", {{"x0.25", 30us}, {"x0.5", 40us}, {"x1", 50us}});
  EXPECT_TRUE(last_lines(sweep_text(load, wide))
                  .starts_with("✓ largest value that meets every objective: rate = x1        fingerprint "))
      << sweep_text(load, wide);
}

TEST(SweepText, OrdersWhatVariesWhateverElseIsSet) {
  SweepSummary sweep = sweep_of("rate", {{"x1", 40us}, {"x0.5", 30us}, {"x2", 1ms}});
  sweep.paths.emplace_back("run.duration");
  for (SweepPoint& point : sweep.points) point.values.emplace_back("2m");
  EXPECT_EQ(smallest_passing(sweep), 1u);
  EXPECT_TRUE(last_lines(sweep_text(sweep, wide))
                  .starts_with("✓ largest value that meets every objective: rate = x1        fingerprint "))
      << sweep_text(sweep, wide);
}

TEST(SweepText, DoesNotCountWhatTrailsBehindTheRuns) {
  SweepSummary sweep = shards();
  for (SweepPoint& point : sweep.points) point.run.outcome.virtual_time = 40min;
  EXPECT_EQ(sweep_text(sweep, wide), sweep_text(shards(), wide));
}

TEST(SweepText, SaysThatNonePassesOrThatItCannotBeTold) {
  EXPECT_TRUE(last_lines(sweep_text(sweep_of("n", {{"1", 1ms}}), wide))
                  .starts_with("✗ none of these meets every objective        fingerprint "));
  const std::string untold = sweep_text(sweep_of("n", {{"1", 1ms}}, objectives_of({{"p99.99", "9s"}})), wide);
  EXPECT_TRUE(last_lines(untold).starts_with(
      "? cannot tell whether any of these meets every objective: too few requests        fingerprint "))
      << untold;
  EXPECT_NE(untold.find("   ? 3 unknown\n"), std::string::npos) << untold;
}

TEST(SweepText, JudgesNothingWhereNothingIsAsked) {
  const std::string text = sweep_text(sweep_of("n", {{"1", 1ms}, {"2", 50us}}, {}), wide);
  EXPECT_EQ(text.find("objectives"), std::string::npos) << text;
  EXPECT_TRUE(last_lines(text).starts_with("fingerprint ")) << text;
}

TEST(SweepText, ShowsThePercentileThatTheObjectivesSpeakOf) {
  const std::string text = sweep_text(sweep_of("n", {{"1", 1ms}}, objectives_of({{"p90", "1s"}})), wide);
  EXPECT_NE(text.find("  p90, ms\n"), std::string::npos) << text;
  EXPECT_NE(text.find("    960.5    961.0    933.2  1,012.4   ✗ 1 missed\n"), std::string::npos) << text;
}

TEST(SweepText, LeavesOutObjectsFirstAndThenGroupsFromTheEnd) {
  const auto has_heads = [](int width, std::string_view heads) {
    Style narrower = narrow;
    narrower.width = width;
    EXPECT_NE(sweep_text(shards(), narrower).find(heads), std::string::npos) << sweep_text(shards(), narrower);
  };
  has_heads(76, "\n  shards    object    queue      all       eu       us     apac   objectives\n");
  has_heads(75, "\n  shards    object      all       eu       us     apac   objectives\n");
  has_heads(66, "\n  shards       all       eu       us     apac   objectives\n");
  has_heads(57, "\n  shards       all       eu       us   objectives\n");
}

TEST(SweepText, ColoursWithoutMovingAColumn) {
  Style coloured = narrow;
  coloured.color = true;
  std::string text = sweep_text(shards(), coloured);
  EXPECT_NE(text.find("\x1b[31m✗\x1b[0m 3 missed\n"), std::string::npos);

  for (std::size_t start = text.find('\x1b'); start != std::string::npos; start = text.find('\x1b'))
    text.erase(start, text.find('m', start) - start + 1);
  EXPECT_EQ(text, sweep_text(shards(), narrow));
}

TEST(SweepJson, HasARunForEachPoint) {
  const auto json = sweep_json(shards(), {"0.1.0", {"orrery", "sweep", "booking.toml"}}, nullptr);
  std::string keys;
  for (const auto& [key, value] : json.items()) keys += key + " ";

  EXPECT_EQ(keys,
            "schema tool command scenario seeds fingerprint paths points smallest_passing largest_passing verdict ");
  EXPECT_EQ(json["paths"].dump(), R"(["objects.Venue.shards"])");
  EXPECT_EQ(json["points"].size(), 4u);
  EXPECT_EQ(json["points"][3]["values"].dump(), R"(["per-key"])");
  EXPECT_EQ(json["points"][0]["seeds"].dump(), R"(["1"])");
  EXPECT_EQ(json["points"][0]["objectives"][0]["met"], false);
  EXPECT_EQ(json["points"][0]["verdict"], "fail");
  EXPECT_FALSE(json["points"][0].contains("command"));
  EXPECT_EQ(json["smallest_passing"], 2);
  EXPECT_TRUE(json["largest_passing"].is_null());
  EXPECT_EQ(json["verdict"], "pass");
}

TEST(SweepJson, HasNoVerdictWhereNothingIsAsked) {
  const auto json = sweep_json(sweep_of("n", {{"1", 1ms}}, {}), {"0.1.0", {"orrery", "sweep"}}, {{"jobs", 2}});
  EXPECT_TRUE(json["verdict"].is_null());
  EXPECT_EQ(json["host"]["jobs"], 2);
}
