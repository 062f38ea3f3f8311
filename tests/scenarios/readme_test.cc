// What the README shows is what the tool prints.
#include "tests/scenarios/tool.h"

namespace orrery::cli {
namespace {

std::string readme() {
  std::ifstream file(ORRERY_README);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The lines below "    $ ./orrery COMMAND" up to the next text, without their indentation.
std::string shown_below(const std::string& command) {
  std::istringstream text(readme());
  std::string line;
  while (std::getline(text, line) && line != "    $ ./orrery " + command) {}
  std::string shown;
  while (std::getline(text, line) && (line.empty() || line.starts_with("    "))) {
    shown += line.empty() ? "\n" : line.substr(4) + "\n";
  }
  while (shown.ends_with("\n\n")) shown.pop_back();
  return shown;
}

class Readme : public Tool {};

TEST_F(Readme, ShowsWhatTheRunPrints) {
  const Called called = call({"run", "counter", "--seed", "7", "--no-wall"});

  EXPECT_EQ(called.code, 0);
  EXPECT_EQ(called.out, shown_below("run counter --seed 7 --no-wall"));
}

}  // namespace
}  // namespace orrery::cli
