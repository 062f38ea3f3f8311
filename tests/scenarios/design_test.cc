// Designs: what each key means, what stands for those that are left out, and what is laid over what.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "properties/catalogue.h"
#include "scenarios/experiment_file.h"
#include "tests/scenarios/built_in.h"
#include "tests/scenarios/design_files.h"

namespace orrery::scenarios {
namespace {

using tests::shop;
using tests::Texts;
using tests::with_set;

const Law& law_of(const Design& design) { return std::get<Law>(design.experiment.workload); }

// As little as a design may say, and more.
constexpr std::string_view least = R"(orrery = 1
[[clients]]
name = "eu"
region = "weur"
arrivals = { process = "poisson", rate = "50/s" }
[objects.Venue.handlers]
view = ["cpu 1ms"]
)";
std::string least_and(std::string_view more) { return std::string(least) + std::string(more); }

// ---- Every key.

constexpr std::string_view whole = R"(orrery = 1
name = "tickets"
run = { duration = "10m", warmup = "10s", seeds = 5 }
mix = { book = 0.3, Venue.view = 0.7, "Log.add" = 0 }
properties = ["durability", "liveness"]

[[clients]]
name = "eu"
region = "weur"
clients = 7
arrivals = { process = "bursty", base = "80/s", peak = "400/s", on = "5s", off = "55s" }
retry = { on = ["timeout", "error"], timeout = "5s", max = 2, backoff = "200ms..2s" }
[[clients]]
name = "bots"
city = "Tokyo"
clients = 3
arrivals = { process = "closed", think = { dist = "exponential", mean = "2s" } }
mix = { view = 1 }

[objects.Venue]
key = { dist = "zipf", n = 100, s = 1.1, affinity = 0.8 }
shards = 4
place = "enam"
holds = "commit"
[objects.Venue.handlers]
view = ["cpu 0.7ms", "sql.read rows=5"]
book = [{ fetch = "bank", gate = "closed" }, "sql.write rows=3", "kv.put 1ms", { call = "Log.add", keys = 9 }]
[objects.Log]
key = { dist = "hot", n = 50, share = 0.25 }
place = "home"
handlers = { add = ["kv.put bytes=request"] }

[services.bank]
region = "enam"
latency = { median = "85ms", sigma = 0.4 }
refusals = 0.01

[[faults]]
kind = "crash"
target = "Venue/2"
at = "4m"
lasts = "2s"
[[faults]]
kind = "pause"
target = "lhr-1-1"
point = "in_turn"
nth = 3
lasts = "1s"

[objectives]
p99 = "500ms"
"bots.max" = "3s"
view.mean = "20ms"

[counted]
charged_once = { kind = "at-most-once", event = "bank", of = "book" }
booked = { kind = "exactly-once", event = "book" }

[network]
access = "5ms"
jitter = 0.5
[disk]
sync = { dist = "uniform", least = "1ms", most = "3ms" }
[world]
data_centers_per_city = 2
machines_per_data_center = 4
[costs]
turn = "0.1ms"
storage_operation = "30us"
spread = 0.25
)";

TEST(Design, SaysHowLongAndHowOftenItRuns) {
  const Design design = shop(whole);
  EXPECT_EQ(design.name, "tickets");
  EXPECT_EQ(design.experiment.scenario, "tickets");
  EXPECT_EQ(design.seeds, 5u);
  EXPECT_EQ(design.experiment.lasts, 10min);
  EXPECT_EQ(design.experiment.warmup, 10s);
  EXPECT_EQ(design.experiment.properties,
            (std::vector<std::string>{"durability", "liveness", "charged_once", "booked"}));
  EXPECT_EQ(design.files, std::vector<std::string>{"shop.toml"});
}

TEST(Design, HasGroupsOfClients) {
  const auto groups = shop(whole).experiment.clients;
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0], (ClientGroup{.name = "eu",
                                    .city = "London",  // the nearest to what stands for weur
                                    .clients = 7,
                                    .arrivals = BurstyArrivals{*parse_rate("80/s"), *parse_rate("400/s"), 5s, 55s},
                                    .retry = {true, true, 5s, 2, 200ms, 2s}}));
  EXPECT_EQ(
      groups[1],
      (ClientGroup{
          .name = "bots", .city = "Tokyo", .clients = 3, .arrivals = ClosedLoop{Distribution::exponential(2s)}}));
}

TEST(Design, GivesGroupsTheCommonMixOrTheirOwn) {
  EXPECT_EQ(law_of(shop(whole)).mix, (std::vector<CallShare>{{"Venue", "book", 300'000, {}, "eu"},
                                                             {"Venue", "view", 700'000, {}, "eu"},
                                                             {"Log", "add", 0, {}, "eu"},
                                                             {"Venue", "view", 1'000'000, {}, "bots"}}));
}

TEST(Design, HasObjectsWithTheirKeysAndPlaces) {
  const auto classes = shop(whole).experiment.classes;
  ASSERT_EQ(classes.size(), 2u);
  EXPECT_EQ(classes[0].name, "Venue");
  EXPECT_EQ(classes[0].keys, 100u);
  EXPECT_EQ(classes[0].zipf_millionths, 1'100'000);
  EXPECT_EQ(classes[0].affinity_millionths, 800'000);
  EXPECT_EQ(classes[0].shards, 4u);
  EXPECT_EQ(classes[0].place, "enam");
  EXPECT_EQ(classes[0].holding, object::Holding::commit);
  EXPECT_EQ(classes[1].name, "Log");
  EXPECT_EQ(classes[1].keys, 50u);
  EXPECT_EQ(classes[1].hot_millionths, 250'000);
  EXPECT_EQ(classes[1].shards, 0u);
  EXPECT_EQ(classes[1].place, place_home);
}

TEST(Design, HasHandlersInTheOrderOfTheFile) {
  const auto handlers = shop(whole).experiment.classes[0].handlers;
  ASSERT_EQ(handlers.size(), 2u);
  EXPECT_EQ(handlers[0].name, "view");
  EXPECT_EQ(handlers[1].name, "book");
  EXPECT_EQ(to_toml(handlers[1].steps[0]), "{ block = [{ fetch = \"bank\" }] }");
  EXPECT_EQ(to_toml(handlers[1].steps[3]), "{ call = \"Log.add\", keys = 9 }");
}

TEST(Design, StorageCostsWhatTheStepsSayOrWhatOperationsCost) {
  const auto classes = shop(whole).experiment.classes;
  EXPECT_EQ(to_toml(classes[0].handlers[0].steps), "[\"cpu 700us\", \"sql.read 30us rows=5\"]");
  EXPECT_EQ(to_toml(classes[0].handlers[1].steps[1]), "\"sql.write 90us rows=3\"");
  EXPECT_EQ(to_toml(classes[0].handlers[1].steps[2]), "\"kv.put 1ms\"");
  EXPECT_EQ(to_toml(classes[1].handlers[0].steps[0]), "\"kv.put 30us bytes=request\"");
  EXPECT_EQ(shop(whole).experiment.costs, (Costs{.turn = 100us, .storage_operation = 0s, .spread_millionths = 250'000}));
}

TEST(Design, ACallOfAnotherObjectKnowsItsShards) {
  const Design design = shop(least_and(R"([objects.Log]
shards = 8
handlers = { add = [{ block = [{ call = "Venue.view" }] }, { all = [[{ call = "Log.note", key = "7" }]] }], note = [] }
[mix]
view = 1
)"));
  EXPECT_EQ(to_toml(design.experiment.classes[1].handlers[0].steps),
            "[{ block = [{ call = \"Venue.view\", key = \"0\" }] }, "
            "{ all = [[{ call = \"Log.note\", key = \"7\", shards = 8 }]] }]");
}

TEST(Design, WhoseHandlersCallEachOtherForEverIsRefused) {
  const auto design = tests::read_shop(least_and(R"([objects.Log.handlers]
add = [{ call = "Log.note" }]
note = [{ call = "Log.add" }]
)"));
  ASSERT_FALSE(design);
  EXPECT_EQ(to_text(design.error()).substr(0, 69),
            "shop.toml:9:1: Log.add calls Log.note calls Log.add: such a call neve");
}

TEST(Design, HasServicesFaultsAndPromises) {
  const Experiment e = shop(whole).experiment;
  EXPECT_EQ(e.services,
            (std::vector<ServicePlan>{{"bank", "Washington DC", Distribution::lognormal(85ms, 400'000), 10'000}}));
  ASSERT_EQ(e.faults.size(), 2u);
  EXPECT_EQ(e.faults[0], (FaultPlan{.kind = sim::FaultKind::crash, .at = 4min, .target = "Venue/2", .lasts = 2s}));
  EXPECT_EQ(e.faults[1].point, sim::FaultPoint::in_turn);
  EXPECT_EQ(e.faults[1].nth, 3u);
  std::vector<std::string> objectives;
  for (const auto& each : e.objectives) objectives.push_back(name_of(each) + " " + limit_of(each));
  EXPECT_EQ(objectives, (std::vector<std::string>{"p99 500ms", "bots.max 3s", "Venue.view.mean 20ms"}));
  EXPECT_EQ(e.counted,
            (std::vector<CountedPlan>{{"charged_once", properties::Times::at_most_once, "bank", "Venue.book"},
                                      {"booked", properties::Times::exactly_once, "Venue.book"}}));
}

TEST(Design, HasAWorldOfItsOwn) {
  const Experiment e = shop(whole).experiment;
  EXPECT_EQ(e.link.access, Distribution::constant(5ms));
  EXPECT_EQ(e.link.jitter_millionths, 500'000);
  EXPECT_EQ(e.disk.sync, Distribution::uniform(1ms, 3ms));
  EXPECT_EQ(e.world, (WorldShape{"", "", 2, 4}));
}

TEST(Design, HasNoMistakeAndIsReadBackAsAnExperiment) {
  const Design design = shop(whole);
  EXPECT_FALSE(mistake_in(design.experiment, tests::built_in_code()));
  const auto again = read_experiment(to_toml(design.experiment), "again.toml");
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(again->experiment, design.experiment);
}

TEST(Design, OfADirectoryReadsItsMatrixBesideIt) {
  const auto file = DesignFile::read(
      "designs/shop.toml",
      tests::reader_of(
          {{"designs/shop.toml", least_and("[network]\nmatrix = \"rtt.csv\"\ncities = \"../own.csv\"\n")},
           {"designs/rtt.csv", "from,to,rtt_ms\nZurich,Tokyo,218.25\n"},
           {"own.csv", "city,latitude_deg,longitude_deg,region,code\nZurich,47.37,8.54,weur,zrh\n"}}));
  ASSERT_TRUE(file) << to_text(file.error());
  const auto design = file->choose({});
  ASSERT_TRUE(design) << to_text(design.error());
  EXPECT_EQ(design->experiment.clients[0].city, "Zurich");
  EXPECT_EQ(design->files, (std::vector<std::string>{"designs/shop.toml", "designs/rtt.csv", "own.csv"}));
  EXPECT_FALSE(mistake_in(design->experiment, tests::built_in_code()));
}

// ---- What stands for what is left out.

TEST(Design, NeedsLittle) {
  const Design design = shop(least);
  const Experiment& e = design.experiment;
  EXPECT_EQ(design.name, "shop");  // the file's name
  EXPECT_EQ(design.seeds, 1u);
  EXPECT_EQ(e.lasts, 60s);
  EXPECT_EQ(e.warmup, 0s);
  EXPECT_EQ(e.clients[0].clients, 100u);
  EXPECT_EQ(e.clients[0].retry, RetryPlan{});
  EXPECT_EQ(e.classes[0].keys, 1u);
  EXPECT_EQ(e.classes[0].shards, 0u);
  EXPECT_EQ(e.classes[0].place, "");  // near the first request
  EXPECT_EQ(e.costs, (Costs{.turn = 0s, .storage_operation = 0s, .spread_millionths = 0}));
  EXPECT_EQ(e.link, sim::Link{});
  EXPECT_EQ(e.disk, sim::DiskPlan{});
  EXPECT_EQ(e.world, WorldShape{});
  EXPECT_FALSE(design.trace);
  EXPECT_FALSE(mistake_in(e, tests::built_in_code()));
}

TEST(Design, IsJudgedByAllPropertiesThatNeedNoModel) {
  std::vector<std::string> wanted;
  for (const std::string_view name : properties::usual_property_names()) wanted.emplace_back(name);
  std::erase(wanted, "serialization");
  EXPECT_EQ(shop(least).experiment.properties, wanted);
}

TEST(Design, OfOneHandlerNeedsNoMix) {
  EXPECT_EQ(law_of(shop(least)).mix, (std::vector<CallShare>{{"Venue", "view", 1'000'000, {}}}));
}

TEST(Design, OneMixForAllNamesNoGroups) {
  EXPECT_EQ(law_of(shop(least_and("more = [\"sync\"]\n[mix]\nview = 2\nmore = 0.000001\n"))).mix,
            (std::vector<CallShare>{{"Venue", "view", 2'000'000, {}}, {"Venue", "more", 1, {}}}));
}

TEST(Design, KeysAreUniformUnlessTheySaySo) {
  const auto plan = shop(least_and("[objects.Venue]\nkey = { n = 12 }\n")).experiment.classes[0];
  EXPECT_EQ(plan.keys, 12u);
  EXPECT_EQ(plan.zipf_millionths, 0);
}

TEST(Design, StorageWithoutATimeCostsTheUsual) {
  const auto classes =
      shop(least_and("[objects.Log.handlers]\nadd = [\"kv.get\", \"sql.write rows=2\"]\n[mix]\nadd = 1\n"))
          .experiment.classes;
  EXPECT_EQ(to_toml(classes[1].handlers[0].steps), "[\"kv.get 20us\", \"sql.write 40us rows=2\"]");
}

TEST(Design, DistributionsAreTextsOrTables) {
  const auto sync = [](std::string_view value) {
    return shop(least_and("[disk]\nsync = " + std::string(value) + "\n")).experiment.disk.sync;
  };
  EXPECT_EQ(sync("\"5ms\""), Distribution::constant(5ms));
  EXPECT_EQ(sync("\"lognormal 85ms sigma 0.4\""), Distribution::lognormal(85ms, 400'000));
  EXPECT_EQ(sync("{ median = \"85ms\", sigma = 0.4 }"), Distribution::lognormal(85ms, 400'000));
  EXPECT_EQ(sync("{ dist = \"lognormal\", median = \"1s\", sigma = 0 }"), Distribution::lognormal(1s, 0));
  EXPECT_EQ(sync("{ dist = \"constant\", value = \"3ms\" }"), Distribution::constant(3ms));
  EXPECT_EQ(sync("{ dist = \"uniform\", least = \"1ms\", most = \"3ms\" }"), Distribution::uniform(1ms, 3ms));
  EXPECT_EQ(sync("{ dist = \"exponential\", mean = \"4ms\" }"), Distribution::exponential(4ms));
  EXPECT_EQ(sync("{ dist = \"pareto\", scale = \"1ms\", alpha = 1.5 }"), Distribution::pareto(1ms, 1'500'000));
}

TEST(Design, WhatIsCountedIsAServiceOrAHandler) {
  const auto says = [](std::string_view kind_and_event, std::string_view expected) {
    const std::string text = fmt::format("{}[services.bank]\ncity = \"London\"\nlatency = \"5ms\"\n[counted]\n{}\n",
                                         least, kind_and_event);
    const auto design = tests::read_shop(text);
    const std::string message = design ? "no mistake" : to_text(design.error());
    EXPECT_NE(message.find(expected), message.npos) << message;
  };
  says("once = { kind = \"at-most-once\", event = \"view\" }", "no mistake");
  says("once = { kind = \"at-most-once\", event = \"bunk\" }", "unknown service or handler \"bunk\"");
  says("once = { kind = \"at-most-once\", event = \"bunk\" }", "did you mean \"bank\"?");
  says("once = { kind = \"twice\", event = \"bank\" }", "shop.toml:12:17: ");
  says("liveness = { kind = \"at-most-once\", event = \"bank\" }", "there is a property liveness already");
}

// ---- Recordings.

class RecordedDesign : public testing::Test {
 protected:
  RecordedDesign() {
    std::filesystem::create_directories(directory_);
    std::ofstream(directory_ / "day.csv") << "time_s,path,verb\n0,/a,GET\n1,/b,POST\n60,/a,GET\n";
  }
  ~RecordedDesign() override { std::filesystem::remove_all(directory_); }

  std::expected<Design, FileError> read(std::string_view more, const DesignChoice& choice = {}) const {
    const std::string path = (directory_ / "shop.toml").string();
    const std::string text = std::string(R"(orrery = 1
[[clients]]
name = "eu"
region = "weur"
arrivals = { process = "trace" }
[objects.Venue.handlers]
view = ["cpu 1ms"]
[trace]
file = "day.csv"
columns = { key = "path", operation = "verb" }
operations = { GET = "view", POST = "Venue.view" }
)") + std::string(more);
    const auto file = DesignFile::read(path, tests::reader_of({{path, text}}));
    if (!file) return std::unexpected(file.error());
    return file->choose(choice);
  }

  const std::filesystem::path directory_ =
      std::filesystem::path(testing::TempDir()) / ("orrery_design_test_" + std::to_string(getpid()));
};

TEST_F(RecordedDesign, NamesItsRecordingAndKnowsWhatItIs) {
  const auto design = read("");
  ASSERT_TRUE(design) << to_text(design.error());
  ASSERT_TRUE(design->trace);
  EXPECT_EQ(design->trace->requests, 3u);
  const TracePlan& plan = *law_of(*design).trace;
  EXPECT_EQ(plan.file, (directory_ / "day.csv").string());
  EXPECT_EQ(plan.digest.size(), 64u);
  EXPECT_EQ(plan.columns.time, "time_s");
  EXPECT_EQ(design->files.back(), plan.file);
  EXPECT_EQ(design->experiment.clients[0].clients, 100u);
  EXPECT_FALSE(mistake_in(design->experiment, tests::built_in_code()));
}

TEST_F(RecordedDesign, LastsAsLongAsItsRecording) {
  EXPECT_EQ(read("")->experiment.lasts, read("")->trace->lasts + 1ms);
  EXPECT_EQ(read("speed = 60\n")->experiment.lasts, read("")->trace->lasts / 60 + 1ms);
  EXPECT_EQ(read("[run]\nduration = \"7s\"\n")->experiment.lasts, 7s);
}

TEST_F(RecordedDesign, IsPlayedFasterByRate) {
  const auto design = read("speed = 30\n", with_set("rate", "x2"));
  ASSERT_TRUE(design) << to_text(design.error());
  EXPECT_EQ(law_of(*design).trace->speed_millionths, 60'000'000);
  EXPECT_EQ(design->experiment.lasts, design->trace->lasts / 60 + 1ms);
}

TEST_F(RecordedDesign, WithoutItsRecordingIsRefused) {
  std::filesystem::remove(directory_ / "day.csv");
  const FileError error = read("").error();
  EXPECT_EQ(error.line, 9);
  EXPECT_EQ(error.column, 8);
  EXPECT_EQ(error.message, (directory_ / "day.csv").string() + ": cannot open it: No such file or directory");
}

// ---- Included files and variants.

TEST(Design, LaysItselfOverWhatItIncludes) {
  const Design design =
      shop(Texts{{"shop.toml", R"(orrery = 1
include = ["base.toml", "more/faster.toml"]
mix = { view = 1, book = 2 }
[objects.Venue]
place = "home"
handlers.book = ["cpu 3ms"]
)"},
                 {"base.toml", least_and("[disk]\nsync = \"7ms\"\n[objects.Venue]\nplace = \"enam\"\n")},
                 {"more/faster.toml", "include = \"disks.toml\"\n"},
                 {"more/disks.toml", "[disk]\nsync = \"1ms\"\n"}});
  EXPECT_EQ(design.name, "shop");
  EXPECT_EQ(design.experiment.disk.sync, Distribution::constant(1ms));  // of two included files, the later
  EXPECT_EQ(design.experiment.classes[0].place, "home");
  ASSERT_EQ(design.experiment.classes[0].handlers.size(), 2u);
  EXPECT_EQ(design.experiment.classes[0].handlers[0].name, "view");
  EXPECT_EQ(design.files,
            (std::vector<std::string>{"base.toml", "more/disks.toml", "more/faster.toml", "shop.toml"}));
}

constexpr std::string_view variants = R"(
[variant.slow]
objects.Venue.handlers.view = ["cpu 2ms"]
disk = { sync = "9ms" }
[variant.busy]
clients.eu.arrivals.rate = "500/s"
clients.eu.clients = 3
rate = "x2"
[variant.another]
clients.eu.arrivals = { process = "constant", rate = "1/s" }
[variant.another.disk]
sync = { dist = "exponential", mean = "1ms" }
)";

TEST(DesignVariant, AreListedAsInTheFile) {
  const auto file = DesignFile::read("shop.toml", tests::reader_of({{"shop.toml", least_and(variants)}}));
  ASSERT_TRUE(file) << to_text(file.error());
  EXPECT_EQ(file->name(), "shop");
  EXPECT_EQ(file->variants(), (std::vector<std::string>{"slow", "busy", "another"}));
  EXPECT_EQ(file->paths_of_variant("busy"),
            (std::vector<std::string>{"clients.eu.arrivals.rate", "clients.eu.clients", "rate"}));
  EXPECT_TRUE(file->paths_of_variant("none").empty());
}

TEST(DesignVariant, IsLaidOverTheRest) {
  const Design slow = shop(least_and(variants), {.variant = "slow", .sets = {}});
  EXPECT_EQ(slow.name, "shop/slow");
  EXPECT_EQ(slow.experiment.scenario, "shop/slow");
  EXPECT_EQ(to_toml(slow.experiment.classes[0].handlers[0].steps), "[\"cpu 2ms\"]");
  EXPECT_EQ(slow.experiment.disk.sync, Distribution::constant(9ms));
  const Design plain = shop(least_and(variants));
  EXPECT_EQ(to_toml(plain.experiment.classes[0].handlers[0].steps), "[\"cpu 1ms\"]");
}

TEST(DesignVariant, FindsAGroupByItsName) {
  const Design busy = shop(least_and(variants), {.variant = "busy", .sets = {}});
  EXPECT_EQ(busy.experiment.clients[0].arrivals, poisson(*parse_rate("1000/s")));
  EXPECT_EQ(busy.experiment.clients[0].clients, 3u);
}

TEST(DesignVariant, OfAnotherKindTakesThePlaceOfWhatWasThere) {
  const std::string text = least_and("[disk]\nsync = { median = \"1ms\", sigma = 1 }\n") + std::string(variants);
  const Design another = shop(text, {.variant = "another", .sets = {}});
  EXPECT_EQ(another.experiment.clients[0].arrivals, Arrivals(ConstantArrivals{*parse_rate("1/s")}));
  EXPECT_EQ(another.experiment.disk.sync, Distribution::exponential(1ms));
}

// ---- Values that are set.

std::string shop_of_two() {
  return least_and(R"(book = ["cpu 2ms", { fetch = "bank" }]
[objects.Venue]
key = { dist = "zipf", n = 10, s = 1 }
[services.bank]
city = "London"
latency = { median = "85ms", sigma = 0.4 }
[[clients]]
name = "us"
region = "enam"
arrivals = { process = "ramp", from = "10/s", to = "40/s", over = "10s" }
[[faults]]
kind = "evict"
target = "Venue/0"
at = "5s"
[mix]
view = 1
"Venue.book" = 3
[objectives]
"us.p99" = "1s"
)");
}

Experiment after(std::string path, std::string value) {
  return shop(shop_of_two(), with_set(std::move(path), std::move(value))).experiment;
}

TEST(DesignSet, TakesTomlOrATextWithoutQuotes) {
  EXPECT_EQ(after("objects.Venue.shards", "4").classes[0].shards, 4u);
  EXPECT_EQ(after("objects.Venue.shards", "per-key").classes[0].shards, 0u);
  EXPECT_EQ(after("objects.Venue.place", "\"home\"").classes[0].place, "home");
  EXPECT_EQ(after("objects.Venue.place", "enam").classes[0].place, "enam");
  EXPECT_EQ(after("objects.Venue.key.s", "0.5").classes[0].zipf_millionths, 500'000);
  EXPECT_EQ(after("disk.sync", "5ms").disk.sync, Distribution::constant(5ms));
  EXPECT_EQ(after("disk.sync", "{ median = \"2ms\", sigma = 1 }").disk.sync, Distribution::lognormal(2ms, 1'000'000));
  EXPECT_EQ(after("properties", "[\"liveness\"]").properties, std::vector<std::string>{"liveness"});
  EXPECT_EQ(to_toml(after("objects.Venue.handlers.view", "[\"cpu 9ms\"]").classes[0].handlers[0].steps),
            "[\"cpu 9ms\"]");
}

TEST(DesignSet, ChangesAPartOfATable) {
  EXPECT_EQ(after("services.bank.latency.sigma", "0").services[0].latency, Distribution::lognormal(85ms, 0));
  EXPECT_EQ(after("clients.eu.arrivals.process", "constant").clients[0].arrivals,
            Arrivals(ConstantArrivals{*parse_rate("50/s")}));
  EXPECT_EQ(after("objects.Venue", "{ place = \"home\" }").classes[0].keys, 10u);
  EXPECT_EQ(after("objects.Venue.key", "{ dist = \"uniform\", n = 3 }").classes[0].zipf_millionths, 0);
}

TEST(DesignSet, FindsAnElementByNameOrByNumberOrAll) {
  EXPECT_EQ(after("clients.us.clients", "5").clients[1].clients, 5u);
  EXPECT_EQ(after("faults.1.at", "9s").faults[0].at, 9s);
  const Experiment all = after("clients.*.clients", "8");
  EXPECT_EQ(all.clients[0].clients, 8u);
  EXPECT_EQ(all.clients[1].clients, 8u);
}

TEST(DesignSet, TakesKeysThatHaveDots) {
  for (const std::string path : {"objectives.us.p99", "objectives.\"us.p99\""}) {
    const auto objectives = after(path, "2s").objectives;
    ASSERT_EQ(objectives.size(), 1u) << path;
    EXPECT_EQ(limit_of(objectives[0]), "2s");
  }
  EXPECT_EQ(std::get<Law>(after("mix.Venue.book", "5").workload).mix[1].weight, 5'000'000u);
}

TEST(DesignSet, ToWhatItIsChangesNothing) {
  const Experiment plain = shop(shop_of_two()).experiment;
  EXPECT_EQ(after("mix.view", "1"), plain);
  EXPECT_EQ(after("objects.Venue.handlers.view", "[\"cpu 1ms\"]"), plain);
  EXPECT_EQ(after("services.bank.city", "London"), plain);
}

TEST(DesignSet, ScalesAllRates) {
  const Experiment more = after("rate", "x1.5");
  EXPECT_EQ(more.clients[0].arrivals, poisson(*parse_rate("75/s")));
  EXPECT_EQ(more.clients[1].arrivals, Arrivals(RampArrivals{*parse_rate("15/s"), *parse_rate("60/s"), 10s}));
}

TEST(DesignSet, LaterValuesWinAndStandAboveTheVariant) {
  const DesignChoice choice{.variant = "busy", .sets = {{"clients.eu.clients", "4"}, {"clients.eu.clients", "9"}}};
  EXPECT_EQ(shop(least_and(variants), choice).experiment.clients[0].clients, 9u);
}

TEST(DesignSet, AFileIsFoundWhereTheCommandLineSays) {
  const std::string matrix = "from,to,rtt_ms\nZurich,London,18.25\n";
  const auto file = DesignFile::read(
      "designs/shop.toml", tests::reader_of({{"designs/shop.toml", std::string(least)}, {"rtt.csv", matrix}}));
  const auto design = file->choose(with_set("network.matrix", "rtt.csv"));
  ASSERT_TRUE(design) << to_text(design.error());
  EXPECT_EQ(design->experiment.world.rtt_csv, matrix);
}

// ---- Paths.

TEST(Design, TellsItsPathsAndValues) {
  const auto file = DesignFile::read("shop.toml", tests::reader_of({{"shop.toml", shop_of_two()}}));
  ASSERT_TRUE(file);
  const std::vector<std::string> paths = paths_of(*file);
  for (const char* path : {"clients.eu.arrivals.rate", "clients.us.region", "faults.1.at", "objects.Venue.key.s",
                           "objects.Venue.handlers.book", "services.bank.latency.sigma", "objectives.us.p99", "rate"})
    EXPECT_NE(std::ranges::find(paths, path), paths.end()) << path;
  EXPECT_EQ(std::ranges::find(paths, "orrery"), paths.end());
  EXPECT_EQ(std::ranges::find(paths, "objects.Venue.key"), paths.end());

  EXPECT_EQ(file->value_at("clients.eu.arrivals.rate", {}), "50/s");
  EXPECT_EQ(file->value_at("objects.Venue.key", {}), "{ dist = \"zipf\", n = 10, s = 1 }");
  EXPECT_EQ(file->value_at("objects.Venue.handlers.book", {}), "[\"cpu 2ms\", { fetch = \"bank\" }]");
  EXPECT_EQ(file->value_at("objectives.\"us.p99\"", {}), "1s");
  EXPECT_EQ(file->value_at("objects.Venue.shards", {}), "");
  EXPECT_EQ(file->value_at("objects.Venue.shards", with_set("objects.Venue.shards", "3")), "3");
}

TEST(Design, EachValueThatItTellsCanBeSet) {
  const auto file = DesignFile::read("shop.toml", tests::reader_of({{"shop.toml", shop_of_two()}}));
  const Experiment plain = file->choose({})->experiment;
  for (const std::string& path : paths_of(*file)) {
    const std::string value = file->value_at(path, {});
    const auto design = file->choose(with_set(path, value.empty() ? "x1" : value));
    ASSERT_TRUE(design) << path << ": " << to_text(design.error());
    EXPECT_EQ(design->experiment, plain) << path;
  }
}

TEST(Design, IsReadBackFromWhatItTells) {
  const auto file = DesignFile::read("shop.toml", tests::reader_of({{"shop.toml", std::string(whole)}}));
  ASSERT_TRUE(file);
  const DesignChoice choice = with_set("objects.Venue.shards", "9");
  const Design told = shop(file->to_toml(choice));
  EXPECT_EQ(told.experiment.classes[0].shards, 9u);
  EXPECT_EQ(to_toml(told.experiment), to_toml(file->choose(choice)->experiment));
  EXPECT_EQ(told.seeds, 5u);
}

TEST(Design, KnowsWhereItsPartsStand) {
  const Design design = shop(shop_of_two(), with_set("objects.Venue.shards", "3"));
  const FileError rate = design.at("clients.eu.arrivals.rate");
  EXPECT_EQ(rate.file, "shop.toml");
  EXPECT_EQ(rate.line, 5);
  EXPECT_EQ(rate.column, 42);
  EXPECT_EQ(rate.width, 6);
  EXPECT_EQ(rate.line_text, "arrivals = { process = \"poisson\", rate = \"50/s\" }");
  EXPECT_EQ(rate.message, "");
  EXPECT_EQ(design.at("objects.Venue.handlers.book").line, 8);
  EXPECT_EQ(design.at("clients.eu.retry.max").line, 2);  // what it would stand in
  EXPECT_EQ(design.at("nothing.of.this").line, 0);
  EXPECT_EQ(design.at("nothing.of.this").file, "shop.toml");
  EXPECT_EQ(design.at("objects.Venue.shards").message, "--set objects.Venue.shards=3: ");
  EXPECT_EQ(design.at("objects.Venue.shards").line, 0);
}

// ---- The one that the manual shows.

TEST(Design, TheBookingExampleHasNoMistake) {
  const auto path = ORRERY_TEST_DATA "/booking.toml";
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  const auto file = DesignFile::read(path, tests::reader_of({{path, text.str()}}));
  ASSERT_TRUE(file) << to_text(file.error());
  EXPECT_EQ(file->variants(), (std::vector<std::string>{"shards", "shards-home"}));
  for (const std::string variant : {"", "shards", "shards-home"}) {
    const auto design = file->choose({.variant = variant, .sets = {}});
    ASSERT_TRUE(design) << to_text(design.error());
    EXPECT_EQ(design->name, variant.empty() ? "booking" : "booking/" + variant);
    const auto mistake = mistake_in(design->experiment, tests::built_in_code());
    EXPECT_FALSE(mistake) << mistake->message;
    EXPECT_EQ(design->experiment.classes[0].shards, variant.empty() ? 1u : 0u);
    EXPECT_EQ(design->experiment.classes[0].place, variant == "shards-home" ? "home" : "enam");
  }
}

}  // namespace
}  // namespace orrery::scenarios
