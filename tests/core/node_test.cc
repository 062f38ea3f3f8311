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

struct Anything final : DurableObject {
  using DurableObject::DurableObject;
};

// One edge in the first city of the measured world, with a directory elsewhere that never answers.
class EdgeTest : public ::testing::Test {
 protected:
  EdgeTest() {
    recorder_.add(keep_);
    edge_.start(0);
  }

  void user_calls(std::uint64_t call) {
    UserCall message;
    message.call = CallId{call};
    message.object = ObjectId{{1, 2, 3, 4}};
    message.method = MethodId{1};
    edge_.guest().on_user(ClientId{7}, to_bytes(message), Cause{call});
  }
  // Plays the directory: the object lives on node 5.
  void object_is_found() {
    const placement::Found found{ObjectId{{1, 2, 3, 4}}, NodeId{5}, Epoch{1}};
    edge_.guest().on_datagram(NodeId{1}, to_bytes(found), Cause{99});
  }
  StubId stub_of_last_call() const { return keep_.all<journal::Called>().back().second.stub; }

  const sim::Topology topology_ = sim::measured_world();
  const Draws draws_{1};
  const object::Environment environment_{
      .classes = {{object_class<Anything>("Anything"), Namespace("Anything")}}, .services = {}};
  sim::EventQueue queue_;
  sim::Adversary adversary_{sim::AdversaryPlan{}, draws_};
  sim::Recorder recorder_{queue_};
  const std::vector<sim::Site> sites_ = std::vector<sim::Site>(6);
  sim::Network network_{topology_, sites_, sim::Link{}, draws_, adversary_, queue_};
  const sim::DiskPlan disk_;
  std::size_t upkeep_ = 0;
  IgnoredMarks probe_;
  tests::Keep keep_;
  sim::Machine edge_{
      sim::Commons{queue_, network_, adversary_, recorder_, probe_, draws_, environment_, disk_, upkeep_, nullptr},
      NodeId{0},
      {.city = 0, .directory = NodeId{1}, .runs_objects = false, .placed_by_city = std::nullopt},
      sim::SteadyClock()};
};

TEST_F(EdgeTest, AnswersTheUsersOfABrokenStubThatItIsUnknownWhatWasDone) {
  user_calls(1);
  user_calls(2);
  object_is_found();

  edge_.guest().on_connection_broken(NodeId{5}, true, Cause{100});

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
  object_is_found();

  edge_.guest().on_connection_broken(NodeId{5}, true, Cause{100});

  std::vector<Time> answers;
  sim::Event event;
  while (answers.size() < 2 && queue_.pop(event))
    if (event.kind == static_cast<std::uint16_t>(sim::Delivery::to_user)) answers.push_back(event.at);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_NE(answers[0], answers[1]);
}

TEST_F(EdgeTest, MakesANewStubForTheNextCallAfterABreak) {
  user_calls(1);
  object_is_found();
  const StubId first = stub_of_last_call();
  edge_.guest().on_connection_broken(NodeId{5}, true, Cause{100});

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
      asked += network_.take(event, true)->bytes.empty() ? 0 : 1;
  }

  EXPECT_EQ(asked, 5u);  // a question and a timer each second
  EXPECT_GE(queue_.now(), Time(4s));
}

}  // namespace
}  // namespace orrery::node
