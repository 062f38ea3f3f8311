// doctor starts the tool anew, so these call the tool itself: a test program would start its tests.
#include <gtest/gtest.h>
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
#include "tests/scenarios/tool.h"

namespace orrery::cli {
namespace {

Called doctor(const std::string& arguments) {
  Called called;
  FILE* pipe =
      popen(("LC_ALL=C.UTF-8 " ORRERY_TOOL " doctor --color never --no-wall " + arguments + " 2>&1").c_str(), "r");
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
  EXPECT_TRUE(json["guard"]["available"] == true || json["guard"].contains("why_not"));
  EXPECT_FALSE(json.contains("difference"));
  EXPECT_EQ(json["command"], nlohmann::json::parse(R"(["orrery", "doctor", "lost_update", "notes",
                                                        "--seed", "5", "--seeds", "2"])"));
}

TEST(Doctor, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(doctor("countr").code, exit_usage);
  EXPECT_EQ(doctor("counter --seed 0xffffffffffffffff").code, exit_usage);
}

// What a step under guard asks for; nothing if it asks for nothing.
std::optional<std::string> asked_by(const std::function<void()>& step) {
  const GuardReport report = run_guarded(1, [&step](std::uint64_t) { step(); });
  EXPECT_EQ(report.why_not, "");
  EXPECT_EQ(report.done, report.asked ? 0u : 1u);
  return report.asked;
}
#define SKIP_WITHOUT_GUARD() \
  if (const GuardReport none = run_guarded(0, {}); !none.why_not.empty()) GTEST_SKIP() << none.why_not

TEST(Guard, LetsComputeAndUseMemory) {
  SKIP_WITHOUT_GUARD();
  EXPECT_EQ(asked_by([] {
              std::vector<std::string> texts;
              for (int i = 0; i < 10'000; ++i) texts.emplace_back(static_cast<std::size_t>(i), 'x');
              try {
                throw std::runtime_error(texts.back());
              } catch (const std::exception&) {}
            }),
            std::nullopt);
}
TEST(Guard, NamesAFileThatIsOpened) {
  SKIP_WITHOUT_GUARD();
  EXPECT_EQ(asked_by([] { std::ifstream("/etc/hosts"); }), "openat");
}
TEST(Guard, NamesAClockThatIsRead) {
  SKIP_WITHOUT_GUARD();
  for (const auto& read : std::vector<std::function<void()>>{[] { std::chrono::steady_clock::now(); },
                                                             [] { std::chrono::system_clock::now(); },
                                                             [] { static_cast<void>(time(nullptr)); }}) {
    const std::string asked = asked_by(read).value_or("nothing");
    EXPECT_TRUE(asked.starts_with("clock")) << asked;
  }
#if defined(__x86_64__)
  EXPECT_EQ(asked_by([] { static_cast<void>(__builtin_ia32_rdtsc()); }), "clock (rdtsc)");
#endif
}
TEST(Guard, NamesTheStepThatAsked) {
  SKIP_WITHOUT_GUARD();
  const GuardReport report = run_guarded(9, [](std::uint64_t step) {
    if (step == 4) static_cast<void>(getppid());
  });
  EXPECT_EQ(report.done, 4u);
  EXPECT_EQ(report.asked, "getppid");
}
TEST(Guard, TellsAnEndThatNobodyAskedFor) {
  SKIP_WITHOUT_GUARD();
  const auto asked = asked_by([] {
    volatile int* nowhere = nullptr;
    *nowhere = 1;
  });
  ASSERT_TRUE(asked);
  EXPECT_NE(asked->find("signal 11"), std::string::npos) << *asked;
}

}  // namespace
}  // namespace orrery::cli
