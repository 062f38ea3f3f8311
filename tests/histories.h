// Short histories, easily written: each line of a test is a record, with the instant first.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/journal/event.h"
#include "properties/property.h"

namespace orrery::tests {

constexpr Time at(Duration since_start) { return Time(since_start); }
constexpr ObjectId object_named(std::uint64_t number) { return ObjectId{{0, 0, 0, number}}; }

// One class, 0, whose methods are 1 and 2: what changes the object, and what reads it.
inline constexpr MethodId change{1};
inline constexpr MethodId look{2};
inline constexpr std::uint64_t the_object = 7;

constexpr std::uint64_t chain_of(std::uint64_t content) { return content == 0 ? 0 : 1000 + content; }

class History {
 public:
  History& add(Duration when, journal::Event event, std::uint32_t node = 1) {
    records_.push_back({at(when), NodeId{node}, std::move(event)});
    return *this;
  }

  History& call(Duration when, std::uint64_t call, MethodId method, Value argument = {},
                std::uint64_t object = the_object) {
    return add(when, journal::Called{.call = CallId{call},
                                     .parent = {},
                                     .stub = StubId{call},
                                     .sequence = 1,
                                     .object = object_named(object),
                                     .object_class = {},
                                     .method = method,
                                     .argument = std::move(argument)});
  }
  History& call_on_stub(Duration when, std::uint64_t stub, std::uint64_t sequence) {
    return add(when, journal::Called{.call = CallId{100 * stub + sequence},
                                     .parent = {},
                                     .stub = StubId{stub},
                                     .sequence = sequence,
                                     .object = object_named(the_object),
                                     .object_class = {},
                                     .method = look,
                                     .argument = {}});
  }
  History& reply(Duration when, std::uint64_t call, journal::Status status = journal::Status::ok) {
    return add(when, journal::Replied{.call = CallId{call},
                                      .object = object_named(the_object),
                                      .instance = InstanceId{1},
                                      .turn = TurnNumber{1},
                                      .status = status,
                                      .value = {}});
  }
  History& answer(Duration when, std::uint64_t call, Value value, journal::Status status = journal::Status::ok) {
    return add(when,
               journal::Answered{.call = CallId{call}, .stub = {}, .status = status, .value = std::move(value)});
  }
  // Called, replied to and answered, a microsecond apart.
  History& whole_call(Duration when, std::uint64_t number, MethodId method, Value argument, Value result) {
    return call(when, number, method, std::move(argument))
        .reply(when + 1us, number)
        .answer(when + 2us, number, result);
  }
  // What a caller is told is not said: only for properties that do not look at values.
  History& whole_call(Duration when, std::uint64_t number) { return whole_call(when, number, look, {}, {}); }

  History& placed(Duration when, std::uint64_t epoch, std::uint32_t owner, std::uint64_t object = the_object) {
    return add(
        when, journal::Placed{
                  .object = object_named(object), .object_class = {}, .epoch = Epoch{epoch}, .owner = NodeId{owner}});
  }
  History& started(Duration when, std::uint64_t instance, std::uint64_t epoch, std::uint32_t node,
                   std::uint64_t object = the_object) {
    return add(when,
               journal::InstanceStarted{.instance = InstanceId{instance},
                                        .object = object_named(object),
                                        .object_class = {},
                                        .epoch = Epoch{epoch}},
               node);
  }
  History& turn_starts(Duration when, std::uint64_t instance, std::uint64_t turn, Duration ends,
                       std::uint64_t object = the_object) {
    return add(when, journal::TurnStarted{.object = object_named(object),
                                          .instance = InstanceId{instance},
                                          .turn = TurnNumber{turn},
                                          .kind = journal::TurnKind::call,
                                          .call = CallId{turn},
                                          .stub = StubId{1},
                                          .sequence = turn,
                                          .ends = at(ends)});
  }
  History& turn_ends(Duration when, std::uint64_t instance, std::uint64_t turn, Duration began) {
    return add(when, journal::TurnEnded{.object = object_named(the_object),
                                        .instance = InstanceId{instance},
                                        .turn = TurnNumber{turn},
                                        .call = CallId{turn},
                                        .started = at(began)});
  }
  History& begins(Duration when, std::uint64_t stub, std::uint64_t sequence,
                  journal::TurnKind kind = journal::TurnKind::call) {
    return add(when, journal::TurnStarted{.object = object_named(the_object),
                                          .instance = InstanceId{1},
                                          .turn = TurnNumber{1},
                                          .kind = kind,
                                          .call = CallId{100 * stub + sequence},
                                          .stub = StubId{stub},
                                          .sequence = sequence,
                                          .ends = at(when)});
  }

  // Commits. What each leaves behind is told apart by `content`, a number; that of commit 0 is 0.
  History& committed(Duration when, std::uint64_t index, std::uint64_t content, std::uint64_t instance = 1) {
    return add(when, journal::Committed{.object = object_named(the_object),
                                        .instance = InstanceId{instance},
                                        .turn = TurnNumber{index},
                                        .epoch = Epoch{1},
                                        .index = CommitIndex{index},
                                        .chain = chain_of(content),
                                        .digest = content});
  }
  History& committed(Duration when, std::uint64_t index) { return committed(when, index, index); }
  History& confirmed(Duration when, std::uint64_t index) {
    return add(
        when, journal::Confirmed{.object = object_named(the_object), .epoch = Epoch{1}, .index = CommitIndex{index}});
  }
  History& recovered(Duration when, std::uint64_t instance, std::uint64_t index, std::uint64_t content) {
    return add(when, journal::Recovered{.object = object_named(the_object),
                                        .instance = InstanceId{instance},
                                        .index = CommitIndex{index},
                                        .chain = chain_of(content),
                                        .digest = content});
  }
  History& recovered(Duration when, std::uint64_t instance, std::uint64_t index) {
    return recovered(when, instance, index, index);
  }
  // What is found ends with commit `through`; the marker comes next, and leaves the same contents behind.
  History& taken_over(Duration when, std::uint64_t epoch, std::uint64_t through, std::uint32_t node = 2) {
    return add(when,
               journal::TakenOver{.object = object_named(the_object),
                                  .epoch = Epoch{epoch},
                                  .through = CommitIndex{through},
                                  .through_chain = chain_of(through),
                                  .marker = CommitIndex{through + 1},
                                  .chain = chain_of(1'000 * epoch),
                                  .digest = through},
               node);
  }
  // A marker that may or may not be confirmed.
  History& marked(Duration when, std::uint64_t epoch, std::uint64_t index) {
    return add(when, journal::Marked{.object = object_named(the_object),
                                     .epoch = Epoch{epoch},
                                     .index = CommitIndex{index},
                                     .chain = chain_of(index),
                                     .digest = index},
               2);
  }
  History& lease_taken(Duration when, std::uint64_t incarnation, std::uint32_t node) {
    return add(when, journal::LeaseTaken{Incarnation{incarnation}}, node);
  }
  History& lease_sealed(Duration when, std::uint64_t incarnation, std::uint32_t owner) {
    return add(when, journal::LeaseSealed{Incarnation{incarnation}, NodeId{owner}}, 9);
  }
  History& left(Duration when, std::uint64_t turn, std::uint64_t shows,
                journal::OutputKind kind = journal::OutputKind::reply, std::uint64_t instance = 1) {
    return add(when, journal::OutputLeft{.object = object_named(the_object),
                                         .instance = InstanceId{instance},
                                         .turn = TurnNumber{turn},
                                         .kind = kind,
                                         .output = CallId{turn},
                                         .shows = CommitIndex{shows}});
  }
  History& ended(Duration when, std::uint64_t instance, journal::EndReason reason = journal::EndReason::evicted) {
    return add(when, journal::InstanceEnded{
                         .object = object_named(the_object), .instance = InstanceId{instance}, .reason = reason});
  }
  History& crashed(Duration when, std::uint32_t node = 1) { return add(when, journal::Crashed{}, node); }
  History& restarted(Duration when, std::uint32_t node = 1) { return add(when, journal::Restarted{}, node); }

  const std::vector<journal::Record>& records() const { return records_; }

 private:
  std::vector<journal::Record> records_;
};

// Hands over what the property wants to see, as a run does.
inline void feed(properties::Property& property, const std::vector<journal::Record>& records) {
  const journal::Interest interest = property.interest();
  for (const journal::Record& record : records)
    if (interest.includes(record.event.index())) property.on(record);
}

template <class P>
properties::Verdict judged(const History& history, P property = P()) {
  feed(property, history.records());
  return property.verdict();
}

// The rule that was broken, or how it ended if none was.
inline std::string rule_of(const properties::Verdict& verdict) {
  return verdict.violation ? verdict.violation->rule : std::string(to_text(verdict.kind));
}

}  // namespace orrery::tests
