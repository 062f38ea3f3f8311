// The report of a run that is held to objectives; what it is without any is in summary_test.cc.
#include <gtest/gtest.h>

#include "tests/reports/booking.h"

using namespace orrery;
using namespace orrery::reports;
using Kind = properties::Verdict::Kind;

namespace {

constexpr Style wide{.utf8 = true, .color = false, .width = 120, .verbose = false};
constexpr Style narrow{.utf8 = true, .color = false, .width = 80, .verbose = false};
constexpr Style ascii{.utf8 = false, .color = false, .width = 80, .verbose = false};
constexpr Style verbose{.utf8 = true, .color = false, .width = 120, .verbose = true};

// Everybody waits half a second, and the reasons are known.
RunSummary slow_run() {
  RunSummary run = booking_run(1ms, objectives_of({{"p99", "500ms"},
                                                   {"us.p99", "300ms"},
                                                   {"us.p50", "100ms"},
                                                   {"all.mean", "200ms"},
                                                   {"all.errors", "0.1%"},
                                                   {"all.throughput", "90/s"},
                                                   {"Venue.fetch.p99", "1s"}}));
  run.warmup = 10s;
  run.outcome.all.retried = 2'310;
  run.findings = {{.rule = "hot-object",
                   .text = "Venue \"0\" is busy 88.6 % of the time, and a request waits 500 ms for it on average: it "
                           "does one thing after the other.",
                   .next = "orrery sweep booking.toml --set objects.Venue.shards=1,2,4,per-key",
                   .evidence = {{"busy", "88.6 %"}},
                   .worth = 900ms},
                  {.rule = "bursts",
                   .text = "Mean load is 89 % of one object; while apac bursts it is 131 %.",
                   .next = "",
                   .evidence = {},
                   .worth = 100ms}};
  run.closed_loop =
      ClosedLoopView{.connections = 151, .requests = 50'000, .counted = 590s, .p50 = 100ms, .p99 = 358ms};
  return run;
}

RunSummary good_run() { return booking_run(10us, objectives_of({{"p99", "500ms"}, {"us.p99", "300ms"}})); }

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

properties::Verdict violated() {
  return {.kind = Kind::violated,
          .tested = 3,
          .violation = {{.rule = "one_order", .object = "", .text = "call 17 returned 4", .at = Time(41s)}},
          .note = {}};
}

}  // namespace

TEST(JudgedRunText, SaysWhatWasMissedAndWhy) {
  EXPECT_EQ("\n" + run_text(slow_run(), wide), R"(
booking   seed 1   10m virtual   60,000 requests after 10s warm-up

Latency in ms, from intended send time
                          requests      p50      p90      p99    p99.9      max   objective
  all                       60,000    560.5    960.5  1,063.3  1,107.3  1,112.0
  eu    from Frankfurt      24,000    561.5    961.0  1,051.2  1,060.1  1,063.0   p99 <= 500  ✗
  us    from Ashburn        24,000    533.2    933.2  1,023.4  1,034.4  1,035.0   p99 <= 300  ✗
                                                                                  p50 <= 100  ✗
  apac  from Singapore      12,000    612.4  1,012.4  1,102.1  1,112.0  1,112.0   p99 <= 500  ✗
  Venue.view                40,000    558.4    958.4  1,058.0  1,104.2  1,107.0
  Venue.book                20,000    563.1    963.1  1,063.3  1,109.4  1,112.0
  all          mean        560.2 ms  <= 200ms  ✗
  all          errors           0 %  <= 0.1%   ✓
  all          throughput   100.0/s  >= 90/s   ✓
  Venue.fetch  p99                -  <= 1s     ?
  of all requests 2,310 took more than one attempt

Where the time goes, mean ms of each band
                        total   access  network    queue      cpu   commit
  middle 10 %           560.2     10.0     48.0    499.5     1.00     1.67
  slowest 1 %         1,087.2     10.0    100.0    974.5     1.00     1.67
  89 % of the slowest 1 % is queue

Objects                  busy  longest queue   mean wait   waits behind
  Venue/0              88.6 %          1,280    500.0 ms   view 52 %, book (held) 40 %, book 8 %
  the busiest key of Venue, "0", has 18.2 % of its requests

Findings
  1  hot-object: Venue "0" is busy 88.6 % of the time, and a request waits 500 ms for it on average: it does one thing
     after the other.
     next: orrery sweep booking.toml --set objects.Venue.shards=1,2,4,per-key
  2  bursts: Mean load is 89 % of one object; while apac bursts it is 131 %.
  A closed-loop load test of 151 connections at the same mean rate would have shown p99 358.0 ms

2 properties hold

✗ 5 of 6 latency objectives missed        fingerprint b1f4 9c02 7e35 d8a1
  next: orrery sweep booking.toml --set objects.Venue.shards=1,2,4,per-key
)");
}

TEST(JudgedRunText, FitsANarrowScreenInAscii) {
  EXPECT_EQ("\n" + run_text(slow_run(), ascii), R"(
booking   seed 1   10m virtual   60,000 requests after 10s warm-up

Latency in ms, from intended send time
                          requests      p50      p99    p99.9   objective
  all                       60,000    560.5  1,063.3  1,107.3
  eu    from Frankfurt      24,000    561.5  1,051.2  1,060.1   p99 <= 500  FAIL
  us    from Ashburn        24,000    533.2  1,023.4  1,034.4   p99 <= 300  FAIL
                                                                p50 <= 100  FAIL
  apac  from Singapore      12,000    612.4  1,102.1  1,112.0   p99 <= 500  FAIL
  Venue.view                40,000    558.4  1,058.0  1,104.2
  Venue.book                20,000    563.1  1,063.3  1,109.4
  all          mean        560.2 ms  <= 200ms  FAIL
  all          errors           0 %  <= 0.1%   ok
  all          throughput   100.0/s  >= 90/s   ok
  Venue.fetch  p99                -  <= 1s     ?
  of all requests 2,310 took more than one attempt

Where the time goes, mean ms of each band
                        total   access  network    queue      cpu   commit
  middle 10 %           560.2     10.0     48.0    499.5     1.00     1.67
  slowest 1 %         1,087.2     10.0    100.0    974.5     1.00     1.67
  89 % of the slowest 1 % is queue

Objects                  busy   mean wait   waits behind
  Venue/0              88.6 %    500.0 ms   view 52 %, book (held) 40 %
  the busiest key of Venue, "0", has 18.2 % of its requests

Findings
  1  hot-object: Venue "0" is busy 88.6 % of the time, and a request waits 500
     ms for it on average: it does one thing after the other.
     next: orrery sweep booking.toml --set objects.Venue.shards=1,2,4,per-key
  2  bursts: Mean load is 89 % of one object; while apac bursts it is 131 %.
  A closed-loop load test of 151 connections at the same mean rate would have
  shown p99 358.0 ms

2 properties hold

FAIL 5 of 6 latency objectives missed        fingerprint b1f4 9c02 7e35 d8a1
  next: orrery sweep booking.toml --set objects.Venue.shards=1,2,4,per-key
)");
}

TEST(JudgedRunText, IsShortWhereAllIsWell) {
  RunSummary run = good_run();
  run.findings = slow_run().findings;  // nobody asked
  run.closed_loop = slow_run().closed_loop;
  EXPECT_EQ("\n" + run_text(run, wide), R"(
booking   seed 1   10m virtual   60,000 requests

Latency in ms, from intended send time
                          requests      p50      p90      p99    p99.9      max   objective
  all                       60,000     64.7    117.7    124.5    125.9    126.0
  eu    from Frankfurt      24,000     67.7     73.0     75.7     76.0     76.0   p99 <= 500  ✓
  us    from Ashburn        24,000     37.7     43.0     45.7     46.0     46.0   p99 <= 300  ✓
  apac  from Singapore      12,000    117.7    123.0    125.7    126.0    126.0   p99 <= 500  ✓
  Venue.view                40,000     63.5    116.0    120.5    121.0    121.0
  Venue.book                20,000     68.5    121.0    125.5    126.0    126.0

Where the time goes, mean ms of each band
                        total   access  network    queue      cpu   commit
  middle 10 %            64.7     10.0     50.0     3.43     1.00     0.28
  slowest 1 %           125.2     10.0    100.0     9.25     1.00     5.00
  79 % of the slowest 1 % is network

2 properties hold

✓ all objectives met, closest is apac p99 at 25 % of its limit        fingerprint b1f4 9c02 7e35 d8a1
)");
}

TEST(JudgedRunText, TellsTheRangesOfSeveralSeedsWhenAsked) {
  const std::string text = run_text(booking_run(1ms, objectives_of({{"p99", "500ms"}}), {3, 4, 5, 6, 7}), verbose);

  EXPECT_TRUE(text.starts_with("booking   seeds 3..7   10m virtual each   300,000 requests\n")) << text;
  EXPECT_TRUE(has(text, R"(
  eu    from Frankfurt     120,000    661.1  1,141.9  1,249.9  1,259.3  1,461.8   p99 <= 500  ✗
      p50 561.5 to 761.3, p90 961.0 to 1,321.2, p99 1,051.2 to 1,447.0, p99.9 1,060.1 to 1,458.6 over 5 seeds
)")) << text;
  EXPECT_TRUE(has(text, "\nWork per request")) << text;
  EXPECT_TRUE(has(text, "\n  holds     serialization         300,000 times\n")) << text;
}

TEST(JudgedRunText, NamesSeedsThatDoNotFollowEachOther) {
  const std::string text = run_text(booking_run(1ms, {}, {3, 4, 9}), wide);
  EXPECT_TRUE(text.starts_with("booking   seeds 3, 4, 9   10m virtual each   180,000 requests\n")) << text;
}

TEST(JudgedRunText, ShowsQuietObjectsAndWorkOnlyWhenAsked) {
  const std::string brief = run_text(good_run(), wide);
  const std::string full = run_text(good_run(), verbose);

  for (const char* block :
       {"\nWork per request, mean\n", "\nObjects  ", "\nProperties\n", "the busiest key of Venue"}) {
    EXPECT_FALSE(has(brief, block)) << block;
    EXPECT_TRUE(has(full, block)) << block;
  }
  EXPECT_TRUE(has(full, "\n  Venue bbbbbbbb        0.1 %              0           -\n")) << full;
}

TEST(JudgedRunText, ShowsAnObjectThatIsIdleWhileOthersWaitForIt) {
  RunSummary run = slow_run();
  run.outcome.objects[0].busy = 10s;
  EXPECT_TRUE(has(run_text(run, wide), "\n  Venue/0               1.7 %")) << run_text(run, wide);

  run.outcome.objects[0].waited = 60'000 * 1ms;
  EXPECT_FALSE(has(run_text(run, wide), "\n  Venue/0")) << run_text(run, wide);
}

TEST(JudgedRunText, ListsEachPropertyIfOneDoesNotHold) {
  RunSummary run = good_run();
  run.outcome.verdicts.push_back({"alarms", {}});
  const std::string text = run_text(run, wide);

  EXPECT_TRUE(has(text, "\n  holds     serialization         60,000 times\n  UNTESTED  alarms\n")) << text;
  EXPECT_TRUE(has(text, "\n? cannot tell: 1 of 3 properties untested        fingerprint ")) << text;
}

TEST(JudgedRunText, PassesAlthoughWhatNobodyAskedForIsUntested) {
  RunSummary run = good_run();
  run.unasked = {"global_uniqueness", "serialization", "durability", "liveness"};
  run.outcome.verdicts.push_back({"durability", {}});
  EXPECT_EQ(answer_of(run), Answer::pass);
  EXPECT_TRUE(has(run_text(run, wide),
                  "\n2 of 3 properties hold, the others were not put to the test\n\n✓ all objectives met"))
      << run_text(run, wide);

  run.objectives.clear();
  EXPECT_EQ(answer_of(run), Answer::pass);
  EXPECT_TRUE(
      has(run_text(run, wide), "\n✓ 2 of 3 properties hold, the others were not put to the test        fingerprint "))
      << run_text(run, wide);

  run.outcome.verdicts = {{"durability", {}}};
  EXPECT_EQ(answer_of(run), Answer::pass);
  EXPECT_TRUE(has(run_text(run, wide), "\n✓ no property was put to the test        fingerprint "))
      << run_text(run, wide);

  run.outcome.verdicts.push_back({"liveness", {.kind = Kind::unknown, .tested = 1, .violation = {}, .note = "cut"}});
  EXPECT_EQ(answer_of(run), Answer::unknown);
  EXPECT_TRUE(has(run_text(run, wide), "\n? cannot tell: 1 of 2 properties unknown        fingerprint "))
      << run_text(run, wide);

  run.outcome.verdicts.back() = {"charged_once", {}};
  EXPECT_EQ(answer_of(run), Answer::unknown);
  EXPECT_TRUE(has(run_text(run, wide), "\n? cannot tell: 1 of 2 properties untested        fingerprint "))
      << run_text(run, wide);
}

TEST(JudgedRunText, DoesNotCountWhatTrailsBehindTheRun) {
  RunSummary run = slow_run();
  run.outcome.virtual_time = 40min;
  EXPECT_EQ(run_text(run, wide), run_text(slow_run(), wide));

  // What overloads an object is done after the end.
  run.outcome.objects[0].busy = 20min;
  EXPECT_TRUE(has(run_text(run, wide), "\n  Venue/0             100.0 %")) << run_text(run, wide);

  RunSummary several = booking_run(1ms, objectives_of({{"p99", "500ms"}}), {1, 2, 3});
  several.outcome.virtual_time = 100min;
  EXPECT_TRUE(has(run_text(several, wide), "\n  Venue/0              88.6 %")) << run_text(several, wide);
}

TEST(JudgedRunText, SaysHowLongAClosedLoopTestWasIfItWasShorter) {
  RunSummary run = slow_run();
  run.closed_loop->counted = 2min;
  EXPECT_TRUE(has(run_text(run, wide),
                  "\n  A closed-loop load test of 151 connections at the same mean rate, 2m long, would have shown"))
      << run_text(run, wide);
}

TEST(JudgedRunText, PutsAViolationBeforeWhatWasMissed) {
  RunSummary run = slow_run();
  run.outcome.verdicts[1].verdict = violated();
  EXPECT_TRUE(has(run_text(run, wide), "\n✗ 1 of 2 properties violated, 5 of 6 latency objectives missed        f"))
      << run_text(run, wide);

  run = good_run();
  run.outcome.verdicts[1].verdict = violated();
  EXPECT_TRUE(has(run_text(run, wide), "\n✗ 1 of 2 properties violated        fingerprint ")) << run_text(run, wide);
  EXPECT_EQ(answer_of(run), Answer::fail);
}

TEST(JudgedRunText, NamesTheSeedOfAViolation) {
  RunSummary run = good_run();
  run.outcome.verdicts[1] = {"serialization", violated(), 70};
  EXPECT_TRUE(has(run_text(run, wide), "  VIOLATED  serialization         at 41.000 s of seed 70\n"))
      << run_text(run, wide);
}

TEST(JudgedRunText, NeedsNoPropertyToPass) {
  RunSummary run = good_run();
  run.outcome.verdicts.clear();
  EXPECT_EQ(answer_of(run), Answer::pass);
  EXPECT_FALSE(has(run_text(run, wide), "propert"));

  run.objectives.clear();
  EXPECT_EQ(answer_of(run), Answer::unknown);
}

TEST(JudgedRunText, ShowsThreeFindingsAtMost) {
  RunSummary run = slow_run();
  run.findings.resize(2);
  run.findings.push_back({.rule = "third", .text = "c", .next = "", .evidence = {}});
  run.findings.push_back({.rule = "fourth", .text = "d", .next = "orrery d", .evidence = {}});
  const std::string text = run_text(run, wide);

  EXPECT_TRUE(has(text, "\n  3  third: c\n")) << text;
  EXPECT_FALSE(has(text, "fourth")) << text;
  EXPECT_FALSE(has(text, "orrery d")) << text;
}

TEST(JudgedRunText, EndsWithTheFirstCommandThatAFindingHas) {
  RunSummary run = slow_run();
  std::swap(run.findings[0], run.findings[1]);
  EXPECT_TRUE(
      run_text(run, wide).ends_with(" missed        fingerprint b1f4 9c02 7e35 d8a1\n"
                                    "  next: orrery sweep booking.toml --set objects.Venue.shards=1,2,4,per-key\n"));

  run.findings[1].next.clear();
  EXPECT_TRUE(run_text(run, wide).ends_with("fingerprint b1f4 9c02 7e35 d8a1\n"));
}

TEST(JudgedRunText, ShowsFindingsOfARunThatIsHeldToNothing) {
  RunSummary run = slow_run();
  run.objectives.clear();
  const std::string text = run_text(run, wide);

  EXPECT_TRUE(has(text, "\nFindings\n  1  hot-object: Venue ")) << text;
  EXPECT_TRUE(has(text, "\n  Venue/0              88.6 %          1,280   60,000\n")) << text;
}

TEST(JudgedRunText, ShowsWhatTheRecordingWasLike) {
  RunSummary run = good_run();
  run.trace_lines = {"bookings.csv: 60,000 requests over 10m", "12 lines were skipped, the first is line 7: no time"};
  EXPECT_TRUE(has(run_text(run, wide), R"(
Recording
  bookings.csv: 60,000 requests over 10m
  12 lines were skipped, the first is line 7: no time
)")) << run_text(run, wide);
}

TEST(JudgedRunText, EscapesNamesThatCouldMoveTheCursor) {
  RunSummary run = slow_run();
  run.outcome.objects[0].name = "a\x1b[2J";
  run.outcome.keys[0].key = std::string(100, 'k');
  const std::string text = run_text(run, ascii);

  EXPECT_FALSE(has(text, "\x1b")) << text;
  EXPECT_TRUE(has(text, "\"" + std::string(32, 'k') + "...\"")) << text;
}

TEST(JudgedRunText, PutsTheFingerprintOnALineOfItsOwnWhereThereIsNoRoom) {
  EXPECT_TRUE(run_text(good_run(), narrow)
                  .ends_with("\n✓ all objectives met, closest is apac p99 at 25 % of its limit\n"
                             "  fingerprint b1f4 9c02 7e35 d8a1\n"));
}

TEST(JudgedRunText, SaysHowLongASeedMustBe) {
  RunSummary run = booking_run(1ms, {}, {1, 2});
  for (SeedOutcome& seed : run.seeds) seed.percentiles[3][3].reset();  // apac has 12,000 requests a seed
  EXPECT_TRUE(has(run_text(run, wide), "  -  fewer than 10 requests lie above; --set run.duration="))
      << run_text(run, wide);
}

TEST(JudgedRunText, CountsRetriesBesideFailures) {
  RunSummary run = good_run();
  run.outcome.all.retried = 1;
  EXPECT_TRUE(has(run_text(run, wide), "\n  of all requests 1 took more than one attempt\n"));
  run.outcome.all.failed = 1'200;
  EXPECT_TRUE(has(run_text(run, wide),
                  "\n  of all requests 1,200 failed and 0 had no answer; 1 took more than one attempt\n"));
}
