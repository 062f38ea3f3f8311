// What an experiment asks of its objects, read off its text before anybody runs it.
//
// Means, as if nothing ever waited for anything else. The time that handlers made of steps keep their object busy is
// what a run has, to within a few percent. What code in the binary does is not known: such handlers take a turn.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/duration_text.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {

// To within a percent; of samples, so the longest count as Distribution::tail_max.
Duration mean_of(const Distribution& distribution);
// So many millionths of the samples are not longer; less than all.
Duration quantile_of(const Distribution& distribution, std::int64_t millionths);

// One run of a handler.
struct HandlerEstimate {
  Duration busy{};   // in its turns, those after the answer too
  Duration shut{};   // and so much longer nobody else may enter
  Duration lasts{};  // from its first turn to its answer, which may then still wait for a commit
  Duration least{};  // of that, what it waits for outside and hardly any run has faster
};

// What comes to one object.
struct ObjectEstimate {
  std::string object;                 // its name
  Rate calls{};                       // that come to it
  std::int64_t busy_millionths = 0;   // 1'000'000: it is busy all the time
  std::int64_t taken_millionths = 0;  // the same, with the time in which it lets nobody in
};

class Estimates {
 public:
  // The experiment has no mistake in it, and must outlive this.
  explicit Estimates(const Experiment& experiment);

  // A class and the place of one of its handlers, if its handlers are steps.
  HandlerEstimate of(const ClassPlan& plan, const HandlerPlan& handler) const;

  // How often the clients make this call, all together; closed loops and recordings have no rate of their own.
  Rate rate_of(const CallShare& share, Duration at) const;
  Rate mean_rate_of(const CallShare& share) const;
  // When clients call the class most: a time from the start, to within 64 bursts of each group.
  Duration busiest_time(const ClassPlan& plan) const;
  // The busiest object of the class then, or on average over the run. Affinity is taken to make no key more popular.
  ObjectEstimate busiest_object_at(const ClassPlan& plan, Duration at) const;
  ObjectEstimate busiest_object_on_average(const ClassPlan& plan) const;
  // The share of the operations on this class that go to its busiest key.
  std::int64_t busiest_key_millionths(const ClassPlan& plan) const;

  // Where a class's objects live, if that is one city: the place in Topology::cities.
  std::optional<std::size_t> city_of(const ClassPlan& plan) const;
  std::size_t city_named(const std::string& name) const;
  const sim::Topology& topology() const { return topology_; }
  // The mean, between a machine or service in each.
  Duration round_trip(std::size_t from, std::size_t to) const;
  // What hardly any message takes less than.
  Duration least_round_trip(std::size_t from, std::size_t to) const;

 private:
  struct Walk;  // through the steps of a handler
  // A handler that is called by another one: so many calls from the one that is estimated, in this city.
  struct Reached {
    std::string object_class;
    std::string handler;
    std::optional<std::size_t> city;
    int depth = 0;
    friend auto operator<=>(const Reached&, const Reached&) = default;
  };
  // To a handler; to which objects, the plan of its class has it.
  struct Called {
    std::string object_class;
    std::string handler;
    std::optional<std::string> only{};  // one object, that other handlers call by its name
    std::uint32_t keys = 0;             // or those of so many keys, all alike
    std::uint32_t shards = 0;           // that so many objects share
    friend auto operator<=>(const Called&, const Called&) = default;
  };
  using Calls = std::map<Called, Rate>;

  const ClassPlan& class_of(const std::string& name) const;
  static const HandlerPlan* handler_of(const ClassPlan& plan, std::string_view name);
  std::optional<std::size_t> city_of_callers(const ClassPlan& plan) const;
  Duration least_wait(const Steps& steps, std::optional<std::size_t> city, int depth) const;
  Duration least_wait(const Reached& reached) const;
  Calls nested(Calls calls) const;
  Calls calls_of(const std::function<Rate(const CallShare&)>& rate) const;
  ObjectEstimate busiest_object(const ClassPlan& plan, const Calls& calls) const;

  const Experiment& experiment_;
  const sim::Topology topology_;
  std::int64_t spread_millionths_ = 1'000'000;  // the mean of what a turn's cost is multiplied by
  // What was found once: handlers that call several others, which call several others, are reached in many ways.
  mutable std::map<Reached, Duration> answers_;
  mutable std::map<Reached, Duration> least_waits_;
};

}  // namespace orrery::scenarios
