// How often something happens for each operation of a user, however often it is tried: a payment is charged at most
// once.
//
// An event is a fetch from one service, or a run of one handler. It belongs to the operation whose calls led to it,
// those of its other attempts and those that objects made for it too. Rules:
//
//   at_most_once    it happens once or never
//   at_least_once   it happens, if the user was told that the operation went well; judged when the run ends
//   exactly_once    both
//
// What happens later than `remembered` after an operation's end is not counted.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/lookup.h"
#include "properties/property.h"

namespace orrery::properties {

enum class Times : std::uint8_t { at_most_once, at_least_once, exactly_once };
inline constexpr std::array<std::string_view, 3> times_names{"at-most-once", "at-least-once", "exactly-once"};

// A run of this handler.
struct HandlerRuns {
  ClassId object_class;
  MethodId method;
};
struct FetchesFrom {
  NodeId service;
};
using CountedEvent = std::variant<HandlerRuns, FetchesFrom>;

class Counted final : public Property {
 public:
  static constexpr Duration remembered = 5min;

  // `event` as people know it: "payments", "Venue.book". With `of`, only operations that call this handler are meant.
  Counted(std::string name, Times times, CountedEvent what, std::string event, std::optional<HandlerRuns> of = {});

  std::string_view name() const override { return name_; }
  journal::Interest interest() const override;
  void on(const journal::Record& record) override;
  bool violated() const override { return violation_.has_value(); }
  Verdict verdict() const override;  // tested by each operation that ended, or for which the event happened

 private:
  struct Operation {
    ClientId client;
    std::uint64_t number = 0;
    std::uint64_t times = 0;
    Time first{};  // of these
    std::vector<CallId> calls{};
    std::optional<journal::Status> ended{};
    Time ended_at{};
  };

  void see(Time at, const journal::Requested& requested);
  void see(Time at, const journal::Called& called);
  void see(Time at, const journal::TurnStarted& started);
  void see(Time at, const journal::FetchStarted& started);
  void see(Time at, const journal::Completed& completed);
  void count(Time at, CallId call);
  void forget_before(Time at);
  Operation* operation_of(CallId call);
  bool is_owed(const Operation& operation) const;  // it went well, and nothing happened
  Violation owed(const Operation& operation) const;

  std::string name_;
  Times times_;
  CountedEvent what_;
  std::string event_;
  std::optional<HandlerRuns> of_;
  Lookup<CallId, std::uint64_t> operation_of_;  // its number in operations_
  Lookup<std::pair<ClientId, std::uint64_t>, std::uint64_t> numbers_;
  Lookup<CallId, bool> counted_calls_;  // of the handler, not begun yet
  std::deque<Operation> operations_;    // from the oldest that is remembered
  std::uint64_t forgotten_ = 0;         // that were before these
  std::uint64_t tested_ = 0;
  std::optional<Violation> violation_;
};

}  // namespace orrery::properties
