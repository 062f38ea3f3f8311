// Is there an order of an object's operations that respects real time and that the model accepts?
//
// An operation is an interval, from its invocation to its return. Intervals are closed: where one ends at
// the instant another begins, either may come first. An operation whose outcome nobody knows has no end;
// it may have been done, at any time after its invocation, or not at all.
//
// The search walks the returns in order of time. An operation takes effect no earlier than it must ("just
// in time"): at the return of one that has not yet been done, some sequence of open operations ending with
// it is. Two strategies walk the same graph of configurations and share out steps, so that the verdict
// costs about the smaller of both: depth first finds an order quickly where there are many, breadth first
// (a frontier) refutes quickly where there are few states. Three reductions, all exact: an open operation
// that only looks, and saw what is there, is done at once; of interchangeable operations of unknown
// outcome the earliest is used first; a configuration is dropped when another used fewer of them.
//
// A verdict "linearizable" carries its order, checked by is_linearization(), which trusts nothing above.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "properties/models.h"

namespace orrery::properties {

inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

struct Operation {
  std::int64_t invoked = 0;
  std::int64_t returned = never;  // never: its outcome is unknown, and `step` was told nothing
  Step step;
};

// Where the history may have begun: the state, and those of its operations (by index) that are older than
// its beginning and had already taken effect.
struct Start {
  State state = 0;
  std::vector<std::uint32_t> done;
};

struct Budget {
  std::uint64_t steps_max = 1'000'000;
  std::uint64_t depth_first_steps_per_operation = 20;
  std::uint64_t frontier_steps_per_operation = 100;
  std::size_t frontier_max = 64;  // configurations at a time; this and the steps grow by 8 from round to round
};

struct Judgement {
  enum class Kind : std::uint8_t { linearizable, not_linearizable, unknown };
  Kind kind = Kind::unknown;
  std::vector<std::uint32_t> order;  // if linearizable: operations, by index
  std::size_t start = 0;             // ... and the start from which the order holds
  std::uint32_t culprit = 0;         // if not: the first operation at whose return no order is left
  std::uint64_t steps = 0;           // spent
  std::size_t deepest = 0;           // returns that were passed, of `returns`
  std::size_t returns = 0;
};

// Every state the object can be in at `until`, given that later operations are not looked at.
struct States {
  enum class Kind : std::uint8_t { all, none, too_many };
  Kind kind = Kind::all;
  std::vector<Start> starts;  // if all; `done` names operations that were invoked before `until`
  std::uint32_t culprit = 0;  // if none
};

// Whether the order holds every operation that returned and was not done before the start, none twice, none
// before one that had ended earlier, and each told its caller what the model would have.
template <SequentialModel Model>
bool is_linearization(std::span<const Operation> history, const Start& start, std::span<const std::uint32_t> order) {
  std::vector<bool> done(history.size());
  for (const std::uint32_t i : start.done) done.at(i) = true;
  State state = start.state;
  std::int64_t latest_invocation = std::numeric_limits<std::int64_t>::min();
  for (const std::uint32_t i : order) {
    const Operation& operation = history[i];
    if (done.at(i) || operation.returned < latest_invocation || !Model::shows(state, operation.step)) return false;
    done[i] = true;
    latest_invocation = std::max(latest_invocation, operation.invoked);
    state = Model::after(state, operation.step);
  }
  for (std::size_t i = 0; i < history.size(); ++i)
    if (!done[i] && history[i].returned != never) return false;
  return true;
}

// `starts` is not empty. Deterministic, and ends after about budget.steps_max steps.
template <SequentialModel Model>
Judgement judge(std::span<const Operation> history, std::span<const Start> starts, const Budget& budget = {});

// The exact set of starts for what comes after `until`, unless there are more than `starts_max`. Every
// operation that was invoked before `until` and is not of unknown outcome has its return in the history.
template <SequentialModel Model>
States states_at(std::span<const Operation> history, std::span<const Start> starts, std::int64_t until,
                 std::size_t starts_max);

// Compiled once, in linearizability.cc, for the models there are.
extern template Judgement judge<Counter>(std::span<const Operation>, std::span<const Start>, const Budget&);
extern template Judgement judge<Register>(std::span<const Operation>, std::span<const Start>, const Budget&);
extern template States states_at<Counter>(std::span<const Operation>, std::span<const Start>, std::int64_t,
                                          std::size_t);
extern template States states_at<Register>(std::span<const Operation>, std::span<const Start>, std::int64_t,
                                           std::size_t);

}  // namespace orrery::properties
