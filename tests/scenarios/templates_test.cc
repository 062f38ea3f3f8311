// The designs that `init` writes do what their first lines say: they pass, or they fail on purpose and a variant
// passes.
#include <regex>

#include "scenarios/cli/errors.h"
#include "scenarios/design/templates.h"
#include "tests/optimised.h"
#include "tests/scenarios/tool.h"

namespace orrery::cli {
namespace {

using tests::is_optimised;

class Templates : public Tool, public testing::WithParamInterface<std::string> {
 protected:
  std::string written() {
    const std::string file = GetParam() + ".toml";
    EXPECT_EQ(call({"init", GetParam(), "-o", file}).code, exit_green);
    return file;
  }
  int run(const std::string& file, std::vector<std::string> more) {
    std::vector<std::string> command{"run", file, "--seeds", "1"};
    command.insert(command.end(), more.begin(), more.end());
    const Called called = call(command);
    EXPECT_TRUE(called.code == exit_green || called.code == exit_red || called.code == exit_cannot_tell)
        << called.code << '\n'
        << called.err;
    if (called.code != exit_green) last_ = called.out;
    return called.code;
  }

  std::string last_;  // what was printed of the last run that was not green
};

TEST_P(Templates, HaveNoMistakeInAnyVariant) {
  const std::string file = written();
  const std::string all = call({"list", file}).out;
  std::smatch found;
  std::vector<std::string> variants{""};
  if (std::regex_search(all, found, std::regex("\nvariants: (.*)\n")))
    for (std::size_t at = 0; at < found[1].str().size();) {
      const std::string text = found[1].str();
      const std::size_t end = std::min(text.find(", ", at), text.size());
      variants.push_back(text.substr(at, end - at));
      at = end + 2;
    }
  for (const std::string& variant : variants) {
    SCOPED_TRACE(variant);
    std::vector<std::string> more{"--rate", "x0.01"};
    if (!variant.empty()) more.insert(more.end(), {"--variant", variant});
    run(file, more);
  }
}

TEST_P(Templates, PassOrFailOnPurpose) {
  if (!is_optimised) GTEST_SKIP() << "minutes of virtual time are for the release build";
  const std::string file = written();
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::string head = text.substr(0, text.find("\norrery"));
  if (head.find("fails on purpose") == head.npos) {
    EXPECT_EQ(run(file, {}), exit_green) << last_;
    return;
  }
  std::smatch found;
  ASSERT_TRUE(std::regex_search(head, found, std::regex("`([a-z-]+)` passes"))) << head;
  EXPECT_EQ(run(file, {}), exit_red) << last_;
  EXPECT_EQ(run(file, {"--variant", found[1]}), exit_green) << last_;
}

std::vector<std::string> names_of_templates() {
  std::vector<std::string> names;
  for (const scenarios::DesignTemplate& each : scenarios::design_templates()) names.emplace_back(each.name);
  return names;
}
std::string name_of(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Init, Templates, testing::ValuesIn(names_of_templates()), name_of);

}  // namespace
}  // namespace orrery::cli
