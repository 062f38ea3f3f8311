// What an experiment asks of its objects, read off its text before anybody runs it.
//
// Means, as if nothing ever waited for anything else. The time that handlers made of steps keep their object busy is
// what a run has, to within a few percent. What code in the binary does is not known: such handlers take a turn.
#pragma once

#include <cstdint>
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

// To within a percent, unless it is a Pareto with an alpha below 1.2.
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
  std::string object;               // its name
  Rate calls{};                     // that come to it
  std::int64_t busy_millionths = 0;  // 1'000'000: it is busy all the time
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
  // When most is sent, and the busiest object of the class then; or on average over the run. Keys at home are taken to
  // be as popular as all others.
  Duration busiest_time() const { return busiest_time_; }
  ObjectEstimate busiest_object(const ClassPlan& plan, Duration at) const;
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
  // What comes to a handler: to the keys as they are popular, or to one object that other handlers call by its name.
  using Calls = std::map<std::tuple<std::string, std::string, std::optional<std::string>>, Rate>;

  const ClassPlan& class_of(const std::string& name) const;
  static const HandlerPlan* handler_of(const ClassPlan& plan, std::string_view name);
  std::optional<std::size_t> city_of_callers(const ClassPlan& plan) const;
  Duration least_wait(const Steps& steps, std::optional<std::size_t> city, int depth) const;
  Calls nested(Calls calls) const;
  Calls calls_at(Duration at) const;
  Calls mean_calls() const;
  ObjectEstimate busiest_object(const ClassPlan& plan, const Calls& calls) const;

  const Experiment& experiment_;
  const sim::Topology topology_;
  std::int64_t spread_millionths_ = 1'000'000;  // the mean of what a turn's cost is multiplied by
  Duration busiest_time_{};
};

}  // namespace orrery::scenarios
