#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "scenarios/catalogue.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/options.h"
#include "scenarios/cli/regressions.h"
#include "scenarios/cli/version.h"
#include "scenarios/experiment_file.h"
#include "tests/scenarios/tool.h"

using namespace orrery;
using namespace orrery::cli;
using Json = nlohmann::json;

namespace {

std::vector<std::string> short_run(std::vector<std::string> more = {}) {
  std::vector<std::string> args{"run",   "counter",        "--no-wall", "--set", "run.duration=300ms",
                                "--set", "clients.count=1"};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

// The experiment behind short_run(), explicit, and what its run was.
struct Stored {
  scenarios::Experiment experiment;
  scenarios::Run run;
};

Stored stored_run() {
  const auto all = scenarios::built_in_scenarios();
  const auto code = scenarios::code_of(all);
  scenarios::Settings settings(all.front().parameters);
  EXPECT_TRUE(settings.set("run.duration", "300ms"));
  auto experiment = scenarios::explicit_form(scenarios::experiment_of(all.front(), settings, 3), code);
  auto run = scenarios::run(experiment, code);
  return {std::move(experiment), std::move(run)};
}

scenarios::ExperimentStamp stamp_of(const Stored& stored) {
  scenarios::ExperimentStamp stamp;
  stamp.build = build_id();
  stamp.fingerprint = stored.run.outcome.fingerprint;
  stamp.checkpoints = scenarios::thinned(stored.run.checkpoints);
  return stamp;
}

}  // namespace

TEST_F(Tool, PrintsHelpAndAsksForACommand) {
  const Called called = call({});
  EXPECT_EQ(called.code, 2);
  EXPECT_TRUE(called.err.starts_with("Usage: orrery COMMAND"));
  EXPECT_EQ(called.out, "");
}

TEST_F(Tool, HasTheSameHelpInEachOfItsForms) {
  const std::string text = call({"help", "run"}).out;
  EXPECT_TRUE(text.starts_with("Usage: orrery run SCENARIO"));
  EXPECT_EQ(call({"run", "--help"}).out, text);
  EXPECT_EQ(call({"run", "-h"}).out, text);
  EXPECT_EQ(call({"--help"}).out, call({"help"}).out);
  for (const std::string& command : command_names()) {
    const Called called = call({"help", command});
    EXPECT_EQ(called.code, 0);
    EXPECT_TRUE(called.out.starts_with("Usage: orrery " + command));
  }
  EXPECT_EQ(call({"help", "exit-codes"}).code, 0);
}

TEST_F(Tool, SaysItsVersion) {
  EXPECT_EQ(call({"--version"}).out, "orrery " + version() + "\n");
  EXPECT_EQ(call({"version"}).out, call({"--version"}).out);
}

TEST_F(Tool, RunsTheSameSeedToTheSameBytes) {
  const Called once = call(short_run({"--seed", "7"}));
  const Called hexadecimal = call(short_run({"--seed=0x7"}));

  EXPECT_EQ(once.code, 0) << once.err << once.out;
  EXPECT_EQ(once.out, hexadecimal.out);
  EXPECT_TRUE(once.out.starts_with("counter   seed 7   "));
  EXPECT_NE(once.out, call(short_run({"--seed", "8"})).out);
  EXPECT_TRUE(files().empty());
}

TEST_F(Tool, IsQuietDownToTheLastLine) {
  const std::string full = call(short_run()).out;
  const std::string last = call(short_run({"-q"})).out;
  EXPECT_TRUE(full.ends_with(last));
  EXPECT_EQ(std::count(last.begin(), last.end(), '\n'), 1);
}

TEST_F(Tool, WritesTheResultWhereItIsTold) {
  const Called called = call(short_run({"-o", "result.txt"}));
  EXPECT_EQ(called.out, "");
  EXPECT_EQ(read("result.txt"), call(short_run()).out);
  EXPECT_EQ(files(), std::set<std::string>{"result.txt"});
}

TEST_F(Tool, NormalisesTheCommandInJson) {
  const Called called = call({"run", "--format", "json", "counter", "--set", "run.duration=0.3s", "--set",
                              "clients.count=1", "--seed", "0x9", "--color", "never", "--no-wall"});
  const Json result = Json::parse(called.out);
  EXPECT_EQ(result["command"], Json({"orrery", "run", "counter", "--seed", "9", "--set", "clients.count=1", "--set",
                                     "run.duration=300ms"}));
  EXPECT_FALSE(result.contains("host"));
  EXPECT_FALSE(result.contains("wall_ns"));
}

TEST_F(Tool, TellsTheMachineApartInJson) {
  const Json result = Json::parse(call({"run", "counter", "--set", "run.duration=100ms", "--format", "json"}).out);
  EXPECT_TRUE(result.contains("wall_ns"));
  EXPECT_TRUE(result["host"].contains("os"));
}

TEST_F(Tool, WritesTheHistoryOfARun) {
  const Called called = call(short_run({"--history", "history", "--format", "json"}));
  const std::string history = read("history");
  EXPECT_EQ(std::count(history.begin(), history.end(), '\n'), Json::parse(called.out)["events"]);
  EXPECT_EQ(files(), std::set<std::string>{"history"});
}

TEST_F(Tool, DrawsASeedThatJsonCanHold) {
  const Called called = call(short_run({"--seed", "random"}));
  ASSERT_TRUE(called.err.starts_with("seed ")) << called.err;
  const std::string seed = called.err.substr(5, called.err.size() - 6);
  EXPECT_LT(std::stoull(seed), std::uint64_t{1} << 53);
  EXPECT_EQ(call(short_run({"--seed", seed})).out, called.out);
}

TEST_F(Tool, ChecksTheSameWhateverTheJobs) {
  const auto check = [](const char* jobs) {
    return call({"check", "counter", "--seeds", "12", "-p", "serialization", "--no-wall", "--jobs", jobs});
  };
  const Called alone = check("1");
  EXPECT_EQ(alone.code, 0) << alone.err << alone.out;
  for (const char* jobs : {"2", "5", "40"}) EXPECT_EQ(check(jobs).out, alone.out) << jobs;
  EXPECT_TRUE(files().empty());
}

TEST_F(Tool, ChecksOnlyTheSelectedProperties) {
  const Called called = call(
      {"check", "counter", "--seeds", "2", "--format", "json", "-p", "serial*", "-p", "delivery_order", "--no-wall"});
  const Json result = Json::parse(called.out);
  ASSERT_EQ(result["properties"].size(), 2u);
  EXPECT_EQ(result["properties"][0]["name"], "serialization");
  EXPECT_EQ(result["properties"][1]["name"], "delivery_order");
}

TEST_F(Tool, ChecksWithoutFaultsIfItIsTold) {
  const auto check = [](const char* faults) {
    return call({"check", "counter", "--seeds", "20", "--faults", faults, "--format", "json", "--no-wall"});
  };
  const Json with = Json::parse(check("on").out);
  const Json without = Json::parse(check("off").out);

  EXPECT_NE(with["fingerprint"], without["fingerprint"]);
  EXPECT_EQ(without["command"],
            Json({"orrery", "check", "counter", "--seed", "1", "--seeds", "20", "--faults", "off"}));
  EXPECT_EQ(with["command"], Json({"orrery", "check", "counter", "--seed", "1", "--seeds", "20"}));
}

TEST_F(Tool, FindsTheLostUpdate) {
  const Called called = call({"check", "lost_update", "--seeds", "20", "-p", "serialization", "--no-wall"});

  EXPECT_EQ(called.code, 1) << called.err << called.out;
  ASSERT_EQ(files().size(), 1u);
  EXPECT_EQ(call({"replay", *files().begin(), "--no-wall"}).code, 1);
}

TEST_F(Tool, ReplaysAStoredExperiment) {
  const Stored stored = stored_run();
  write("same.toml", to_toml(stored.experiment, stamp_of(stored)));

  const Called called = call({"replay", "same.toml", "--no-wall"});

  EXPECT_EQ(called.code, 0) << called.err;
  EXPECT_EQ(called.err, "");
  EXPECT_TRUE(called.out.starts_with("counter   seed 3   300ms virtual")) << called.out;
}

TEST_F(Tool, NoticesThatAReplayIsAnotherRun) {
  const Stored stored = stored_run();
  scenarios::ExperimentStamp stamp = stamp_of(stored);
  stamp.fingerprint = 1;
  stamp.checkpoints.values.at(2) = 1;
  const std::uint64_t interval = stamp.checkpoints.interval;
  write("other.toml", to_toml(stored.experiment, stamp));

  const Called called = call({"replay", "other.toml"});

  EXPECT_EQ(called.code, 5);
  EXPECT_NE(called.err.find("first difference between record " + std::to_string(2 * interval) + " and "),
            std::string::npos)
      << called.err;
}

TEST_F(Tool, LetsTheVerdictDecideForAnotherBuild) {
  const Stored stored = stored_run();
  scenarios::ExperimentStamp stamp = stamp_of(stored);
  stamp.fingerprint = 1;
  stamp.build = "0.0.1+older";
  write("older.toml", to_toml(stored.experiment, stamp));

  const Called called = call({"replay", "older.toml"});

  EXPECT_EQ(called.code, 0) << called.err;
  EXPECT_TRUE(called.err.starts_with("note: stored by build 0.0.1+older")) << called.err;
}

TEST_F(Tool, RunsAnEditedExperimentAsItIs) {
  Stored stored = stored_run();
  std::string text = to_toml(stored.experiment, stamp_of(stored));
  text.replace(text.find("\"3\""), 3, "\"4\"");
  write("edited.toml", text);

  const Called called = call({"replay", "edited.toml"});

  EXPECT_EQ(called.code, 0);
  EXPECT_TRUE(called.err.starts_with("note: the experiment was edited")) << called.err;
}

TEST_F(Tool, TriesStoredFailuresFirst) {
  std::filesystem::create_directory("orrery-regressions");
  const Stored stored = stored_run();
  write("orrery-regressions/counter-1a2b.toml", to_toml(stored.experiment));

  const Called called = call({"check", "counter", "--seeds", "1", "-p", "serialization"});

  EXPECT_EQ(called.code, 0) << called.err;
  EXPECT_TRUE(called.out.starts_with("  REPLAY orrery-regressions/counter-1a2b.toml  now holds\n")) << called.out;
}

// Declared as a register, the counter breaks its promise at the first read.
TEST_F(Tool, StoresAFailureThatEveryLaterCheckTries) {
  Stored stored = stored_run();
  const auto code = scenarios::code_of(scenarios::built_in_scenarios());
  stored.experiment.classes.front().model = "register";
  const auto run = scenarios::run(stored.experiment, code);

  const std::string file = store_failure(stored.experiment, program(), "serialization", run.outcome.fingerprint);

  EXPECT_EQ(files(), std::set<std::string>{file});
  EXPECT_EQ(file, "orrery-regressions/counter-" + scenarios::digest_of(stored.experiment).substr(0, 4) + ".toml");
  const Called replayed = call({"replay", file});
  EXPECT_EQ(replayed.code, 1) << replayed.out;
  EXPECT_EQ(replayed.err, "");
  const Called checked = call({"check", "counter", "--seeds", "1", "-p", "serialization", "-q"});
  EXPECT_EQ(checked.code, 1);
  EXPECT_TRUE(checked.out.ends_with("a stored failure is still violated        orrery replay " + file + "\n"))
      << checked.out;
  EXPECT_EQ(call({"check", "counter", "--seeds", "1", "-p", "delivery_order"}).code, 0);
}

TEST_F(Tool, StoresNothingThatRunsDifferentlyTheSecondTime) {
  const Stored stored = stored_run();
  const auto code = scenarios::code_of(scenarios::built_in_scenarios());

  EXPECT_EQ(store_failure(stored.experiment, program(), "serialization", stored.run.outcome.fingerprint + 1), "");
  EXPECT_TRUE(files().empty());
}

TEST_F(Tool, ListsWhatThereIs) {
  for (const char* topic :
       {"scenarios", "properties", "faults", "rtt", "regions", "datacenters", "counter", "notes", "lost_update"}) {
    const Called text = call({"list", topic});
    const Called json = call({"list", topic, "--format", "json"});
    EXPECT_EQ(text.code, 0) << topic;
    EXPECT_TRUE(Json::accept(json.out)) << topic;
  }
  EXPECT_EQ(call({"list"}).out, call({"list", "scenarios"}).out);
  const Json pairs = Json::parse(call({"list", "rtt", "--format", "json"}).out)["round_trips"];
  EXPECT_EQ(pairs.size(), 78u);
}

TEST_F(Tool, ListsSettingsInTheWordsOfSet) {
  const std::string toml = call({"list", "counter", "--format", "toml"}).out;
  EXPECT_NE(toml.find("[run]\nduration = \"1m\"  # "), std::string::npos) << toml;
}

TEST(ExitCodes, HaveAnOrder) {
  EXPECT_EQ(graver(exit_green, exit_cannot_tell), exit_cannot_tell);
  EXPECT_EQ(graver(exit_red, exit_cannot_tell), exit_red);
  EXPECT_EQ(graver(exit_red, exit_no_file), exit_no_file);
  EXPECT_EQ(graver(exit_usage, exit_diverged), exit_diverged);
  EXPECT_EQ(graver(exit_bug, exit_diverged), exit_bug);
  EXPECT_EQ(graver(exit_nothing_selected, exit_cannot_tell), exit_cannot_tell);
}
