// The JSON of a run that is held to objectives, over several seeds; the rest is in summary_test.cc.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/reports/booking.h"

using namespace orrery;
using namespace orrery::reports;

namespace {

nlohmann::ordered_json json_of(const RunSummary& run) {
  return run_json(run, {"0.1.0", {"orrery", "run", "booking.toml"}}, nullptr);
}

}  // namespace

TEST(JudgedRunJson, TellsSeedsAsARange) {
  const auto json = json_of(booking_run(1ms, {}, {3, 4, 5, 9}));
  EXPECT_EQ(json["seeds"].dump(), R"(["3..5","9"])");
  EXPECT_EQ(json["by_seed"][3].dump(), R"({"seed":"9","fingerprint":"b1f49c027e35d8a9"})");
  EXPECT_EQ(json_of(booking_run(1ms, {}))["by_seed"].dump(), "[]");
}

TEST(JudgedRunJson, TellsTheMedianAndTheRange) {
  const RunSummary run = booking_run(1ms, {}, {1, 2, 3});
  const auto json = json_of(run);

  EXPECT_EQ(json["all"]["latency_ns"]["p99"], nanoseconds(*shown_value(run, 0, 2).value));
  EXPECT_EQ(json["all"]["latency_over_seeds_ns"]["p99"]["min"], nanoseconds(shown_value(run, 0, 2).range->first));
  EXPECT_EQ(json["all"]["latency_over_seeds_ns"]["p99"]["max"], nanoseconds(shown_value(run, 0, 2).range->second));
  EXPECT_EQ(json["operations"][1]["name"], "Venue.book");
  EXPECT_EQ(json["operations"][1]["latency_ns"]["p50"], nanoseconds(*shown_value(run, 5, 0).value));
  EXPECT_FALSE(json_of(booking_run(1ms, {}))["all"].contains("latency_over_seeds_ns"));
}

TEST(JudgedRunJson, TellsObjectivesInTheUnitsOfTheirLimits) {
  const auto json = json_of(booking_run(
      10us,
      objectives_of({{"us.p99", "45ms"}, {"all.errors", "0.1%"}, {"all.throughput", "90/s"}, {"all.p99.99", "1s"}})));
  EXPECT_EQ(json["objectives"][0].dump(),
            R"({"name":"us.p99","unit":"ns","limit":45000000,"value":45711359,"met":false})");
  EXPECT_EQ(json["objectives"][1].dump(),
            R"({"name":"all.errors","unit":"millionths","limit":1000,"value":0,"met":true})");
  EXPECT_EQ(json["objectives"][2].dump(), R"({"name":"all.throughput","unit":"millionths_per_hour",)"
                                          R"("limit":324000000000,"value":360000000000,"met":true})");
  EXPECT_EQ(json["objectives"][3].dump(),
            R"({"name":"all.p99.99","unit":"ns","limit":1000000000,"value":null,"met":null})");
  EXPECT_EQ(json["verdict"], "fail");
}

TEST(JudgedRunJson, TellsFindingsWithTheirEvidence) {
  RunSummary run = booking_run(1ms, {});
  run.findings = {{.rule = "hot-object",
                   .text = "Venue is busy",
                   .next = "orrery sweep booking.toml",
                   .evidence = {{"busy", "88.6 %"}}}};
  run.closed_loop =
      ClosedLoopView{.connections = 151, .requests = 50'000, .counted = 120s, .p50 = 100ms, .p99 = 358ms};
  run.trace_lines = {"bookings.csv: 60,000 requests"};
  const auto json = json_of(run);

  EXPECT_EQ(json["findings"].dump(), R"([{"rule":"hot-object","text":"Venue is busy","evidence":{"busy":"88.6 %"},)"
                                     R"("next":"orrery sweep booking.toml"}])");
  EXPECT_EQ(json["closed_loop"].dump(), R"({"connections":151,"requests":50000,"counted_ns":120000000000,)"
                                        R"("latency_ns":{"p50":100000000,"p99":358000000}})");
  EXPECT_EQ(json["trace"].dump(), R"(["bookings.csv: 60,000 requests"])");
}

TEST(JudgedRunJson, TellsWhatRequestsWaitedFor) {
  const auto json = json_of(booking_run(1ms, {}));
  EXPECT_EQ(json["objects"][0]["name"], "0");
  EXPECT_EQ(json["objects"][0]["waited_ns"], 30'000'000'000'000);
  EXPECT_EQ(json["objects"][0]["waits_behind"][1].dump(),
            R"({"method":"book","running_ns":800000000000,"held_ns":4000000000000})");
  EXPECT_EQ(json["keys"].dump(), R"([{"class":"Venue","key":"0","requests":10920,"of":60000}])");
}

TEST(JudgedRunJson, IsValidWhateverTheNames) {
  RunSummary run = booking_run(1ms, {});
  run.outcome.objects[0].name = "\xff\xfe";
  run.outcome.keys[0].key = "caf\xe9";
  run.trace_lines = {"\xe9"};

  const std::string text = json_of(run).dump();

  EXPECT_TRUE(nlohmann::json::accept(text));
  EXPECT_NE(text.find("caf\xEF\xBF\xBD"), std::string::npos);
}

TEST(JudgedRunJson, NamesTheSeedOfAViolation) {
  RunSummary run = booking_run(1ms, {}, {1, 2});
  run.outcome.verdicts[0] = {
      "global_uniqueness",
      {.kind = properties::Verdict::Kind::violated, .tested = 1, .violation = properties::Violation{}, .note = {}},
      2};
  EXPECT_EQ(json_of(run)["properties"][0]["violations"][0]["seed"], "2");
}
