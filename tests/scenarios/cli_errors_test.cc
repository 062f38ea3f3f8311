// Every mistake gives one error that names its place and what to do, the exit code of its kind, and no file.
#include <gtest/gtest.h>

#include "tests/scenarios/tool.h"

using namespace orrery::cli;

namespace {

constexpr const char* experiment = R"(orrery = 1
scenario = "counter"
seed = "7"
properties = ["serialization"]
[run]
duration = "100ms"
[network]
access = "8ms"
jitter = 0.02
[world]
data_centers_per_city = 3
machines_per_data_center = 1
classes = [{ name = "Counter", keys = 4 }]
[workload]
clients = [{ name = "lhr", city = "London" }]
ops = [{ client = 0, n = 0, at = "1ms", class = "Counter", call = "read", key = "0" }]
)";

std::string with(std::string_view what, std::string_view instead) {
  std::string text = experiment;
  const std::size_t at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), instead);
}

class Refused : public Tool {
 protected:
  // Nothing but `known` files may be there afterwards.
  static void expect(int code, const std::string& error, const std::vector<std::string>& args,
                     const std::set<std::string>& known = {}) {
    const Called called = call(args);
    EXPECT_EQ(called.code, code) << error;
    EXPECT_EQ(called.err.substr(0, error.size()), error);
    EXPECT_EQ(called.out, "");
    EXPECT_EQ(files(), known);
  }
  static void expect_file(const std::string& error, const std::string& text) {
    write("x.toml", text);
    expect(2, error, {"replay", "x.toml"}, {"x.toml"});
  }
};

}  // namespace

TEST_F(Refused, UnknownNamesWithTheNearest) {
  expect(2, "orrery: no command is called \"rnu\": did you mean \"run\"?\n  orrery help lists them\n",
         {"rnu", "counter"});
  expect(2, "orrery: no command is called \"simulate\"\n", {"simulate"});
  expect(2, "orrery: no scenario is called \"countr\": did you mean \"counter\"?\n  orrery list", {"run", "countr"});
  expect(2, "orrery: no scenario is called \"countr\": did you mean \"counter\"?\n  orrery list",
         {"check", "countr"});
  expect(2, "orrery: run has no flag --sed: did you mean --seed?\n  orrery help run",
         {"run", "counter", "--sed", "7"});
  expect(2, "orrery: bench has no flag --seeds: did you mean --seed?\n", {"bench", "counter", "--seeds", "7"});
  expect(2, "orrery: there is no flag --quite: did you mean --quiet?\n", {"--quite"});
  expect(2, "orrery: no property is called \"serialisation\": did you mean \"serialization\"?\n",
         {"check", "counter", "-p", "serialisation"});
  expect(2, "orrery: no list or scenario is called \"rt\": did you mean \"rtt\"?\n", {"list", "rt"});
  expect(2, "orrery: no help topic is called \"exit-code\": did you mean \"exit-codes\"?\n", {"help", "exit-code"});
  expect(4, "orrery: nothing to check: no property of counter is called zz*\n", {"check", "counter", "-p", "zz*"});
}

TEST_F(Refused, ArgumentsThatAreMissingOrTooMany) {
  expect(2, "orrery: run needs the name of a scenario, or a design\n", {"run"});
  expect(2, "orrery: check needs the name of a scenario, or all\n", {"check"});
  expect(2, "orrery: replay needs a file\n", {"replay"});
  expect(2, "orrery: run takes one scenario or design\n", {"run", "counter", "counter"});
  expect(2, "orrery: --seed needs a value\n", {"run", "counter", "--seed"});
  expect(6, "orrery: cannot open a/b.toml: No such file or directory\n", {"run", "a/b.toml"});
  expect(2, "orrery: replay takes a file, and \"counter\" is a name\n", {"replay", "counter"});
}

TEST_F(Refused, ValuesOfFlags) {
  expect(2, "orrery: \"seven\" is not a seed: ", {"run", "counter", "--seed", "seven"});
  expect(2, "orrery: \"18446744073709551616\" is not a seed: it has more than 64 bits\n",
         {"run", "counter", "--seed", "18446744073709551616"});
  expect(2, "orrery: --seeds must be a whole number between 1 and ", {"check", "counter", "--seeds", "0"});
  expect(2, "orrery: --jobs must be a whole number between 1 and 1024, not \"many\"\n",
         {"check", "counter", "-j", "many"});
  expect(2, "orrery: --format must be one of text, json, not \"jsn\": did you mean \"json\"?\n",
         {"run", "counter", "--format", "jsn"});
  expect(2, "orrery: --color must be one of auto, always, never, not \"maybe\"\n", {"list", "--color", "maybe"});
  expect(2, "orrery: --faults must be one of on, off, not \"maybe\"\n", {"check", "counter", "--faults", "maybe"});
  expect(2, "orrery: there are no 1000 seeds from 18446744073709551615 on",
         {"check", "counter", "--seed", "0xffffffffffffffff"});
}

TEST_F(Refused, Settings) {
  const auto set = [](const std::string& text) { return std::vector<std::string>{"run", "counter", "--set", text}; };
  expect(2, "orrery: --set clients.rat=3/s: no setting is called \"clients.rat\": did you mean \"clients.rate\"?\n",
         set("clients.rat=3/s"));
  expect(2, "orrery: --set clients.count=0: clients.count must be between 1 and ", set("clients.count=0"));
  expect(2, "orrery: --set run.duration=5 apples: \"5 apples\" is not a duration", set("run.duration=5 apples"));
  expect(2, "orrery: --set needs a path and a value, as in ", set("run.duration"));
  expect(6, "orrery: cannot open missing.csv: No such file or directory\n", set("network.matrix=missing.csv"));
}

TEST_F(Refused, BrokenMatrices) {
  write("m.csv", "from,to,rtt_ms\nLondon,Paris,x\n");
  expect(2, "m.csv:2:14: \"x\" is not a number of milliseconds\n    2 | London,Paris,x\n",
         {"run", "counter", "--set", "network.matrix=m.csv"}, {"m.csv"});
  expect(2, "m.csv:2:14: ", {"check", "counter", "--set", "network.matrix=m.csv"}, {"m.csv"});
}

TEST_F(Refused, FilesThatCannotBeUsed) {
  expect(6, "orrery: cannot open nothing.toml: No such file or directory\n", {"replay", "nothing.toml"});
  expect(6, "orrery: cannot read ./: Is a directory\n", {"replay", "./"}, {});
  expect(6, "orrery: cannot write nowhere/x: No such file or directory\n", {"list", "-o", "nowhere/x"});
  expect(6, "orrery: cannot write nowhere/h: No such file or directory\n",
         {"run", "counter", "--history", "nowhere/h", "--set", "run.duration=1ms"});
}

TEST_F(Refused, BrokenExperiments) {
  expect_file("x.toml:3:1: this is not TOML: ", with("seed = \"7\"", "= 7"));
  expect_file("x.toml:2:1: unknown key \"scenari\"\n", with("scenario", "scenari"));
  expect_file("x.toml: there is no \"seed\"\n", with("seed = \"7\"\n", ""));
  expect_file("x.toml:1:10: the file has format 2, this orrery reads format 1\n", with("orrery = 1", "orrery = 2"));
  expect_file("x.toml:6:12: \"100 ms\" is not a duration", with("100ms", "100 ms"));
  expect_file("x.toml:9:10: \"jitter\" must be a number, not a text\n", with("0.02", "\"a\""));
  expect_file("x.toml: ", "");
  expect_file("x.toml:1:1: this is not TOML: ", "\x89PNG");
}

TEST_F(Refused, ExperimentsWhoseNamesMeanNothing) {
  expect_file("x.toml: there is no city \"Londn\": did you mean \"London\"?\n", with("London", "Londn"));
  expect_file("x.toml: there is no property \"serial\"", with("serialization", "serial"));
  expect_file("x.toml: ", with("call = \"read\"", "call = \"reed\""));
  expect_file("x.toml: operation 0 of client 5: there are only 1 clients\n", with("client = 0", "client = 5"));
  expect_file(
      "x.toml: fault 1, crash of Countr/0: there is no object class in this experiment called \"Countr\": did "
      "you mean \"Counter\"?\n",
      std::string(experiment) + "[[faults]]\nkind = \"crash\"\ntarget = \"Countr/0\"\nat = \"1ms\"\n");
  expect_file("x.toml, network.matrix:1:1: ", with("jitter", "matrix = \"nonsense\"\njitter"));
}

TEST_F(Refused, BrokenStoredFailuresWhenAllElseIsChecked) {
  std::filesystem::create_directory("orrery-regressions");
  write("orrery-regressions/counter-1.toml", "nonsense");
  write("orrery-regressions/counter-2.toml", experiment);
  const std::vector<std::string> few{"--seeds", "1", "-p", "serialization"};
  const auto check = [&few](std::vector<std::string> args) {
    args.insert(args.end(), few.begin(), few.end());
    return call(args);
  };

  const Called called = check({"check", "counter"});

  EXPECT_EQ(called.code, 2);
  EXPECT_EQ(called.err, "");
  EXPECT_TRUE(called.out.starts_with("  REPLAY orrery-regressions/counter-1.toml  cannot be read: "
                                     "orrery-regressions/counter-1.toml:1:9: this is not TOML"))
      << called.out;
  EXPECT_NE(called.out.find("\n  REPLAY orrery-regressions/counter-2.toml  now holds\n"), std::string::npos);
  EXPECT_NE(called.out.find(" PASS "), std::string::npos) << called.out;
  EXPECT_TRUE(called.out.ends_with("a stored failure cannot be read        "
                                   "orrery replay orrery-regressions/counter-1.toml\n"))
      << called.out;
  const std::string json = check({"check", "counter", "--format", "json"}).out;
  EXPECT_NE(json.find("\"verdict\": \"unknown\",\n      \"note\": \"orrery-regressions/counter-1.toml:1:9: "),
            std::string::npos)
      << json;

  const std::string all = check({"check", "all"}).out;
  EXPECT_EQ(all.find("cannot be read: "), all.rfind("cannot be read: ")) << all;
}

TEST_F(Refused, NothingThatIsWellFormed) {
  write("x.toml", experiment);
  EXPECT_NE(call({"replay", "x.toml"}).code, 2) << call({"replay", "x.toml"}).err;
}
