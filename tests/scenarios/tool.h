// The tool, called in an empty directory.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "scenarios/cli/cli.h"

namespace orrery::cli {

struct Called {
  int code = 0;
  std::string out;
  std::string err;
};

inline const Program& program() {
  static const Program built_in = built_in_program();
  return built_in;
}

inline Called call(const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = run_cli(program(), args, out, err);
  return {code, out.str(), err.str()};
}

class Tool : public testing::Test {
 protected:
  void SetUp() override {
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("COLUMNS");
    std::string made = (std::filesystem::temp_directory_path() / "orrery-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(made.data()), nullptr);
    before_ = std::filesystem::current_path();
    directory_ = made;
    std::filesystem::current_path(directory_);
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(directory_);
  }

  static void write(const std::string& name, const std::string& text) { std::ofstream(name) << text; }
  static std::string read(const std::string& name) {
    std::ifstream file(name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::set<std::string> files() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator("."))
      if (entry.is_regular_file()) names.insert(entry.path().lexically_normal().string());
    return names;
  }

 private:
  std::filesystem::path before_;
  std::filesystem::path directory_;
};

}  // namespace orrery::cli
