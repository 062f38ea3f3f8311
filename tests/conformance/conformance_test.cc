// The programs of programs/, each against its transcript from workerd.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/conformance/deviations.h"
#include "tests/conformance/play.h"
#include "tests/conformance/program.h"

namespace orrery::tests::conformance {
namespace {

const std::filesystem::path directory = ORRERY_CONFORMANCE;

struct Case {
  Program program;
  std::filesystem::path file;  // its name, in programs/ and in transcripts/
};

const std::map<std::string, Case>& cases() {
  static const std::map<std::string, Case> all = [] {
    std::map<std::string, Case> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory / "programs"))
      for (Program& program : read_programs(entry.path())) {
        const std::string name = program.name;
        if (!found.emplace(name, Case{std::move(program), entry.path().filename()}).second)
          throw std::runtime_error("two programs are called " + name);
      }
    return found;
  }();
  return all;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& [name, each] : cases()) all.push_back(name);
  return all;
}

const Json& transcript_of(const Case& each) {
  static std::map<std::filesystem::path, std::map<std::string, Json>> files;
  auto found = files.find(each.file);
  if (found == files.end())
    found = files.emplace(each.file, read_transcripts(directory / "transcripts" / each.file)).first;
  return found->second.at(each.program.name);
}

std::optional<std::string> difference_of(const Case& each) {
  return first_difference(transcript_of(each), play(each.program));
}

class Conformance : public testing::TestWithParam<std::string> {};

TEST_P(Conformance, AsInWorkerd) {
  const Case& each = cases().at(GetParam());
  if (const auto need = missing_need(each.program)) GTEST_SKIP() << "this runtime does not have: " << *need;
  const auto difference = difference_of(each);
  const Deviation* listed = deviation_of(GetParam());
  if (listed) {
    EXPECT_TRUE(difference) << "listed as different, and it is not: " << listed->why;
    return;
  }
  EXPECT_FALSE(difference) << each.program.section << ": " << each.program.rule << '\n' << *difference;
}

INSTANTIATE_TEST_SUITE_P(Programs, Conformance, testing::ValuesIn(names()),
                         [](const auto& info) { return info.param; });

TEST(ConformanceList, NamesProgramsThatThereAre) {
  EXPECT_LE(deviations.size(), 20u);
  for (const Deviation& each : deviations)
    for (const std::string_view name : each.programs) {
      ASSERT_TRUE(cases().contains(std::string(name))) << name;
      EXPECT_FALSE(missing_need(cases().at(std::string(name)).program)) << name << " is skipped anyway";
    }
}

// Says how far we are, section by section.
TEST(ConformanceSummary, CountsProgramsBySection) {
  struct Counts {
    int programs = 0;
    int equal = 0;
    int listed = 0;
    int skipped = 0;
  };
  std::map<std::string, Counts> sections;
  for (const auto& [name, each] : cases())
    for (Counts* counts : {&sections[each.program.section], &sections["all"]}) {
      ++counts->programs;
      if (missing_need(each.program))
        ++counts->skipped;
      else if (deviation_of(name))
        ++counts->listed;
    }
  for (const auto& [name, each] : cases()) {
    if (missing_need(each.program) || deviation_of(name)) continue;
    bool is_equal = false;
    try {
      is_equal = !difference_of(each);
    } catch (const std::exception&) {}  // its own test says why
    if (!is_equal) continue;
    ++sections[each.program.section].equal;
    ++sections["all"].equal;
  }
  fmt::print("section  programs  equal  listed  skipped  different\n");
  for (const auto& [section, counts] : sections)
    fmt::print("{:<7}  {:>8}  {:>5}  {:>6}  {:>7}  {:>9}\n", section, counts.programs, counts.equal, counts.listed,
               counts.skipped, counts.programs - counts.equal - counts.listed - counts.skipped);
}

}  // namespace
}  // namespace orrery::tests::conformance
