// doctor starts its program anew, so these call the tool itself. Where they need a program with runs that misbehave,
// this test program is that program: when doctor starts it, it answers as a probe, and starts no tests.
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "scenarios/cli/console.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/guard.h"
#include "scenarios/cli/probe.h"
#include "scenarios/main.h"
#include "tests/scenarios/tool.h"

namespace orrery::cli {
namespace {

// `variables` stand before the command.
Called doctor(const std::string& arguments, const std::string& variables = "") {
  Called called;
  const std::string command =
      "LC_ALL=C.UTF-8 " + variables + " " ORRERY_TOOL " doctor --color never --no-wall " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  char chunk[4096];
  while (const std::size_t count = std::fread(chunk, 1, sizeof chunk, pipe)) called.out.append(chunk, count);
  const int status = pclose(pipe);
  called.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return called;
}

TEST(Doctor, FindsTheToolDeterministicAndListsWhatItChanged) {
  const Called called = doctor("lost_update --seeds 3");

  EXPECT_EQ(called.code, exit_green) << called.out;
  for (const Change change : all_changes())
    EXPECT_NE(called.out.find("   " + std::string(text_of(change).name) + "  "), std::string::npos)
        << text_of(change).name;
  const std::string line = last_line(called.out);
  EXPECT_TRUE(line.starts_with("✓ deterministic   4 experiments, ")) << line;
  EXPECT_TRUE(line.ends_with(" events, twice\n")) << line;
}

TEST(Doctor, TellsAllOfItAsJson) {
  const Called called = doctor("lost_update notes --seeds 2 --seed 5 --format json");

  ASSERT_EQ(called.code, exit_green) << called.out;
  const auto json = nlohmann::json::parse(called.out);
  EXPECT_EQ(json["verdict"], "deterministic");
  EXPECT_EQ(json["experiments"], 6);
  EXPECT_GT(json["events"], 1000);
  ASSERT_EQ(json["changes"].size(), all_changes().size());
  for (std::size_t i = 0; i < all_changes().size(); ++i) {
    EXPECT_EQ(json["changes"][i]["name"], text_of(all_changes()[i]).name);
    EXPECT_EQ(json["changes"][i]["applied"], why_not(all_changes()[i]).empty());
  }
  const std::string why_no_guard = run_guarded(0, {}).why_not;
  EXPECT_EQ(json["guard"]["available"], why_no_guard.empty());
  EXPECT_EQ(json["guard"].value("why_not", ""), why_no_guard);
  EXPECT_FALSE(json.contains("difference"));
  EXPECT_EQ(json["command"], nlohmann::json::parse(R"(["orrery", "doctor", "lost_update", "notes",
                                                        "--seed", "5", "--seeds", "2"])"));
}

TEST(Doctor, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(doctor("countr").code, exit_usage);
  EXPECT_EQ(doctor("counter --seed 0xffffffffffffffff").code, exit_usage);
}

TEST(Doctor, RefusesAnOrderThatIsNotOfItsMaking) {
  for (const char* order : {"", "1", "x 0 0 0 0", "99 0 0 0 0", "2 0 0 0 0", "0 0 0 0 0", "2 0 0 0 0 800"}) {
    const Called called = doctor("lost_update --seeds 2", "ORRERY_PROBE='" + std::string(order) + "'");
    EXPECT_EQ(called.code, exit_usage) << order;
    EXPECT_NE(called.out.find("which is not of doctor's making"), std::string::npos) << called.out;
  }
}

TEST(Doctor, HelpSaysThatCodeFiveMeansADifferenceOrAQuestionToTheSystem) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"help", "doctor"}, std::vector<std::string>{"help", "exit-codes"}}) {
    std::string words;
    std::istringstream text(call(command).out);
    for (std::string word; text >> word;) words += word + " ";
    EXPECT_NE(words.find(" differ, or are equal, but one asked the system for something"), std::string::npos)
        << words;
  }
}

// A program of somebody else's, whose runs do what they must not.
class Guest final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  orrery::Task<bool> leave() {
    std::_Exit(0);
    co_return true;
  }
  // Not in the first run of a process.
  orrery::Task<bool> leave_later() {
    static int calls = 0;
    if (++calls == 100) std::_Exit(0);
    co_return true;
  }
  orrery::Task<std::int64_t> tell_an_address() { co_return reinterpret_cast<std::intptr_t>(&std::getenv); }
  orrery::Task<bool> look_at_the_parent() {
    static_cast<void>(getppid());
    co_return true;
  }
  orrery::Task<bool> look_at_the_clock() {
    static_cast<void>(std::chrono::steady_clock::now());
    co_return true;
  }
};

constexpr char leaves[] = "leaves";
constexpr char leaves_later[] = "leaves_later";
constexpr char tells_address[] = "tells_address";
constexpr char looks[] = "looks";
constexpr char looks_at_clock[] = "looks_at_clock";

template <const char* Name, auto Method>
Scenario guest() {
  return {.name = Name,
          .teaches = "Nothing.",
          .classes = {object_class<Guest>(Name).with<Method>("visit")},
          .parameters = with_world_settings(1s, {rate_setting("clients.rate", "of the user", "40/s")}),
          .make = [](const Settings& settings) {
            Experiment experiment = experiment_in_world(Name, settings);
            experiment.classes = {{.name = Name, .model = ""}};
            experiment.clients = {{"fra", "Frankfurt", 1, scenarios::poisson(settings.get<Rate>("clients.rate"))}};
            experiment.workload = Law{{{Name, "visit", 1, {}}}};
            std::erase(experiment.properties, "serialization");
            return experiment;
          }};
}

Called call_guests(const std::vector<std::string>& args) {
  const Program guests =
      program_of("guests", program().build,
                 {guest<leaves, &Guest::leave>(), guest<leaves_later, &Guest::leave_later>(),
                  guest<tells_address, &Guest::tell_an_address>(), guest<looks, &Guest::look_at_the_parent>(),
                  guest<looks_at_clock, &Guest::look_at_the_clock>()});
  std::ostringstream out;
  std::ostringstream err;
  const int code = run_cli(guests, args, out, err);
  return {code, out.str(), err.str()};
}

// Before the first test: if this process is a probe, its answer, and its end.
class GuestProbe final : public testing::Environment {
  void SetUp() override {
    if (!std::getenv("ORRERY_PROBE")) return;
    std::vector<std::string> args;
    std::ifstream command("/proc/self/cmdline");
    for (std::string each; std::getline(command, each, '\0');) args.push_back(each);
    args.erase(args.begin());
    std::_Exit(call_guests(args).code);
  }
};
const testing::Environment* const guest_probe = testing::AddGlobalTestEnvironment(new GuestProbe);

Called doctor_of_guest(const std::string& name) {
  return call_guests({"doctor", name, "--seeds", "3", "--no-wall", "--color", "never"});
}

TEST(Doctor, RefusesARunThatEndsItsProcessWithZero) {
  const Called called = doctor_of_guest(leaves);

  EXPECT_EQ(called.code, exit_bug) << called.out;
  EXPECT_NE(called.err.find("a process of doctor ended with exit code 0 after 0 lines, before it had told all"),
            std::string::npos)
      << called.err;
  EXPECT_EQ(called.out.find("deterministic"), std::string::npos) << called.out;
}
TEST(Doctor, CountsTheLinesThatCameBeforeAnEarlyEnd) {
  const Called called = doctor_of_guest(leaves_later);
  EXPECT_EQ(called.code, exit_bug) << called.out;
  EXPECT_NE(called.err.find("ended with exit code 0 after "), std::string::npos) << called.err;
}
TEST(Doctor, ShowsTheFirstDifferentEventOfARunThatTellsAnAddress) {
  if (const std::string why = why_not(Change::addresses); !why.empty()) GTEST_SKIP() << why;
  const Called called = doctor_of_guest(tells_address);
  EXPECT_EQ(called.code, exit_diverged) << called.out << called.err;
  EXPECT_NE(called.out.find(" is the first different one\n"), std::string::npos) << called.out;
  EXPECT_NE(called.out.find(" Cause   addresses: this change does it alone\n"), std::string::npos) << called.out;
}
TEST(Doctor, CallsARunNotClosedThatAsksTheSystem) {
  if (const std::string why = run_guarded(0, {}).why_not; !why.empty()) GTEST_SKIP() << why;
  const Called called = doctor_of_guest(looks);
  EXPECT_EQ(called.code, exit_diverged) << called.out << called.err;
  EXPECT_NE(called.out.find(" Guard   asked for: getppid, in looks seed 1\n"), std::string::npos) << called.out;
  EXPECT_TRUE(last_line(called.out).starts_with("✗ not closed: runs are equal, but one looks outside   "));

  const Called of_clock = doctor_of_guest(looks_at_clock);
  EXPECT_EQ(of_clock.code, exit_diverged) << of_clock.out << of_clock.err;
  EXPECT_NE(of_clock.out.find(" Guard   asked for: clock ("), std::string::npos) << of_clock.out;
}
TEST(Doctor, SaysWhatItsGuardWatches) {
  if (const std::string why = run_guarded(0, {}).why_not; !why.empty()) GTEST_SKIP() << why;
  EXPECT_NE(doctor("lost_update --seeds 1")
                .out.find(" Guard   no run makes a system call or reads a clock; instructions such as rdrand are not "
                          "watched\n"),
            std::string::npos);
}
TEST(Doctor, SaysWhenItsProgramCannotBeStartedAgain) {
  const std::string longer_than_the_system_takes(200'000, 'x');
  ASSERT_EQ(setenv("ORRERY_TEST_PADDING", longer_than_the_system_takes.c_str(), 1), 0);
  const Called called = doctor_of_guest(looks);
  unsetenv("ORRERY_TEST_PADDING");

  EXPECT_EQ(called.code, exit_no_file);
  EXPECT_NE(called.err.find("cannot start /proc/self/exe again: Argument list too long"), std::string::npos)
      << called.err;
}

class Guard : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = run_guarded(0, {}).why_not; !why.empty()) GTEST_SKIP() << why;
  }

  static GuardReport report_of(const std::function<void()>& step) {
    const GuardReport report = run_guarded(
        1, [&step](std::uint64_t) { step(); }, std::chrono::seconds{5});
    EXPECT_EQ(report.why_not, "");
    EXPECT_FALSE(report.asked && report.ended);
    EXPECT_EQ(report.done, report.asked || report.ended ? 0u : 1u);
    return report;
  }
  static std::string asked_by(const std::function<void()>& step) {
    const GuardReport report = report_of(step);
    return report.asked.value_or(report.ended ? "nothing, it ended " + *report.ended : "nothing");
  }
  static std::string end_of(const std::function<void()>& step) {
    const GuardReport report = report_of(step);
    return report.ended.value_or(report.asked ? "no, it asked for " + *report.asked : "no");
  }
};

TEST_F(Guard, LetsComputeAndUseMemory) {
  EXPECT_EQ(asked_by([] {
              std::vector<std::string> texts;
              for (int i = 0; i < 10'000; ++i) texts.emplace_back(static_cast<std::size_t>(i), 'x');
              try {
                throw std::runtime_error(texts.back());
              } catch (const std::exception&) {}
            }),
            "nothing");
}
TEST_F(Guard, NamesAFileThatIsOpened) {
  EXPECT_EQ(asked_by([] { std::ifstream("/etc/hosts"); }), "openat");
}
TEST_F(Guard, NamesAClockThatIsRead) {
  for (const auto& read : std::vector<std::function<void()>>{
           [] { static_cast<void>(std::chrono::steady_clock::now()); },
           [] { static_cast<void>(std::chrono::system_clock::now()); }, [] { static_cast<void>(time(nullptr)); }}) {
    const std::string asked = asked_by(read);
    EXPECT_TRUE(asked.starts_with("clock")) << asked;
  }
#if defined(__x86_64__)
  EXPECT_EQ(asked_by([] { static_cast<void>(__builtin_ia32_rdtsc()); }), "clock (rdtsc)");
#endif
}
TEST_F(Guard, NamesAClockAlsoAfterAMappingThatWouldFillTheHoleOfItsPage) {
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> pages;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find("[vvar") != line.npos) {
      std::size_t size = 0;
      const std::uintptr_t begin = std::stoull(line, &size, 16);
      pages.emplace_back(begin, std::stoull(line.substr(size + 1), nullptr, 16));
    }
  if (pages.empty()) GTEST_SKIP() << "no page of the clock here";
  const auto fill_holes = [&pages] {
    for (const auto& [begin, end] : pages)
      mmap(reinterpret_cast<void*>(begin), end - begin, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  };
  const std::string of_seconds = asked_by([&] {
    fill_holes();
    static_cast<void>(time(nullptr));
  });
  EXPECT_EQ(of_seconds, "clock (vDSO)");
  const std::string of_steady = asked_by([&] {
    fill_holes();
    static_cast<void>(std::chrono::steady_clock::now());
  });
  EXPECT_EQ(of_steady, "clock (vDSO)");
}
TEST_F(Guard, NamesAMappingThatIsPutOverOthers) {
  EXPECT_EQ(asked_by([] {
              void* const old = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              mmap(old, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
            }),
            "mmap");
}
TEST_F(Guard, NamesATimedFutex) {
  static int word = 0;
  static const timespec moment{0, 1'000'000};
  for (const int operation : {FUTEX_WAIT, FUTEX_WAIT_PRIVATE, FUTEX_WAIT_BITSET_PRIVATE})
    EXPECT_EQ(asked_by([operation] { syscall(SYS_futex, &word, operation, 0, &moment, nullptr, ~0); }), "futex")
        << operation;
}
TEST_F(Guard, LetsWakeAndWaitWithoutATime) {
  static int word = 0;
  for (const int flag : {0, FUTEX_PRIVATE_FLAG})
    EXPECT_EQ(asked_by([flag] {
                syscall(SYS_futex, &word, FUTEX_WAKE | flag, 1, nullptr, nullptr, 0);
                syscall(SYS_futex, &word, FUTEX_WAIT | flag, 7, nullptr, nullptr, 0);  // it is not 7
              }),
              "nothing");
}
TEST_F(Guard, NamesTheStepThatAsked) {
  const GuardReport report = run_guarded(9, [](std::uint64_t step) {
    if (step == 4) static_cast<void>(getppid());
  });
  EXPECT_EQ(report.done, 4u);
  EXPECT_EQ(report.asked, "getppid");
}
TEST_F(Guard, NamesWhatMayBeginAnAbortWhenNoneFollows) {
  EXPECT_EQ(asked_by([] { static_cast<void>(getpid()); }), "getpid");
  EXPECT_EQ(asked_by([] { static_cast<void>(gettid()); }), "gettid");
  EXPECT_EQ(asked_by([] { static_cast<void>(write(STDERR_FILENO, "", 0)); }), "write");
  EXPECT_EQ(asked_by([] { raise(SIGUSR1); }), "gettid");
}
TEST_F(Guard, TellsAnEndByAbort) {
  EXPECT_EQ(end_of([] { std::abort(); }), "by abort");
  EXPECT_EQ(end_of([] { std::terminate(); }), "by abort");
}
TEST_F(Guard, TellsAnEndByAnExceptionOfAnyType) {
  EXPECT_EQ(end_of([] { throw 7; }), "by an exception");
  EXPECT_EQ(end_of([] { throw std::runtime_error("x"); }), "by an exception");
}
TEST_F(Guard, TellsAnEndBySignal) {
  EXPECT_EQ(end_of([] {
              volatile int* nowhere = nullptr;
              *nowhere = 1;
            }),
            "by signal 11 (Segmentation fault)");
}
TEST_F(Guard, TellsAStepThatExits) {
  const GuardReport report = run_guarded(9, [](std::uint64_t step) {
    if (step == 4) std::_Exit(0);
  });
  EXPECT_EQ(report.done, 4u);
  EXPECT_EQ(report.ended, "with exit code 0");
  EXPECT_EQ(end_of([] { std::_Exit(3); }), "with exit code 3");
}
TEST_F(Guard, KillsAStepThatNeverEnds) {
  const GuardReport report = run_guarded(
      2,
      [](std::uint64_t step) {
        volatile std::uint64_t i = 0;
        while (step == 1) i = i + 1;
      },
      std::chrono::seconds{1});
  EXPECT_EQ(report.done, 1u);
  EXPECT_EQ(report.ended, "by doctor: it was silent for 1 s");
}

}  // namespace
}  // namespace orrery::cli
