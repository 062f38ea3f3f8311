#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <sstream>

#include "scenarios/search/generate.h"
#include "tests/scenarios/built_in.h"

namespace orrery::scenarios {
namespace {

struct Logged {
  std::string text;
  std::uint64_t fingerprint = 0;
};

// With faults, for some of the seeds.
Logged run_with_log(std::uint64_t seed, sim::LogLevel level) {
  const Scenario& counter = tests::built_in().front();
  const Experiment experiment = drawn_experiment(counter, Settings(counter.parameters), seed);
  std::ostringstream text;
  const Run made = run(experiment, tests::built_in_code(), {.log = {level, &text}});
  return {text.str(), made.outcome.fingerprint};
}

TEST(Log, LinesCarryTheVirtualTimeAndTheNode) {
  const std::regex line_form(R"( *(\d+\.\d{6}) (directory|[a-z]{3}(-\d-\d)?) +[ID] \S.*)");
  double before = 0;
  int lines = 0;
  std::istringstream text(run_with_log(1, sim::LogLevel::debug).text);
  for (std::string line; std::getline(text, line); ++lines) {
    std::smatch parts;
    ASSERT_TRUE(std::regex_match(line, parts, line_form)) << line;
    const double at = std::stod(parts[1]);
    EXPECT_LE(before, at) << line;
    before = at;
  }
  EXPECT_GT(lines, 20);
  EXPECT_LT(before, 100);
}

TEST(Log, IsTheSameInTwoRuns) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    EXPECT_EQ(run_with_log(seed, sim::LogLevel::debug).text, run_with_log(seed, sim::LogLevel::debug).text);
}

TEST(Log, WritesNothingWhenItIsOff) { EXPECT_EQ(run_with_log(1, sim::LogLevel::off).text, ""); }

TEST(Log, OfInfoHasTheLinesOfDebugThatAreNoSteps) {
  std::istringstream all(run_with_log(2, sim::LogLevel::debug).text);
  std::string of_info;
  for (std::string line; std::getline(all, line);)
    if (line.find(" I ") != line.npos) of_info += line + "\n";
  EXPECT_NE(of_info, "");
  EXPECT_EQ(run_with_log(2, sim::LogLevel::info).text, of_info);
}

TEST(Log, ChangesNothingInARun) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::uint64_t without = run_with_log(seed, sim::LogLevel::off).fingerprint;
    EXPECT_EQ(run_with_log(seed, sim::LogLevel::info).fingerprint, without);
    EXPECT_EQ(run_with_log(seed, sim::LogLevel::debug).fingerprint, without);
  }
}

// What becomes of faults, in a seed that draws some.
TEST(Log, TellsOfProcessesThatStartAgain) {
  const auto tells = [](std::uint64_t seed) {
    return run_with_log(seed, sim::LogLevel::info).text.find("process 2 starts; its log is ") != std::string::npos;
  };
  bool told = false;
  for (std::uint64_t seed = 1; seed <= 50 && !told; ++seed) told = tells(seed);
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace orrery::scenarios
