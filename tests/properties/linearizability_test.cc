#include "properties/linearizability.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "core/base/draws.h"

namespace orrery::properties {
namespace {

using History = std::vector<Operation>;
using Kind = Judgement::Kind;

const std::vector<Start> from_zero = {Start{}};

Operation read(std::int64_t invoked, std::int64_t returned, State result) {
  return {invoked, returned, {.verb = Verb::read, .told = Step::Told::result, .argument = 0, .result = result}};
}
Operation add(std::int64_t invoked, std::int64_t returned, State amount, State result) {
  return {invoked, returned, {.verb = Verb::add, .told = Step::Told::result, .argument = amount, .result = result}};
}
Operation add_unknown(std::int64_t invoked, State amount) {
  return {invoked, never, {.verb = Verb::add, .told = Step::Told::nothing, .argument = amount, .result = 0}};
}
Operation write(std::int64_t invoked, std::int64_t returned, State value) {
  return {invoked, returned, {.verb = Verb::write, .told = Step::Told::nothing, .argument = value, .result = 0}};
}

// Tries every order, with every subset of the operations of unknown outcome.
template <class Model>
bool some_order_exists(const History& history, std::vector<bool>& done, State state) {
  bool all_done = true;
  std::int64_t earliest_return = never;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (done[i] || history[i].returned == never) continue;
    all_done = false;
    earliest_return = std::min(earliest_return, history[i].returned);
  }
  if (all_done) return true;
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (done[i] || history[i].invoked > earliest_return || !Model::shows(state, history[i].step)) continue;
    done[i] = true;
    if (some_order_exists<Model>(history, done, Model::after(state, history[i].step))) return true;
    done[i] = false;
  }
  return false;
}

// Random histories, made by running the model at a drawn instant of each interval, then perhaps corrupted.
class Histories {
 public:
  explicit Histories(std::uint64_t number) : cause_{number} {}

  std::int64_t below(std::uint64_t n) {
    return static_cast<std::int64_t>(draws_.below(n, Purpose::experiment, cause_, place_++));
  }

  template <class Model>
  History make(std::size_t size_max, std::uint64_t span, Verb mutator) {
    struct Drawn {
      std::int64_t effect;
      std::int64_t rank;  // among those that take effect at once
      Operation operation;
    };
    std::vector<Drawn> drawn(static_cast<std::size_t>(below(size_max)) + 1);
    for (Drawn& each : drawn) {
      each.operation.invoked = below(span);
      each.effect = each.operation.invoked + below(4);
      each.rank = &each - drawn.data();
      each.operation.returned = each.effect + below(4);
      each.operation.step.verb = below(5) < 2 ? Verb::read : mutator;
      each.operation.step.argument = below(3) + (mutator == Verb::add ? -1 : 0);
    }
    std::sort(drawn.begin(), drawn.end(),
              [](const Drawn& a, const Drawn& b) { return std::tie(a.effect, a.rank) < std::tie(b.effect, b.rank); });
    State state = 0;
    History history;
    for (Drawn& each : drawn) {
      Step& step = each.operation.step;
      const bool is_unknown = step.verb != Verb::read && below(4) == 0;
      if (!is_unknown || below(2) == 0) state = Model::after(state, step);
      step.result = state;
      step.told = is_unknown || step.verb == Verb::write ? Step::Told::nothing : Step::Told::result;
      if (is_unknown) each.operation.returned = never;
      history.push_back(each.operation);
    }
    if (below(2) == 0) corrupt(history);
    return history;
  }

 private:
  void corrupt(History& history) {
    Operation& victim = history[static_cast<std::size_t>(below(history.size()))];
    if (victim.step.told == Step::Told::nothing) return;
    if (below(8) == 0)
      victim.step.told = Step::Told::nonsense;
    else
      victim.step.result += below(3) - 1;
  }

  Draws draws_{2026};
  Cause cause_;
  std::uint64_t place_ = 0;
};

struct Agreement {
  std::size_t linearizable = 0;
  std::size_t not_linearizable = 0;
};

template <class Model>
Agreement compare_with_brute_force(std::uint64_t first, std::uint64_t count, Verb mutator, const Budget& budget) {
  Agreement agreement;
  for (std::uint64_t number = first; number < first + count; ++number) {
    const History history = Histories(number).make<Model>(8, 12, mutator);
    std::vector<bool> done(history.size());
    const bool expected = some_order_exists<Model>(history, done, 0);
    const Judgement judgement = judge<Model>(history, from_zero, budget);
    if (judgement.kind != (expected ? Kind::linearizable : Kind::not_linearizable)) {
      ADD_FAILURE() << "history " << number << " is judged wrongly";
      return agreement;
    }
    ++(expected ? agreement.linearizable : agreement.not_linearizable);
  }
  return agreement;
}

constexpr Budget depth_first_only{.depth_first_steps_per_operation = 1'000'000};
constexpr Budget frontier_only{
    .depth_first_steps_per_operation = 0, .frontier_steps_per_operation = 1'000'000, .frontier_max = 1'000'000};

TEST(Linearizability, AgreesWithBruteForceOnCounters) {
  const Agreement agreement = compare_with_brute_force<Counter>(0, 50'000, Verb::add, {});

  EXPECT_GT(agreement.linearizable, 10'000u);
  EXPECT_GT(agreement.not_linearizable, 5'000u);
}

TEST(Linearizability, AgreesWithBruteForceOnRegisters) {
  const Agreement agreement = compare_with_brute_force<Register>(1'000'000, 50'000, Verb::write, {});

  EXPECT_GT(agreement.linearizable, 10'000u);
  EXPECT_GT(agreement.not_linearizable, 5'000u);
}

TEST(Linearizability, AgreesWithBruteForceByEachStrategyAlone) {
  for (const Budget& budget : {depth_first_only, frontier_only}) {
    compare_with_brute_force<Counter>(2'000'000, 10'000, Verb::add, budget);
    compare_with_brute_force<Register>(3'000'000, 10'000, Verb::write, budget);
  }
}

TEST(Linearizability, IsTheSameWhenAHistoryIsJudgedInTwoParts) {
  std::size_t wholes = 0;
  for (std::uint64_t number = 4'000'000; number < 4'020'000; ++number) {
    Histories histories(number);
    const History history = histories.make<Register>(10, 16, Verb::write);
    const std::int64_t until = histories.below(20);
    const Judgement whole = judge<Register>(history, from_zero);

    const States states = states_at<Register>(history, from_zero, until, 10'000);

    ASSERT_NE(states.kind, States::Kind::too_many);
    if (states.kind == States::Kind::none) {
      ASSERT_EQ(whole.kind, Kind::not_linearizable) << "history " << number;
      ASSERT_EQ(whole.culprit, states.culprit) << "history " << number;
      continue;
    }
    History rest;
    std::vector<std::uint32_t> place(history.size());
    for (std::uint32_t i = 0; i < history.size(); ++i) {
      if (history[i].returned < until) continue;
      place[i] = static_cast<std::uint32_t>(rest.size());
      rest.push_back(history[i]);
    }
    std::vector<Start> starts = states.starts;
    for (Start& start : starts)
      for (std::uint32_t& done : start.done) done = place[done];
    ASSERT_EQ(judge<Register>(rest, starts).kind, whole.kind) << "history " << number;
    ++wholes;
  }
  EXPECT_GT(wholes, 10'000u);
}

TEST(Linearizability, LetsTouchingOperationsTakeEitherOrder) {
  const History touching = {write(0, 5, 7), read(5, 9, 0)};
  const History apart = {write(0, 5, 7), read(6, 9, 0)};

  EXPECT_EQ(judge<Register>(touching, from_zero).kind, Kind::linearizable);
  EXPECT_EQ(judge<Register>(apart, from_zero).kind, Kind::not_linearizable);
}

TEST(Linearizability, NamesTheOperationAtWhichNoOrderIsLeft) {
  const History history = {add(0, 1, 1, 1), add(2, 6, 1, 2), add(3, 7, 1, 2), read(8, 9, 3)};

  const Judgement judgement = judge<Counter>(history, from_zero);

  ASSERT_EQ(judgement.kind, Kind::not_linearizable);
  EXPECT_EQ(judgement.culprit, 2u);
}

TEST(Linearizability, UsesAnUnknownOperationOnlyAfterItsInvocation) {
  const History after = {add_unknown(0, 5), read(8, 9, 5)};
  const History before = {read(0, 2, 5), add_unknown(3, 5)};

  EXPECT_EQ(judge<Counter>(after, from_zero).kind, Kind::linearizable);
  EXPECT_EQ(judge<Counter>(before, from_zero).kind, Kind::not_linearizable);
}

TEST(Linearizability, GivesAnOrderThatTheVerifierRefusesOnceItIsSwapped) {
  const History history = {add(0, 1, 1, 1), add(2, 3, 1, 2)};

  std::vector<std::uint32_t> order = judge<Counter>(history, from_zero).order;

  ASSERT_EQ(order, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_TRUE(is_linearization<Counter>(history, from_zero[0], order));
  std::swap(order[0], order[1]);
  EXPECT_FALSE(is_linearization<Counter>(history, from_zero[0], order));
  EXPECT_FALSE(is_linearization<Counter>(history, from_zero[0], std::vector<std::uint32_t>{0}));
}

TEST(Linearizability, SettlesManyIndistinguishableUnknownOperations) {
  History history;
  for (int i = 0; i < 300; ++i) history.push_back(add_unknown(i, 1));
  for (int i = 0; i < 100; ++i) history.push_back(read(1000 + 2 * i, 1001 + 2 * i, 3 * i));

  EXPECT_EQ(judge<Counter>(history, from_zero).kind, Kind::linearizable);
  history.back().step.result = 301;
  EXPECT_EQ(judge<Counter>(history, from_zero).kind, Kind::not_linearizable);
}

TEST(Linearizability, FindsAnOrderOfHundredsOfOpenIncrements) {
  History history;
  for (int i = 0; i < 900; ++i) history.push_back(add(0, 1000 + (i * 7919) % 900, 1, i + 1));

  EXPECT_EQ(judge<Counter>(history, from_zero).kind, Kind::linearizable);
}

TEST(Linearizability, SaysUnknownWithItsNumbersWhenTheBudgetEnds) {
  History history;
  for (int i = 0; i < 24; ++i) history.push_back(write(0, 100 + i, i + 1));
  history.push_back(read(200, 201, 99));

  const Judgement judgement = judge<Register>(history, from_zero, {.steps_max = 5'000});

  EXPECT_EQ(judgement.kind, Kind::unknown);
  EXPECT_GE(judgement.steps, 5'000u);
  EXPECT_LE(judgement.steps, 6'000u);
  EXPECT_EQ(judgement.returns, 25u);
  EXPECT_LT(judgement.deepest, 25u);
}

}  // namespace
}  // namespace orrery::properties
