#include "reports/coverage.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "reports/summary.h"
#include "tests/reports/records.h"

using namespace orrery;
using namespace orrery::reports;

namespace {

constexpr NodeId paris{1};
constexpr NodeId tokyo{2};

journal::Crashed crashed(std::uint64_t dropped = 0, std::uint64_t torn = 0) {
  return {.kept = 3, .dropped = dropped, .torn = torn};
}
journal::Confirmed confirmed(std::uint64_t index, std::uint64_t object = 1) {
  return {.object = ObjectId{{object}}, .epoch = Epoch{1}, .index = CommitIndex{index}};
}
journal::Recovered recovered(std::uint64_t index, std::uint64_t object = 1) {
  journal::Recovered event{};
  event.object = ObjectId{{object}};
  event.index = CommitIndex{index};
  return event;
}
journal::Committed commit(std::uint64_t index, std::uint64_t object = 1) { return committed(1, object, index); }

journal::TurnStarted begun(std::uint64_t turn, std::uint64_t object = 1) {
  journal::TurnStarted event = turn_started(1, 1ms, object);
  event.turn = TurnNumber{turn};
  return event;
}
journal::TurnEnded over(std::uint64_t turn, std::uint64_t object = 1) {
  journal::TurnEnded event = turn_ended(1, turn);
  event.object = ObjectId{{object}};
  return event;
}

// Some events of one node.
struct Seen {
  NodeId node;
  std::vector<journal::Event> events;
};

std::map<std::string, std::uint64_t> met_by(const std::vector<Seen>& story, std::uint64_t faults_planned = 0) {
  Coverage coverage(faults_planned);
  for (const Seen& seen : story)
    for (const journal::Event& event : seen.events) play({{0ms, event}}, coverage, seen.node);
  Outcome outcome;
  coverage.write_to(outcome);
  return outcome.reached;
}

std::uint64_t times_met(Met met, const std::vector<Seen>& story) {
  return met_by(story).at(std::string(to_text(met)));
}

}  // namespace

TEST(Coverage, NamesEachCounterOnce) {
  const auto counters = met_by({}, 7);

  EXPECT_EQ(counters.size(), met_names.size());
  for (const auto& [name, times] : counters) {
    EXPECT_TRUE(is_met_name(name));
    EXPECT_EQ(times, name == "faults_planned" ? 7u : 0u);
  }
  EXPECT_EQ(to_text(Met::commits), "commits");
  EXPECT_EQ(to_text(Met::instances_ended_by_storage), "instances_ended_by_storage");
  EXPECT_FALSE(is_met_name("handler_threw"));
}

TEST(Coverage, CountsWhatStruckAndWhatFollowed) {
  const auto counters =
      met_by({{paris,
               {journal::FaultStruck{}, journal::FaultStruck{}, journal::FaultStruck{}, journal::Paused{},
                journal::SyncFailed{}, journal::NetworkHealed{0, 5, 6, 7}, journal::NetworkHealed{1, 1, 1, 0},
                journal::RecoveryFailed{}, crashed(), crashed(1), crashed(0, 1),
                instance_ended(1, 1), instance_ended(1, 2, journal::EndReason::aborted),
                instance_ended(1, 3, journal::EndReason::storage_failed), commit(1), commit(2)}}});

  EXPECT_EQ(counters.at("faults_struck"), 3u);
  EXPECT_EQ(counters.at("pauses"), 1u);
  EXPECT_EQ(counters.at("syncs_failed"), 1u);
  EXPECT_EQ(counters.at("network_impairments"), 2u);
  EXPECT_EQ(counters.at("datagrams_impaired"), 6u);
  EXPECT_EQ(counters.at("messages_held_back"), 7u);
  EXPECT_EQ(counters.at("connections_given_up"), 7u);
  EXPECT_EQ(counters.at("recoveries_failed"), 1u);
  EXPECT_EQ(counters.at("crashes"), 3u);
  EXPECT_EQ(counters.at("crashes_that_lost_bytes"), 2u);
  EXPECT_EQ(counters.at("instances_evicted"), 1u);
  EXPECT_EQ(counters.at("instances_aborted"), 1u);
  EXPECT_EQ(counters.at("instances_ended_by_storage"), 1u);
  EXPECT_EQ(counters.at("commits"), 2u);
}

TEST(Coverage, TellsLostCallsFromThoseThatFailed) {
  using journal::Status;
  const auto counters = met_by(
      {{paris,
        {answered(1, Status::ok, std::string("Network connection lost.")),
         answered(2, Status::unknown, std::string("Network connection lost.")),
         answered(3, Status::failed, std::string("Network connection lost.")),
         answered(4, Status::failed, std::string("no such note")), answered(5, Status::failed, std::int64_t{7})}}});

  EXPECT_EQ(counters.at("calls_left_open"), 1u);
  EXPECT_EQ(counters.at("calls_not_delivered"), 1u);
}

TEST(Coverage, FindsTheTurnThatACrashCuts) {
  const auto crashes = [](const std::vector<Seen>& story) { return times_met(Met::crashes_in_a_live_turn, story); };

  EXPECT_EQ(crashes({{paris, {begun(1), crashed()}}}), 1u);
  EXPECT_EQ(crashes({{paris, {begun(1), over(1), crashed()}}}), 0u);
  EXPECT_EQ(crashes({{paris, {begun(1), over(1), begun(2), begun(1, 2), over(2), crashed()}}}), 1u);
  EXPECT_EQ(crashes({{paris, {begun(1)}}, {tokyo, {crashed()}}}), 0u);
  EXPECT_EQ(crashes({{paris, {begun(1), instance_ended(1, 1), crashed()}}}), 0u);
  EXPECT_EQ(crashes({{paris, {begun(1), crashed(), crashed()}}}), 1u);  // the turn is gone with the first
}

TEST(Coverage, FindsTheCommitThatACrashMayLose) {
  const auto crashes = [](const std::vector<Seen>& story) {
    return times_met(Met::crashes_with_an_unconfirmed_commit, story);
  };

  EXPECT_EQ(crashes({{paris, {commit(1), crashed()}}}), 1u);
  EXPECT_EQ(crashes({{paris, {commit(1), confirmed(1), crashed()}}}), 0u);
  EXPECT_EQ(crashes({{paris, {commit(1), commit(2), confirmed(1), crashed()}}}), 1u);
  EXPECT_EQ(crashes({{paris, {commit(1), commit(2), confirmed(2), crashed()}}}), 0u);
  EXPECT_EQ(crashes({{paris, {commit(1), commit(1, 2), confirmed(1, 2), crashed()}}}), 1u);
  EXPECT_EQ(crashes({{paris, {commit(1)}}, {tokyo, {crashed()}}}), 0u);
  EXPECT_EQ(crashes({{paris, {commit(1), recovered(0), crashed()}}}), 0u);  // another life knows nothing of it
  EXPECT_EQ(crashes({{paris, {commit(1), instance_ended(1, 1, journal::EndReason::storage_failed), crashed()}}}), 0u);
  EXPECT_EQ(crashes({{paris, {commit(1), instance_ended(1, 1), crashed()}}}), 1u);  // evicted, and still on its way
}

TEST(Coverage, CountsStatesThatWereFoundAgain) {
  const std::vector<Seen> story{{paris, {recovered(0), recovered(4)}},
                                {tokyo, {crashed(), recovered(0), recovered(4)}}};

  EXPECT_EQ(times_met(Met::states_recovered, story), 2u);
  EXPECT_EQ(times_met(Met::recoveries_after_a_crash, story), 1u);
}

RC_GTEST_PROP(Unfinished, AgreesWithAWalkOverAllObjects, ()) {
  struct Begun {
    std::uint32_t node;
    std::uint64_t number;
  };
  Unfinished unfinished;
  std::map<std::uint64_t, Begun> model;  // by object
  std::map<std::uint64_t, std::uint64_t> numbers;
  const int steps = *rc::gen::inRange(0, 80);
  for (int i = 0; i < steps; ++i) {
    const auto object = *rc::gen::inRange<std::uint64_t>(0, 5);
    const auto node = *rc::gen::inRange<std::uint32_t>(0, 3);
    const ObjectId id{{object}};
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
      case 1:
        model[object] = {node, ++numbers[object]};
        unfinished.begin(NodeId{node}, id, numbers[object]);
        break;
      case 2: {
        const auto number = *rc::gen::inRange<std::uint64_t>(0, numbers[object] + 1);
        if (model.contains(object) && model[object].number <= number) model.erase(object);
        unfinished.finish(id, number);
        break;
      }
      case 3:
        model.erase(object);
        unfinished.give_up(id);
        break;
      case 4:
        std::erase_if(model, [&](const auto& entry) { return entry.second.node == node; });
        unfinished.crash(NodeId{node});
        break;
    }
    for (std::uint32_t each = 0; each < 4; ++each) {
      const bool any = std::ranges::any_of(model, [each](const auto& entry) { return entry.second.node == each; });
      RC_ASSERT(unfinished.any_on(NodeId{each}) == any);
    }
  }
}

TEST(AddReached, SumsCountersAndCountsTheSeedsOfMarks) {
  CheckSummary check;
  add_reached(check, {{"crashes", 3}, {"pauses", 0}, {"handler_threw", 5}, {"overloaded", 0}});
  add_reached(check, {{"crashes", 4}, {"pauses", 0}, {"handler_threw", 1}, {"overloaded", 0}});

  EXPECT_EQ(check.met, (std::map<std::string, std::uint64_t>{{"crashes", 7}, {"pauses", 0}}));
  EXPECT_EQ(check.reached, (std::map<std::string, std::uint64_t>{{"handler_threw", 2}, {"overloaded", 0}}));
}
