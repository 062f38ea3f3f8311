// Stubs and router: the step classes, without a world.
#include <gtest/gtest.h>

#include <vector>

#include "core/base/invariant.h"
#include "core/routing/packing.h"
#include "core/routing/router.h"
#include "core/routing/stubs.h"

namespace orrery::routing {
namespace {

struct IgnoredMarks final : ports::Probe {
  void reached(ports::Mark) override {}
};

const ObjectId object{{1, 2, 3, 4}};
const StubId stub{7};
const NodeId peer{5};
const Caller user{Caller::Kind::user, 3, CallId{}};

Call call_of(std::uint64_t id) {
  Call call;
  call.call = CallId{id};
  call.stub = stub;
  call.object = object;
  return call;
}

class StubsTest : public ::testing::Test {
 protected:
  template <class Input>
  std::vector<StubEffect> step(Input input) {
    std::vector<StubEffect> effects;
    stubs_.step(std::move(input), probe_, effects);
    return effects;
  }
  struct Made {
    std::uint64_t sequence;
    bool is_sent;
    std::vector<StubEffect> effects;
  };
  Made make(Call call) {
    std::vector<StubEffect> effects;
    const bool is_sent = stubs_.make(call, user, probe_, effects);
    return {call.sequence, is_sent, effects};
  }
  // Makes a call, and sends it to the peer.
  void call(std::uint64_t id) {
    EXPECT_TRUE(make(call_of(id)).is_sent);
    stubs_.step(Sent{CallId{id}, peer});
  }
  IgnoredMarks probe_;
  Stubs stubs_;
};

TEST_F(StubsTest, NumberCallsInTheOrderMade) {
  EXPECT_EQ(make(call_of(1)).sequence, 1u);
  EXPECT_EQ(make(call_of(2)).sequence, 2u);
}

TEST_F(StubsTest, FinishACallOnceThoughItsReplyComesTwice) {
  EXPECT_TRUE(make(call_of(1)).is_sent);

  const auto once = step(Returned{{CallId{1}, stub, Status::ok, ""}});
  const auto twice = step(Returned{{CallId{1}, stub, Status::ok, ""}});

  ASSERT_EQ(once.size(), 1u);
  EXPECT_EQ(std::get<Finish>(once[0]).caller.id, user.id);
  EXPECT_TRUE(twice.empty());
}

TEST_F(StubsTest, ABreakFailsTheCallsInFlightInTheOrderMade) {
  call(1);
  call(2);

  const auto effects = step(Broken{peer});

  ASSERT_EQ(effects.size(), 3u);
  EXPECT_EQ(std::get<StubIsBroken>(effects[0]).stub, stub);
  EXPECT_EQ(std::get<Finish>(effects[1]).reply.call, CallId{1});
  EXPECT_EQ(std::get<Finish>(effects[1]).reply.status, Status::unknown);
  EXPECT_EQ(std::get<Finish>(effects[2]).reply.call, CallId{2});
}

TEST_F(StubsTest, ARefusedConnectionFailsItsCallsAsNotDelivered) {
  call(1);

  const auto effects = step(Broken{peer, false});

  ASSERT_EQ(effects.size(), 2u);
  EXPECT_EQ(std::get<Finish>(effects[1]).reply.status, Status::failed);
  EXPECT_TRUE(unpack_error(std::get<Finish>(effects[1]).reply.payload).retryable());
}

TEST_F(StubsTest, ABreakLeavesCallsToOtherNodesAlone) {
  call(1);

  EXPECT_TRUE(step(Broken{NodeId{6}}).empty());
  EXPECT_EQ(step(Returned{{CallId{1}, stub, Status::ok, ""}}).size(), 1u);
}

TEST_F(StubsTest, ABreakLeavesCallsThatWereNotSentAlone) {
  EXPECT_TRUE(make(call_of(1)).is_sent);

  EXPECT_TRUE(step(Broken{peer}).empty());
  stubs_.step(Sent{CallId{1}, peer});
  EXPECT_EQ(step(Returned{{CallId{1}, stub, Status::ok, ""}}).size(), 1u);
}

TEST_F(StubsTest, ABrokenStubFailsEveryLaterCallAtOnceWithTheSameError) {
  call(1);
  step(Broken{peer});

  const Made later = make(call_of(2));

  EXPECT_FALSE(later.is_sent);
  EXPECT_EQ(later.sequence, 2u);
  const Reply& reply = std::get<Finish>(later.effects.at(0)).reply;
  EXPECT_EQ(reply.status, Status::failed);  // it was never sent
  EXPECT_EQ(unpack_error(reply.payload).message(), "Network connection lost.");
  EXPECT_TRUE(unpack_error(reply.payload).retryable());
  EXPECT_TRUE(stubs_.is_broken(stub));
}

TEST_F(StubsTest, AStubAtRestIsFoundBrokenAtItsNextCall) {
  call(1);
  step(Returned{{CallId{1}, stub, Status::ok, ""}});
  EXPECT_TRUE(step(Broken{peer}).empty());

  const bool broken = stubs_.is_broken(stub);
  const Made later = make(call_of(2));

  EXPECT_TRUE(broken);
  EXPECT_FALSE(later.is_sent);
  ASSERT_EQ(later.effects.size(), 2u);
  EXPECT_EQ(std::get<StubIsBroken>(later.effects[0]).stub, stub);
  EXPECT_EQ(std::get<Finish>(later.effects[1]).reply.status, Status::failed);
}

TEST_F(StubsTest, AStubMadeAfterTheBreakWorks) {
  call(1);
  step(Broken{peer});
  Call fresh = call_of(2);
  fresh.stub = StubId{8};

  EXPECT_TRUE(make(fresh).is_sent);
  stubs_.step(Sent{CallId{2}, peer});

  EXPECT_FALSE(stubs_.is_broken(StubId{8}));
  EXPECT_EQ(step(Returned{{CallId{2}, StubId{8}, Status::ok, ""}}).size(), 1u);
}

TEST_F(StubsTest, AReplyThatSaysTheInstanceWasResetBreaksTheStub) {
  call(1);
  const Bytes error = pack_error(ObjectError::instance_reset("gone"));

  const auto effects = step(Returned{{CallId{1}, stub, Status::unknown, error}});

  ASSERT_EQ(effects.size(), 2u);
  EXPECT_EQ(std::get<StubIsBroken>(effects[0]).error.message(), "gone");
  EXPECT_TRUE(stubs_.is_broken(stub));
}

TEST_F(StubsTest, ADroppedStubIsForgotten) {
  EXPECT_TRUE(make(call_of(1)).is_sent);
  step(Returned{{CallId{1}, stub, Status::ok, ""}});

  const auto dropped = step(Drop{stub});

  EXPECT_EQ(std::get<StubIsClosed>(dropped.at(0)).stub, stub);
  EXPECT_TRUE(step(Drop{stub}).empty());
  EXPECT_EQ(make(call_of(2)).sequence, 1u);
}

TEST_F(StubsTest, AStubDroppedWithACallInFlightIsForgottenAfterIt) {
  call(1);

  const auto dropped = step(Drop{stub});
  const auto returned = step(Returned{{CallId{1}, stub, Status::ok, ""}});

  EXPECT_TRUE(dropped.empty());
  ASSERT_EQ(returned.size(), 2u);
  EXPECT_EQ(std::get<Finish>(returned[0]).caller.id, user.id);
  EXPECT_EQ(std::get<StubIsClosed>(returned[1]).stub, stub);
}

TEST_F(StubsTest, AReplyAfterTheBreakIsIgnored) {
  call(1);
  step(Broken{peer});

  EXPECT_TRUE(step(Returned{{CallId{1}, stub, Status::ok, ""}}).empty());
  EXPECT_TRUE(step(Broken{peer}).empty());
}

class RouterTest : public ::testing::Test {
 protected:
  template <class Input>
  std::vector<RouterEffect> step(Input input) {
    std::vector<RouterEffect> effects;
    router_.step(std::move(input), probe_, effects);
    return effects;
  }
  std::vector<RouterEffect> route(Call call) {
    std::vector<RouterEffect> effects;
    EXPECT_EQ(router_.route(call, probe_, effects), nullptr);
    return effects;
  }
  // Of a call for which nobody need be asked.
  std::optional<NodeId> owner() {
    std::vector<RouterEffect> effects;
    Call call = call_of(9);
    const NodeId* owner = router_.route(call, probe_, effects);
    return owner ? std::optional(*owner) : std::nullopt;
  }
  IgnoredMarks probe_;
  Router router_;
};

TEST_F(RouterTest, AsksOnceAndSendsWhatWaitedInOrder) {
  const auto first = route(call_of(1));
  const auto second = route(call_of(2));
  const auto answered = step(LivesAt{object, NodeId{9}, Epoch{4}});

  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(std::get<FindOwner>(first[0]).object, object);
  EXPECT_TRUE(second.empty());
  ASSERT_EQ(answered.size(), 2u);
  EXPECT_EQ(std::get<SendCall>(answered[0]).call.call, CallId{1});
  EXPECT_EQ(std::get<SendCall>(answered[1]).call.call, CallId{2});
  EXPECT_EQ(std::get<SendCall>(answered[1]).owner, NodeId{9});
  EXPECT_EQ(std::get<SendCall>(answered[1]).call.epoch, Epoch{4});
}

TEST_F(RouterTest, RemembersTheOwner) {
  route(call_of(1));
  step(LivesAt{object, NodeId{9}, Epoch{4}});

  EXPECT_EQ(owner(), NodeId{9});
}

TEST_F(RouterTest, AsksAgainUntilItIsAnswered) {
  route(call_of(1));

  const auto again = step(RetryLookup{object});
  step(LivesAt{object, NodeId{9}, Epoch{4}});
  const auto after = step(RetryLookup{object});

  EXPECT_EQ(std::get<FindOwner>(again.at(0)).attempt, 1u);
  EXPECT_TRUE(after.empty());
}

TEST_F(RouterTest, IgnoresASecondAnswer) {
  route(call_of(1));
  step(LivesAt{object, NodeId{9}, Epoch{4}});

  EXPECT_TRUE(step(LivesAt{object, NodeId{8}, Epoch{4}}).empty());
  EXPECT_EQ(owner(), NodeId{9});
}

}  // namespace
}  // namespace orrery::routing
