// Recordings: files of others, line by line.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/lookup.h"
#include "core/base/mix.h"
#include "core/base/sha256.h"
#include "scenarios/design/trace.h"
#include "scenarios/design/trace_file.h"
#include "scenarios/design/trace_keys.h"
#include "scenarios/design/trace_lines.h"
#include "scenarios/design/trace_time.h"
#include "sim/topology.h"

using namespace orrery;
using namespace orrery::scenarios;

namespace {

std::string data_file(std::string_view name) {
  return (std::filesystem::path(ORRERY_TEST_DATA) / name).string();
}

// A row that outlives the reader.
struct Row {
  Duration at{};
  std::string from;
  std::string client;
  std::string key;
  std::string operation;
  std::uint64_t bytes = 0;
  std::uint64_t count = 1;
  Duration interval{};
  friend bool operator==(const Row&, const Row&) = default;
};

struct Recording {
  std::vector<Row> rows;
  std::vector<std::uint64_t> lines;
  TraceSkips skipped;
  TraceColumns columns;

  std::vector<Duration> times() const {
    std::vector<Duration> times;
    for (const Row& row : rows) times.push_back(row.at);
    return times;
  }
  std::string keys() const {
    std::string keys;
    for (const Row& row : rows) keys += row.key;
    return keys;
  }
  std::uint64_t skipped_for(const std::string& reason) const {
    const auto found = skipped.reasons.find(reason);
    return found == skipped.reasons.end() ? 0 : found->second.lines;
  }
};

Recording recording_of(const TracePlan& plan) {
  Recording recording;
  auto reader = TraceReader::open(plan);
  EXPECT_TRUE(reader.has_value()) << to_text(reader.error());
  if (!reader) return recording;
  while (const TraceRow* row = reader->next()) {
    recording.rows.push_back({row->at, std::string(row->from), std::string(row->client), std::string(row->key),
                              std::string(row->operation), row->bytes, row->count, row->interval});
    recording.lines.push_back(row->line);
  }
  recording.skipped = reader->skipped();
  recording.columns = reader->columns();
  return recording;
}

// Files of the test's own.
class TraceReaderTest : public testing::Test {
 protected:
  TraceReaderTest() { std::filesystem::create_directories(directory_); }
  ~TraceReaderTest() override { std::filesystem::remove_all(directory_); }

  TracePlan plan_of(std::string_view text) {
    const std::string path = (directory_ / "recording").string();
    std::ofstream(path, std::ios::binary) << text;
    TracePlan plan;
    plan.file = path;
    return plan;
  }
  Recording read(std::string_view text) { return recording_of(plan_of(text)); }
  // The error's message, hint and note, a line each.
  std::string mistake_of(std::string_view text) { return mistake_of(plan_of(text)); }
  std::string mistake_of(const TracePlan& plan) {
    const auto reader = TraceReader::open(plan);
    if (reader) return "none";
    const FileError& error = reader.error();
    EXPECT_EQ(error.file, plan.file);
    return error.message + "\n" + error.hint + "\n" + error.note;
  }
  std::string directory() const { return directory_.string(); }

 private:
  std::filesystem::path directory_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("trace_reader_") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

// ---- columns ----------------------------------------------------------------------------------------

TEST_F(TraceReaderTest, FindsTheColumnsByTheirUsualNames) {
  const Recording csv = read("bytes,url,Country,time,IP,method,other\n512,/seats/7,GB,0.12,u1,GET,x\n");

  ASSERT_EQ(csv.rows.size(), 1u);
  EXPECT_EQ(csv.rows[0], (Row{0s, "GB", "u1", "/seats/7", "GET", 512, 1, {}}));
  EXPECT_EQ(csv.columns, (TraceColumns{"time", "Country", "IP", "url", "method", "bytes", ""}));
}

TEST_F(TraceReaderTest, TakesTheFirstOfSeveralUsualNames) {
  const Recording recording = read("ClientCountry,EdgeColoCode,EdgeStartTimestamp,ts\nGB,LHR,7,1\n");

  EXPECT_EQ(recording.columns.from, "EdgeColoCode");
  EXPECT_EQ(recording.columns.time, "ts");
}

TEST_F(TraceReaderTest, TakesTheColumnsThatThePlanNames) {
  TracePlan plan = plan_of("time,when,key,page\n1,5,a,b\n1,7,a,c\n");
  plan.columns.time = "when";
  plan.columns.key = "page";

  const Recording recording = recording_of(plan);

  EXPECT_EQ(recording.times(), (std::vector<Duration>{0s, 2s}));
  EXPECT_EQ(recording.keys(), "bc");
}

TEST_F(TraceReaderTest, AColumnThatIsNotThereIsAMistakeWithTheNearestName) {
  TracePlan plan = plan_of("# recorded\nwhen,page\n1,a\n");
  plan.columns.time = "wehn";

  EXPECT_EQ(mistake_of(plan),
            "there is no column \"wehn\" for the time\ndid you mean \"when\"?\nthere are: when, page");
  EXPECT_EQ(TraceReader::open(plan).error().line, 2);

  plan = plan_of("{\"ts\":1,\"request\":{\"path\":\"/\"}}\n");
  plan.columns.key = "request.paht";
  EXPECT_EQ(mistake_of(plan),
            "there is no field \"request.paht\" for the key\ndid you mean \"request.path\"?\n"
            "there are: ts, request.path");
}

TEST_F(TraceReaderTest, WithoutATimeItSaysWhatIsWanted) {
  const std::string usual =
      "time time_s time_ms time_us time_ns timestamp ts @timestamp datetime date "
      "EdgeStartTimestamp, or by the plan's";

  EXPECT_EQ(mistake_of("0.12,/a\n0.13,/b\n"),
            "no column holds the time\nthe first line must name the columns\n"
            "there are: 0.12, /a; the time is found by one of the names " +
                usual);
  EXPECT_TRUE(mistake_of("{\"key\":\"a\"}\n").starts_with("no field holds the time\n\nthere are: key;"));
}

TEST_F(TraceReaderTest, AFieldOfJsonNeedNotBeInTheFirstObject) {
  const Recording recording = read("{\"ts\":1}\n{\"ts\":2,\"key\":\"a\"}\n");

  EXPECT_EQ(recording.columns.key, "key");
  EXPECT_EQ(recording.keys(), "a");
}

TEST_F(TraceReaderTest, WhatIsNoRecordingIsAMistake) {
  EXPECT_TRUE(mistake_of("").starts_with("there is no line in it\n"));
  EXPECT_TRUE(mistake_of("\n# nothing\n").starts_with("there is no line in it\n"));
  EXPECT_TRUE(mistake_of("[{\"time\":1}]\n").starts_with("this is a JSON array\n"));
  EXPECT_TRUE(mistake_of("{\n\"time\": 1\n}\n").starts_with("the first lines are no JSON objects with fields\n"));
  EXPECT_TRUE(mistake_of("\x1f\x8b\x08\x01\n").starts_with("the file is compressed\n"));
  EXPECT_TRUE(mistake_of("time,\xff\n").starts_with("this is not UTF-8 text\n"));
  EXPECT_TRUE(mistake_of("time,\"key\n").starts_with("a quotation mark is not closed\n"));
}

TEST_F(TraceReaderTest, SaysWhatTheSystemRefuses) {
  TracePlan plan;
  plan.file = directory();
  EXPECT_EQ(mistake_of(plan), "cannot read it: Is a directory\n\n");
  plan.file += "/nothing";
  EXPECT_EQ(mistake_of(plan), "cannot open it: No such file or directory\n\n");
  EXPECT_EQ(scan_trace(plan).error().line, 0);
}

// ---- lines ------------------------------------------------------------------------------------------

TEST_F(TraceReaderTest, ReadsALogAsTheVendorWritesIt) {
  TracePlan plan;
  plan.file = data_file("web-log.jsonl");

  const Recording recording = recording_of(plan);

  ASSERT_EQ(recording.rows.size(), 20u);
  EXPECT_EQ(recording.rows[1], (Row{120ms, "LHR", "", "/seats/7", "GET", 0, 1, {}}));
  EXPECT_EQ(recording.rows[14].key, "/caf\xc3\xa9?a=\"1\"");
  EXPECT_EQ(recording.lines.back(), 23u);
  EXPECT_EQ(recording.skipped.reasons.size(), 2u);
  EXPECT_EQ(recording.skipped_for("the line is no JSON object"), 2u);
  EXPECT_EQ(recording.skipped_for("the line goes back in time by more than `late`"), 1u);
}

TEST_F(TraceReaderTest, ALateLineIsPutInItsPlace) {
  TracePlan plan;
  plan.file = data_file("web-log.jsonl");
  plan.late = 1'502ms;

  const Recording recording = recording_of(plan);

  ASSERT_EQ(recording.rows.size(), 21u);
  EXPECT_EQ(recording.rows[6].from, "MIA");
  EXPECT_EQ(recording.rows[6].at, 1500ms);
  EXPECT_TRUE(std::ranges::is_sorted(recording.times()));
  EXPECT_EQ(recording.skipped_for("the line goes back in time by more than `late`"), 0u);

  plan.late = 1'501ms;
  EXPECT_EQ(recording_of(plan).rows.size(), 20u);
}

TEST_F(TraceReaderTest, OfOneTimeTheFirstLineIsFirstAlsoIfItIsLate) {
  TracePlan plan = plan_of("time,key\n5,a\n7,b\n5,c\n6,d\n7,e\n2,f\n2,g\n");
  plan.late = 5s;

  const Recording recording = recording_of(plan);

  EXPECT_EQ(recording.keys(), "fgacdbe");
  EXPECT_EQ(recording.times(), (std::vector<Duration>{0s, 0s, 3s, 3s, 4s, 5s, 5s}));
}

TEST_F(TraceReaderTest, SkipsWhatItCannotUseAndSaysWhy) {
  const Recording recording = read(
      "time,key,bytes,count\n"
      "1,a,2,3\n"
      "soon,b,2,3\n"
      ",c,2,3\n"
      "2,d,many,3\n"
      "2,e,2,1.5\n"
      "2,f,2\n"
      "2,g,2,3,4\n"
      "2,\"h,2,3\n"
      "2,\"i\" j,2,3\n"
      "2,\xff,2,3\n"
      "0.5,k,2,3\n"
      "2,l,2,-3\n"
      "2,z,-,\n");

  EXPECT_EQ(recording.keys(), "az");
  EXPECT_EQ(recording.rows[1].bytes, 0u);
  EXPECT_EQ(recording.rows[1].count, 1u);
  const std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> expected{
      {"the time cannot be read", {2, 3}},
      {"the bytes are no whole number", {1, 5}},
      {"the count is no whole number", {2, 6}},
      {"columns are missing", {1, 7}},
      {"there are more columns than names of columns", {1, 8}},
      {"a quotation mark is not closed", {2, 9}},
      {"the line is not UTF-8 text", {1, 11}},
      {"the line goes back in time by more than `late`", {1, 12}}};
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> found;
  for (const auto& [reason, skipped] : recording.skipped.reasons) found[reason] = {skipped.lines, skipped.first_line};
  EXPECT_EQ(found, expected);
}

TEST_F(TraceReaderTest, EmptyLinesAndCommentsAreNoSkips) {
  const Recording recording = read("# a\n\ntime,key\n# b\n1,a\n \t\n\n2,b\n#\n3,c");

  EXPECT_EQ(recording.keys(), "abc");
  EXPECT_EQ(recording.lines, (std::vector<std::uint64_t>{5, 8, 10}));
  EXPECT_TRUE(recording.skipped.reasons.empty());
}

TEST_F(TraceReaderTest, LeavesOutCarriageReturnsAndAByteOrderMark) {
  EXPECT_EQ(read("\xef\xbb\xbftime,key\r\n1,a\r\n2,b\r\n\r\n").keys(), "ab");
  EXPECT_EQ(read("\xef\xbb\xbf{\"time\":1,\"key\":\"c\"}\r\n").keys(), "c");
}

TEST_F(TraceReaderTest, ReadsQuotedFields) {
  const Recording recording = read(
      "time, \"key\" ,client\n"
      "1, \"a,b\" , 5\" screen \n"
      "2,\"\"\"c\"\" and \"\"d\"\"\",\"\"\n");

  ASSERT_EQ(recording.rows.size(), 2u);
  EXPECT_EQ(recording.rows[0].key, "a,b");
  EXPECT_EQ(recording.rows[0].client, "5\" screen");
  EXPECT_EQ(recording.rows[1].key, "\"c\" and \"d\"");
  EXPECT_EQ(recording.rows[1].client, "");
}

TEST_F(TraceReaderTest, ALineMayHaveAMegabyteAndNoMore) {
  const auto line_of = [](std::size_t bytes) { return "1," + std::string(bytes - 2, 'k'); };
  for (const std::string end : {"\n", "\r\n", ""}) {
    const Recording fits = read("time,key\n" + line_of(TraceFile::line_bytes_max) + end);
    ASSERT_EQ(fits.rows.size(), 1u);
    EXPECT_EQ(fits.rows[0].key.size(), TraceFile::line_bytes_max - 2);

    const Recording too_long = read("time,key\n" + line_of(TraceFile::line_bytes_max + 1) + end);
    EXPECT_TRUE(too_long.rows.empty());
    EXPECT_EQ(too_long.skipped_for("the line is longer than 1 MB"), 1u);
  }
  const Recording among_others = read("time,key\n1,a\n" + line_of(5'000'000) + "\n2,b\n");
  EXPECT_EQ(among_others.keys(), "ab");
  EXPECT_EQ(among_others.lines, (std::vector<std::uint64_t>{2, 4}));
}

TEST_F(TraceReaderTest, LinesAreWholeWhereverAReadEnds) {
  std::string text = "time,key\n";
  std::string keys;
  for (int i = 0; i < 3'000; ++i) {
    const std::string key = std::to_string(i) + std::string(static_cast<std::size_t>(i * 7 % 1'000), 'x');
    text += "1," + key + "\n";
    keys += key;
  }
  ASSERT_GT(text.size(), 1'000'000u);

  EXPECT_EQ(read(text).keys(), keys);
}

// ---- times ------------------------------------------------------------------------------------------

std::optional<std::int64_t> seconds_in(std::string_view text) { return time_in(text, {.unit = 1s}); }

TEST(TraceTime, NumbersAreExact) {
  EXPECT_EQ(seconds_in("0.1"), 100'000'000);
  EXPECT_EQ(seconds_in("1431857103.123456789"), 1'431'857'103'123'456'789);
  EXPECT_EQ(seconds_in("-2.5"), -2'500'000'000);
  EXPECT_EQ(seconds_in("1.431857103e+9"), 1'431'857'103'000'000'000);
  EXPECT_EQ(seconds_in("5E-9"), 5);
  EXPECT_EQ(seconds_in("000000000000000000000000000007"), 7'000'000'000);
  EXPECT_EQ(time_in("1431857103123.5", {.unit = 1ms}), 1'431'857'103'123'500'000);
  EXPECT_EQ(time_in("1.5", {.unit = 1h}), 5'400'000'000'000);
}

TEST(TraceTime, WhatIsFinerThanANanosecondIsCutOff) {
  EXPECT_EQ(seconds_in("0.30000000000000004"), 300'000'000);
  EXPECT_EQ(seconds_in("0.9999999999999999999999999999999999999999"), 999'999'999);
  EXPECT_EQ(seconds_in("2015-05-17T10:05:03.9999999999Z"), 1'431'857'103'999'999'999);
  EXPECT_EQ(seconds_in("1e-300"), 0);
}

TEST(TraceTime, ReadsDatesWithTheirOffsets) {
  constexpr std::int64_t expected = 1'431'857'103'250'000'000;
  for (const std::string_view same :
       {"2015-05-17T10:05:03.25Z", "2015-05-17t10:05:03.250z", "2015-05-17T12:05:03.25+02:00",
        "2015-05-17T05:35:03.25-04:30", "2015-05-17 10:05:03.25", "2015-05-17 12:05:03.25 +0200",
        "2015-05-17 10:05:03.25+00", "2015-05-17 10:05:03.25 UTC", "2015-05-16T11:05:03.25-23:00"})
    EXPECT_EQ(seconds_in(same), expected) << same;
  EXPECT_EQ(seconds_in("2015-05-17"), 1'431'820'800'000'000'000);
  EXPECT_EQ(seconds_in("1969-12-31T23:59:59.5Z"), -500'000'000);
  EXPECT_EQ(seconds_in("2016-02-29T00:00:00Z"), 1'456'704'000'000'000'000);
  EXPECT_EQ(seconds_in("2016-12-31T23:59:60Z"), seconds_in("2017-01-01T00:00:00Z"));
}

TEST(TraceTime, RefusesWhatIsNoTime) {
  for (const std::string_view wrong : {"",
                                       "-",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       ".5",
                                       "5.",
                                       "1e",
                                       "1.2.3",
                                       "0x10",
                                       "nan",
                                       "inf",
                                       "1e40",
                                       "4611686019",
                                       "2015-02-29",
                                       "2015-13-01",
                                       "2015-05-17T",
                                       "2015-05-17T24:00:00Z",
                                       "2015-05-17T10:60:00Z",
                                       "2015-05-17T10:05:61Z",
                                       "2015-05-17T10:05Z",
                                       "2015-05-17T10:05:03.Z",
                                       "2015-05-17T10:05:03+1",
                                       "2015-05-17T10:05:03Zx",
                                       "17/May/2015:10:05:03",
                                       "0001-01-01T00:00:00Z",
                                       "9999-12-31T23:59:59Z"})
    EXPECT_EQ(seconds_in(wrong), std::nullopt) << wrong;
}

TEST(TraceTime, WholeNumbersMayHaveZerosBehindThePoint) {
  EXPECT_EQ(whole_number_in("512"), 512u);
  EXPECT_EQ(whole_number_in("512.0"), 512u);
  EXPECT_EQ(whole_number_in("5e2"), 500u);
  EXPECT_EQ(whole_number_in("-"), 0u);
  EXPECT_EQ(whole_number_in("1000000000000000"), 1'000'000'000'000'000u);
  for (const std::string_view wrong : {"-1", "0.5", "1000000000000001", "1e99", "1 kB", "1e-400"})
    EXPECT_EQ(whole_number_in(wrong), std::nullopt) << wrong;
}

TEST_F(TraceReaderTest, TheColumnsNameOrThePlanSaysTheUnit) {
  EXPECT_EQ(read("time_ms\n0\n5\n").rows[1].at, 5ms);
  EXPECT_EQ(read("time_us\n0\n5\n").rows[1].at, 5us);
  EXPECT_EQ(read("time_ns\n0\n5\n").rows[1].at, 5ns);
  EXPECT_EQ(read("time_s\n0\n5\n").rows[1].at, 5s);
  TracePlan plan = plan_of("time_ms\n0\n5\n");
  plan.unit = 1us;
  EXPECT_EQ(recording_of(plan).rows[1].at, 5us);
  plan = plan_of("begun_ns\n0\n5\n");
  plan.columns.time = "begun_ns";
  EXPECT_EQ(recording_of(plan).rows[1].at, 5ns);
}

TEST_F(TraceReaderTest, ReadsTheVendorsThreeFormsOfTime) {
  const std::string first = "{\"EdgeStartTimestamp\":";
  EXPECT_EQ(read(first + "\"2015-05-17T10:05:03Z\"}\n" + first + "\"2015-05-17T10:05:05Z\"}\n").rows[1].at, 2s);
  EXPECT_EQ(read(first + "1431857103}\n" + first + "1431857105}\n").rows[1].at, 2s);
  EXPECT_EQ(read(first + "1431857103000000000}\n" + first + "1431857105000000001}\n").rows[1].at, 2s + 1ns);
}

// ---- counts -----------------------------------------------------------------------------------------

TEST_F(TraceReaderTest, CountsLastAsLongAsTheShortestStep) {
  TracePlan plan;
  plan.file = data_file("counts.csv");

  const Recording recording = recording_of(plan);

  EXPECT_EQ(recording.times(), (std::vector<Duration>{0s, 4s, 5s, 6s, 9s, 10s, 16s}));
  for (const Row& row : recording.rows) EXPECT_EQ(row.interval, 1s);
  EXPECT_EQ(recording.rows[3].count, 5u);
}

TEST_F(TraceReaderTest, RowsOfOneTimeShareItsInterval) {
  const Recording recording = read("time,region,count\n0,weur,5\n0,enam,3\n60,weur,4\n60,enam,4\n");

  for (const Row& row : recording.rows) EXPECT_EQ(row.interval, 60s);
}

TEST_F(TraceReaderTest, WithoutAStepAnIntervalIsASecondOrWhatThePlanSays) {
  TracePlan plan = plan_of("time,count\n7,5\n");
  EXPECT_EQ(recording_of(plan).rows[0].interval, 1s);

  plan.interval = 60s;
  EXPECT_EQ(recording_of(plan).rows[0].interval, 60s);
  EXPECT_EQ(read("time\n7\n8\n").rows[0].interval, 0s);  // no counts
}

// ---- the whole file ---------------------------------------------------------------------------------

TEST_F(TraceReaderTest, AScanTellsWhatTheRecordingIsLike) {
  TracePlan plan;
  plan.file = data_file("web-log.jsonl");

  const auto scanned = scan_trace(plan);

  ASSERT_TRUE(scanned.has_value()) << to_text(scanned.error());
  const TraceFacts& facts = scanned->facts;
  EXPECT_EQ(facts.lines, 23u);
  EXPECT_EQ(facts.requests, 20u);
  EXPECT_EQ(facts.lasts, 6480ms);
  EXPECT_EQ(facts.peak, 4u);
  EXPECT_EQ(facts.peak_at, 0s);
  EXPECT_EQ(facts.keys, 5u);
  EXPECT_TRUE(facts.keys_are_all);
  EXPECT_EQ(facts.busiest_key, "/seats/7");
  EXPECT_EQ(facts.busiest_key_requests, 9u);
  EXPECT_EQ(facts.busiest_key_error, 0u);
  EXPECT_EQ(facts.skipped.reasons.size(), 2u);
}

TEST_F(TraceReaderTest, ARecordingLastsUntilItsLastRowIsSpread) {
  TracePlan plan = plan_of("time\n0\n7\n");
  plan.spread = 2s;
  EXPECT_EQ(scan_trace(plan)->facts.lasts, 9s);

  plan = plan_of("time,count\n0,1\n7,1\n");
  plan.spread = 2s;
  EXPECT_EQ(scan_trace(plan)->facts.lasts, 14s);  // the interval of counts is longer

  plan = plan_of("time\n0\n7\n");
  plan.spread = Duration::max();
  EXPECT_EQ(scan_trace(plan)->facts.lasts, Duration::max());
}

TEST_F(TraceReaderTest, AScannedPlanReadsTheSameRows) {
  for (const std::string_view name : {"web-log.jsonl", "counts.csv"}) {
    TracePlan plan;
    plan.file = data_file(name);
    const auto scanned = scan_trace(plan);
    ASSERT_TRUE(scanned.has_value()) << to_text(scanned.error());

    const Recording before = recording_of(plan);
    const Recording after = recording_of(scanned->plan);

    EXPECT_EQ(after.rows, before.rows);
    EXPECT_EQ(after.columns, scanned->plan.columns);
  }
}

TEST_F(TraceReaderTest, ThePeakOfCountsIsOfTheirIntervals) {
  TracePlan plan;
  plan.file = data_file("counts.csv");
  const auto seconds = scan_trace(plan);
  ASSERT_TRUE(seconds.has_value());
  EXPECT_EQ(seconds->plan.interval, 1s);
  EXPECT_EQ(seconds->facts.requests, 14u);
  EXPECT_EQ(seconds->facts.lasts, 17s);
  EXPECT_EQ(seconds->facts.peak, 5u);
  EXPECT_EQ(seconds->facts.peak_at, 6s);

  // 901 requests in a minute are 15.02 a second.
  const auto minutes = scan_trace(plan_of("time,region,count\n0,weur,100\n60,weur,900\n60,enam,1\n120,weur,3\n"));
  ASSERT_TRUE(minutes.has_value());
  EXPECT_EQ(minutes->facts.peak, 16u);
  EXPECT_EQ(minutes->facts.peak_at, 60s);
  EXPECT_EQ(minutes->facts.lasts, 180s);
}

TEST_F(TraceReaderTest, TheDigestIsThatOfTheBytes) {
  const std::string text = "\xef\xbb\xbftime\r\n1\r\n" + std::string(2'000'000, '#') + "\nbad\n2";
  TracePlan plan = plan_of(text);
  std::string hex;
  for (const std::uint8_t byte : sha256(text)) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }

  ASSERT_TRUE(scan_trace(plan).has_value());
  EXPECT_EQ(scan_trace(plan)->plan.digest, hex);

  plan.digest = hex;
  EXPECT_TRUE(scan_trace(plan).has_value());
  plan.digest[0] = plan.digest[0] == '0' ? '1' : '0';
  const auto other = scan_trace(plan);
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().note, "its SHA-256 is " + hex + ", expected " + plan.digest);
}

TEST_F(TraceReaderTest, RequestsWithoutAKeyAreNoKey) {
  const auto scanned = scan_trace(plan_of("time,key,count\n1,,9\n2,a,0\n3,b,2\n"));

  ASSERT_TRUE(scanned.has_value());
  EXPECT_EQ(scanned->facts.requests, 11u);
  EXPECT_EQ(scanned->facts.keys, 1u);
  EXPECT_EQ(scanned->facts.busiest_key, "b");
}

// ---- keys -------------------------------------------------------------------------------------------

RC_GTEST_PROP(TraceKeys, CountExactlyWhileThereIsRoom, (const std::vector<std::uint8_t>& asked)) {
  TraceKeys keys(256);
  std::map<std::string, std::uint64_t> expected;
  for (const std::uint8_t each : asked) {
    const std::string key = "/key/" + std::to_string(each % 7);
    keys.add(key, each);
    expected[key] += each;
  }

  const TraceKeys::Counted busiest = keys.busiest();

  RC_ASSERT(keys.are_all());
  RC_ASSERT(keys.different() == expected.size());
  RC_ASSERT(busiest.error == 0u);
  for (const auto& [key, requests] : expected) {
    RC_ASSERT(requests <= busiest.requests);
    if (requests == busiest.requests && requests > 0) RC_ASSERT(busiest.key <= key);
  }
}

RC_GTEST_PROP(TraceKeys, KeepToTheirBoundsWhenThereIsNoRoom, (const std::vector<std::uint16_t>& asked)) {
  const auto keys_max = *rc::gen::inRange<std::size_t>(1, 8);
  const auto bytes_max = *rc::gen::inRange<std::size_t>(12, 64);
  TraceKeys keys(keys_max, bytes_max);
  std::map<std::string, std::uint64_t> expected;
  for (const std::uint16_t each : asked) {
    const std::string key(1 + each % 12u, static_cast<char>('a' + each % 5));
    keys.add(key, 1 + each % 3u);
    expected[key] += 1 + each % 3u;
  }
  if (expected.empty()) return;

  const TraceKeys::Counted busiest = keys.busiest();

  RC_ASSERT(expected[busiest.key] <= busiest.requests);
  RC_ASSERT(expected[busiest.key] >= busiest.requests - busiest.error);
  for (const auto& [key, requests] : expected) RC_ASSERT(requests <= busiest.requests);
  RC_ASSERT(keys.different() <= expected.size());
  RC_ASSERT(keys.are_all() == (keys.different() == expected.size()));
}

TEST(TraceKeys, FindAKeyThatBecomesBusyLate) {
  TraceKeys keys(100);
  for (int i = 0; i < 10'000; ++i) keys.add("once " + std::to_string(i), 1);
  for (int i = 0; i < 1'000; ++i) {
    keys.add("hot", 1);
    keys.add("again " + std::to_string(i), 1);
  }

  EXPECT_FALSE(keys.are_all());
  EXPECT_EQ(keys.busiest().key, "hot");
  EXPECT_GE(keys.busiest().requests, 1'000u);
  EXPECT_LE(keys.busiest().requests - keys.busiest().error, 1'000u);
  EXPECT_LE(keys.busiest().error, 100u);
}

TEST(TraceKeys, DoNotDependOnPlacesInTables) {
  const auto busiest_with_salt = [](std::uint64_t salt) {
    hash_salt = salt;
    TraceKeys keys(10);
    for (std::uint64_t i = 0; i < 5'000; ++i) keys.add(std::to_string(mix(i, 1) % 40), 1);
    hash_salt = 0;
    return keys.busiest();
  };
  const TraceKeys::Counted one = busiest_with_salt(0);
  const TraceKeys::Counted other = busiest_with_salt(0x9e3779b97f4a7c15u);

  EXPECT_EQ(one.key, other.key);
  EXPECT_EQ(one.requests, other.requests);
  EXPECT_EQ(one.error, other.error);
}

// ---- JSON -------------------------------------------------------------------------------------------

TEST(JsonLine, ReadsValuesAndInnerFields) {
  JsonLine line({"a", "b.c", "b.d.e", "f", "g"});
  ASSERT_TRUE(
      line.read(" { \"f\" : null, \"a\":\"x\\n\\u00e9\\ud83d\\ude00\\/\", \"b\":{\"c\":-1.5e3,\"d\":{\"e\":true}},"
                " \"g\":[{\"a\":1},[2]], \"h\":{\"a\":3} } "));

  EXPECT_EQ(line.fields()[0], "x\n\xc3\xa9\xf0\x9f\x98\x80/");
  EXPECT_EQ(line.fields()[1], "-1.5e3");
  EXPECT_EQ(line.fields()[2], "true");
  EXPECT_EQ(line.fields()[3].data(), nullptr);
  EXPECT_EQ(line.fields()[4].data(), nullptr);
}

TEST(JsonLine, ALineLeavesNothingForTheNext) {
  JsonLine line({"a"});
  ASSERT_TRUE(line.read("{\"a\":1,\"a\":2}"));
  EXPECT_EQ(line.fields()[0], "2");
  ASSERT_TRUE(line.read("{}"));
  EXPECT_EQ(line.fields()[0].data(), nullptr);
}

TEST(JsonLine, RefusesTooManyLevels) {
  const auto nested = [](int levels) {
    std::string text = "1";
    for (int i = 0; i < levels; ++i) text = "{\"a\":" + text + "}";
    return text;
  };
  JsonLine line({});
  EXPECT_TRUE(line.read(nested(JsonLine::depth_max)));
  EXPECT_FALSE(line.read(nested(JsonLine::depth_max + 1)));
  EXPECT_FALSE(line.read("{\"a\":" + std::string(1'000'000, '[')));
}

std::string any_text() {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", "B", " ", "\"", "\\", "/", "\b", "\n", "\t", "\x01", "\x7f", "\xc3\xa9",
                                    "\xe6\x97\xa5", "\xf0\x9f\x98\x80", "{", "]", ":", ","));
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  return text;
}

RC_GTEST_PROP(JsonLine, AgreesWithNlohmannOnWhatIsAnObject, ()) {
  std::string text = *rc::gen::element<std::string>(
      R"({"a":1,"b":"x","c":{"d":[1,{},"y"],"e":"\\"},"f":null})", R"( { "a" : -0.5E+7 , "b" : [ ] , "c" : { } } )",
      R"({"\u00e9\ud83d\ude00":"\"\/\b\f\n\r\t","n":[0,-0,10,1e5,1.25e-3,true,false,null]})");
  for (int slips = *rc::gen::inRange(0, 3); slips > 0; --slips) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const auto with = *rc::gen::elementOf(std::string("{}[]:,\"\\ u09dE.+-tn\t\x01"));
    switch (*rc::gen::inRange(0, 3)) {
      case 0: text.erase(at, 1); break;
      case 1: text.insert(at, 1, with); break;
      default: text[at] = with; break;
    }
  }

  const bool is_object = nlohmann::json::accept(text) && nlohmann::json::parse(text).is_object();

  RC_TAG(is_object);
  RC_ASSERT(JsonLine({"a"}).read(text) == is_object);
}

RC_GTEST_PROP(JsonLine, GivesBackWhatNlohmannWrites, (bool only_ascii)) {
  std::map<std::string, std::string> texts;
  for (int fields = *rc::gen::inRange(0, 5); fields > 0; --fields) texts[any_text()] = any_text();
  const std::string line = nlohmann::json(texts).dump(-1, ' ', only_ascii);
  std::vector<std::string> names;
  for (const auto& [name, text] : texts) names.push_back(name);
  if (names.empty()) return;

  JsonLine json(names);
  RC_ASSERT(json.read(line));

  for (std::size_t i = 0; i < names.size(); ++i) RC_ASSERT(json.fields()[i] == texts[names[i]]);
  RC_ASSERT(JsonLine::names_in(line) == names);
}

// ---- origins ----------------------------------------------------------------------------------------

TEST(HintOfOrigin, KnowsHintsAirportsAndCountries) {
  EXPECT_EQ(hint_of_origin("weur"), "weur");
  EXPECT_EQ(hint_of_origin("LHR"), "weur");
  EXPECT_EQ(hint_of_origin("GB"), "weur");
  EXPECT_EQ(hint_of_origin("SJC"), "wnam");
  EXPECT_EQ(hint_of_origin("BR"), "sam");
  EXPECT_EQ(hint_of_origin("JNB"), "afr");
  EXPECT_EQ(hint_of_origin("me"), "me");    // the Middle East
  EXPECT_EQ(hint_of_origin("ME"), "eeur");  // Montenegro
  for (const sim::LocationHint& hint : sim::location_hints()) EXPECT_EQ(hint_of_origin(hint.name), hint.name);
}

TEST(HintOfOrigin, GivesNothingForAnythingElse) {
  for (const std::string_view unknown :
       {"", "X", "gb", "lhr", "XX", "T1", "AQ", "QQQ", "London", "Lhr", "\xc3\xa9", "WEUR"})
    EXPECT_EQ(hint_of_origin(unknown), std::nullopt) << unknown;
}

TEST(HintOfOrigin, GivesHintsThatThereAreAndAllOfThem) {
  std::set<std::string_view> given;
  for (char a = 'A'; a <= 'Z'; ++a)
    for (char b = 'A'; b <= 'Z'; ++b) {
      if (const auto hint = hint_of_origin(std::string{a, b})) given.insert(*hint);
      for (char c = 'A'; c <= 'Z'; ++c)
        if (const auto hint = hint_of_origin(std::string{a, b, c})) given.insert(*hint);
    }

  std::set<std::string_view> known;
  for (const sim::LocationHint& hint : sim::location_hints()) known.insert(hint.name);
  EXPECT_EQ(given, known);
}

TEST(HintOfOrigin, AgreesWithTheMeasuredCities) {
  for (const sim::City& city : sim::measured_world().cities) {
    std::string airport = city.code;
    for (char& c : airport) c = static_cast<char>(c - 'a' + 'A');
    EXPECT_EQ(hint_of_origin(airport), city.region) << airport;
  }
}

}  // namespace
