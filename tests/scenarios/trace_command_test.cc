// `orrery trace`, and the story that -v tells.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/reports/trace_schema.h"
#include "tests/scenarios/tool.h"

using namespace orrery;
using namespace orrery::cli;
using Json = nlohmann::json;
using Offences = std::set<std::string>;

namespace {

std::vector<std::string> short_trace(std::vector<std::string> more = {}) {
  std::vector<std::string> args{"trace", "counter", "--set", "run.duration=300ms", "--set", "clients.count=1"};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

constexpr const char* same_run = "run.duration=300ms";

}  // namespace

TEST_F(Tool, TraceWritesAPictureUnlessAskedForSomethingElse) {
  const Called traced = call(short_trace({"--seed", "7"}));

  EXPECT_EQ(traced.code, 0);
  EXPECT_EQ(tests::TraceSchema::offences_of(traced.out), Offences{});
  EXPECT_EQ(Json::parse(traced.out).at("metadata").at("seed"), "7");
  EXPECT_EQ(Json::parse(traced.out).at("metadata").at("scenario"), "counter");
  EXPECT_TRUE(traced.err.ends_with(" events\n")) << traced.err;
}

TEST_F(Tool, TraceWritesAFileAndSaysWhereToOpenIt) {
  const Called traced = call(short_trace({"-o", "t.json"}));

  EXPECT_EQ(traced.out, "");
  EXPECT_EQ(read("t.json"), call(short_trace()).out);
  EXPECT_TRUE(traced.err.ends_with(" events   open t.json in https://ui.perfetto.dev\n")) << traced.err;
  EXPECT_EQ(call(short_trace({"-o", "u.json", "-q"})).err, "");
}

TEST_F(Tool, TraceSaysWhereItsLimitCutIt) {
  const Called traced = call(short_trace({"--limit", "200", "-o", "t.json"}));

  EXPECT_EQ(traced.code, 0);
  EXPECT_EQ(tests::TraceSchema::offences_of(read("t.json")), Offences{});
  EXPECT_NE(traced.err.find(" events, cut at 0."), std::string::npos) << traced.err;
  EXPECT_NE(traced.err.find(" s: --from, --until or --limit change that   open t.json"), std::string::npos);
}

TEST_F(Tool, TraceShowsAPart) {
  const Called all = call(short_trace({"--format", "story"}));
  const Called part = call(short_trace({"--format", "story", "--from", "100ms", "--until", "200ms"}));

  EXPECT_GT(lines_of(part.out), 10u);
  EXPECT_LT(lines_of(part.out), lines_of(all.out));
  EXPECT_NE(all.out.find(part.out), std::string::npos);
  EXPECT_TRUE(part.out.starts_with("    0.1")) << part.out.substr(0, 80);
}

TEST_F(Tool, TraceWritesAHistoryForOtherCheckers) {
  const Called traced = call(short_trace({"--format", "history"}));

  EXPECT_EQ(traced.code, 0);
  std::istringstream lines(traced.out);
  std::size_t invoked = 0;
  std::size_t answered = 0;
  for (std::string line; std::getline(lines, line);)
    ++(Json::parse(line).at("type") == "invoke" ? invoked : answered);
  EXPECT_GT(invoked, 10u);
  EXPECT_EQ(invoked, answered);
  EXPECT_TRUE(traced.err.ends_with(" lines\n")) << traced.err;
}

TEST_F(Tool, TraceTakesAnExperimentFromAFileAndDoesNotJudgeIt) {
  ASSERT_EQ(call({"check", "lost_update", "--seeds", "50", "--progress", "none"}).code, 1);
  const auto all = files();
  const auto stored = std::ranges::find_if(all, [](const std::string& name) { return name.ends_with(".toml"); });
  ASSERT_NE(stored, all.end());

  const Called traced = call({"trace", *stored});
  EXPECT_EQ(traced.code, 0);
  EXPECT_EQ(tests::TraceSchema::offences_of(traced.out), Offences{});

  const Called replayed = call({"replay", *stored, "-v", "--no-wall"});
  EXPECT_EQ(replayed.code, 1);
  const std::string story = call({"trace", *stored, "--format", "story"}).out;
  EXPECT_TRUE(replayed.out.starts_with(story + "\n")) << replayed.out;

  const Called set = call({"trace", *stored, "--set", same_run});
  EXPECT_EQ(set.code, 2);
  EXPECT_NE(set.err.find("--set goes with a scenario or a design"), std::string::npos);
}

TEST_F(Tool, TraceRefusesWhatItCannotDo) {
  EXPECT_EQ(call({"trace"}).code, 2);
  EXPECT_EQ(call({"trace", "counter", "notes"}).code, 2);
  EXPECT_EQ(call({"trace", "countr"}).code, 2);
  EXPECT_EQ(call({"trace", "./none.toml"}).code, 6);
  EXPECT_EQ(call(short_trace({"-o", "no/such/place.json"})).code, 6);
  EXPECT_EQ(call(short_trace({"--format", "perfeto"})).code, 2);
  const Called backwards = call(short_trace({"--from", "5s", "--until", "3s"}));
  EXPECT_EQ(backwards.code, 2);
  EXPECT_NE(backwards.err.find("--from is not before --until"), std::string::npos);
  EXPECT_EQ(files(), std::set<std::string>{});
}

TEST_F(Tool, RunTellsTheBeginningOfItsStoryIfAsked) {
  const std::vector<std::string> run{"run", "counter", "--no-wall", "--set", "run.duration=300ms"};
  auto verbose = run;
  verbose.emplace_back("-v");
  const std::string told = call(verbose).out;

  const std::string story = call({"trace", "counter", "--set", same_run, "--format", "story", "--limit", "100"}).out;
  EXPECT_EQ(lines_of(story), 100u);
  EXPECT_TRUE(told.starts_with(
      story + "… orrery trace counter --seed 1 --set run.duration=300ms --format story tells all of it\n\ncounter "))
      << told;
  EXPECT_FALSE(call(run).out.starts_with(story.substr(0, 40)));
}

TEST_F(Tool, QuietRunsAndJsonTellNoStory) {
  std::vector<std::string> run{"run", "counter", "--no-wall", "--set", "run.duration=300ms", "-v", "-q"};
  EXPECT_EQ(lines_of(call(run).out), 1u);
  run.back() = "--format=json";
  EXPECT_TRUE(Json::parse(call(run).out).is_object());
}
