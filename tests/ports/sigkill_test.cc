// A process on real files is killed in the middle of its work, 200 times. Whatever it confirmed is found again.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "tests/local_runtime.h"

namespace orrery {
namespace {

constexpr std::uint32_t callers = 64;
constexpr std::uint32_t counters = 8;
constexpr int kills = 200;

// What the child tells: the value of a counter, found at its start or confirmed later.
struct Told {
  std::uint32_t counter;
  bool is_found;
  std::int64_t value;
};

// Never returns: says what is there, then increments until it is killed.
[[noreturn]] void work(const std::string& directory, int out) noexcept {
  const auto tell = [out](const Told& told) {
    if (::write(out, &told, sizeof told) != static_cast<ssize_t>(sizeof told)) ::_exit(1);
  };
  std::vector<ObjectId> objects;
  bool is_reading = true;
  tests::LocalRuntime* runtime = nullptr;
  tests::LocalRuntime here(directory, [&](std::uint32_t caller, std::optional<std::int64_t> answer) {
    if (!answer) ::_exit(2);
    tell({caller % counters, is_reading, *answer});
    if (!is_reading) runtime->call(caller, objects[caller % counters], tests::LocalRuntime::Method::increment);
  });
  runtime = &here;
  for (std::uint32_t i = 0; i < counters; ++i) objects.push_back(here.object_named(std::to_string(i)));
  for (std::uint32_t i = 0; i < counters; ++i) here.call(i, objects[i], tests::LocalRuntime::Method::read);
  here.run();
  is_reading = false;
  for (std::uint32_t i = 0; i < callers; ++i)
    here.call(i, objects[i % counters], tests::LocalRuntime::Method::increment);
  here.run();
  ::_exit(3);
}

// A kill takes nothing from the page cache, so files in memory show what files on a disk would; they only spare the
// test some 30,000 fdatasyncs, 20,000 of them of files that a process finds at its start.
std::filesystem::path place_for_files() {
  const std::filesystem::path memory = "/dev/shm";
  const bool is_there = std::filesystem::is_directory(memory) && ::access(memory.c_str(), W_OK) == 0;
  return is_there ? memory : std::filesystem::temp_directory_path();
}

// How many increments are confirmed before the kill: few or many, so that it falls into any part of a batch.
std::int64_t patience(int round) { return 1 + round * 397 % 1500; }

TEST(LocalPorts, FindEveryConfirmedIncrementAfterTwoHundredKills) {
  const auto directory = place_for_files() / ("orrery-sigkill-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  std::array<std::int64_t, counters> confirmed{};
  std::int64_t confirmations = 0;
  std::int64_t lost = 0;

  for (int round = 0; round <= kills; ++round) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      work(directory.string(), ends[1]);
    }
    ::close(ends[1]);
    std::uint32_t found = 0;
    std::int64_t confirmed_here = 0;
    Told told{};
    while (true) {
      if (::read(ends[0], &told, sizeof told) != static_cast<ssize_t>(sizeof told)) break;
      if (told.is_found) {
        ++found;
        if (told.value < confirmed[told.counter]) lost += confirmed[told.counter] - told.value;
        // Those that were under way at the kill may have been done.
        ASSERT_LE(told.value, confirmed[told.counter] + callers / counters);
        if (found == counters && round == kills) ::kill(child, SIGKILL);  // the last one is only asked
        confirmed[told.counter] = std::max(confirmed[told.counter], told.value);
        continue;
      }
      ++confirmations;
      confirmed[told.counter] = std::max(confirmed[told.counter], told.value);
      if (++confirmed_here == patience(round)) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself: " << status;
    ASSERT_EQ(found, counters);
  }

  std::printf("%d kills, %lld increments confirmed, %lld lost\n", kills, static_cast<long long>(confirmations),
              static_cast<long long>(lost));
  EXPECT_EQ(lost, 0);
  EXPECT_GT(confirmations, kills);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace orrery
