// Recordings as operations: who sends which call on which key, and when; and what is said of the rest.
#include "scenarios/trace_feed.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "tests/scenarios/built_in.h"
#include "tests/scenarios/tool.h"
#include "tests/worlds.h"

namespace orrery::scenarios {
namespace {

using Texts = std::vector<std::string>;

// Two clients each in London, Washington and Sydney send a recording. All view; those in London alone buy.
class TraceFeedTest : public testing::Test {
 protected:
  TraceFeedTest() {
    std::filesystem::create_directories(directory_);
    const Step reads{StorageStep{.kind = StorageStep::Kind::kv_get}};
    const Step writes{StorageStep{.kind = StorageStep::Kind::kv_put, .is_as_request = true}};
    experiment_ =
        tests::london({{.name = "Shop", .keys = 10, .handlers = {{"view", {reads}}, {"buy", {writes}}}}}, {}, 2);
    experiment_.clients = {{"lhr", "London", 2, TraceArrivals{}},
                           {"iad", "Washington DC", 2, TraceArrivals{}},
                           {"syd", "Sydney", 2, TraceArrivals{}}};
    experiment_.properties = {"liveness", "no_internal_error"};
  }
  ~TraceFeedTest() override { std::filesystem::remove_all(directory_); }

  // The experiment lasts as long as the recording does.
  const Experiment& playing(std::string_view text) {
    plan_.file = (directory_ / "recording").string();
    std::ofstream(plan_.file, std::ios::binary) << text;
    const auto scanned = scan_trace(plan_);
    EXPECT_TRUE(scanned) << to_text(scanned.error());
    experiment_.lasts = scanned->facts.lasts * 1'000'000 / plan_.speed_millionths + 1ms;
    experiment_.workload = Law{{{"Shop", "view", 3, {}}, {"Shop", "buy", 1, {}, "lhr"}}, scanned->plan};
    const auto mistake = mistake_in(experiment_, tests::built_in_code());
    EXPECT_FALSE(mistake) << to_text(*mistake);
    return experiment_;
  }
  std::vector<TraceFeed::Sent> sent(std::string_view text) { return sent_in(playing(text)); }
  std::vector<TraceFeed::Sent> sent_in(const Experiment& experiment) {
    const LawDraws law(experiment);
    TraceFeed feed(experiment, law);
    std::vector<TraceFeed::Sent> all;
    while (auto each = feed.next()) all.push_back(std::move(*each));
    EXPECT_FALSE(feed.next());
    not_sent_ = to_texts(feed.skipped(), "row", "not sent");
    return all;
  }
  // The groups to which rows go that come from there.
  std::set<std::string> senders_from(const std::string& origin) {
    std::string text = "time,from\n";
    for (int i = 0; i < 100; ++i) text += "0," + origin + "\n";
    std::set<std::string> groups;
    for (const auto& each : sent(text)) groups.insert(group_of(each));
    return groups;
  }
  std::string group_of(const TraceFeed::Sent& sent) const { return experiment_.clients[sent.client.value / 2].name; }
  std::string call_of(const TraceFeed::Sent& sent) const {
    return std::get<Law>(experiment_.workload).mix[sent.share].call;
  }
  static std::vector<Duration> times_of(const std::vector<TraceFeed::Sent>& sent) {
    std::vector<Duration> times;
    for (const auto& each : sent) times.push_back(each.at);
    return times;
  }
  static std::string keys_of(const std::vector<TraceFeed::Sent>& sent) {
    std::string keys;
    for (const auto& each : sent) keys += each.key;
    return keys;
  }

  Experiment experiment_;
  TracePlan plan_;
  Texts not_sent_;

 private:
  const std::filesystem::path directory_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("trace_feed_") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

// ---- When.

TEST_F(TraceFeedTest, SendsRowsAtTheirTimes) {
  EXPECT_EQ(times_of(sent("time\n5\n5.25\n7\n")), (std::vector<Duration>{0s, 250ms, 2s}));
  EXPECT_EQ(not_sent_, Texts{});
}

TEST_F(TraceFeedTest, DividesTimesBySpeed) {
  plan_.speed_millionths = 50'000'000;
  EXPECT_EQ(times_of(sent("time\n0\n1\n100\n")), (std::vector<Duration>{0s, 20ms, 2s}));
  plan_.speed_millionths = 500'000;
  EXPECT_EQ(times_of(sent("time\n0\n1\n")), (std::vector<Duration>{0s, 2s}));
}

TEST_F(TraceFeedTest, PutsLateRowsInTheirPlaces) {
  plan_.late = 1s;
  EXPECT_EQ(keys_of(sent("time,key\n0,a\n2,c\n1,b\n3,d\n")), "abcd");
}

TEST_F(TraceFeedTest, SpreadsEachRequestAndSendsAllOfThemInOrder) {
  std::string text = "time,key\n";
  for (int i = 0; i < 500; ++i) text += std::to_string(i / 100) + "," + std::to_string(i) + "\n";
  plan_.spread = 1s;
  for (const std::int64_t speed : {1'000'000, 7'000'000, 300'000}) {
    plan_.speed_millionths = speed;
    const auto all = sent(text);

    ASSERT_EQ(all.size(), 500u);
    EXPECT_EQ(not_sent_, Texts{});
    EXPECT_TRUE(std::ranges::is_sorted(times_of(all)));
    std::set<Duration> different;
    for (const auto& each : all) {
      const Duration recorded = each.at * speed / 1'000'000;
      EXPECT_GE(recorded + 1us, 1s * (std::stoi(each.key) / 100));
      EXPECT_LT(recorded, 1s * (std::stoi(each.key) / 100 + 1));
      different.insert(each.at);
    }
    EXPECT_GT(different.size(), 490u);
  }
}

TEST_F(TraceFeedTest, SpreadsCountsOverTheirIntervals) {
  const auto all = sent("time_s,requests\n0,50\n10,0\n20,30\n");
  ASSERT_EQ(all.size(), 80u);
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& each) { return each.at < 10s; }), 50);
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& each) { return each.at >= 20s && each.at < 30s; }), 30);
  EXPECT_TRUE(std::ranges::is_sorted(times_of(all)));
  EXPECT_GT(all[40].at, all[0].at + 5s);
}

RC_GTEST_FIXTURE_PROP(TraceFeedTest, SendsWhateverIsThereInTheOrderOfTime, ()) {
  std::string text = "time_ms,count,from\n";
  std::uint64_t requests = 0;
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 50));
  for (int at = 0; const int step : steps) {
    at += step;
    const int count = *rc::gen::inRange(0, 20);
    const auto from = *rc::gen::element<std::string>("", "LHR", "weur", "US", "AU");
    text += std::to_string(at) + "," + std::to_string(count) + "," + from + "\n";
    requests += static_cast<std::uint64_t>(count);
  }
  plan_.spread = Duration(*rc::gen::inRange(0, 100'000'000));
  const auto all = sent(text);
  RC_ASSERT(all.size() == requests);
  RC_ASSERT(std::ranges::is_sorted(times_of(all)));
}

// ---- Who.

TEST_F(TraceFeedTest, SendsFromTheCityOrTheRegionOrTheNearestCity) {
  using Groups = std::set<std::string>;
  for (const std::string origin : {"London", "lhr", "LHR", "weur", "GB", "CDG", "PL"})
    EXPECT_EQ(senders_from(origin), Groups{"lhr"}) << origin;
  for (const std::string origin : {"Washington DC", "IAD", "enam", "US", "MX"})
    EXPECT_EQ(senders_from(origin), Groups{"iad"}) << origin;
  EXPECT_EQ(senders_from("AU"), Groups{"syd"});
  EXPECT_EQ(senders_from(""), (Groups{"lhr", "iad", "syd"}));
}

TEST_F(TraceFeedTest, SharesAPlaceAmongItsGroups) {
  experiment_.clients[1] = {"also", "London", 2, TraceArrivals{}};
  EXPECT_EQ(senders_from("GB"), (std::set<std::string>{"lhr", "also"}));
  experiment_.clients[1] = {"fra", "Frankfurt", 2, TraceArrivals{}};
  EXPECT_EQ(senders_from("GB"), (std::set<std::string>{"lhr", "fra"}));
  EXPECT_EQ(senders_from("fra"), std::set<std::string>{"fra"});
}

TEST_F(TraceFeedTest, LeavesOutGroupsThatSendByALaw) {
  experiment_.clients[1].arrivals = poisson(*parse_rate("1/s"));
  EXPECT_EQ(senders_from(""), (std::set<std::string>{"lhr", "syd"}));
}

TEST_F(TraceFeedTest, TakesOneClientForRowsOfOneClientAndNumbersWhatItSends) {
  std::string text = "time,client\n";
  for (int i = 0; i < 200; ++i) text += std::to_string(i) + ",u" + std::to_string(i % 20) + "\n";
  std::map<int, std::set<ClientId>> senders;
  std::map<ClientId, std::uint64_t> numbers;
  std::set<ClientId> all;
  for (int i = 0; const auto& each : sent(text)) {
    senders[i++ % 20].insert(each.client);
    EXPECT_EQ(each.number, numbers[each.client]++);
    all.insert(each.client);
  }
  for (const auto& [user, clients] : senders) EXPECT_EQ(clients.size(), 1u) << user;
  EXPECT_GE(all.size(), 5u);
}

// ---- What.

TEST_F(TraceFeedTest, SendsTheRecordedKeyOrADrawnOne) {
  const auto all = sent("time,key\n0,/seats/7\n1,\n2,\n");
  EXPECT_EQ(all[0].key, "/seats/7");
  EXPECT_LT(std::stoi(all[1].key), 10);
}

TEST_F(TraceFeedTest, PassesTheBytesOfTheRequest) {
  const auto all = sent("time,bytes\n0,512\n1,0\n");
  EXPECT_EQ(all[0].args, std::vector<Value>{Value(std::int64_t{512})});
  EXPECT_TRUE(all[1].args.empty());
}

TEST_F(TraceFeedTest, SendsTheCallThatTheOperationStandsFor) {
  const auto calls = [this](std::string_view text, decltype(TracePlan::operations) operations) {
    std::string calls;
    plan_.operations = std::move(operations);
    for (const auto& each : sent(text)) calls += call_of(each) + " ";
    return calls;
  };
  const std::string_view text = "time,from,operation\n0,GB,GET\n1,GB,POST\n2,GB,buy\n3,GB,Shop.view\n";
  EXPECT_EQ(calls(text, {{"GET", "view"}, {"POST", "Shop.buy"}}), "view buy buy view ");
  EXPECT_EQ(calls("time,from,operation\n0,GB,buy\n1,GB,view\n", {{"buy", "view"}, {"view", "buy"}}), "view buy ");
}

TEST_F(TraceFeedTest, DoesNotSendAnOperationThatStandsForNothing) {
  plan_.operations = {{"GET", "view"}};
  const auto all = sent("time,operation\n0,GET\n1,PATCH\n2,\n3,DELETE\n4,PATCH\n");
  EXPECT_EQ(times_of(all), (std::vector<Duration>{0s, 2s}));
  EXPECT_EQ(not_sent_,
            Texts{"3 rows were not sent, the first is line 3: its operation stands for no call of its clients, "
                  "\"PATCH\""});
}

TEST_F(TraceFeedTest, DrawsTheCallIfNoOperationsAreGiven) {
  std::string text = "time,from,operation\n";
  for (int i = 0; i < 100; ++i) text += "0,GB,GET\n";
  const auto all = sent(text);
  EXPECT_EQ(all.size(), 100u);
  const auto bought = std::ranges::count_if(all, [&](const auto& each) { return call_of(each) == "buy"; });
  EXPECT_GT(bought, 10);
  EXPECT_LT(bought, 45);
}

TEST_F(TraceFeedTest, SendsACallFromThoseWhoMakeIt) {
  std::string text = "time,from,operation\n";
  for (int i = 0; i < 50; ++i) text += "0,,POST\n";
  plan_.operations = {{"POST", "buy"}};
  const auto all = sent(text + "0,US,POST\n");
  EXPECT_EQ(all.size(), 50u);
  for (const auto& each : all) {
    EXPECT_EQ(group_of(each), "lhr");
    EXPECT_EQ(call_of(each), "buy");
  }
  EXPECT_EQ(not_sent_,
            Texts{"1 row was not sent, the first is line 52: its operation stands for no call of its clients, "
                  "\"POST\""});
}

// ---- What is not sent.

TEST_F(TraceFeedTest, NamesRowsThatNobodyIsNearInOneReason) {
  experiment_.clients.resize(2);
  std::string text = "time,from\n0,GB\n1,AU\n";
  for (int i = 0; i < 5'000; ++i) text += "2,Atlantis " + std::to_string(i) + "\n";
  EXPECT_EQ(sent(text).size(), 1u);
  EXPECT_EQ(not_sent_,
            Texts{"5,001 rows were not sent, the first is line 3: no clients are near where it comes from, \"AU\""});
}

TEST_F(TraceFeedTest, ShortensWhatItNamesAndShowsNoControlCharacters) {
  std::string strange = "\x1b[2J";
  for (int i = 0; i < 100; ++i) strange += "\xc3\xa9";
  EXPECT_TRUE(sent("time,from\n0," + strange + "\n").empty());
  std::string shown;
  for (int i = 0; i < 26; ++i) shown += "\xc3\xa9";
  EXPECT_EQ(not_sent_, Texts{"1 row was not sent, the first is line 2: no clients are near where it comes from, "
                             "\"\\u001b[2J" + shown + "...\""});
}

TEST_F(TraceFeedTest, NamesTheFirstRowAfterTheEndOfTheRun) {
  const std::string_view text = "time,count\n0,1\n1,1\n2,1\n3,1\n";
  Experiment experiment = playing(text);
  experiment.lasts = 2s;
  EXPECT_EQ(sent_in(experiment).size(), 2u);
  EXPECT_EQ(not_sent_, Texts{"rows from line 4 on were not sent: they come after the end of the run"});
}

TEST_F(TraceFeedTest, NamesARowWhoseDrawnTimeIsAfterTheEnd) {
  plan_.spread = 10s;
  Experiment experiment = playing("time,key\n0,a\n0,b\n0,c\n0,d\n0,e\n");
  const auto all = sent_in(experiment);
  experiment.lasts = all[3].at;
  EXPECT_EQ(sent_in(experiment).size(), 3u);
  const int line = all[3].key[0] - 'a' + 2;
  EXPECT_EQ(not_sent_, Texts{"rows from line " + std::to_string(line) +
                             " on were not sent: they come after the end of the run"});
}

TEST_F(TraceFeedTest, RefusesACountBeyondReason) {
  EXPECT_EQ(sent("time,count\n0,10000001\n1,2\n").size(), 2u);
  EXPECT_EQ(not_sent_, Texts{"1 row was not sent, the first is line 2: it stands for more than 10000000 requests"});
}

TEST_F(TraceFeedTest, WhatIsNotSentStandsInTheOutcome) {
  const auto ran = run(playing("time,from\n0,GB\n1,Atlantis\n2,US\n"), tests::built_in_code());
  EXPECT_EQ(ran.outcome.all.completed, 2u);
  EXPECT_EQ(ran.outcome.notes,
            Texts{"1 row was not sent, the first is line 3: no clients are near where it comes from, \"Atlantis\""});
  EXPECT_EQ(run(playing("time,from\n0,GB\n"), tests::built_in_code()).outcome.notes, Texts{});
}

TEST_F(TraceFeedTest, HasAnExplicitFormThatMakesTheSameRun) {
  std::string text = "time_ms,from,client,key,operation,bytes\n";
  for (int i = 0; i < 200; ++i)
    text += std::to_string(i * 10) + (i % 3 == 0 ? ",GB" : ",US") + ",u" + std::to_string(i % 7) + ",k" +
            std::to_string(i % 5) + ",view," + std::to_string(i) + "\n";
  const Experiment& law = playing(text);
  const Code& code = tests::built_in_code();
  EXPECT_EQ(run(explicit_form(law, code), code).outcome.fingerprint, run(law, code).outcome.fingerprint);
}

// ---- In the report of a run.

constexpr std::string_view recorded_shop = R"(orrery = 1
[[clients]]
name = "eu"
region = "weur"
arrivals = { process = "trace" }
[objects.Venue.handlers]
view = ["cpu 1us"]
[trace]
file = "day.csv"
)";

using RecordedRun = cli::Tool;

TEST_F(RecordedRun, NamesRowsThatAreNotSent) {
  write("shop.toml", std::string(recorded_shop) + "[run]\nduration = \"3s\"\n");
  write("day.csv", "time,from\n0,GB\nsoon,GB\n1,Atlantis\n2,Mu\n5,GB\n");
  const cli::Called called = cli::call({"run", "shop.toml", "--no-wall"});
  EXPECT_NE(called.out.find("  1 line was skipped, the first is line 3: the time cannot be read\n"
                            "  2 rows were not sent, the first is line 4: no clients are near where it comes from, "
                            "\"Atlantis\"\n"
                            "  rows from line 6 on were not sent: they come after the end of the run\n"),
            called.out.npos)
      << called.out << called.err;
}

TEST_F(RecordedRun, DoesNotCallExactWhatItCannotCount) {
  write("shop.toml", std::string(recorded_shop) + "[run]\nduration = \"1ms\"\n");
  std::string text = "time,key\n0,first\n";
  for (int i = 0; i < 1'000'000; ++i) text += "5," + std::to_string(i) + "\n";
  for (int i = 0; i < 100'000; ++i) text += "9,hot\n";
  write("day.csv", text);
  const cli::Called called = cli::call({"run", "shop.toml", "--no-wall"});
  EXPECT_NE(called.out.find("  more than 1,000,000 different keys, the busiest is hot with about 9"), called.out.npos)
      << called.out << called.err;
}

}  // namespace
}  // namespace orrery::scenarios
