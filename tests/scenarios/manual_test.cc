// One tree of commands and flags: what is parsed, explained, completed and documented is the same. The scripts and
// the manual page are put to the programs that read them.
#include "scenarios/cli/manual.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <regex>

#include "scenarios/cli/errors.h"
#include "scenarios/cli/options.h"
#include "tests/scenarios/shown_commands.h"

using namespace orrery::cli;

namespace {

// What a flag without words and without a usual value may be given.
const std::map<std::string, std::string> values = {
    {"--set", "run.duration=1s"}, {"--history", "history"}, {"--handler", "read"}, {"--until", "1s"}, {"--jobs", "2"},
    {"--property", "liveness"}, {"--duration", "5s"}, {"--warmup", "1s"}, {"--rate", "x2"}, {"--variant", "shards"},
    {"--seeds", "3"}, {"--design", "b.toml"}};

std::vector<std::string> values_for(const Flag& flag) {
  if (!flag.words.empty()) return {flag.words.begin(), flag.words.end()};
  if (!flag.usual.empty()) return {std::string(flag.usual)};
  return {values.at(name_of(flag))};
}

// Every way to type the flag.
std::vector<std::vector<std::string>> forms_of(const Flag& flag) {
  std::vector<std::vector<std::string>> forms;
  for (const std::string& name : names_of(flag)) {
    if (value_of(flag).empty()) {
      forms.push_back({name});
      continue;
    }
    for (const std::string& value : values_for(flag)) {
      forms.push_back({name, value});
      if (name.starts_with("--")) forms.push_back({name + "=" + value});
    }
  }
  return forms;
}

Options parsed(std::vector<std::string> args) { return parse_options(args); }

void expect_parses(std::string_view command, const std::vector<std::string>& form) {
  std::vector<std::string> args{std::string(command)};
  args.insert(args.end(), form.begin(), form.end());
  EXPECT_NO_THROW(parsed(args)) << command << " " << form.front();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void expect_fits_the_page(const std::string& text) {
  for (const std::string& line : lines_of(text)) {
    EXPECT_LE(line.size(), 80u) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

std::string in_quotes(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

struct Printed {
  int code = 0;
  std::string text;  // of standard output and standard error
};

// With the tool on the path, and nothing of the user's settings.
Printed printed_by(const std::string& script) {
  const std::string tool = ORRERY_TOOL;
  const std::string path = tool.substr(0, tool.rfind('/')) + ":/usr/local/bin:/usr/bin:/bin";
  const std::string command =
      "env -i PATH=" + in_quotes(path) + " HOME=\"$PWD\" LC_ALL=C.UTF-8 sh -c " + in_quotes(script) + " 2>&1";
  Printed printed;
  std::array<char, 4096> part{};
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return {127, "cannot start sh"};
  while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe))
    printed.text.append(part.data(), count);
  const int status = pclose(pipe);
  printed.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return printed;
}

std::string all_of(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// With the scripts of this very build in the current directory.
class Completions : public Tool {
 protected:
  void SetUp() override {
    Tool::SetUp();
    for (const char* shell : {"bash", "zsh", "fish"}) write(shell, call({"completions", shell}).out);
    write("seven.toml", "");
  }
  static void need(const std::string& program, const std::string& package) {
    ASSERT_EQ(printed_by("command -v " + program + " >/dev/null").code, 0)
        << program << " is missing: apt-get install " << package;
  }
  static std::string in_bash(const std::vector<std::string>& typed) {
    std::string script =
        "source ./bash; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _orrery; echo \"${COMPREPLY[@]}\"";
    script = "bash --norc --noprofile -c " + in_quotes(script) + " bash";
    for (const std::string& word : typed) script += " " + in_quotes(word);
    const Printed printed = printed_by(script);
    EXPECT_EQ(printed.code, 0);
    return printed.text.substr(0, printed.text.find('\n'));
  }
  // Names alone, without what is said about them.
  static std::string in_fish(const std::string& typed) {
    const std::string script = "source ./fish; complete -C " + in_quotes(typed);
    const Printed printed = printed_by("fish -c " + in_quotes(script));
    EXPECT_EQ(printed.code, 0);
    std::vector<std::string> names;
    for (const std::string& line : lines_of(printed.text)) names.push_back(line.substr(0, line.find('\t')));
    return all_of(names);
  }
  // Without a screen there is no line editor: what would be handed to it is printed.
  static std::string in_zsh(const std::vector<std::string>& typed) {
    std::string script =
        "compdef() { }; compset() { PREFIX=${PREFIX#*=} }; compadd() { print -r -- \"${@[$@[(i)--]+1,-1]}\" }; "
        "_describe() { print -r -- \"${(@)${(P)@[-1]}%%:*}\" }; _files() { print files }; source ./zsh; "
        "words=(\"$@\"); CURRENT=$#; PREFIX=$words[-1]; _orrery";
    script = "zsh -f -c " + in_quotes(script) + " zsh";
    for (const std::string& word : typed) script += " " + in_quotes(word);
    const Printed printed = printed_by(script);
    EXPECT_EQ(printed.code, 0);
    return all_of(lines_of(printed.text));
  }
  static std::string names(const std::string& kind) { return all_of(lines_of(call({"names", kind}).out)); }
};

class Help : public Tool {
 protected:
  static std::vector<std::string> failures() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("orrery-regressions"))
      names.push_back(entry.path().filename().string());
    return names;
  }
};

}  // namespace

TEST_F(Help, OfEachCommandIsTheSameInEachForm) {
  for (const CommandEntry& command : shown_commands()) {
    const std::string name(command.name);
    const Called called = call({"help", name});
    EXPECT_EQ(called.code, exit_green) << name;
    EXPECT_TRUE(called.out.starts_with("Usage: orrery " + name)) << called.out;
    EXPECT_EQ(call({name, "--help"}).out, called.out);
    EXPECT_EQ(call({name, "-h"}).out, called.out);
    EXPECT_EQ(call({"--help", name}).out, called.out);
    expect_fits_the_page(called.out);
  }
}

TEST_F(Help, TellsEveryFlagAndExample) {
  for (const CommandEntry& command : shown_commands()) {
    const std::string text = call({"help", std::string(command.name)}).out;
    for (const Flag& flag : command.flags) EXPECT_NE(text.find("  " + std::string(flag.names)), text.npos);
    for (const Example& example : command.examples) EXPECT_NE(text.find(example.command), text.npos);
    EXPECT_FALSE(command.examples.empty()) << command.name;
    for (const Flag& flag : manual().flags)
      EXPECT_EQ(text.find("\n  " + std::string(flag.names)) != text.npos, command.has_results) << flag.names;
  }
}

// With the files that the examples name: designs from a template, and a failure that check stored.
TEST_F(Help, ShowsExamplesThatCanBeGiven) {
  ASSERT_EQ(call({"init", "booking", "-o", "booking.toml"}).code, exit_green);
  make_cheap_file("booking.toml");
  for (const char* name : {"old.toml", "new.toml"}) write(name, read("booking.toml"));
  ASSERT_EQ(call({"check", "lost_update", "--seeds", "50"}).code, exit_red);
  const std::string failure = read("orrery-regressions/" + failures().front());
  for (const char* name : {"orrery-regressions/counter-1a2b.toml", "orrery-regressions/F"}) write(name, failure);

  std::vector<Example> examples = manual().examples;
  for (const CommandEntry& command : shown_commands())
    examples.insert(examples.end(), command.examples.begin(), command.examples.end());
  for (const Example& example : examples) {
    SCOPED_TRACE(example.command);
    const std::string text(example.command);
    const std::size_t begin = text.find("orrery ") + std::string_view("orrery ").size();
    const std::vector<std::string> command = words_of(text.substr(begin, text.find_first_of("|)", begin) - begin));
    if (command.front() == "init" && command.size() > 1) continue;  // it would write over what is made cheap
    const Called called = given(made_cheap(command));
    EXPECT_TRUE(called.code == exit_green || called.code == exit_red || called.code == exit_cannot_tell)
        << called.code << '\n'
        << called.err;
  }
}

TEST_F(Help, AtTheTopMentionsEveryCommandThatIsNotHidden) {
  const std::string text = call({"help"}).out;
  EXPECT_EQ(call({"--help"}).out, text);
  EXPECT_EQ(call({}).err, text);
  expect_fits_the_page(text);
  const std::string groups = text.substr(text.find("\nSimulate  ")) + " ";
  for (const CommandEntry& command : manual().commands)
    EXPECT_EQ(groups.find("  " + std::string(command.name)) != groups.npos, !command.is_hidden) << command.name;
}

TEST_F(Help, AtTheTopHasALineForEachGroup) {
  const std::string text = call({"help"}).out;
  EXPECT_EQ(text.substr(text.find("\nSimulate  ")),
            R"(
Simulate  run  sweep  compare  bench
Check     check  replay
Inspect   trace  list  lint
Other     init  doctor  help  completions  man  version

orrery help COMMAND for options, orrery help design-file, orrery help exit-codes
)");
}

TEST_F(Help, LeavesHiddenCommandsOut) {
  const std::vector<std::string> shown = command_names();
  EXPECT_EQ(std::ranges::count(shown, "names"), 0);
  EXPECT_EQ(call({"nams"}).err.find("\"names\""), std::string::npos);
  EXPECT_EQ(call({"man"}).out.find("orrery names"), std::string::npos);
  EXPECT_EQ(call({"names", "settings", "notes"}).code, exit_green);
}

TEST(Manual, HasNoFlagThatDoesNotParse) {
  for (const CommandEntry& command : manual().commands) {
    for (const Flag& flag : command.flags)
      for (const auto& form : forms_of(flag)) expect_parses(command.name, form);
    for (const Flag& flag : manual().flags)
      for (const auto& form : forms_of(flag)) expect_parses(command.name, form);
  }
}

TEST(Manual, HasEachNameOnce) {
  for (const CommandEntry& command : manual().commands) {
    std::set<std::string> names;
    for (const std::vector<Flag>* flags : {&manual().flags, &command.flags})
      for (const Flag& flag : *flags)
        for (const std::string& name : names_of(flag)) EXPECT_TRUE(names.insert(name).second) << name;
  }
}

// Parsing ends with a Bug for a flag that fills no field and for a field that no flag fills.
TEST(Manual, HasAFlagForEachFieldAndAFieldForEachFlag) { EXPECT_NO_THROW(parsed({})); }

TEST(Manual, HoldsTheUsualValueOfEachFlag) {
  EXPECT_EQ(parsed({"check"}).seeds, 1000u);
  EXPECT_EQ(parsed({"doctor"}).seeds, 50u);
  EXPECT_EQ(parsed({"run"}).seed, 1u);
  EXPECT_EQ(parsed({"bench"}).clients, (std::vector<std::uint32_t>{1, 2, 4, 8, 16, 32, 64}));
  EXPECT_EQ(parsed({"trace"}).limit, 1'000'000u);
  EXPECT_EQ(parsed({"trace"}).until, orrery::Duration::max());
  EXPECT_EQ(parsed({"trace"}).trace, TraceForm::perfetto);
  EXPECT_EQ(parsed({"run"}).log, orrery::sim::LogLevel::off);
}

TEST(Manual, TakesAllCoresIfNobodySaysHowManyJobs) {
  const auto cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  EXPECT_EQ(parsed({"check"}).jobs, cores);
  EXPECT_EQ(parsed({"check", "-j", "1"}).jobs, 1);
  for (const CommandEntry& command : manual().commands)
    for (const Flag& flag : command.flags) {
      const bool says_so = flag.help.ends_with("; default: as many as there are cores");
      EXPECT_EQ(says_so, name_of(flag) == "--jobs") << command.name;
    }
}

TEST(Manual, GivesWordsTheirMeaning) {
  EXPECT_EQ(parsed({"trace", "--format", "history"}).trace, TraceForm::history);
  EXPECT_EQ(parsed({"trace", "--format=story"}).trace, TraceForm::story);
  EXPECT_EQ(parsed({"list", "--format", "toml"}).format, Format::toml);
  EXPECT_EQ(parsed({"replay", "--log", "debug"}).log, orrery::sim::LogLevel::debug);
  EXPECT_EQ(parsed({"check", "--progress", "bar"}).progress, When::always);
  EXPECT_EQ(parsed({"bench", "--clients", "3..10"}).clients, (std::vector<std::uint32_t>{3, 6, 10}));
  EXPECT_EQ(parsed({"bench", "--clients", "1,9,4"}).clients, (std::vector<std::uint32_t>{1, 9, 4}));
}

TEST_F(Help, RefusesWhatOnlyAnotherCommandTakes) {
  EXPECT_TRUE(call({"run", "counter", "--format", "toml"})
                  .err.starts_with("orrery: --format must be one of text, json, not \"toml\""));
  EXPECT_TRUE(call({"trace", "counter", "--format", "text"})
                  .err.starts_with("orrery: --format must be one of perfetto, story, history, not \"text\""));
  EXPECT_TRUE(call({"--seed", "7", "run", "counter"}).err.starts_with("orrery: --seed stands before run, and"));
  EXPECT_TRUE(call({"bench", "--clients", "9..3"}).err.starts_with("orrery: --clients goes from few to many"));
}

TEST_F(Help, TellsOfVerboseWhereItDoesSomething) {
  std::map<std::string_view, std::string_view> told;
  for (const CommandEntry& command : manual().commands)
    for (const Flag& flag : command.flags)
      if (flag.names == "-v") told[command.name] = flag.help;
  EXPECT_EQ(told, (std::map<std::string_view, std::string_view>{
                      {"run", "all parts of the report; of one seed, before it, the first 100 lines of its story"},
                      {"replay", "all parts of the report, and before it the first 1,000 lines of its story"},
                      {"version", "also the build, which stored failures name"}}));

  EXPECT_EQ(call({"version", "-v"}).out, call({"version"}).out + "build " + program().build() + "\n");
  EXPECT_EQ(call({"list", "-v"}).err, "orrery: list has no flag -v\n  orrery help list lists its flags\n");
}

TEST_F(Help, ListsTheTopicsThatItNames) {
  for (const std::string_view topic : command_called("list")->words) {
    EXPECT_EQ(call({"list", std::string(topic)}).code, exit_green) << topic;
    EXPECT_NE(call({"help", "list"}).out.find(topic), std::string::npos);
  }
}

TEST_F(Completions, NeedTheNameOfAShell) {
  EXPECT_EQ(call({"completions"}).code, exit_usage);
  EXPECT_EQ(call({"completions"}).err, "orrery: completions needs the name of a shell\n  known: bash, zsh, fish\n");
  EXPECT_EQ(call({"completions", "fisch"}).code, exit_usage);
  EXPECT_EQ(call({"completions", "fisch"}).err,
            "orrery: no shell is called \"fisch\": did you mean \"fish\"?\n  known: bash, zsh, fish\n");
}

TEST_F(Completions, AreForTheProgramThatPrintsThem) {
  Program booking = built_in_program();
  booking.name = "booking-test";
  for (const auto& [shell, end] :
       std::map<std::string, std::string>{{"bash", "complete -F _booking_test -- 'booking-test'"},
                                          {"zsh", "#compdef booking-test\n"},
                                          {"fish", "complete -c 'booking-test' -n __booking_test_is -a run"}}) {
    std::ostringstream out;
    EXPECT_EQ(run_cli(booking, std::vector<std::string>{"completions", shell}, out, out), exit_green);
    EXPECT_NE(out.str().find(end), std::string::npos) << out.str();
    EXPECT_EQ(out.str().find("orrery"), std::string::npos) << out.str();
    EXPECT_FALSE(std::regex_search(out.str(), std::regex("@[A-Z]+@"))) << out.str();
  }
}

TEST_F(Completions, WorkInBash) {
  ASSERT_NO_FATAL_FAILURE(need("bash", "bash"));
  EXPECT_EQ(in_bash({"orrery", "ch"}), "check");
  EXPECT_EQ(in_bash({"orrery", ""}), all_of(command_names()));
  EXPECT_EQ(in_bash({"orrery", "--color", "never", "ru"}), "run");
  EXPECT_EQ(in_bash({"orrery", "run", ""}), names("scenarios") + in_bash({"orrery", "replay", ""}).insert(0, " "));
  EXPECT_EQ(in_bash({"orrery", "check", "--seed", "7", "coun"}), "counter");
  EXPECT_EQ(in_bash({"orrery", "doctor", "--se"}), "--seed --seeds --set");
  EXPECT_EQ(in_bash({"orrery", "run", "--no"}), "--no-wall");
  EXPECT_EQ(in_bash({"orrery", "check", "-p", ""}), names("properties"));
  EXPECT_EQ(in_bash({"orrery", "run", "counter", "--set", "run.d"}), "run.duration=");
  EXPECT_EQ(in_bash({"orrery", "run", "counter", "--set", "=", "run.d"}), "run.duration=");
  EXPECT_EQ(in_bash({"orrery", "run", "counter", "--set", "run.duration", "="}), "");
  EXPECT_EQ(in_bash({"orrery", "run", "--set", "run.duration", "=", "1s", "coun"}), "counter");
  EXPECT_EQ(in_bash({"orrery", "trace", "--format", "=", "st"}), "story");
  EXPECT_EQ(in_bash({"orrery", "run", "--format", ""}), "text json");
  EXPECT_EQ(in_bash({"orrery", "list", "rt"}), "rtt");
  EXPECT_EQ(in_bash({"orrery", "help", "exi"}), "exit-codes");
  EXPECT_EQ(in_bash({"orrery", "replay", "sev"}), "seven.toml");
  EXPECT_EQ(in_bash({"orrery", "run", "-o", "sev"}), "seven.toml");
  EXPECT_EQ(in_bash({"orrery", "completions", "z"}), "zsh");
}

TEST_F(Completions, WorkInFish) {
  ASSERT_NO_FATAL_FAILURE(need("fish", "fish"));
  EXPECT_EQ(printed_by("fish --no-execute ./fish").text, "");
  EXPECT_EQ(in_fish("orrery ch"), "check");
  EXPECT_EQ(in_fish("orrery --color never ru"), "run");
  EXPECT_EQ(in_fish("orrery check --seed 7 coun"), "counter");
  EXPECT_EQ(in_fish("orrery doctor --se"), "--seed --seeds --set");
  EXPECT_EQ(in_fish("orrery check -p serial"), "serialization");
  EXPECT_EQ(in_fish("orrery run counter --set run.d"), "run.duration=");
  EXPECT_EQ(in_fish("orrery trace --format st"), "story");
  EXPECT_EQ(in_fish("orrery list rt"), "rtt");
  EXPECT_EQ(in_fish("orrery help exi"), "exit-codes");
  EXPECT_EQ(in_fish("orrery replay sev"), "seven.toml");
  EXPECT_EQ(in_fish("orrery run --history sev"), "seven.toml");
  EXPECT_EQ(in_fish("orrery run sev"), "seven.toml");
  EXPECT_EQ(in_fish("orrery doctor sev"), "");
}

TEST_F(Completions, WorkInZsh) {
  ASSERT_NO_FATAL_FAILURE(need("zsh", "zsh"));
  EXPECT_EQ(printed_by("zsh -n ./zsh").text, "");
  EXPECT_EQ(in_zsh({"orrery", "ch"}), all_of(command_names()));
  EXPECT_EQ(in_zsh({"orrery", "run", ""}), names("scenarios") + " files");
  EXPECT_EQ(in_zsh({"orrery", "check", "-p", ""}), names("properties"));
  EXPECT_EQ(in_zsh({"orrery", "list", ""}), names("topics") + " " + names("scenarios") + " files");
  EXPECT_EQ(in_zsh({"orrery", "trace", ""}), names("scenarios") + " files");
  EXPECT_EQ(in_zsh({"orrery", "trace", "--format="}), "perfetto story history");
  EXPECT_EQ(in_zsh({"orrery", "run", "--set", "run.duration=1s", "-o", ""}), "files");
  EXPECT_TRUE(in_zsh({"orrery", "run", "counter", "--set", ""}).starts_with("run.duration "));
  EXPECT_TRUE(in_zsh({"orrery", "replay", "-"}).starts_with("--log --format -v -h --help "));
}

TEST_F(Completions, ComeWithAManualPageForTheProgramThatPrintsThem) {
  ASSERT_NO_FATAL_FAILURE(need("groff", "groff"));
  Program booking = built_in_program();
  booking.name = "booking-test";
  std::ostringstream out;
  EXPECT_EQ(run_cli(booking, std::vector<std::string>{"man"}, out, out), exit_green);
  EXPECT_EQ(out.str().find("orrery run"), std::string::npos);
  EXPECT_NE(out.str().find(".SS \"booking\\-test run "), std::string::npos) << out.str();
  write("booking.1", out.str());
  EXPECT_EQ(printed_by("groff -man -Tutf8 -ww booking.1 >/dev/null").text, "");
}

TEST_F(Completions, ComeWithAManualPage) {
  ASSERT_NO_FATAL_FAILURE(need("groff", "groff"));
  write("orrery.1", call({"man"}).out);

  EXPECT_EQ(printed_by("groff -man -Tutf8 -ww orrery.1 >/dev/null").text, "");
  const std::string page = printed_by("groff -man -Tascii -P-cbou orrery.1").text;
  for (const CommandEntry& command : shown_commands()) {
    EXPECT_NE(page.find("\n   orrery " + std::string(command.name)), page.npos) << page;
    for (const Flag& flag : command.flags) EXPECT_NE(page.find(flag.names), page.npos) << flag.names;
  }
  for (const char* part : {"\nNAME\n", "\nSYNOPSIS\n", "\nEXIT STATUS\n", "\nENVIRONMENT\n", "\nEXAMPLES\n"})
    EXPECT_NE(page.find(part), page.npos) << part;
  EXPECT_NE(page.find("a glob such as '*order*'"), page.npos) << page;
}
