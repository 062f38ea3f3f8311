#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/invariant.h"
#include "reports/sweep.h"
#include "tests/reports/booking.h"

using namespace orrery;
using namespace orrery::reports;

namespace {

constexpr Style wide{.utf8 = true, .color = false, .width = 120, .verbose = false};
constexpr Style ascii{.utf8 = false, .color = false, .width = 80, .verbose = false};

Breakdown request(std::uint32_t client, std::uint64_t number, Duration latency, Duration intended = 1s,
                  std::uint16_t method = 1) {
  Breakdown each{};
  each.client = ClientId{client};
  each.number = number;
  each.method = MethodId{method};
  each.intended = Time(intended);
  each.latency = latency;
  return each;
}

Requests requests_of(const std::vector<Breakdown>& breakdowns, Duration warmup = 0s) {
  Requests requests(booking_names(), Time(warmup));
  for (const Breakdown& each : breakdowns) requests.on(each);
  return requests;
}

Paired paired_of(const std::vector<Breakdown>& first, const std::vector<Breakdown>& second, Duration warmup = 0s) {
  Requests one = requests_of(first, warmup);
  Requests two = requests_of(second, warmup);
  return paired(one, two);
}

// So many requests a millisecond apart, and how much longer each takes than 100 ms.
template <class Change>
std::vector<Breakdown> changed_by(std::uint64_t count, Change change) {
  std::vector<Breakdown> all;
  for (std::uint64_t i = 0; i < count; ++i)
    all.push_back(request(static_cast<std::uint32_t>(i % 7), i / 7, 100ms + change(i), i * 1ms));
  return all;
}
Duration unchanged(std::uint64_t) { return 0ms; }

std::vector<Breakdown> booking_requests(Duration wait) {
  std::vector<Breakdown> all;
  for (std::uint64_t i = 0; i < 60'000; ++i) all.push_back(booking_request(i, wait));
  return all;
}

std::vector<Objective> limits() { return objectives_of({{"p99", "500ms"}, {"us.p99", "300ms"}}); }

ComparedDesign design_of(const std::string& name, Duration wait, const std::vector<std::string>& differs = {},
                         const std::vector<Objective>& objectives = limits()) {
  return {name, booking_run(wait, objectives), differs};
}

// A design against the first that waits a millisecond, or as long as is said.
Comparison two(Duration second, Duration first = 1ms, const std::vector<Objective>& objectives = limits()) {
  return {
      .designs = {design_of("booking", first, {}, objectives), design_of("booking/shards", second, {}, objectives)}};
}

Comparison three() {
  Comparison comparison = two(50us);
  comparison.designs[1].differs = {"objects.Venue.shards"};
  comparison.designs.push_back(
      design_of("booking/shards-home", 330us, {"objects.Venue.shards", "objects.Venue.place"}));
  comparison.designs[1].run.outcome.objects[0].busy = 95'400ms;
  comparison.designs[2].run.outcome.objects[0].busy = 95'400ms;
  comparison.pairs = {{.pairs = 356'452,
                       .mean_change_ns = -247'900'000,
                       .interval = {{-251'000'000, -244'800'000}},
                       .slower = 340,
                       .much_slower = 0,
                       .operations = {{"Venue.view", 249'714, 0}, {"Venue.book", 106'738, 0}}},
                      {.pairs = 356'452,
                       .mean_change_ns = 1'200'000,
                       .interval = {{-4'000'000, 6'400'000}},
                       .slower = 80'000,
                       .much_slower = 59'171,
                       .operations = {{"Venue.view", 249'714, 20'200}, {"Venue.book", 106'738, 38'971}}}};
  comparison.tolerance_millionths = 50'000;
  return comparison;
}

std::string last_lines(const std::string& text) { return text.substr(text.rfind("\n\n") + 2); }

}  // namespace

TEST(Paired, TakesRequestsTogetherByClientAndNumber) {
  const Paired result = paired_of({request(0, 0, 10ms), request(0, 1, 20ms), request(1, 0, 30ms)},
                                  {request(1, 0, 36ms), request(0, 0, 13ms), request(0, 1, 20ms)});
  EXPECT_EQ(result.pairs, 3u);
  EXPECT_EQ(result.mean_change_ns, 3'000'000);
  EXPECT_EQ(result.slower, 2u);
  EXPECT_EQ(result.much_slower, 0u);
  EXPECT_EQ(result.moved, 0u);
}

TEST(Paired, LeavesOutWhatOnlyOneDesignCompleted) {
  const Paired result = paired_of({request(0, 0, 10ms), request(0, 2, 90ms), request(3, 0, 9s)},
                                  {request(0, 0, 11ms), request(0, 1, 50ms), request(2, 0, 9s)});
  EXPECT_EQ(result.pairs, 1u);
  EXPECT_EQ(result.mean_change_ns, 1'000'000);
  EXPECT_EQ(paired_of({}, {request(0, 0, 1ms)}), Paired{});
}

TEST(Paired, LeavesOutTheWarmUp) {
  const std::vector<Breakdown> first{request(0, 0, 10ms, 4'999ms), request(0, 1, 10ms, 5s)};
  EXPECT_EQ(paired_of(first, first, 5s).pairs, 1u);
}

TEST(Paired, CountsThoseThatBecameMuchSlowerOfEachOperation) {
  const Paired result =
      paired_of({request(0, 0, 10ms, 1s, 1), request(0, 1, 10ms, 1s, 2), request(0, 2, 10ms, 1s, 2)},
                {request(0, 0, 20ms, 1s, 1), request(0, 1, 20'001us, 1s, 2), request(0, 2, 9ms, 1s, 2)});
  EXPECT_EQ(result.slower, 2u);
  EXPECT_EQ(result.much_slower, 1u);
  EXPECT_EQ(result.operations, (std::vector<Paired::ByOperation>{{"Venue.view", 1, 0}, {"Venue.book", 2, 1}}));
}

TEST(Paired, SaysWhenRequestsWereMeantForAnotherTime) {
  EXPECT_EQ(
      paired_of({request(0, 0, 1ms, 1s), request(0, 1, 1ms, 2s)}, {request(0, 0, 1ms, 1s), request(0, 1, 1ms, 3s)})
          .moved,
      1u);
}

TEST(Paired, HoldsTheLongestLatencies) {
  EXPECT_EQ(paired_of({request(0, 0, 0ns)}, {request(0, 0, std::chrono::hours(10))}).mean_change_ns,
            4'294'967'295'000);
  EXPECT_THROW(requests_of({request(0, std::uint64_t{1} << 32, 1ms)}), Bug);
}

TEST(Paired, HasAnIntervalFromThirtyBatches) {
  // Batch k is k ms slower: their mean is 14.5 ms, their standard deviation 8.8034 ms.
  const auto by_batch = [](std::uint64_t i) { return static_cast<std::int64_t>(i / 20) * 1ms; };
  const Paired result = paired_of(changed_by(600, unchanged), changed_by(600, by_batch));

  EXPECT_EQ(result.mean_change_ns, 14'500'000);
  ASSERT_TRUE(result.interval);
  EXPECT_EQ(result.mean_change_ns - result.interval->first, result.interval->second - result.mean_change_ns);
  EXPECT_NEAR(static_cast<double>(result.interval->second), 14'500'000 + 2.045 * 8'803'408 / 5.477226, 2.0);
}

TEST(Paired, HasNoIntervalForFewPairs) {
  EXPECT_FALSE(paired_of(changed_by(299, unchanged), changed_by(299, unchanged)).interval);
  EXPECT_EQ(paired_of(changed_by(300, unchanged), changed_by(300, unchanged)).interval, std::pair(0l, 0l));
}

TEST(Paired, IsTheSameTheOtherWayRound) {
  const std::vector<Breakdown> first = booking_requests(1ms);
  const std::vector<Breakdown> second = booking_requests(50us);
  const Paired there = paired_of(first, second);
  const Paired back = paired_of(second, first);

  EXPECT_EQ(there.pairs, 60'000u);
  EXPECT_EQ(there.mean_change_ns, -back.mean_change_ns);
  EXPECT_EQ(there.interval->first, -back.interval->second);
  EXPECT_EQ(there.slower, 0u);
  EXPECT_EQ(back.slower, 59'940u);  // all but those that do not wait
}

TEST(Paired, OfSeveralSeedsIsNarrower) {
  const Paired one{.pairs = 1'000,
                   .mean_change_ns = 10'000'000,
                   .interval = {{7'000'000, 13'000'000}},
                   .slower = 10,
                   .operations = {{"Venue.view", 1'000, 5}}};
  const Paired two{.pairs = 1'000,
                   .mean_change_ns = 20'000'000,
                   .interval = {{16'000'000, 24'000'000}},
                   .slower = 20,
                   .operations = {{"Venue.book", 400, 1}, {"Venue.view", 600, 2}}};

  const Paired both = merged({one, two});

  EXPECT_EQ(both.pairs, 2'000u);
  EXPECT_EQ(both.mean_change_ns, 15'000'000);
  EXPECT_EQ(both.interval, std::pair(12'500'000l, 17'500'000l));  // 2.5 is the root of 3² + 4², over 2
  EXPECT_EQ(both.slower, 30u);
  EXPECT_EQ(both.operations, (std::vector<Paired::ByOperation>{{"Venue.view", 1'600, 7}, {"Venue.book", 400, 1}}));
  EXPECT_EQ(merged({one}), one);
  EXPECT_EQ(merged({one, Paired{}}).interval, one.interval);
}

TEST(Worse, IsADesignThatMissesWhatTheFirstMeets) {
  EXPECT_EQ(why_worse(two(1ms, 50us)), "it misses eu p99 <= 500ms");
  EXPECT_FALSE(is_worse(two(50us)));

  Comparison both_miss = two(1'000us);
  EXPECT_FALSE(is_worse(both_miss));
}

TEST(Worse, IsADesignWithAPercentileThatGrewBeyondTheTolerance) {
  Comparison comparison = two(1'100us, 1ms, {});
  EXPECT_EQ(why_worse(comparison), "p50 of all grew by 8.9 %");
  comparison.tolerance_millionths = 100'000;
  EXPECT_FALSE(is_worse(comparison));
}

TEST(Worse, IsADesignThatViolatesWhatTheFirstDoesNot) {
  Comparison comparison = two(50us);
  const auto violated = properties::Verdict::Kind::violated;
  comparison.designs[1].run.outcome.verdicts[1].verdict.kind = violated;
  EXPECT_EQ(why_worse(comparison), "it violates serialization");
  comparison.designs[0].run.outcome.verdicts[1].verdict.kind = violated;
  EXPECT_FALSE(is_worse(comparison));
}

TEST(Worse, IsAskedOfTheLastDesignOnly) {
  Comparison comparison = three();
  EXPECT_FALSE(is_worse(comparison));
  std::swap(comparison.designs[1], comparison.designs[0]);
  EXPECT_TRUE(is_worse(comparison));
}

TEST(ComparisonText, PutsDesignsBesideTheFirst) {
  EXPECT_EQ("\n" + comparison_text(three(), wide), R"(
booking   seed 1   10m virtual

Latency in ms, from intended send time
                            booking      shards            shards-home
  p50  all                    560.5        78.9     -86 %        225.4     -60 %
  p99  all                  1,063.3       160.2     -85 %        425.7     -60 %
  p99  eu           <= 500  1,051.2  ✗    114.4  ✓  -89 %        388.5  ✓  -63 %
  p99  us           <= 300  1,023.4  ✗     84.5  ✓  -92 %        359.4  ✗  -65 %
  p99  apac         <= 500  1,102.1  ✗    164.4  ✓  -85 %        438.8  ✓  -60 %
  p99  Venue.view           1,058.0       158.3     -85 %        423.4     -60 %
  p99  Venue.book           1,063.3       163.3     -85 %        428.3     -60 %
  busiest object             88.6 %      15.9 %                 15.9 %

Same arrivals in each design: every request compared with itself, mean change
  shards vs booking       -247.9 ms   95 % interval -251.0 to -244.8 ms
      356,452 pairs; 0.1 % of requests became slower, none by more than 10 ms
  shards-home vs booking    +1.20 ms  95 % interval -4.00 to +6.40 ms
      356,452 pairs; 22.4 % of requests became slower, 16.6 % by more than 10 ms (Venue.book 36.5 %, Venue.view 8.1 %);
      the mean change may be chance

What differs from booking
  shards: objects.Venue.shards
  shards-home: objects.Venue.shards, objects.Venue.place

✓ shards-home is not worse than booking; shards meets every objective        fingerprint aa46 2600 0a66 794f
)");
}

TEST(ComparisonText, ShowsOneDesignAfterTheOtherOnANarrowScreen) {
  EXPECT_EQ("\n" + comparison_text(three(), ascii), R"(
booking   seed 1   10m virtual

Latency in ms, from intended send time
                            booking         shards
  p50  all                    560.5           78.9      -86 %
  p99  all                  1,063.3          160.2      -85 %
  p99  eu           <= 500  1,051.2  FAIL    114.4  ok  -89 %
  p99  us           <= 300  1,023.4  FAIL     84.5  ok  -92 %
  p99  apac         <= 500  1,102.1  FAIL    164.4  ok  -85 %
  p99  Venue.view           1,058.0          158.3      -85 %
  p99  Venue.book           1,063.3          163.3      -85 %
  busiest object             88.6 %         15.9 %

                            booking        shards-home
  p50  all                    560.5              225.4        -60 %
  p99  all                  1,063.3              425.7        -60 %
  p99  eu           <= 500  1,051.2  FAIL        388.5  ok    -63 %
  p99  us           <= 300  1,023.4  FAIL        359.4  FAIL  -65 %
  p99  apac         <= 500  1,102.1  FAIL        438.8  ok    -60 %
  p99  Venue.view           1,058.0              423.4        -60 %
  p99  Venue.book           1,063.3              428.3        -60 %
  busiest object             88.6 %             15.9 %

Same arrivals in each design: every request compared with itself, mean change
  shards vs booking       -247.9 ms   95 % interval -251.0 to -244.8 ms
      356,452 pairs; 0.1 % of requests became slower, none by more than 10 ms
  shards-home vs booking    +1.20 ms  95 % interval -4.00 to +6.40 ms
      356,452 pairs; 22.4 % of requests became slower, 16.6 % by more than 10 ms
      (Venue.book 36.5 %, Venue.view 8.1 %); the mean change may be chance

What differs from booking
  shards: objects.Venue.shards
  shards-home: objects.Venue.shards, objects.Venue.place

ok shards-home is not worse than booking; shards meets every objective
  fingerprint aa46 2600 0a66 794f
)");
}

TEST(ComparisonText, SaysWhichDesignIsWorseAndWhy) {
  EXPECT_TRUE(last_lines(comparison_text(two(1ms, 50us), wide))
                  .starts_with("✗ shards is worse than booking: it misses eu p99 <= 500ms        fingerprint "))
      << comparison_text(two(1ms, 50us), wide);
}

TEST(ComparisonText, SaysWhoMeetsEveryObjective) {
  const auto verdict = [](const Comparison& comparison) {
    const std::string text = last_lines(comparison_text(comparison, wide));
    return text.substr(0, text.find("        "));
  };
  EXPECT_EQ(verdict(two(50us)), "✓ shards meets every objective");
  EXPECT_EQ(verdict(two(50us, 50us)), "✓ every design meets every objective");
  EXPECT_EQ(verdict(two(1ms, 1ms)), "✓ shards is not worse than booking; no design meets every objective");
  EXPECT_EQ(verdict(two(50us, 1ms, {})), "✓ shards is not worse than booking");
}

TEST(ComparisonText, ShowsWhatElseIsAsked) {
  const std::string text =
      comparison_text(two(50us, 1ms, objectives_of({{"all.mean", "200ms"}, {"all.throughput", "90/s"}})), wide);
  EXPECT_NE(text.find("\n  mean        all         <= 200ms  560.2 ms  ✗  85.6 ms  ✓  -85 %\n"
                      "  throughput  all         >= 90/s    100.0/s  ✓  100.0/s  ✓    0 %\n"
                      "  busiest object "),
            std::string::npos)
      << text;
}

TEST(ComparisonText, SaysThatRequestsWereNotSentAtTheSameTime) {
  Comparison comparison = two(50us);
  comparison.pairs = {{.pairs = 10, .moved = 1, .mean_change_ns = -5'000'000}};
  EXPECT_NE(comparison_text(comparison, wide)
                .find(" which may have been sent at another time: mean change\n"
                      "  shards vs booking  -5.00 ms\n      10 pairs; no request became slower\n"),
            std::string::npos)
      << comparison_text(comparison, wide);
}

TEST(ComparisonText, ShowsADashForWhatADesignDoesNotHave) {
  Comparison comparison = two(50us);
  comparison.designs[1].run.outcome.groups[2].name = "asia";
  EXPECT_NE(comparison_text(comparison, wide).find("  <= 500  1,102.1  ✗        -  ✓\n"), std::string::npos)
      << comparison_text(comparison, wide);
}

TEST(ComparisonJson, HasEachDesignAndEachPair) {
  const auto json = comparison_json(three(), {"0.1.0", {"orrery", "compare", "booking.toml"}}, nullptr);
  std::string keys;
  for (const auto& [key, value] : json.items()) keys += key + " ";

  EXPECT_EQ(keys, "schema tool command scenario seeds fingerprint designs pairs tolerance_millionths worse verdict ");
  EXPECT_EQ(json["designs"][2]["name"], "booking/shards-home");
  EXPECT_EQ(json["designs"][2]["differs"].dump(), R"(["objects.Venue.shards","objects.Venue.place"])");
  EXPECT_EQ(json["designs"][1]["groups"][0]["name"], "eu");
  EXPECT_EQ(json["pairs"][0].dump(),
            R"({"first":"booking","second":"booking/shards","pairs":356452,"moved":0,"mean_change_ns":-247900000,)"
            R"("interval_ns":{"from":-251000000,"to":-244800000},"slower":340,"much_slower":0,)"
            R"("much_slower_from_ns":10000000,"operations":[{"name":"Venue.view","pairs":249714,"much_slower":0},)"
            R"({"name":"Venue.book","pairs":106738,"much_slower":0}]})");
  EXPECT_TRUE(json["worse"].is_null());
  EXPECT_EQ(json["verdict"], "pass");
}

TEST(ComparisonJson, SaysWhy) {
  const auto json = comparison_json(two(1ms, 50us), {"0.1.0", {"orrery", "compare"}}, nullptr);
  EXPECT_EQ(json["worse"], "it misses eu p99 <= 500ms");
  EXPECT_EQ(json["verdict"], "fail");
}
