// A node alone, on a simulated machine: what it does when a connection breaks.
#include "core/node/node.h"

#include <gtest/gtest.h>

#include "sim/machine.h"
#include "tests/worlds.h"

namespace orrery::node {
namespace {

struct IgnoredMarks final : ports::Probe {
  void reached(ports::Mark) override {}
};

// One edge in the first city of the measured world, with a directory elsewhere that never answers.
class EdgeTest : public ::testing::Test {
 protected:
  EdgeTest() { recorder_.add(keep_); }

  void user_calls(std::uint64_t call) {
    const UserCall message{CallId{call}, ObjectId{{1, 2, 3, 4}}, ClassId{0}, MethodId{1}, ""};
    edge_.guest().on_user(ClientId{7}, to_bytes(message), Cause{call});
  }
  StubId stub_of_last_call() const { return keep_.all<journal::Called>().back().second.stub; }

  const sim::Topology topology_ = sim::measured_world();
  const Draws draws_{1};
  const object::Environment environment_{};
  sim::EventQueue queue_;
  sim::Adversary adversary_{sim::AdversaryPlan{}, draws_};
  sim::Recorder recorder_{queue_};
  sim::Network network_{topology_, {sim::Site{}, sim::Site{.city = 1}}, sim::Link{}, draws_, adversary_, queue_};
  IgnoredMarks probe_;
  tests::Keep keep_;
  sim::Machine edge_{sim::Commons{queue_, network_, adversary_, recorder_, probe_, draws_, environment_},
                     NodeId{0},
                     {.city = 0, .directory = NodeId{1}, .placed_by_city = std::nullopt}};
};

TEST_F(EdgeTest, AnswersTheUsersOfABrokenStubThatItIsUnknownWhatWasDone) {
  user_calls(1);
  user_calls(2);

  edge_.guest().on_stream_broken(NodeId{5}, ports::StreamId{stub_of_last_call().value});

  EXPECT_EQ(keep_.all<journal::StubBroken>().size(), 1u);
  const auto answered = keep_.all<journal::Answered>();
  ASSERT_EQ(answered.size(), 2u);
  EXPECT_EQ(answered[0].second.call, CallId{1});
  EXPECT_EQ(answered[0].second.status, journal::Status::unknown);
  EXPECT_EQ(answered[1].second.call, CallId{2});
  EXPECT_EQ(to_text(answered[1].second.value), "\"Network connection lost.\"");
}

TEST_F(EdgeTest, DrawsForEachAnswerOfABrokenStubOnItsOwn) {
  user_calls(1);
  user_calls(2);

  edge_.guest().on_stream_broken(NodeId{5}, ports::StreamId{stub_of_last_call().value});

  std::vector<Time> answers;
  sim::Event event;
  while (answers.size() < 2 && queue_.pop(event))
    if (event.kind == static_cast<std::uint16_t>(sim::Delivery::to_user)) answers.push_back(event.at);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_NE(answers[0], answers[1]);
}

TEST_F(EdgeTest, MakesANewStubForTheNextCallAfterABreak) {
  user_calls(1);
  const StubId first = stub_of_last_call();
  edge_.guest().on_stream_broken(NodeId{5}, ports::StreamId{first.value});

  user_calls(2);

  const journal::Called called = keep_.all<journal::Called>().back().second;
  EXPECT_NE(called.stub, first);
  EXPECT_EQ(called.sequence, 1u);
  EXPECT_EQ(keep_.all<journal::Answered>().size(), 1u);  // the second call is under way
}

TEST_F(EdgeTest, AsksTheDirectoryAgainUntilItAnswers) {
  user_calls(1);
  std::size_t asked = 0;
  sim::Event event;
  for (int i = 0; i < 10 && queue_.pop(event); ++i) {
    if (event.kind == sim::node_timer)
      edge_.guest().on_timer(event.what);
    else
      asked += network_.take(event).bytes.empty() ? 0 : 1;
  }

  EXPECT_EQ(asked, 5u);  // a question and a timer each second
  EXPECT_GE(queue_.now(), Time(4s));
}

}  // namespace
}  // namespace orrery::node
