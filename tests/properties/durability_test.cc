#include "properties/durability.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "tests/histories.h"

namespace orrery::properties {
namespace {

using tests::History;
using tests::judged;
using tests::rule_of;

// Instance 1 makes commits 1 to 3; the first two are confirmed and shown.
History three_commits() {
  return History()
      .recovered(0s, 1, 0)
      .committed(1s, 1)
      .committed(1s, 2)
      .confirmed(2s, 1)
      .left(2s, 1, 1)
      .confirmed(2s, 2)
      .left(2s, 2, 2)
      .committed(3s, 3);
}
History after_a_crash() { return three_commits().crashed(4s).restarted(5s); }

TEST(Durability, HoldsWhetherTheUnconfirmedCommitSurvivesOrNot) {
  for (const std::uint64_t index : {2u, 3u}) {
    const Verdict verdict = judged<Durability>(after_a_crash().recovered(6s, 2, index));

    EXPECT_EQ(rule_of(verdict), "holds") << index;
    EXPECT_EQ(verdict.tested, 1u);
  }
}

TEST(Durability, IsUntestedUntilSomethingIsRecovered) {
  EXPECT_EQ(rule_of(judged<Durability>(three_commits())), "untested");
  EXPECT_EQ(rule_of(judged<Durability>(History().recovered(0s, 1, 0).crashed(1s).recovered(2s, 2, 0))), "untested");
}

TEST(Durability, SeesAConfirmedCommitThatIsLost) {
  const Verdict verdict = judged<Durability>(after_a_crash().recovered(6s, 2, 1));

  ASSERT_EQ(rule_of(verdict), "confirmed_survives");
  EXPECT_EQ(verdict.violation->text, "instance 2 starts from commit 1, but commit 2 was confirmed");
  EXPECT_EQ(verdict.violation->at, tests::at(6s));
  EXPECT_EQ(verdict.violation->object, to_hex(tests::object_named(tests::the_object)));
}

TEST(Durability, SeesAConfirmedCommitThatHasBecomeAnother) {
  EXPECT_EQ(rule_of(judged<Durability>(after_a_crash().recovered(6s, 2, 2, 9))), "confirmed_survives");
}

TEST(Durability, SeesThatWhatWasShownIsLost) {
  const Verdict verdict = judged<Durability>(three_commits().left(3s, 3, 3).crashed(4s).recovered(6s, 2, 2));

  ASSERT_EQ(rule_of(verdict), "exposed_survives");
  EXPECT_EQ(verdict.violation->text, "instance 2 starts from commit 2, but commit 3 was shown");
}

TEST(Durability, SeesACommitThatNobodyMade) {
  EXPECT_EQ(rule_of(judged<Durability>(after_a_crash().recovered(6s, 2, 3, 9))), "recovered_was_committed");
  EXPECT_EQ(rule_of(judged<Durability>(after_a_crash().recovered(6s, 2, 4))), "recovered_was_committed");
  EXPECT_EQ(rule_of(judged<Durability>(History().recovered(0s, 1, 1))), "recovered_was_committed");
  EXPECT_EQ(rule_of(judged<Durability>(History().recovered(0s, 1, 0, 5))), "recovered_was_committed");
}

TEST(Durability, SeesACommitThatIsThereByHalf) {
  for (const std::uint64_t index : {2u, 3u}) {
    History history = after_a_crash().recovered(6s, 2, index);
    journal::Record half = history.records().back();
    std::get<journal::Recovered>(half.event).digest ^= 1;

    EXPECT_EQ(rule_of(judged<Durability>(after_a_crash().add(6s, half.event))), "recovered_was_committed") << index;
  }
}

TEST(Durability, SeesAnUndoneCommitComeBack) {
  const History undone = after_a_crash().recovered(6s, 2, 2).crashed(7s);

  EXPECT_EQ(rule_of(judged<Durability>(History(undone).recovered(8s, 3, 2))), "holds");
  EXPECT_EQ(rule_of(judged<Durability>(History(undone).recovered(8s, 3, 3))), "no_resurrection");
}

TEST(Durability, SeesAnUndoneCommitComeBackInThePlaceOfAnother) {
  const History other = after_a_crash().recovered(6s, 2, 2).committed(7s, 3, 33, 2).crashed(8s);

  EXPECT_EQ(rule_of(judged<Durability>(History(other).recovered(9s, 3, 3, 33))), "holds");
  EXPECT_EQ(rule_of(judged<Durability>(History(other).recovered(9s, 3, 3, 3))), "no_resurrection");
}

TEST(Durability, LetsTheSameCommitBeMadeAgain) {
  EXPECT_EQ(rule_of(judged<Durability>(
                after_a_crash().recovered(6s, 2, 2).committed(7s, 3, 3, 2).crashed(8s).recovered(9s, 3, 3))),
            "holds");
}

TEST(Durability, CountsWhatAnotherProcessRecoveredAsConfirmed) {
  const History read_back = after_a_crash().recovered(6s, 2, 3).crashed(7s);

  EXPECT_EQ(rule_of(judged<Durability>(History(read_back).recovered(8s, 3, 3))), "holds");
  EXPECT_EQ(rule_of(judged<Durability>(History(read_back).recovered(8s, 3, 2))), "confirmed_survives");
}

TEST(Durability, DoesNotCountWhatTheSameProcessRecoveredAsConfirmed) {
  const History aborted = three_commits().ended(4s, 1, journal::EndReason::aborted).recovered(5s, 2, 3);

  EXPECT_EQ(rule_of(judged<Durability>(History(aborted).confirmed(6s, 3).committed(7s, 4, 4, 2))), "holds");
  EXPECT_EQ(rule_of(judged<Durability>(History(aborted).crashed(6s).recovered(7s, 3, 2))), "holds");
}

TEST(Durability, LetsAFullDiskRefuseACommit) {
  EXPECT_EQ(rule_of(judged<Durability>(three_commits()
                                           .ended(4s, 1, journal::EndReason::storage_failed)
                                           .recovered(5s, 2, 2)
                                           .committed(6s, 3, 33, 2)
                                           .confirmed(7s, 3))),
            "holds");
}

TEST(Durability, SeesACommitThatDoesNotContinue) {
  const Verdict skipped = judged<Durability>(three_commits().committed(4s, 5));

  ASSERT_EQ(rule_of(skipped), "commits_continue");
  EXPECT_EQ(skipped.violation->text, "instance 1 makes commit 5 after commit 3");
  EXPECT_EQ(rule_of(judged<Durability>(three_commits().committed(4s, 3))), "commits_continue");
  EXPECT_EQ(rule_of(judged<Durability>(after_a_crash().recovered(6s, 2, 2).committed(7s, 4, 4, 2))),
            "commits_continue");
}

TEST(Durability, SeesACommitOfALifeThatIsOver) {
  EXPECT_EQ(rule_of(judged<Durability>(after_a_crash().recovered(6s, 2, 3).committed(7s, 4, 4, 1))),
            "commits_continue");
}

TEST(Durability, SeesAConfirmationOutOfOrder) {
  const Verdict early = judged<Durability>(three_commits().confirmed(4s, 4));

  ASSERT_EQ(rule_of(early), "confirmed_in_order");
  EXPECT_EQ(early.violation->text, "commit 4 is confirmed, but 2 was confirmed before and 3 is the last");
  EXPECT_EQ(rule_of(judged<Durability>(three_commits().confirmed(4s, 2))), "confirmed_in_order");
  EXPECT_EQ(rule_of(judged<Durability>(after_a_crash().recovered(6s, 2, 2).confirmed(7s, 3))), "confirmed_in_order");
  EXPECT_EQ(rule_of(judged<Durability>(History().confirmed(1s, 1))), "confirmed_in_order");
}

TEST(Durability, LetsAConfirmationCoverAllBeforeIt) {
  EXPECT_EQ(rule_of(judged<Durability>(
                History().committed(1s, 1).committed(1s, 2).confirmed(2s, 2).crashed(3s).recovered(4s, 2, 2))),
            "holds");
}

TEST(Durability, SeesAnEvictionWithACommitInFlight) {
  const Verdict verdict = judged<Durability>(three_commits().ended(4s, 1));

  ASSERT_EQ(rule_of(verdict), "eviction_waits");
  EXPECT_EQ(verdict.violation->text, "instance 1 is evicted while commit 3 is in flight");
  EXPECT_EQ(rule_of(judged<Durability>(three_commits().confirmed(4s, 3).ended(5s, 1).recovered(6s, 2, 3))), "holds");
}

TEST(Durability, JudgesWhatTheDiskHoldsAfterTheRun) {
  const auto read_back = [](std::uint64_t index, std::uint64_t content) {
    return journal::ReadBack{tests::object_named(tests::the_object), CommitIndex{index}, tests::chain_of(content),
                             content};
  };

  EXPECT_EQ(rule_of(judged<Durability>(three_commits().add(9s, read_back(3, 3)))), "holds");
  EXPECT_EQ(rule_of(judged<Durability>(three_commits().add(9s, read_back(2, 2)))), "holds");
  EXPECT_EQ(rule_of(judged<Durability>(three_commits().add(9s, read_back(1, 1)))), "confirmed_survives");
  EXPECT_EQ(rule_of(judged<Durability>(three_commits().add(9s, read_back(3, 4)))), "recovered_was_committed");
}

TEST(Durability, SeesAnObjectThatCannotBeReadBack) {
  const Verdict verdict = judged<Durability>(after_a_crash().add(
      6s, journal::RecoveryFailed{.object = tests::object_named(tests::the_object), .error = std::string("torn")}));

  ASSERT_EQ(rule_of(verdict), "recoverable");
  EXPECT_EQ(verdict.violation->text, "its commits cannot be read back: \"torn\"");
}

// All numbers alike, also while RapidCheck still tries small cases.
template <class Number>
Number drawn(Number from, Number below) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(from, below));
}

// A life of one object, as a sound runtime would report it: commits, confirmations, ends and crashes, drawn.
struct DrawnLife {
  History history;
  std::uint64_t confirmed = 0;
  std::uint64_t last = 0;
  std::uint64_t instance = 1;
  std::uint64_t content = 0;
  std::vector<std::uint64_t> contents = {0};  // by commit
  Duration now = 0s;

  void step() {
    now += 1s;
    switch (drawn(0, 6)) {
      case 0:
      case 1:
      case 2: return commit();
      case 3:
        if (confirmed < last) confirm(drawn<std::uint64_t>(confirmed + 1, last + 1));
        return;
      case 4:
        history.ended(now, instance, journal::EndReason::aborted).recovered(now, instance + 1, last, contents[last]);
        break;
      default: crash(drawn<std::uint64_t>(confirmed, last + 1)); break;
    }
    ++instance;
  }
  void commit() {
    contents.resize(++last);
    contents.push_back(++content);
    history.committed(now, last, content, instance);
  }
  void confirm(std::uint64_t index) {
    confirmed = index;
    history.confirmed(now, index).left(now, 1, index);
  }
  void crash(std::uint64_t kept) {
    history.crashed(now).restarted(now).recovered(now, instance + 1, kept, contents[kept]);
    confirmed = last = kept;
  }
};

RC_GTEST_PROP(Durability, HoldsForWhateverASoundRuntimeDoes, ()) {
  DrawnLife life;
  for (int i = drawn(1, 60); i > 0; --i) life.step();

  RC_ASSERT(!judged<Durability>(life.history).violation.has_value());
}

RC_GTEST_PROP(Durability, SeesEveryConfirmedCommitThatACrashLoses, ()) {
  DrawnLife life;
  for (int i = drawn(1, 60); i > 0; --i) life.step();
  life.commit();
  life.confirm(life.last);
  life.crash(drawn<std::uint64_t>(0, life.confirmed));

  RC_ASSERT(rule_of(judged<Durability>(life.history)) == "confirmed_survives");
}

}  // namespace
}  // namespace orrery::properties
