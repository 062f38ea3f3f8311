// One consensus register, sentence by sentence. That it is linearizable is explored in tests/explore.
#include "core/placement/register.h"

#include <gtest/gtest.h>

#include "core/base/invariant.h"

namespace orrery::placement {
namespace {

constexpr Incarnation me{7};
constexpr Incarnation other{8};

TEST(Acceptor, PromisesAndTellsWhatItHasAccepted) {
  Acceptor acceptor;
  acceptor.step(Accept{{1, me}, "a", {2, me}});

  const AcceptorStep made = acceptor.step(Prepare{{3, other}});

  EXPECT_TRUE(made.must_persist);
  EXPECT_EQ(std::get<Promise>(made.answer), (Promise{{3, other}, {1, me}, "a"}));
}

TEST(Acceptor, TakesNothingBelowItsPromise) {
  Acceptor acceptor;
  acceptor.step(Prepare{{3, other}});

  const AcceptorStep prepared = acceptor.step(Prepare{{3, me}});
  const AcceptorStep accepted = acceptor.step(Accept{{2, me}, "a", {}});

  EXPECT_FALSE(prepared.must_persist);
  EXPECT_EQ(std::get<Refused>(prepared.answer), (Refused{{3, me}, {3, other}}));
  EXPECT_EQ(std::get<Refused>(accepted.answer), (Refused{{2, me}, {3, other}}));
  EXPECT_EQ(acceptor.seen().accepted, "");
}

TEST(Acceptor, PromisesTheNextBallotTogetherWithTheAcceptance) {
  Acceptor acceptor;
  acceptor.step(Accept{{1, me}, "a", {5, me}});

  EXPECT_TRUE(std::holds_alternative<Refused>(acceptor.step(Prepare{{4, other}}).answer));
  EXPECT_TRUE(std::holds_alternative<Accepted>(acceptor.step(Accept{{5, me}, "b", {}}).answer));
}

TEST(Acceptor, ConfirmsAgainWhatCameTwiceAndWritesNothing) {
  Acceptor acceptor;
  acceptor.step(Accept{{1, me}, "a", {2, me}});

  const AcceptorStep again = acceptor.step(Accept{{1, me}, "a", {2, me}});

  EXPECT_FALSE(again.must_persist);
  EXPECT_EQ(std::get<Accepted>(again.answer), (Accepted{{1, me}}));
}

class ProposerTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t acceptors = 5;

  template <class Input>
  void step(Input input) {
    effects_.clear();
    proposer_.step(std::move(input), effects_);
  }
  template <class Answer>
  void hear(std::uint32_t acceptor, const Answer& answer) {
    effects_.clear();
    proposer_.step(acceptor, answer, effects_);
  }
  template <class Message>
  std::optional<Message> asked() const {
    for (const ProposerEffect& each : effects_)
      if (const auto* ask = std::get_if<AskAll>(&each))
        if (const auto* message = std::get_if<Message>(&ask->message)) return *message;
    return std::nullopt;
  }
  std::optional<Settled> settled() const {
    for (const ProposerEffect& each : effects_)
      if (const auto* settled = std::get_if<Settled>(&each)) return *settled;
    return std::nullopt;
  }
  // Writes "a" to the empty register; gives the ballot that is promised next.
  Ballot write_a() {
    step(Change{"", "a"});
    const Ballot ballot = asked<Prepare>()->ballot;
    for (std::uint32_t i = 0; i < 3; ++i) hear(i, Promise{ballot, {}, ""});
    const Ballot next = asked<Accept>()->next;
    for (std::uint32_t i = 0; i < 3; ++i) hear(i, Accepted{ballot});
    EXPECT_EQ(settled()->how, Settled::How::changed);
    return next;
  }

  Proposer proposer_{me, acceptors};
  std::vector<ProposerEffect> effects_;
};

TEST_F(ProposerTest, WritesWhenAMajorityHasPromisedAndSaysSoWhenAMajorityHasAccepted) {
  step(Change{"", "a"});
  const Ballot ballot = asked<Prepare>()->ballot;
  hear(0, Promise{ballot, {}, ""});
  hear(0, Promise{ballot, {}, ""});  // the same one twice
  hear(1, Promise{ballot, {}, ""});
  EXPECT_FALSE(asked<Accept>());

  hear(2, Promise{ballot, {}, ""});
  EXPECT_EQ(asked<Accept>()->value, "a");
  hear(0, Accepted{ballot});
  hear(0, Accepted{ballot});
  hear(1, Accepted{ballot});
  EXPECT_FALSE(settled());

  hear(4, Accepted{ballot});
  EXPECT_EQ(settled()->how, Settled::How::changed);
  EXPECT_EQ(settled()->current, "a");
}

TEST_F(ProposerTest, ItsNextChangeNeedsOneRound) {
  const Ballot next = write_a();

  step(Change{"a", "b"});

  EXPECT_FALSE(asked<Prepare>());
  EXPECT_EQ(asked<Accept>()->ballot, next);
  EXPECT_EQ(asked<Accept>()->value, "b");
}

TEST_F(ProposerTest, BringsWhatOneAcceptorHasAcceptedToAMajorityBeforeItSpeaksOfIt) {
  step(Read{});
  const Ballot ballot = asked<Prepare>()->ballot;
  hear(0, Promise{ballot, {}, ""});
  hear(1, Promise{ballot, {1, other}, "theirs"});
  hear(2, Promise{ballot, {}, ""});

  EXPECT_FALSE(settled());
  EXPECT_EQ(asked<Accept>()->value, "theirs");
}

TEST_F(ProposerTest, KnowsWithoutASecondRoundWhatAMajorityAgreesOn) {
  step(Change{"", "a"});
  const Ballot ballot = asked<Prepare>()->ballot;
  for (std::uint32_t i = 0; i < 3; ++i) hear(i, Promise{ballot, {1, other}, "theirs"});

  EXPECT_EQ(settled()->how, Settled::How::unchanged);
  EXPECT_EQ(settled()->current, "theirs");
}

TEST_F(ProposerTest, CannotTellWhetherItsChangeWasReplacedBeforeItLookedAgain) {
  step(Change{"", "a"});
  const Ballot ballot = asked<Prepare>()->ballot;
  for (std::uint32_t i = 0; i < 3; ++i) hear(i, Promise{ballot, {}, ""});
  step(TimeIsUp{proposer_.timer()});
  const Ballot second = asked<Prepare>()->ballot;
  for (std::uint32_t i = 0; i < 3; ++i) hear(i, Promise{second, {9, other}, "theirs"});

  EXPECT_GT(second, ballot);
  EXPECT_EQ(settled()->how, Settled::How::unknown);
}

TEST_F(ProposerTest, FindsThatItsChangeWasTakenAtTheFirstAttempt) {
  step(Change{"", "a"});
  const Ballot ballot = asked<Prepare>()->ballot;
  for (std::uint32_t i = 0; i < 3; ++i) hear(i, Promise{ballot, {}, ""});
  step(TimeIsUp{proposer_.timer()});
  const Ballot second = asked<Prepare>()->ballot;
  for (std::uint32_t i = 0; i < 3; ++i) hear(i, Promise{second, ballot, "a"});

  EXPECT_EQ(settled()->how, Settled::How::changed);
}

TEST_F(ProposerTest, StepsBackWhenAMajorityCannotBeHadAndOutbidsTheOther) {
  step(Read{});
  const Ballot ballot = asked<Prepare>()->ballot;
  hear(0, Refused{ballot, {40, other}});
  hear(0, Refused{ballot, {40, other}});
  hear(1, Refused{ballot, {30, other}});
  EXPECT_TRUE(effects_.empty());

  hear(2, Refused{ballot, {40, other}});
  EXPECT_TRUE(std::holds_alternative<SetTimer>(effects_.at(0)));
  step(TimeIsUp{proposer_.timer()});
  EXPECT_GT(asked<Prepare>()->ballot, (Ballot{40, other}));
}

TEST_F(ProposerTest, AnEarlierTimerMeansNothing) {
  step(Read{});
  const std::uint32_t earlier = proposer_.timer();
  step(TimeIsUp{earlier});
  const Ballot ballot = asked<Prepare>()->ballot;

  step(TimeIsUp{earlier});
  EXPECT_TRUE(effects_.empty());
  EXPECT_TRUE(proposer_.awaits(ballot));
}

TEST_F(ProposerTest, DoesOneThingAtATime) {
  step(Read{});

  EXPECT_THROW(step(Read{}), Bug);
}

}  // namespace
}  // namespace orrery::placement
