// The launcher `orrery` at the top of the tree: what makes it build. Its compiler and its packages are played.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>

#include "tests/scenarios/tool.h"

namespace orrery::cli {
namespace {

namespace fs = std::filesystem;

class Launcher : public Tool {
 protected:
  void SetUp() override {
    Tool::SetUp();
    for (const char* part : {"core", "sim", "properties", "reports", "scenarios/design", "build/release/scenarios"})
      fs::create_directories(std::string("tree/") + part);
    fs::create_directory("bin");
    fs::copy_file(fs::path(ORRERY_README).parent_path() / "orrery", "tree/orrery");
    script("tree/build/release/scenarios/orrery", "echo ran");
    script("bin/cmake", "echo built >>../built");  // it is called in the tree
    script("bin/dpkg-query", "printf installed");
    touch("tree/CMakeLists.txt", 2h);
  }
  static void script(const std::string& name, const std::string& text) {
    write(name, "#!/bin/sh\n" + text + "\n");
    fs::permissions(name, fs::perms::owner_all);
  }
  static void touch(const std::string& name, std::chrono::hours ago) {
    write(name, "");
    fs::last_write_time(name, fs::file_time_type::clock::now() - ago);
  }
  // Whether it builds before it runs, after a build of an hour ago.
  static bool builds() {
    touch("tree/build/release/.built", 1h);
    fs::remove("built");
    const int status = std::system("PATH=\"$PWD/bin:$PATH\" tree/orrery >out 2>err");
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << read("err");
    EXPECT_EQ(read("out"), "ran\n");
    return fs::exists("built");
  }
};

TEST_F(Launcher, BuildsAfterAChangeOfWhateverIsBuiltIn) {
  EXPECT_FALSE(builds());
  for (const char* name : {"core/a.cc", "sim/a.h", "sim/a.csv", "scenarios/design/a.toml", "scenarios/a.cmake",
                           "scenarios/a.in", "reports/CMakeLists.txt"}) {
    touch(std::string("tree/") + name, 0h);
    EXPECT_TRUE(builds()) << name;
    fs::remove(std::string("tree/") + name);
  }
  touch("tree/scenarios/README.md", 0h);
  EXPECT_FALSE(builds());
}

}  // namespace
}  // namespace orrery::cli
