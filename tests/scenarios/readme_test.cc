// What a README shows is what there is: outputs are the tool's, commands can be given, code is in files that are
// built.
#include <algorithm>

#include "scenarios/cli/errors.h"
#include "scenarios/cli/options.h"
#include "tests/optimised.h"
#include "tests/scenarios/shown_commands.h"

namespace orrery::cli {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::filesystem::path& name) {
  std::ifstream file(name);
  EXPECT_TRUE(file) << name;
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

const std::filesystem::path root = std::filesystem::path(ORRERY_README).parent_path();

// The lines below "    $ ./orrery COMMAND" up to the next text, without their indentation.
std::string shown_below(const std::string& command) {
  const Lines text = lines_of(root / "README.md");
  auto line = std::ranges::find(text, "    $ ./orrery " + command);
  std::string shown;
  while (line != text.end() && ++line != text.end() && (line->empty() || line->starts_with("    ")))
    shown += line->empty() ? "\n" : line->substr(4) + "\n";
  while (shown.ends_with("\n\n")) shown.pop_back();
  return shown;
}

// The arguments of the commands that stand in code blocks, "    $ ./orrery list counter     what it is for".
std::vector<Lines> commands_in(const Lines& text) {
  std::vector<Lines> commands;
  for (std::string line : text) {
    if (!line.starts_with("    ")) continue;
    line.erase(0, line.starts_with("    $ ") ? 6 : 4);
    if (!line.starts_with("./orrery ")) continue;
    line.erase(0, std::string_view("./orrery ").size());
    commands.push_back(words_of(line.substr(0, line.find("  "))));
  }
  return commands;
}

// The blocks between ```KIND and ```.
std::vector<Lines> blocks_of(const std::string& kind, const Lines& text) {
  std::vector<Lines> blocks;
  for (auto line = text.begin(); line != text.end(); ++line) {
    if (*line != "```" + kind) continue;
    const auto end = std::find(line, text.end(), "```");
    blocks.emplace_back(line + 1, end);
    line = end;
  }
  return blocks;
}

bool has(const Lines& file, const Lines& block) { return !std::ranges::search(file, block).empty(); }

class Readme : public Tool {};

TEST_F(Readme, ShowsWhatTheRunPrints) {
  const Called called = call({"run", "counter", "--seed", "7", "--no-wall"});

  EXPECT_EQ(called.code, 0);
  EXPECT_EQ(called.out, shown_below("run counter --seed 7 --no-wall"));
}

TEST_F(Readme, ShowsWhatTheDesignComesTo) {
  if (!tests::is_optimised) GTEST_SKIP() << "minutes of virtual time are for the release build";
  ASSERT_EQ(call({"init", "booking", "-o", "booking.toml"}).code, exit_green);
  const Called ran = call({"run", "booking.toml", "--seeds", "1", "--no-wall"});
  EXPECT_EQ(ran.code, exit_red);
  EXPECT_EQ(ran.out, shown_below("run booking.toml --seeds 1 --no-wall"));
  const std::string grid = "objects.Venue.shards=1,2,4,per-key";
  EXPECT_EQ(call({"sweep", "booking.toml", "--seeds", "1", "--no-wall", "--set", grid}).out,
            shown_below("sweep booking.toml --seeds 1 --no-wall --set " + grid));
}

TEST_F(Readme, ShowsCommandsThatCanBeGiven) {
  std::size_t tried = 0;
  for (const char* directory : {".", "core", "sim", "properties", "reports", "scenarios", "tests"})
    for (const Lines& command : commands_in(lines_of(root / directory / "README.md"))) {
      if (command.front() == "selftest") continue;  // of the launcher
      SCOPED_TRACE(testing::PrintToString(command));
      ++tried;
      EXPECT_NO_THROW(parse_options(command));
      const Called called = given(made_cheap(command));
      if (command.front() == "init" && command.size() > 1) make_cheap_file(command.back());
      // A file that a reader would have is missing here.
      EXPECT_TRUE(called.code == exit_green || called.code == exit_red || called.code == exit_cannot_tell ||
                  (command.front() == "replay" && called.code == exit_no_file))
          << called.code << '\n'
          << called.err;
    }
  EXPECT_GE(tried, 8u);
}

TEST_F(Readme, ShowsCodeThatIsBuiltAndTested) {
  const Lines text = lines_of(root / "README.md");
  const std::filesystem::path consumer = root / "tests/consumer";
  std::size_t blocks = 0;
  for (const auto& [kind, name] :
       {std::pair("cmake", "CMakeLists.txt"), std::pair("cpp", "booking.cc"), std::pair("diff", "fix.patch")})
    for (const Lines& block : blocks_of(kind, text)) {
      ++blocks;
      EXPECT_FALSE(block.empty());
      EXPECT_TRUE(has(lines_of(consumer / name), block)) << name << " has no " << testing::PrintToString(block);
    }
  EXPECT_EQ(blocks, 7u);
  EXPECT_EQ(2 * blocks, static_cast<std::size_t>(std::ranges::count_if(
                            text, [](const std::string& line) { return line.starts_with("```"); })));
}

TEST_F(Readme, ShowsAllOfTheProgram) {
  const Lines text = lines_of(root / "README.md");
  Lines shown;
  for (const Lines& block : blocks_of("cpp", text)) shown.insert(shown.end(), block.begin(), block.end());
  for (const std::string& line : lines_of(root / "tests/consumer/booking.cc")) {
    const bool is_passed_over = line.empty() || line.starts_with("// Sells");
    EXPECT_TRUE(is_passed_over || std::ranges::find(shown, line) != shown.end()) << line;
  }
}

}  // namespace
}  // namespace orrery::cli
