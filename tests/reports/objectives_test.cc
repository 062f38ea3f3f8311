#include "reports/objectives.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "reports/verdict.h"

using namespace orrery;
using namespace orrery::reports;

namespace {

using Metric = Objective::Metric;
using Kind = Judged::Kind;

Objective objective(std::string_view name, std::string_view limit) {
  const auto parsed = parse_objective(name, limit);
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : parsed.error());
  return parsed.value_or(Objective{});
}

std::string wrong(std::string_view name, std::string_view limit) {
  const auto parsed = parse_objective(name, limit);
  return parsed ? "nothing is wrong" : parsed.error();
}

Latencies row(std::string name, std::uint64_t requests, Duration latency) {
  Latencies result;
  result.name = std::move(name);
  result.completed = requests;
  result.histogram.record(latency, requests);
  return result;
}

// us answers in 1 us, apac in 2 us, and one of 1,000 in 2,047 ns: these are kept exactly.
Outcome outcome() {
  Outcome result;
  result.groups = {row("us", 2'000, 1us), row("apac", 1'000, 2us)};
  result.groups[1].histogram.record(2'047ns);
  result.groups[1].completed += 1;
  result.operations = {row("Venue.view", 2'500, 1us), row("Venue.book", 501, 2us), row("Venue.drop", 0, 0ns)};
  result.all = row("all", 3'001, 1us);
  return result;
}

std::vector<Judged> judged(std::string_view name, std::string_view limit, const Outcome& of = outcome()) {
  return judge({objective(name, limit)}, of, 10s);
}

Judged of_kind(Kind kind, std::string of, std::string_view name, std::string_view limit, std::int64_t value = 0) {
  Judged result{.kind = kind, .objective = objective(name, limit), .of = std::move(of)};
  if (kind != Kind::unknown) result.value = value;
  return result;
}

}  // namespace

// ---- Reading.

TEST(Objectives, AreReadFromAKeyAndALimit) {
  EXPECT_EQ(objective("p99", "500ms"),
            (Objective{.of = "", .metric = Metric::percentile, .percentile = {99'000}, .time = 500ms}));
  EXPECT_EQ(objective("us.mean", "1.5s"), (Objective{.of = "us", .metric = Metric::mean, .time = 1500ms}));
  EXPECT_EQ(objective("all.max", "2m"), (Objective{.of = "all", .metric = Metric::max, .time = 2min}));
  EXPECT_EQ(objective("errors", "0.1%"), (Objective{.of = "", .metric = Metric::errors, .share_millionths = 1'000}));
  EXPECT_EQ(objective("eu.throughput", "400/s"),
            (Objective{.of = "eu", .metric = Metric::throughput, .rate = {400 * 3'600'000'000}}));
}

TEST(Objectives, TakeAPercentileWithItsPointForOneWord) {
  const auto split = [](std::string_view name) {
    const Objective read = objective(name, "1s");
    return std::pair(read.of, read.percentile.per_100k);
  };
  using Split = std::pair<std::string, std::uint32_t>;

  EXPECT_EQ(split("p99.9"), Split("", 99'900));
  EXPECT_EQ(split("us.p99.9"), Split("us", 99'900));
  EXPECT_EQ(split("Venue.book.p99"), Split("Venue.book", 99'000));
  EXPECT_EQ(split("Venue.book.p99.999"), Split("Venue.book", 99'999));
  EXPECT_EQ(split("p99.p50"), Split("p99", 50'000));
  EXPECT_EQ(split("p99.p50.5"), Split("p99", 50'500));
  EXPECT_EQ(objective("p99.max", "1s").of, "p99");
}

TEST(Objectives, ReadASharePercentOrPlain) {
  EXPECT_EQ(objective("errors", "0.001").share_millionths, 1'000);
  EXPECT_EQ(objective("errors", "0.000001").share_millionths, 1);
  EXPECT_EQ(objective("errors", "0.0001%").share_millionths, 1);
  EXPECT_EQ(objective("errors", "100%").share_millionths, 1'000'000);
  EXPECT_EQ(objective("errors", "0").share_millionths, 0);
}

TEST(Objectives, SayWhatIsWrongWithAKey) {
  EXPECT_EQ(wrong("thruput", "4/s"), "there is no metric \"thruput\": did you mean \"throughput\"?");
  EXPECT_EQ(wrong("us.error", "1%"), "there is no metric \"error\": did you mean \"errors\"?");
  EXPECT_EQ(wrong("us.P99", "1s"), "there is no metric \"P99\": did you mean \"p99\"?");
  EXPECT_EQ(wrong("p9x", "1s"), "there is no metric \"p9x\": did you mean \"p90\"?");
  EXPECT_EQ(wrong("latency", "1s"),
            "there is no metric \"latency\": write mean, max, errors, throughput, or a percentile such as p99 or "
            "p99.9");
  EXPECT_EQ(wrong("us.99.9", "1s"),
            "there is no metric \"9\": write mean, max, errors, throughput, or a percentile such as p99 or p99.9");
  EXPECT_EQ(wrong("p100", "1s"), "\"p100\" is no percentile, which is below 100: for the slowest request write max");
  EXPECT_EQ(wrong("p99999999999999999999", "1s"),
            "\"p99999999999999999999\" is no percentile, which is below 100: for the slowest request write max");
  EXPECT_EQ(wrong("us.p99.9999", "1s"), "\"p99.9999\" is too fine: a percentile has at most three decimals");
  EXPECT_EQ(wrong(".p99", "1s"), "\".p99\" names nothing before its first point");
  EXPECT_TRUE(wrong("", "1s").starts_with("there is no metric \"\": write mean,"));
  EXPECT_TRUE(wrong("p99.", "1s").starts_with("there is no metric \"\": write mean,"));
}

TEST(Objectives, SayWhatIsWrongWithALimit) {
  EXPECT_EQ(wrong("p99", "500"), parse_duration("500").error());
  EXPECT_EQ(wrong("throughput", "400"), parse_rate("400").error());
  EXPECT_EQ(wrong("errors", "few"), "\"few\" is not a share: write it as 0.1% or 0.001");
  EXPECT_EQ(wrong("errors", "%"), "\"%\" is not a share: write it as 0.1% or 0.001");
  EXPECT_EQ(wrong("errors", "-1%"), "\"-1%\" is not a share: write it as 0.1% or 0.001");
  EXPECT_EQ(wrong("errors", "0.0000001"), "\"0.0000001\" is not a whole number of millionths");
  EXPECT_EQ(wrong("errors", "5"), "\"5\" is more than all: a share is at most 100%, which is 1");
}

TEST(Objectives, ArePrintedAsTheyAreWritten) {
  for (const auto& [name, limit] : std::vector<std::pair<std::string, std::string>>{{"p99", "500ms"},
                                                                                    {"us.p99.9", "1.5s"},
                                                                                    {"Venue.book.p99.999", "2m"},
                                                                                    {"mean", "17ns"},
                                                                                    {"all.max", "0s"},
                                                                                    {"errors", "0.1%"},
                                                                                    {"eu.errors", "0.0001%"},
                                                                                    {"throughput", "400/s"}}) {
    EXPECT_EQ(name_of(objective(name, limit)), name);
    EXPECT_EQ(limit_of(objective(name, limit)), limit);
  }
  EXPECT_EQ(metric_of(objective("us.p99.90", "1s")), "p99.9");
}

RC_GTEST_PROP(Objectives, ReadBackWhatWasPrinted, ()) {
  Objective written;
  written.of = *rc::gen::element<std::string>("", "us", "all", "Venue.book", "p99", "9", "p9.p9");
  written.metric =
      *rc::gen::element(Metric::percentile, Metric::mean, Metric::max, Metric::errors, Metric::throughput);
  switch (written.metric) {
    case Metric::percentile: written.percentile.per_100k = *rc::gen::inRange(0u, 100'000u); [[fallthrough]];
    case Metric::mean:
    case Metric::max: written.time = Duration(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000)); break;
    case Metric::errors: written.share_millionths = *rc::gen::inRange<std::int64_t>(0, 1'000'001); break;
    case Metric::throughput: written.rate = {*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000)}; break;
  }
  const auto read = parse_objective(name_of(written), limit_of(written));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == written);
}

// ---- Judging.

TEST(Objectives, AreMetUpToTheirLimit) {
  EXPECT_EQ(judged("us.p99", "1us").at(0).kind, Kind::met);
  EXPECT_EQ(judged("us.p99", "999ns").at(0).kind, Kind::missed);
  EXPECT_EQ(judged("us.p99", "1us").at(0).value, 1'000);
  EXPECT_EQ(judged("us.mean", "1us").at(0).kind, Kind::met);
  EXPECT_EQ(judged("us.mean", "999ns").at(0).kind, Kind::missed);
  EXPECT_EQ(judged("apac.max", "2047ns").at(0).kind, Kind::met);
  EXPECT_EQ(judged("apac.max", "2046ns").at(0).kind, Kind::missed);
}

TEST(Objectives, OfNobodyAreThoseOfEachGroup) {
  const std::vector<Judged> each = judged("p50", "1us");

  ASSERT_EQ(each.size(), 2u);
  EXPECT_EQ(each[0].of, "us");
  EXPECT_EQ(each[0].kind, Kind::met);
  EXPECT_EQ(each[1].of, "apac");
  EXPECT_EQ(each[1].kind, Kind::missed);
  EXPECT_EQ(each[1].value, 2'000);
  EXPECT_EQ(name_of(each[1].objective), "p50");
}

TEST(Objectives, OfAGroupTakeThePlaceOfThoseOfEach) {
  const std::vector<Judged> all =
      judge({objective("p99", "1us"), objective("apac.p99", "3us"), objective("us.p50", "1us")}, outcome(), 10s);

  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].of, "us");  // p50 is another metric
  EXPECT_EQ(name_of(all[1].objective), "apac.p99");
  EXPECT_EQ(all[1].kind, Kind::met);
  EXPECT_EQ(name_of(all[2].objective), "us.p50");
}

TEST(Objectives, MayBeOfAnOperationOrOfAll) {
  EXPECT_EQ(judged("Venue.book.p90", "1us").at(0).value, 2'000);
  EXPECT_EQ(judged("all.p90", "1us").at(0).value, 1'000);
  EXPECT_EQ(judged("all.p90", "1us").at(0).of, "all");
}

TEST(Objectives, CannotBeToldWithTooFewRequests) {
  // 1,000 are needed for ten above p99.
  Outcome few = outcome();
  few.groups = {row("us", 999, 1us), row("apac", 1'000, 1us)};
  const std::vector<Judged> each = judged("p99", "1s", few);

  EXPECT_EQ(each.at(0).kind, Kind::unknown);
  EXPECT_EQ(each.at(0).value, std::nullopt);
  EXPECT_EQ(each.at(1).kind, Kind::met);
}

TEST(Objectives, CannotBeToldOfWhatNobodyAskedFor) {
  for (const auto& [metric, limit] : std::vector<std::pair<std::string, std::string>>{
           {"p50", "1s"}, {"mean", "1s"}, {"max", "1s"}, {"errors", "1%"}, {"throughput", "1/s"}}) {
    EXPECT_EQ(judged("Venue.drop." + metric, limit).at(0).kind, Kind::unknown) << metric;
    EXPECT_EQ(judged("Venue.drop." + metric, limit).at(0).value, std::nullopt) << metric;
  }
}

TEST(Objectives, CannotBeToldOfARowThatThereIsNot) {
  const std::vector<Judged> each = judged("mars.p50", "1s");
  ASSERT_EQ(each.size(), 1u);
  EXPECT_EQ(each[0].kind, Kind::unknown);
  EXPECT_EQ(each[0].of, "mars");

  ASSERT_EQ(judged("p50", "1s", Outcome{}).size(), 1u) << "nothing tested is nothing passed";
  EXPECT_EQ(judged("p50", "1s", Outcome{})[0].kind, Kind::unknown);
}

TEST(Objectives, CountFailedAndUnansweredAsErrors) {
  Outcome bad = outcome();
  bad.groups[0].failed = 1;
  bad.groups[0].unknown = 1;  // of 2,000

  EXPECT_EQ(judged("us.errors", "0.1%", bad).at(0).kind, Kind::met);
  EXPECT_EQ(judged("us.errors", "0.1%", bad).at(0).value, 1'000);
  EXPECT_EQ(judged("us.errors", "0.0999%", bad).at(0).kind, Kind::missed);
}

TEST(Objectives, AreNotMetByRounding) {
  Outcome bad;
  bad.groups = {row("us", 3'000'000'000, 1us)};
  bad.groups[0].failed = 1;  // a third of a billionth
  EXPECT_EQ(judged("us.errors", "0", bad).at(0).kind, Kind::missed);

  bad.groups[0].failed = 0;
  EXPECT_EQ(judge({objective("us.throughput", "300000000/s")}, bad, 10s).at(0).kind, Kind::met);
  EXPECT_EQ(judge({objective("us.throughput", "300000000/s")}, bad, 10s + 1ns).at(0).kind, Kind::missed);
}

TEST(Objectives, CountGoodAnswersAsThroughput) {
  Outcome some = outcome();
  some.groups[0].failed = 300;
  some.groups[0].unknown = 700;  // 1,000 in 10 s are good

  EXPECT_EQ(judged("us.throughput", "100/s", some).at(0).kind, Kind::met);
  EXPECT_EQ(judged("us.throughput", "100/s", some).at(0).value,
            objective("throughput", "100/s").rate.millionths_per_hour);
  EXPECT_EQ(judged("us.throughput", "100.001/s", some).at(0).kind, Kind::missed);
  EXPECT_EQ(judge({objective("us.throughput", "1/s")}, some, 0s).at(0).kind, Kind::unknown);
}

TEST(Objectives, SayHowMuchOfTheLimitIsUsed) {
  EXPECT_EQ(usage_millionths(of_kind(Kind::met, "us", "p99", "500ms", 405'000'000)), 810'000);
  EXPECT_EQ(usage_millionths(of_kind(Kind::missed, "us", "max", "1ns", std::numeric_limits<std::int64_t>::max())),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(usage_millionths(of_kind(Kind::missed, "us", "errors", "0", 1)),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(usage_millionths(of_kind(Kind::met, "us", "errors", "0", 0)), 0);
  EXPECT_EQ(usage_millionths(of_kind(Kind::unknown, "us", "p99", "1s")), 0);

  const std::int64_t half_a_second = 500'000 * std::int64_t{3'600};  // times 1/s: 0.5/s in millionths an hour
  EXPECT_EQ(usage_millionths(of_kind(Kind::missed, "us", "throughput", "1/s", half_a_second)), 2'000'000);
  EXPECT_EQ(usage_millionths(of_kind(Kind::missed, "us", "throughput", "1/s", 0)),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(usage_millionths(of_kind(Kind::met, "us", "throughput", "0/s", 0)), 0);
}

// ---- Telling.

TEST(Objectives, AreToldInASentence) {
  const Judged met = of_kind(Kind::met, "eu", "p99", "500ms", 284'000'000);
  const Judged closest = of_kind(Kind::met, "apac", "p99", "500ms", 405'200'000);
  const Judged missed = of_kind(Kind::missed, "us", "p99", "300ms", 301'000'000);
  const Judged unknown = of_kind(Kind::unknown, "us", "p99.9", "1s");
  const auto sentence = [](const std::vector<Judged>& all) { return sentence_of(all); };

  EXPECT_EQ(sentence({met, closest, met}), "all objectives met, closest is apac p99 at 81 % of its limit");
  EXPECT_EQ(sentence({closest}), "the objective is met, apac p99 at 81 % of its limit");
  EXPECT_EQ(sentence({missed, missed, missed}), "3 of 3 latency objectives missed");
  EXPECT_EQ(sentence({missed}), "1 of 1 latency objective missed");
  EXPECT_EQ(sentence({met, unknown, met}), "cannot tell: 1 of 3 objectives has too few requests");
  EXPECT_EQ(sentence({unknown, unknown, met}), "cannot tell: 2 of 3 objectives have too few requests");
  EXPECT_EQ(sentence({unknown, missed}), "1 of 2 latency objectives missed");
  EXPECT_EQ(sentence({}), "no objective is set");
}

TEST(Objectives, AreCountedAmongThoseOfTheirKind) {
  const Judged slow = of_kind(Kind::missed, "us", "p99", "300ms", 301'000'000);
  const Judged errors_met = of_kind(Kind::met, "us", "errors", "1%", 0);
  const Judged errors_missed = of_kind(Kind::missed, "us", "errors", "1%", 20'000);
  const Judged too_few = of_kind(Kind::missed, "us", "throughput", "1/s", 1);
  const auto sentence = [](const std::vector<Judged>& all) { return sentence_of(all); };

  EXPECT_EQ(sentence({slow, errors_met, slow}), "2 of 2 latency objectives missed");
  EXPECT_EQ(sentence({errors_met, errors_missed}), "1 of 2 error objectives missed");
  EXPECT_EQ(sentence({errors_met, too_few}), "1 of 1 throughput objective missed");
  EXPECT_EQ(sentence({slow, errors_missed, errors_met}), "2 of 3 objectives missed");
}

// ---- The answer.

TEST(Answer, OfObjectivesIsTheGravestOfThem) {
  const Judged met = of_kind(Kind::met, "us", "p99", "1s", 1);
  const Judged missed = of_kind(Kind::missed, "us", "p99", "1s", 2'000'000'000);
  const Judged unknown = of_kind(Kind::unknown, "us", "p99", "1s");
  const auto answer = [](const std::vector<Judged>& all) { return answer_of(all); };

  EXPECT_EQ(answer({met, met}), Answer::pass);
  EXPECT_EQ(answer({met, unknown}), Answer::unknown);
  EXPECT_EQ(answer({unknown, missed, met}), Answer::fail);
  EXPECT_EQ(answer({missed, unknown}), Answer::fail);
  EXPECT_EQ(answer({}), Answer::pass);
}

TEST(Answer, OfTwoIsTheGraver) {
  using enum Answer;
  EXPECT_EQ(graver_of(pass, pass), pass);
  EXPECT_EQ(graver_of(pass, unknown), unknown);
  EXPECT_EQ(graver_of(unknown, pass), unknown);
  EXPECT_EQ(graver_of(unknown, fail), fail);
  EXPECT_EQ(graver_of(fail, pass), fail);
}
