// The contention ladder: what is measured obeys the arithmetic of one object and N clients.
#include "scenarios/ladder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "scenarios/catalogue.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/interrupts.h"
#include "scenarios/cli/real_ladder.h"
#include "tests/scenarios/built_in.h"
#include "tests/scenarios/tool.h"

namespace orrery::scenarios {
namespace {

using object::Holding;

const Code& code() { return tests::built_in_code(); }
Experiment experiment_named(const std::string& name, std::uint64_t seed = 1) {
  const Scenario& scenario = *std::ranges::find(tests::built_in(), name, &Scenario::name);
  return experiment_of(scenario, Settings(scenario.parameters), seed);
}

reports::Ladder ladder_of(const std::string& handler, const LadderPlan& plan) {
  const Experiment base = experiment_named("counter");
  return run_ladder(base, *handler_named(handler, base), code(), plan);
}

const reports::Ladder& increments() {
  static const reports::Ladder ladder = ladder_of("increment", {});
  return ladder;
}
const reports::Ladder& permitted() {
  static const reports::Ladder ladder = ladder_of("increment_if_permitted", {.clients = {1, 4, 256}});
  return ladder;
}

TEST(Ladder, EndsOnAPlateauOfOneOverTheCost) {
  for (const reports::Ladder* ladder : {&increments(), &permitted()})
    for (const reports::LadderVariant& variant : ladder->variants)
      // What is measured ends somewhere amid a round of all clients.
      EXPECT_NEAR(reports::rate_of(variant.rungs.back()) / reports::ceiling_of(variant), 1.0, 0.015)
          << ladder->handler << ", held for its " << object::holding_names[static_cast<std::size_t>(variant.holding)];
}

TEST(Ladder, BendsWhereTheRoundTripOverTheCostSays) {
  for (const reports::LadderVariant& variant : increments().variants) {
    const double knee = reports::knee_of(variant);
    ASSERT_GT(knee, variant.rungs.front().clients);
    ASSERT_LT(knee, variant.rungs.back().clients);
    for (const reports::LadderRung& rung : variant.rungs) {
      const double asked_for = rung.clients * 1e9 / static_cast<double>(variant.round_trip.count());
      const double most = std::min(asked_for, reports::ceiling_of(variant));
      EXPECT_LE(reports::rate_of(rung), most * 1.02) << rung.clients;
      if (rung.clients < knee / 4 || rung.clients > knee * 1.5) {
        EXPECT_GE(reports::rate_of(rung), most * 0.96) << rung.clients;
      }
    }
  }
}

TEST(Ladder, MakesThoseWaitLongerWhoAreMore) {
  for (const reports::LadderVariant& variant : increments().variants)
    for (std::size_t i = 1; i < variant.rungs.size(); ++i) {
      ASSERT_TRUE(variant.rungs[i].p99 && variant.rungs[i - 1].p99);
      EXPECT_GE(variant.rungs[i].p99->count(), variant.rungs[i - 1].p99->count() * 97 / 100) << i;
    }
}

TEST(Ladder, CostsMoreTheLongerTheObjectIsHeld) {
  const auto& variants = permitted().variants;
  ASSERT_EQ(variants.size(), 3u);
  EXPECT_EQ(variants[1].holding, Holding::commit);
  EXPECT_EQ(variants[2].holding, Holding::call);
  EXPECT_LT(variants[0].cost, variants[1].cost);
  EXPECT_LT(variants[1].cost, variants[2].cost);
  EXPECT_GT(variants[2].cost, 20ms) << "the service is inside";
}

TEST(Ladder, LeavesOutWhatMakesNoDifference) {
  EXPECT_EQ(increments().variants.size(), 2u) << "no call awaits anything";
  const reports::Ladder reads = ladder_of("read", {.clients = {1}});
  EXPECT_EQ(reads.variants.size(), 1u);
  EXPECT_NE(reports::ladder_text(reads, {}).find("writes nothing"), std::string::npos);
}

TEST(Ladder, ClaimsNothingWhenNothingWasAnsweredInTheMeasuredTime) {
  const reports::Ladder ladder = ladder_of("increment", {.clients = {1, 2}, .warmup = 1ms, .measured = 1ns});
  const std::string text = reports::ladder_text(ladder, {});
  EXPECT_NE(text.find("nothing was answered in the measured time: --set run.duration=... longer"), std::string::npos)
      << text;
  EXPECT_EQ(text.find("costs nothing"), std::string::npos) << text;
  EXPECT_EQ(text.find("ceiling"), std::string::npos) << text;
  EXPECT_EQ(text.find("round trip"), std::string::npos) << text;
  EXPECT_TRUE(reports::ladder_json(ladder, {}, {})["writes"].is_null());
}

TEST(Ladder, SaysWhyACallThatWaitsForItsOwnObjectIsNeverAnswered) {
  reports::Ladder ladder = ladder_of("increment", {.clients = {1}, .warmup = 100ms, .measured = 200ms});
  ladder.awaits = true;
  ladder.variants.push_back({.holding = Holding::call,
                             .answered = false,
                             .rungs = {{.clients = 1, .completed = 0, .measured = 2s, .p50 = {}, .p99 = {}}}});
  const std::string text = reports::ladder_text(ladder, {});
  EXPECT_NE(text.find("never answered: the call waits for its own object"), std::string::npos) << text;
  EXPECT_EQ(text.find("during the whole call costs"), std::string::npos) << text;
}

TEST(Ladder, IsTheSameForTheSameSeed) {
  const LadderPlan plan{.clients = {2}, .warmup = 100ms, .measured = 200ms};
  EXPECT_EQ(ladder_of("increment", plan).fingerprint, ladder_of("increment", plan).fingerprint);
}

TEST(Ladder, StepsSurviveTheWayBetweenProcesses) {
  const Experiment base = experiment_named("counter");
  const LadderRun run = run_step(base, *handler_named("increment", base), code(),
                                 {.clients = {}, .warmup = 100ms, .measured = 200ms}, {Holding::commit, 2});

  const LadderRun read = unpack_ladder_run(pack(run));

  EXPECT_EQ(read.rung.completed, run.rung.completed);
  EXPECT_EQ(read.rung.p50, run.rung.p50);
  EXPECT_EQ(read.rung.p99, run.rung.p99);
  EXPECT_EQ(read.answered, run.answered);
  EXPECT_EQ(read.cost, run.cost);
  EXPECT_EQ(read.round_trip, run.round_trip);
  EXPECT_EQ(read.fingerprint, run.fingerprint);
}

TEST(Ladder, KnowsHandlersByTheirCallsAndWithTheirClass) {
  const Experiment base = experiment_named("notes");
  EXPECT_EQ(handler_name(*handler_named("", base)), "Notes.page_one_query");
  EXPECT_EQ(handler_name(*handler_named("page_by_calls", base)), "Reader.page_by_calls");
  EXPECT_EQ(handler_name(*handler_named("Notes.page_n_plus_one", base)), "Notes.page_n_plus_one");
  EXPECT_EQ(handler_named("page", base), std::nullopt);
}

TEST(Ladder, IsClimbedByClientsWhereTheCallIsMade) {
  const Experiment base = experiment_named("notes");
  const Experiment ladder = ladder_experiment(base, *handler_named("page_by_calls", base), 9, Holding::call);
  ASSERT_EQ(ladder.clients.size(), 1u);
  EXPECT_EQ(ladder.clients.front().city, "London");
  EXPECT_EQ(client_count(ladder), 9u);
  EXPECT_EQ(ladder.classes[1].holding, Holding::call);
  EXPECT_EQ(ladder.classes[0].holding, Holding::turn);
  EXPECT_EQ(mistake_in(ladder, code()), std::nullopt);
}

TEST(Holding, AWholeCallInsideLosesNoUpdate) {
  const auto violated = [](Holding holding) {
    int count = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Experiment experiment = experiment_named("lost_update", seed);
      experiment.classes.front().holding = holding;
      for (const auto& each : run(experiment, code()).outcome.verdicts)
        count += each.verdict.violation.has_value() ? 1 : 0;
    }
    return count;
  };
  EXPECT_GT(violated(Holding::turn), 0);
  EXPECT_EQ(violated(Holding::call), 0);
}

TEST(RealLadder, RunsTheSameCodeWithItsServices) {
  const Experiment base = experiment_named("counter");
  const cli::TemporaryDirectory directory;
  const reports::LadderRung rung =
      cli::run_really(base, *handler_named("increment_if_permitted", base), code(), {Holding::call, 4},
                      {.warmup = 0ms, .measured = 300ms}, directory.path());
  EXPECT_EQ(rung.clients, 4u);
  EXPECT_GT(rung.completed, 0u);
}

TEST(RealLadder, RemovesItsFiles) {
  std::string path;
  {
    const cli::TemporaryDirectory directory;
    path = directory.path();
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(RealLadder, RemovesItsFilesWhenASecondSignalStopsTheTool) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const cli::Interrupts interrupts;
      const cli::TemporaryDirectory directory;
      std::filesystem::create_directory(directory.path() + "/64");
      for (int i = 0; i < 100; ++i) std::ofstream(fmt::format("{}/64/{:016x}.log", directory.path(), i)) << "log";
      if (::write(ends[1], directory.path().data(), directory.path().size()) < 0) ::_exit(1);
      ::raise(signal);
      if (cli::Interrupts::exit_code() != (signal == SIGINT ? cli::exit_interrupted : cli::exit_terminated))
        ::_exit(2);
      ::raise(signal);
      ::_exit(3);
    }
    ::close(ends[1]);
    std::array<char, 4096> path{};
    ASSERT_GT(::read(ends[0], path.data(), path.size() - 1), 0);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 128 + signal) << status;
    EXPECT_FALSE(std::filesystem::exists(path.data())) << path.data();
  }
}

TEST(Ladder, EndsWithItsRuns) {
  const Experiment base = experiment_named("counter");
  const CallShare call = *handler_named("increment", base);
  const LadderPlan plan{.clients = {1, 2, 4}, .warmup = 100ms, .measured = 100ms};
  // Two more rungs of the first variant, then the three of the second.
  const auto after = [&](std::size_t runs) {
    const reports::Ladder ladder = run_ladder(base, call, code(), plan, [&](const std::vector<LadderStep>& steps) {
      std::vector<LadderRun> made;
      for (std::size_t i = 0; i < runs; ++i) made.push_back(run_step(base, call, code(), plan, steps[i]));
      return made;
    });
    std::vector<std::size_t> rungs;
    for (const reports::LadderVariant& variant : ladder.variants) rungs.push_back(variant.rungs.size());
    return rungs;
  };

  EXPECT_EQ(after(0), std::vector<std::size_t>{1});
  EXPECT_EQ(after(1), std::vector<std::size_t>{2});
  EXPECT_EQ(after(4), std::vector<std::size_t>{3});
  EXPECT_EQ(after(5), (std::vector<std::size_t>{3, 3}));
}

class Bench : public cli::Tool {};

TEST_F(Bench, ShowsTheRungsThatItKnowsWhenItIsInterrupted) {
  // On a busy machine the first rung may not be over in the first of these times.
  std::string clients = "1";
  for (int rung = 64; rung < 164; ++rung) clients += "," + std::to_string(rung);
  int status = 0;
  for (const std::string seconds : {"3", "15", "60"}) {
    const std::string command = "timeout --preserve-status --signal=INT " + seconds + " " + ORRERY_TOOL +
                                " bench counter -j 1 --clients " + clients + " --set run.duration=100s >shown 2>said";
    status = std::system(command.c_str());
    if (read("shown").find("\n          1  ") != std::string::npos) break;
  }

  EXPECT_EQ(WEXITSTATUS(status), cli::exit_interrupted);
  EXPECT_TRUE(read("said").starts_with("\norrery: interrupted, printing what is known; ")) << read("said");
  EXPECT_NE(read("shown").find("\n          1  "), std::string::npos) << read("shown");
  EXPECT_TRUE(read("shown").ends_with("\nWarning  interrupted: the rest of the ladder is not known\n"))
      << read("shown");
}

TEST_F(Bench, TellsTheSameToPeopleAndToPrograms) {
  const std::vector<std::string> args = {"bench", "counter", "--clients", "1,8", "--set", "run.duration=2s"};
  std::vector<std::string> as_json = args;
  as_json.insert(as_json.end(), {"--format", "json", "--no-wall"});

  const cli::Called text = cli::call(args);
  const cli::Called json = cli::call(as_json);

  ASSERT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("Counter.increment"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("holding the object during commit costs"), std::string::npos) << text.out;
  ASSERT_EQ(json.code, 0) << json.err;
  const auto parsed = nlohmann::json::parse(json.out);
  EXPECT_EQ(parsed["handler"], "Counter.increment");
  EXPECT_FALSE(parsed.contains("host"));
  ASSERT_EQ(parsed["variants"].size(), 2u);
  EXPECT_EQ(parsed["variants"][1]["holds"], "commit");
  EXPECT_EQ(parsed["variants"][0]["rungs"][1]["clients"], 8);
  EXPECT_GT(parsed["variants"][0]["rungs"][1]["requests_per_second"], 0);
  EXPECT_EQ(cli::call(as_json).out, json.out);
}

TEST_F(Bench, NamesTheNearestHandler) {
  const cli::Called called = cli::call({"bench", "counter", "--handler", "incremnt"});
  EXPECT_EQ(called.code, cli::exit_usage);
  EXPECT_NE(called.err.find("did you mean \"increment\"?"), std::string::npos) << called.err;
}

TEST_F(Bench, RefusesAWarmupThatLeavesNothing) {
  const cli::Called called = cli::call({"bench", "counter", "--set", "run.duration=1s"});
  EXPECT_EQ(called.code, cli::exit_usage);
  EXPECT_NE(called.err.find("nothing is left to measure"), std::string::npos) << called.err;
}

}  // namespace
}  // namespace orrery::scenarios
