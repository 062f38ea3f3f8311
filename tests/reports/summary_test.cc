#include "reports/summary.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "reports/latency.h"

using namespace orrery;
using namespace orrery::reports;
using Kind = properties::Verdict::Kind;

namespace {

Time at(Duration since_start) { return Time(since_start); }

// 20,000 requests of a counter used from two cities: one in a hundred waits a second.
RunSummary counter_run() {
  RunSummary run;
  run.scenario = "counter";
  run.duration = 1min;
  run.wall = 320ms;
  run.names.classes = {{"Counter", {"fetch", "increment", "value"}}};
  run.names.groups = {{"london", "London", 0, 1}, {"sao-paulo", "São Paulo", 1, 1}};

  LatencyReport latency(run.names, Time());
  for (int i = 0; i < 20'000; ++i) {
    Breakdown each{};
    each.client = ClientId{i % 50 == 0 ? 1u : 0u};
    each.method = MethodId{static_cast<std::uint16_t>(i % 4 == 0 ? 1 : 2)};
    time_in(each.stages, Stage::access) = 8ms;
    time_in(each.stages, Stage::network) = 20ms + i * 1us;
    time_in(each.stages, Stage::queue) = i % 100 == 99 ? 1s : 0ns;
    time_in(each.stages, Stage::cpu) = 700us;
    each.latency = sum_of(each.stages);
    latency.on(each);
  }
  latency.write_to(run.outcome);
  run.outcome.seed = 7;
  run.outcome.fingerprint = 0xb1f49c027e35d8a1u;
  run.outcome.events = 160'000;
  run.outcome.virtual_time = 1min;
  run.outcome.objects = {{.object = std::string(64, 'a'),
                          .class_name = "Counter",
                          .name = "0",
                          .busy = 53'160ms,
                          .turns = 20'000,
                          .longest_queue = 1'280},
                         {.object = std::string(64, 'b'), .class_name = "Counter", .busy = 600ms, .turns = 230}};
  run.outcome.objects_used = 2;
  run.outcome.reached = {{"retry_after_reset", 12}};
  run.outcome.verdicts = {{"global_uniqueness", {.kind = Kind::holds, .tested = 1'013, .violation = {}, .note = {}}},
                          {"serialization", {.kind = Kind::holds, .tested = 20'000, .violation = {}, .note = {}}}};
  return run;
}

// The same 101 notes, read in one turn and by 101 calls.
RunSummary notes_run() {
  RunSummary run;
  run.scenario = "notes";
  run.duration = 1min;
  run.names.classes = {{"Notes", {"fetch", "read_all", "read_each", "write"}}};
  LatencyReport latency(run.names, Time());
  const std::array work{Work{.turns = 1, .operations = 101, .storage = 2'020us},
                        Work{.turns = 203, .operations = 101, .storage = 2'020us, .calls = 101},
                        Work{.turns = 1, .operations = 1, .storage = 20us, .commits = 1}};
  for (int i = 0; i < 3'000; ++i) {
    Breakdown each{};
    each.method = MethodId{static_cast<std::uint16_t>(1 + i % 3)};
    each.work = work[static_cast<std::size_t>(i % 3)];
    each.latency = i % 3 == 1 ? 1'600ms : 40ms;
    time_in(each.stages, Stage::network) = each.latency;
    latency.on(each);
  }
  latency.write_to(run.outcome);
  return run;
}

properties::Violation lost_update() {
  return {.rule = "one_order",
          .object = std::string(64, 'a'),
          .text =
              "call 17 returned 4, but the calls before it in the only order that fits real time leave the "
              "counter at 5",
          .at = at(41'203ms)};
}

CheckSummary counter_check() {
  CheckSummary check;
  check.scenario = "counter";
  check.first_seed = 1;
  check.seeds_asked = check.seeds_done = 1'000;
  check.properties.push_back(
      {.property = "global_uniqueness", .tested = 12'345, .seeds_tested = 1'000, .note = {}, .violations = {}});
  check.properties.push_back(
      {.property = "serialization", .tested = 9'100, .seeds_tested = 988, .note = {}, .violations = {}});
  check.reached = {{"overloaded", 0}, {"retry_after_reset", 412}};
  check.requests = 1'900'000;
  check.virtual_time = 600'000s;
  check.wall = 6'300ms;
  check.fingerprint = 0x77ac04d1e9b3512fu;
  return check;
}

CheckSummary failing_check() {
  CheckSummary check = counter_check();
  check.seeds_done = 70;
  check.interrupted = true;
  check.properties[1].violations.push_back({70, lost_update(), "orrery-regressions/counter-7k2d.toml"});
  check.properties.push_back({.property = "alarms", .note = {}, .violations = {}});
  check.properties.push_back(
      {.property = "liveness", .seeds_unknown = 3, .note = "ran out of budget", .violations = {}});
  return check;
}

RunSummary failing_run() {
  RunSummary run = counter_run();
  run.wall.reset();
  run.warmup = 10s;
  run.outcome.all.failed = 12;
  run.outcome.verdicts[1].verdict = {.kind = Kind::violated, .tested = 3, .violation = lost_update(), .note = {}};
  run.outcome.verdicts.push_back({"alarms", {}});
  run.outcome.verdicts.push_back(
      {"liveness", {.kind = Kind::unknown, .tested = 1, .violation = {}, .note = "the budget ran out"}});
  return run;
}

constexpr Style wide{.utf8 = true, .color = false, .width = 120, .verbose = false};
constexpr Style narrow{.utf8 = true, .color = false, .width = 80, .verbose = false};
constexpr Style ascii{.utf8 = false, .color = false, .width = 120, .verbose = false};

}  // namespace

TEST(RunText, FillsAWideScreen) {
  EXPECT_EQ("\n" + run_text(counter_run(), wide), R"(
counter   seed 7   1m virtual in 0.3 s   20,000 requests

Latency in ms, from intended send time
                               requests      p50      p90      p99    p99.9      max
  all                            20,000     38.8     46.9     48.7  1,047.0  1,048.7
  london     from London         19,600     38.8     46.9  1,029.2  1,047.0  1,048.7
  sao-paulo  from São Paulo         400     38.7     46.7        -        -     48.7
  Counter.increment               5,000     38.7     46.7     48.5        -     48.7
  Counter.value                  15,000     38.9     47.0  1,033.9  1,047.5  1,048.7
  -  fewer than 10 requests lie above; --set run.duration=25m would be long enough

Where the time goes, mean ms of each band
                        total   access  network     queue      cpu
  middle 10 %            38.8     8.00     30.1      0.00     0.70
  slowest 1 %         1,038.7     8.00     30.0  1,000.0      0.70
  96 % of the slowest 1 % is queue

Objects                  busy  longest queue    turns
  Counter/0            88.6 %          1,280   20,000

Properties
  holds     global_uniqueness      1,013 times
  holds     serialization         20,000 times

✓ all properties hold        fingerprint b1f4 9c02 7e35 d8a1
)");
}

TEST(RunText, DropsTheMaximumOnANarrowScreen) {
  EXPECT_EQ("\n" + run_text(failing_run(), narrow), R"(
counter   seed 7   1m virtual   20,000 requests after 10s warm-up

Latency in ms, from intended send time
                               requests      p50      p90      p99    p99.9
  all                            20,000     38.8     46.9     48.7  1,047.0
  london     from London         19,600     38.8     46.9  1,029.2  1,047.0
  sao-paulo  from São Paulo         400     38.7     46.7        -        -
  Counter.increment               5,000     38.7     46.7     48.5        -
  Counter.value                  15,000     38.9     47.0  1,033.9  1,047.5
  -  fewer than 10 requests lie above; --set run.duration=21m would be long enough
  of all requests 12 failed and 0 had no answer

Where the time goes, mean ms of each band
                        total   access  network     queue      cpu
  middle 10 %            38.8     8.00     30.1      0.00     0.70
  slowest 1 %         1,038.7     8.00     30.0  1,000.0      0.70
  96 % of the slowest 1 % is queue

Objects                  busy  longest queue    turns
  Counter/0            88.6 %          1,280   20,000

Properties
  holds     global_uniqueness     1,013 times
  VIOLATED  serialization         at 41.203 s
            one_order, object aaaaaaaa: call 17 returned 4, but the calls before
            it in the only order that fits real time leave the counter at 5
  UNTESTED  alarms
  UNKNOWN   liveness                   1 time
            the budget ran out

✗ 1 of 4 properties violated        fingerprint b1f4 9c02 7e35 d8a1
)");
}

TEST(RunText, ShowsTheWorkOfEachOperation) {
  const std::string text = run_text(notes_run(), wide);

  EXPECT_NE(text.find(R"(
Work per request, mean
                     turns    calls  storage ops  storage ms  commits   p50 ms   p99 ms
  Notes.read_all      1.00     0.00       101.0         2.02     0.00     40.0     40.0
  Notes.read_each   203.0    101.0        101.0         2.02     0.00  1,600.0  1,600.0
  Notes.write         1.00     0.00         1.00        0.02     1.00     40.0     40.0
)"),
            std::string::npos)
      << text;
}

TEST(RunText, ShowsFetchesWhereThereAreAnyAndKeepsToAHundredColumns) {
  RunSummary run = notes_run();
  run.outcome.operations[2].work.fetches = 500;
  run.outcome.operations[2].name = "Notes.read_each_of_all_notes";

  const std::string text = run_text(run, wide);

  const std::size_t heads = text.find("turns    calls  fetches  storage ops  storage ms  commits   p99 ms\n");
  ASSERT_NE(heads, std::string::npos) << text;
  EXPECT_LE(text.find('\n', heads) - text.rfind('\n', heads), 101u);
  EXPECT_NE(text.find("  0.50"), std::string::npos);
}

TEST(RunText, ShowsWorkOnlyIfThereIsStorageOrACall) {
  EXPECT_EQ(run_text(counter_run(), wide).find("Work per request"), std::string::npos);

  RunSummary calling = counter_run();
  calling.outcome.operations[1].work.calls = 1;
  EXPECT_NE(run_text(calling, wide).find("Work per request"), std::string::npos);

  RunSummary committing = counter_run();
  committing.outcome.operations[1].work.operations = 1;
  EXPECT_NE(run_text(committing, wide).find("Work per request"), std::string::npos);
}

TEST(RunText, DropsTheP90NextAndKeepsTheRest) {
  Style narrower = narrow;
  narrower.width = 66;
  const std::string text = run_text(counter_run(), narrower);

  EXPECT_EQ(text.find("p90"), std::string::npos);
  EXPECT_NE(text.find("requests      p50      p99    p99.9\n"), std::string::npos);
}

TEST(RunText, UsesNoGlyphsInAscii) {
  EXPECT_TRUE(
      run_text(counter_run(), ascii).ends_with("\nok all properties hold        fingerprint b1f4 9c02 7e35 d8a1\n"));
  EXPECT_TRUE(run_text(failing_run(), ascii)
                  .ends_with("\nFAIL 1 of 4 properties violated        fingerprint b1f4 9c02 7e35 d8a1\n"));
}

TEST(RunText, ShowsQuietObjectsOnlyWhenAsked) {
  RunSummary run = counter_run();
  run.outcome.objects.erase(run.outcome.objects.begin());
  EXPECT_EQ(run_text(run, wide).find("Objects"), std::string::npos);

  Style verbose = wide;
  verbose.verbose = true;
  run.outcome.objects_used = 1'000;
  EXPECT_NE(
      run_text(run, verbose).find("  Counter bbbbbbbb       1.0 %              0      230\n  the busiest of 1,000\n"),
      std::string::npos);
}

TEST(RunText, SaysThatNothingHappened) {
  RunSummary run;
  run.scenario = "empty";
  run.duration = 10s;

  EXPECT_EQ("\n" + run_text(run, wide), R"(
empty   seed 0   10s virtual   0 requests

Latency in ms, from intended send time
                     requests      p50      p90      p99    p99.9      max
  all                       0        -        -        -        -        -
  no request was completed

? cannot tell: no property was asked for        fingerprint 0000 0000 0000 0000
)");
}

TEST(RunText, ColoursWithoutMovingAColumn) {
  Style coloured = narrow;
  coloured.color = true;
  std::string text = run_text(failing_run(), coloured);
  EXPECT_NE(text.find("\x1b[31mVIOLATED\x1b[0m"), std::string::npos);

  for (std::size_t start = text.find('\x1b'); start != std::string::npos; start = text.find('\x1b'))
    text.erase(start, text.find('m', start) - start + 1);
  EXPECT_EQ(text, run_text(failing_run(), narrow));
}

TEST(CheckText, EndsWithTheVerdict) {
  EXPECT_EQ("\n" + check_text(counter_check(), wide), R"(
counter   2 properties, 1,000 seeds from 1

    PASS  global_uniqueness     1,000 seeds   12,345 times tested
    PASS  serialization         988 of 1,000 seeds   9,100 times tested
 ----------
 Reached  overloaded in 0 seeds · retry_after_reset in 412
 Warning  no seed reached "overloaded"
 Summary  2 properties: 2 passed · 1,000 seeds · 1,900,000 requests · 166h virtual in 6.3 s

✓ all properties hold        fingerprint 77ac 04d1 e9b3 512f
)");
}

TEST(CheckText, SaysHowToReplayAFailure) {
  EXPECT_EQ("\n" + check_text(failing_check(), narrow), R"(
counter   4 properties, 1,000 seeds from 1

    PASS  global_uniqueness     1,000 seeds   12,345 times tested
    FAIL  serialization         seed 70, 69 seeds passed before it
    SKIP  alarms                70 seeds   untested
 UNKNOWN  liveness              3 seeds: ran out of budget
 ----------
 Reached  overloaded in 0 seeds · retry_after_reset in 412
 Warning  no seed reached "overloaded"
 Warning  interrupted after 70 of 1,000 seeds
 Summary  4 properties: 1 passed, 1 failed, 1 unknown, 1 skipped · 70 seeds ·
          1,900,000 requests · 166h virtual in 6.3 s

✗ serialization: call 17 returned 4, but the calls before it in the only order
that fits real time leave the counter at 5

  Rule    one_order
  Object  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  At      41.203 s of seed 70
  Replay  orrery replay orrery-regressions/counter-7k2d.toml

✗ 1 of 4 properties violated        fingerprint 77ac 04d1 e9b3 512f
)");
}

// 2,000 crashes over a durable counter.
CheckSummary crashing_check() {
  CheckSummary check = counter_check();
  check.met = {{"faults_planned", 3'000},
               {"faults_struck", 2'950},
               {"crashes", 2'000},
               {"crashes_in_a_live_turn", 640},
               {"crashes_with_an_unconfirmed_commit", 812},
               {"crashes_that_lost_bytes", 505},
               {"pauses", 950},
               {"syncs_failed", 0},
               {"calls_left_open", 1'204},
               {"recoveries_after_a_crash", 1'888},
               {"commits", 50'000}};
  return check;
}

TEST(CheckText, ListsWhatFaultsMet) {
  const std::string text = check_text(crashing_check(), wide);
  EXPECT_NE(text.find(R"(
 Reached  overloaded in 0 seeds · retry_after_reset in 412
 Warning  no seed reached "overloaded"
 Faults met
          faults_planned                        3,000   crashes_that_lost_bytes       505
          faults_struck                         2,950   pauses                        950
          crashes                               2,000   calls_left_open             1,204
          crashes_in_a_live_turn                  640   recoveries_after_a_crash    1,888
          crashes_with_an_unconfirmed_commit      812   commits                    50,000
 Summary  )"),
            std::string::npos)
      << text;

  const std::string in_one = check_text(crashing_check(), narrow);
  EXPECT_NE(in_one.find(R"(
          crashes_that_lost_bytes                 505
          pauses                                  950
)"),
            std::string::npos)
      << in_one;
}

TEST(CheckText, WarnsOfWhatNoCrashHit) {
  CheckSummary check = crashing_check();
  for (const char* name : {"crashes_in_a_live_turn", "crashes_with_an_unconfirmed_commit", "crashes_that_lost_bytes",
                           "calls_left_open", "recoveries_after_a_crash"}) {
    const std::string warning = std::string(" Warning  no seed reached \"") + name + "\"\n";
    EXPECT_EQ(check_text(check, wide).find(warning), std::string::npos);
    check.met.erase(name);
    EXPECT_NE(check_text(check, wide).find(warning), std::string::npos);
  }
  EXPECT_EQ(check_text(check, wide).find("\"syncs_failed\""), std::string::npos);

  check.met["commits"] = 0;  // nothing that a crash could have lost
  EXPECT_EQ(check_text(check, wide).find("crashes_that_lost_bytes"), std::string::npos);
  EXPECT_NE(check_text(check, wide).find("crashes_in_a_live_turn"), std::string::npos);
}

TEST(CheckText, WarnsOfPlannedFaultsThatNeverStruck) {
  CheckSummary check = counter_check();
  check.met = {{"faults_planned", 10}, {"faults_struck", 0}, {"crashes", 0}, {"commits", 5}};

  EXPECT_NE(check_text(check, wide).find("no seed reached \"faults_struck\""), std::string::npos);
  EXPECT_EQ(check_text(check, wide).find("\"crashes\""), std::string::npos);
}

TEST(CheckText, SaysNothingOfFaultsWhereNoneWerePlanned) {
  CheckSummary check = counter_check();
  check.met = {{"faults_planned", 0}, {"faults_struck", 0}, {"crashes", 0}, {"commits", 5'000}};

  EXPECT_EQ(check_text(check, wide), check_text(counter_check(), wide));
}

TEST(CheckText, NamesTheSeedWhereNoFileWasWritten) {
  CheckSummary check = failing_check();
  check.properties[1].violations[0].file.clear();

  EXPECT_NE(check_text(check, ascii).find("  Again   orrery check counter --seed 70 --seeds 1\n"), std::string::npos);
  EXPECT_NE(check_text(check, ascii).find("\nFAIL serialization: call 17"), std::string::npos);
}

TEST(RunJson, KeepsItsKeysInOrder) {
  const auto json = run_json(counter_run(), {"0.1.0", {"orrery", "run", "counter"}}, {{"jobs", 2}});
  std::string keys;
  for (const auto& [key, value] : json.items()) keys += key + " ";

  EXPECT_EQ(
      keys,
      "schema tool command scenario seeds fingerprint virtual_ns requests duration_ns warmup_ns events all groups "
      "operations bands objects objects_used properties reached by_seed objectives findings closed_loop keys trace "
      "verdict wall_ns host ");
}

TEST(RunJson, WritesWhatWasMeasured) {
  const auto json = run_json(failing_run(), {"0.1.0", {"orrery", "run", "counter"}}, nullptr);

  EXPECT_EQ(json["schema"], "orrery/result/1");
  EXPECT_EQ(json["seeds"].dump(), R"(["7"])");
  EXPECT_EQ(json["fingerprint"], "b1f49c027e35d8a1");
  EXPECT_EQ(json["verdict"], "fail");
  EXPECT_EQ(
      json["groups"][1].dump(),
      R"({"name":"sao-paulo","city":"São Paulo","count":400,"failed":0,"unknown":0,"latency_ns":)"
      R"({"p50":38666239,"p90":46661631,"p99":null,"p99.9":null,"mean":38675000,"min":28700000,"max":48650000},)"
      R"("work":{"turns":0,"calls":0,"fetches":0,"storage_operations":0,"storage_ns":0,"commits":0},"retried":0,)"
      R"("stage_sums_ns":{"access":3200000000,"network":11990000000,"queue":0,"cpu":280000000,"storage":0,"commit":0,)"
      R"("fetch":0,"retry":0}})");
  EXPECT_EQ(json["bands"][1]["stages_ns"]["queue"], 1'000'000'000);
  EXPECT_EQ(json["properties"][1]["violations"][0]["at_ns"], 41'203'000'000);
  EXPECT_EQ(json["properties"][2].dump(), R"({"name":"alarms","verdict":"untested","tested":0})");
  EXPECT_FALSE(json.contains("wall_ns"));
  EXPECT_FALSE(json.contains("host"));
}

TEST(RunJson, SumsTheWorkOfEachOperation) {
  const auto json = run_json(notes_run(), {"0.1.0", {"orrery", "run", "notes"}}, nullptr);

  EXPECT_EQ(json["operations"][1]["name"], "Notes.read_each");
  EXPECT_EQ(json["operations"][1]["work"].dump(),
            R"({"turns":203000,"calls":101000,"fetches":0,"storage_operations":101000,)"
            R"("storage_ns":2020000000,"commits":0})");
}

TEST(CheckJson, HasTheSchemaOfARun) {
  const auto json = check_json(failing_check(), {"0.1.0", {"orrery", "check", "counter"}}, nullptr);

  EXPECT_EQ(json["schema"], "orrery/result/1");
  EXPECT_EQ(json["seeds"].dump(), R"(["1..70"])");
  EXPECT_EQ(json["verdict"], "fail");
  EXPECT_EQ(json["reached_in_seeds"].dump(), R"({"overloaded":0,"retry_after_reset":412})");
  EXPECT_EQ(json["faults_met"].dump(), "{}");
  EXPECT_EQ(json["properties"][1]["violations"][0]["seed"], "70");
  EXPECT_EQ(json["properties"][1]["violations"][0]["file"], "orrery-regressions/counter-7k2d.toml");
  EXPECT_EQ(json["properties"][3]["note"], "ran out of budget");
}

TEST(CheckJson, CountsWhatFaultsMet) {
  const auto json = check_json(crashing_check(), {"0.1.0", {"orrery", "check", "counter"}}, nullptr);

  EXPECT_EQ(json["faults_met"]["crashes_that_lost_bytes"], 505);
  EXPECT_EQ(json["faults_met"]["syncs_failed"], 0);
}

TEST(FoldFingerprint, DependsOnTheOrderOfTheSeeds) {
  EXPECT_NE(fold_fingerprint(fold_fingerprint(0, 1), 2), fold_fingerprint(fold_fingerprint(0, 2), 1));
}
