// Services outside, on the real clock: what is sent to them is answered, and run() waits for it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/ports/local.h"

namespace orrery {
namespace {

constexpr NodeId shop{7};

// Sends each user's text to the shop, and notes what comes.
class Asker final : public ports::Guest {
 public:
  explicit Asker(const ports::Host& host) : host_(host) {}
  void on_start() override {}
  void on_datagram(NodeId, const Bytes&, Cause) override {}
  void on_stream(NodeId from, ports::StreamId, const Bytes& bytes, Cause) override {
    EXPECT_EQ(from, shop);
    seen.push_back(bytes);
  }
  void on_connection_broken(NodeId, bool, Cause) override {}
  void on_timer(std::uint64_t token) override { seen.push_back("timer " + std::to_string(token)); }
  void on_synced(std::uint64_t, bool, Cause) override {}
  void on_user(ClientId, const Bytes& bytes, Cause cause) override {
    host_.network.send_on_stream(shop, ports::own_stream, bytes, cause);
  }
  void on_eviction_wanted(const ObjectId&) override {}

  std::vector<std::string> seen;

 private:
  const ports::Host host_;
};

class LocalServices : public ::testing::Test {
 protected:
  LocalServices()
      : directory_(std::filesystem::temp_directory_path() / ("orrery-services-" + std::to_string(::getpid()))),
        made_(std::filesystem::create_directory(directory_)),
        local_(directory_.string(), 1, [](ClientId, const Bytes&) {},
               {{shop,
                 [](const Bytes& request, Cause) {
                   return ports::LocalService::Answer{request == "slow" ? 30ms : 1ms, request + " answer"};
                 }}}),
        asker_(local_.host()) {}
  ~LocalServices() override { std::filesystem::remove_all(directory_); }
  void run() {
    local_.run(asker_, [] { return false; });
  }

  const std::filesystem::path directory_;
  const bool made_;
  ports::Local local_;
  Asker asker_;
};

TEST_F(LocalServices, AnswerInTheOrderInWhichTheyAreDone) {
  local_.send(ClientId{0}, "slow", Cause{1});
  local_.send(ClientId{0}, "quick", Cause{2});

  run();

  EXPECT_EQ(asker_.seen, (std::vector<std::string>{"quick answer", "slow answer"}));
}

TEST_F(LocalServices, AreWaitedForUntilItIsEnough) {
  local_.send(ClientId{0}, "slow", Cause{1});
  local_.send(ClientId{0}, "quick", Cause{2});

  local_.run(asker_, [this] { return !asker_.seen.empty(); });

  EXPECT_EQ(asker_.seen, std::vector<std::string>{"quick answer"});
}

TEST_F(LocalServices, TimersAreWaitedForAndUpkeepIsNot) {
  local_.host().timers.set(2ms, 1, Cause{1});
  local_.host().timers.set_upkeep(1h, 2, Cause{2});

  run();

  EXPECT_EQ(asker_.seen, std::vector<std::string>{"timer 1"});
}

TEST_F(LocalServices, ItIsAskedAgainWhetherItIsEnoughWhileATimerIsWaitedFor) {
  local_.host().timers.set(1min, 1, Cause{1});
  int asked = 0;

  local_.run(asker_, [&asked] { return ++asked == 3; });

  EXPECT_TRUE(asker_.seen.empty()) << "the timer was waited for first";
}

TEST_F(LocalServices, ATimerThatWasCancelledIsNotWaitedFor) {
  const ports::TimerId timer = local_.host().timers.set(1h, 1, Cause{1});
  local_.host().timers.cancel(timer);

  run();

  EXPECT_TRUE(asker_.seen.empty());
}

}  // namespace
}  // namespace orrery
