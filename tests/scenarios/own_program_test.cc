// A program of somebody else's: its own object class, invariant and property, with all commands of the tool.
#include <nlohmann/json.hpp>

#include <stdexcept>

#include "scenarios/cli/errors.h"
#include "scenarios/main.h"
#include "tests/scenarios/tool.h"

namespace orrery::cli {
namespace {

std::string build_1() { return "build 1"; }

using Json = nlohmann::json;

// Holds three coins, and gives more.
class Till final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  // Whether there was a coin.
  Task<bool> take() {
    const std::int64_t left = coins() - 1;
    ctx().storage().kv().put("coins", left);
    co_return left >= 0;
  }
  std::optional<std::string> not_below_zero() {
    if (coins() >= 0) return std::nullopt;
    return "there are " + std::to_string(coins()) + " coins";
  }

 private:
  std::int64_t coins() { return ctx().storage().kv().get_or("coins", std::int64_t{3}); }
};

class EveryoneGetsACoin final : public CallProperty {
 public:
  using CallProperty::CallProperty;
  std::string_view name() const override { return "everyone_gets_a_coin"; }
  void on_call(const Call& call) override {
    if (call.value == Value(false)) return violate("refused", call, call.text() + " got nothing");
    held();
  }
};

class ThrowsAtThree final : public CallProperty {
 public:
  using CallProperty::CallProperty;
  std::string_view name() const override { return "throws_at_three"; }
  void on_call(const Call&) override {
    if (++calls_ == 3) throw std::out_of_range("no third coin");
    held();
  }

 private:
  int calls_ = 0;
};

Scenario till() {
  return {.name = "till",
          .teaches = "Three coins.",
          .classes = {object_class<Till>("Till").with<&Till::take>("take").invariant<&Till::not_below_zero>(
              "not_below_zero")},
          .parameters = with_world_settings(1s, {rate_setting("clients.rate", "of both users", "40/s")}),
          .make =
              [](const Settings& settings) {
                Experiment experiment = experiment_in_world("till", settings);
                experiment.classes = {{.name = "Till", .model = ""}};
                experiment.clients = {{"fra", "Frankfurt", 2, poisson(settings.get<Rate>("clients.rate"))}};
                experiment.workload = Law{{{"Till", "take", 1, {}}}};
                std::erase(experiment.properties, "serialization");
                return experiment;
              },
          .properties = {own_property<EveryoneGetsACoin>("Nobody goes away without a coin.")}};
}

class OwnProgram : public Tool {
 protected:
  static Called call(const std::vector<std::string>& args) {
    static const Program till_program = program_of("till", build_1, {till()});
    std::ostringstream out;
    std::ostringstream err;
    const int code = run_cli(till_program, args, out, err);
    return {code, out.str(), err.str()};
  }
};

std::string refusal_of(std::vector<Scenario> scenarios) {
  try {
    program_of("till", build_1, std::move(scenarios));
  } catch (const Refusal& refusal) {
    EXPECT_EQ(refusal.code(), exit_usage);
    return refusal.what();
  }
  return "";
}

// The same under another name, with a class of its own.
Scenario named(const std::string& name, const std::string& class_name) {
  Scenario scenario = till();
  scenario.name = name;
  scenario.classes = {object_class<Till>(class_name).with<&Till::take>("take")};
  scenario.properties.clear();
  return scenario;
}

TEST_F(OwnProgram, ListsWhatIsItsOwnUnderItsOwnName) {
  EXPECT_NE(call({"list"}).out.find("\ntill list NAME shows"), std::string::npos);
  EXPECT_EQ(Json::parse(call({"list", "--format", "json"}).out)["scenarios"][0]["name"], "till");

  const std::string properties = call({"list", "properties"}).out;
  EXPECT_NE(properties.find("Nobody goes away without a coin."), std::string::npos);
  EXPECT_NE(properties.find("Holds of every Till after each of its turns."), std::string::npos);

  const Json judged = Json::parse(call({"list", "till", "--format", "json"}).out)["properties"];
  EXPECT_NE(std::ranges::find(judged, "everyone_gets_a_coin"), judged.end());
  EXPECT_NE(std::ranges::find(judged, "not_below_zero"), judged.end());
  EXPECT_EQ(std::ranges::find(judged, "serialization"), judged.end());
}

TEST_F(OwnProgram, FindsItsInvariantAndItsPropertyViolatedAndKeepsBoth) {
  const Called called = call({"check", "till", "-p", "not_below_zero", "-p", "everyone*", "--no-wall"});

  EXPECT_EQ(called.code, exit_red) << called.err;
  EXPECT_NE(called.out.find("✗ not_below_zero: there are -1 coins\n"), std::string::npos) << called.out;
  EXPECT_NE(called.out.find("✗ everyone_gets_a_coin: fra#"), std::string::npos) << called.out;
  EXPECT_NE(called.out.find(" s) got nothing\n\n  Rule    refused\n"), std::string::npos) << called.out;
  EXPECT_NE(called.out.find("  Replay  till replay orrery-regressions/till-"), std::string::npos) << called.out;
  ASSERT_FALSE(files().empty());
}

TEST_F(OwnProgram, ChecksItsOnlyScenarioWithoutItsName) {
  const Called called = call({"check", "--seeds", "3", "-p", "liveness", "--no-wall"});
  EXPECT_EQ(called.code, exit_green) << called.err;
  EXPECT_EQ(called.out, call({"check", "till", "--seeds", "3", "-p", "liveness", "--no-wall"}).out);
}

TEST_F(OwnProgram, ReplaysWhatItKept) {
  ASSERT_EQ(call({"check", "till", "-p", "not_below_zero"}).code, exit_red);
  ASSERT_EQ(files().size(), 1u);

  const Called again = call({"replay", *files().begin()});

  EXPECT_EQ(again.code, exit_red) << again.err;
  EXPECT_NE(again.out.find("VIOLATED  not_below_zero"), std::string::npos) << again.out;
  EXPECT_EQ(again.err, "");
}

// What a program of this scenario alone answers.
Called call_of(const Scenario& scenario, const std::vector<std::string>& args) {
  const Program program = program_of("till", build_1, {scenario});
  std::ostringstream out;
  std::ostringstream err;
  const int code = run_cli(program, args, out, err);
  return {code, out.str(), err.str()};
}

TEST_F(OwnProgram, KeepsAndReplaysWhatItsPropertyThrows) {
  Scenario scenario = till();
  scenario.properties = {own_property<ThrowsAtThree>("It is told of two calls.")};

  const Called called = call_of(scenario, {"check", "till", "-p", "throws_at_three", "--no-wall"});

  EXPECT_EQ(called.code, exit_red) << called.err;
  EXPECT_NE(called.out.find("✗ throws_at_three: it threw: no third coin\n\n  Rule    threw\n"), std::string::npos)
      << called.out;
  ASSERT_EQ(files().size(), 1u);
  EXPECT_EQ(call_of(scenario, {"replay", *files().begin()}).code, exit_red);
}

TEST_F(OwnProgram, SaysWhichScenarioThrowsInsteadOfMakingItsExperiment) {
  Scenario scenario = till();
  scenario.make = [](const Settings&) -> Experiment { throw std::out_of_range("no coins"); };

  for (const std::string command : {"run", "check", "list"}) {
    const Called called = call_of(scenario, {command, "till"});
    EXPECT_EQ(called.code, exit_usage) << command;
    EXPECT_EQ(called.err, "orrery: scenario till makes no experiment: it threw: no coins\n");
  }

  scenario.make = [](const Settings& settings) {
    settings.get<Rate>("clients.rat");
    return Experiment();
  };
  EXPECT_NE(call_of(scenario, {"run", "till"}).err.find("no parameter clients.rat of this type"), std::string::npos);
}

TEST_F(OwnProgram, RefusesAPropertyThatItDoesNotHaveInItsOwnName) {
  const Called called = call({"check", "till", "-p", "not_below_one"});
  EXPECT_EQ(called.code, exit_usage);
  EXPECT_NE(called.err.find("did you mean \"not_below_zero\""), std::string::npos) << called.err;
  EXPECT_NE(called.err.find("till list properties"), std::string::npos) << called.err;
}

TEST_F(OwnProgram, SpeaksOfItselfOnlyInCommands) {
  const Program program = program_of("till", build_1, {till()});
  EXPECT_EQ(as_typed("orrery replay F, not orrery itself; orrery check till", program),
            "till replay F, not orrery itself; till check till");
  EXPECT_EQ(as_typed("orrery replay F", cli::program()), "orrery replay F");
}

TEST_F(OwnProgram, MayHaveANameThatEndsLikeTheTools) {
  const Program program = program_of("my-orrery", build_1, {till()});
  EXPECT_EQ(as_typed("orrery run x\n  orrery run y", program), "my-orrery run x\n  my-orrery run y");
  EXPECT_EQ(as_typed("my-orrery run x", program), "my-orrery run x");
}

TEST_F(OwnProgram, LeavesAloneWhatAnotherProgramStored) {
  ASSERT_EQ(cli::call({"check", "lost_update", "--seeds", "50"}).code, exit_red);
  ASSERT_FALSE(files().empty());

  const Called called = call({"check", "till", "--seeds", "2", "-p", "liveness", "--no-wall"});

  EXPECT_EQ(called.code, exit_green) << called.err;
  EXPECT_EQ(called.out.find("REPLAY"), std::string::npos) << called.out;
}

TEST_F(OwnProgram, StoresOneExperimentOnceForEachPropertyThatItViolates) {
  ASSERT_EQ(call({"check", "till", "-p", "not_below_zero"}).code, exit_red);
  const std::set<std::string> one = files();
  ASSERT_EQ(call({"check", "till", "-p", "not_below_zero"}).code, exit_red);
  EXPECT_EQ(files(), one);

  const std::string name = *one.begin();
  std::string other = read(name);
  const std::string_view property = "\"not_below_zero\"";
  other.replace(other.find(property), property.size(), "\"liveness\"");
  write(name, other);
  ASSERT_EQ(call({"check", "till", "-p", "not_below_zero"}).code, exit_red);
  EXPECT_EQ(files().size(), 2u);
  EXPECT_EQ(read(name), other);
}

TEST(OwnNames, MayNotStandTwice) {
  EXPECT_EQ(refusal_of({till(), named("other", "Other")}), "");
  EXPECT_NE(refusal_of({named("a", "A"), named("a", "B")}).find("two scenarios of this program are called a"),
            std::string::npos);
  EXPECT_NE(refusal_of({named("a", "A"), named("b", "A")}).find("two object classes of this program are called A"),
            std::string::npos);
  EXPECT_NE(refusal_of({named("all", "A")}).find("are called all"), std::string::npos);
}

TEST(OwnNames, OfPropertiesAreNoInvariantsAndNoneOfThoseThereAre) {
  Scenario twice = till();
  twice.properties.push_back(twice.properties.front());
  EXPECT_NE(refusal_of({twice}).find("two properties of this program are called everyone_gets_a_coin"),
            std::string::npos);

  Scenario taken = named("taken", "Taken");
  taken.classes = {object_class<Till>("Taken").invariant<&Till::not_below_zero>("durability")};
  EXPECT_NE(refusal_of({taken}).find("are called durability"), std::string::npos);

  Scenario both = till();
  both.classes = {object_class<Till>("Till").invariant<&Till::not_below_zero>("everyone_gets_a_coin")};
  EXPECT_NE(refusal_of({both}).find("are called everyone_gets_a_coin"), std::string::npos);
}

}  // namespace
}  // namespace orrery::cli
