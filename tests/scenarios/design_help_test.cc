// What `help design-file` shows is what designs take: each line of it is read.
#include "scenarios/cli/design_help.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/scenarios/design_files.h"

namespace orrery::cli {
namespace {

using Lines = std::vector<std::string>;

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += by.size())
    text.replace(at, part.size(), by);
  return text;
}

// Words that stand apart by two spaces or more.
Lines columns_of(const std::string& line) {
  Lines columns;
  for (std::size_t at = line.find_first_not_of(' '); at != line.npos;) {
    const std::size_t end = std::min(line.find("  ", at), line.size());
    columns.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(' ', end);
  }
  return columns;
}

// The help, sorted by what its lines are.
struct Help {
  std::string design;  // all that is TOML, but for what names files
  Lines arrivals;      // other ones
  Lines steps;
  Lines distributions;

  Help() {
    std::istringstream text(design_file_text());
    enum class In { design, steps, times, recording } in = In::design;
    for (std::string line; std::getline(text, line);) {
      if (line == "  Steps") in = In::steps;
      if (line.starts_with("  Times")) in = In::times;
      if (line.starts_with("  [")) in = line.starts_with("  [trace]") ? In::recording : In::design;
      const bool names_a_file = line.starts_with("  include") || line.starts_with("  matrix");
      if (!line.starts_with("  ") || names_a_file) continue;
      if (line.starts_with("  #          {"))
        arrivals.push_back(line.substr(line.find('{')));
      else if (in == In::steps && line.starts_with("    "))
        add_steps(line);
      else if (in == In::times)
        for (const std::string& column : columns_of(line))
          if (column != "Times") distributions.push_back(column);
      if (in == In::design) design += line + "\n";
    }
    design += "[objects.Room.handlers]\npost = [\"cpu 1ms\"]\n";
  }

 private:
  void add_steps(const std::string& line) {
    for (const std::string& column : columns_of(line))
      if (column.starts_with('"') || column.starts_with('{'))
        steps.push_back(replaced(column.substr(0, column.find_last_of("\"}") + 1), "[steps]", "[\"cpu 1ms\"]"));
  }
};

void expect_no_mistake(const std::string& text) {
  const auto design = tests::read_shop(text);
  EXPECT_TRUE(design) << to_text(design.error());
}

TEST(DesignHelp, ShowsADesignWithoutMistake) { expect_no_mistake(Help().design); }

TEST(DesignHelp, ShowsArrivalsThatThereAre) {
  const Help help;
  EXPECT_EQ(help.arrivals.size(), 5u);
  for (const std::string& arrivals : help.arrivals) {
    if (arrivals.find("trace") != arrivals.npos) continue;  // a recording is a file
    SCOPED_TRACE(arrivals);
    expect_no_mistake(replaced(help.design, "{ process = \"poisson\", rate = \"248/s\" }", arrivals));
  }
}

TEST(DesignHelp, ShowsStepsThatThereAre) {
  const Help help;
  EXPECT_EQ(help.steps.size(), 13u);
  for (const std::string& step : help.steps) {
    SCOPED_TRACE(step);
    expect_no_mistake(replaced(help.design, "[\"cpu 0.7ms\", \"sql.read 0.28ms rows=5\"]", "[" + step + "]"));
  }
}

TEST(DesignHelp, ShowsDistributionsThatThereAre) {
  const Help help;
  EXPECT_EQ(help.distributions.size(), 6u);
  for (const std::string& distribution : help.distributions) {
    SCOPED_TRACE(distribution);
    expect_no_mistake(
        replaced(help.design, "latency = { median = \"85ms\", sigma = 0.4 }", "latency = " + distribution));
  }
}

}  // namespace
}  // namespace orrery::cli
