#include "sim/event_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <tuple>
#include <vector>

#include "core/base/invariant.h"
#include "core/base/mix.h"
#include "sim/adversary.h"

namespace orrery::sim {
namespace {

Time at(Duration since_the_beginning) { return Time{since_the_beginning}; }

std::vector<std::uint64_t> whats_of_all(EventQueue& queue) {
  std::vector<std::uint64_t> whats;
  for (Event event; queue.pop(event);) whats.push_back(event.what);
  return whats;
}

using Whats = std::vector<std::uint64_t>;

TEST(EventQueue, GivesEventsInOrderOfTime) {
  EventQueue queue;
  queue.push(at(3ms), Class::delivery, 0, 0, 3);
  queue.push(at(1ms), Class::delivery, 0, 0, 1);
  queue.push(at(2ms), Class::delivery, 0, 0, 2);

  EXPECT_EQ(whats_of_all(queue), (Whats{1, 2, 3}));
  EXPECT_EQ(queue.now(), at(3ms));
}

TEST(EventQueue, GivesEventsOfOneInstantByClassThenRankThenArrival) {
  for (const Duration when : {0ms, 1ms}) {
    EventQueue queue;
    queue.push(at(when), Class::client, 0, 0, 8);
    queue.push(at(when), Class::delivery, 0, 0, 6, 2);
    queue.push(at(when), Class::delivery, 0, 0, 5, 1);
    queue.push(at(when), Class::delivery, 0, 0, 3);
    queue.push_timer(at(when), Class::timer, 0, 0, 7);
    queue.push_timer(at(when), Class::delivery, 0, 0, 4);
    queue.push(at(when), Class::world, 0, 0, 1);
    queue.push(at(when), Class::world, 0, 0, 2);

    EXPECT_EQ(whats_of_all(queue), (Whats{1, 2, 3, 4, 5, 6, 7, 8}));
  }
}

TEST(EventQueue, PutsWhatIsPushedForNowBehindWhatWaitedForNow) {
  EventQueue queue;
  queue.push(at(1ms), Class::delivery, 0, 0, 1);
  queue.push(at(1ms), Class::delivery, 0, 0, 2);
  Event event;
  queue.pop(event);
  queue.push(at(1ms), Class::delivery, 0, 0, 3);
  queue.push(at(1ms), Class::world, 0, 0, 9);

  EXPECT_EQ(whats_of_all(queue), (Whats{9, 2, 3}));
}

TEST(EventQueue, CarriesWhatTheCallerPutIn) {
  EventQueue queue;
  queue.push(at(5ms), Class::world, 7, 8, 9);
  queue.push_timer(at(6ms), Class::timer, 10, 11, 12);
  Event first;
  Event second;
  queue.pop(first);
  queue.pop(second);

  EXPECT_EQ(std::tuple(first.at, first.event_class(), first.kind, first.where, first.what),
            std::tuple(at(5ms), Class::world, 7, 8u, 9u));
  EXPECT_EQ(std::tuple(second.at, second.event_class(), second.kind, second.where, second.what),
            std::tuple(at(6ms), Class::timer, 10, 11u, 12u));
}

TEST(EventQueue, MovesTimeOnlyByPopping) {
  EventQueue queue;
  EXPECT_EQ(queue.next_time(), std::nullopt);
  queue.push(at(4ms), Class::client, 0, 0, 0);

  EXPECT_EQ(queue.next_time(), at(4ms));
  EXPECT_EQ(queue.now(), at(0ms));
  Event event;
  EXPECT_TRUE(queue.pop(event));
  EXPECT_EQ(queue.now(), at(4ms));
  EXPECT_FALSE(queue.pop(event));
  EXPECT_EQ(queue.now(), at(4ms));
}

TEST(EventQueue, BlamesWhoeverPushesIntoThePast) {
  EventQueue queue;
  queue.push(at(4ms), Class::client, 0, 0, 0);
  Event event;
  queue.pop(event);

  EXPECT_THROW(queue.push(at(3ms), Class::client, 0, 0, 0), Bug);
  EXPECT_THROW(queue.push(at(5ms), Class::client, 0, 0, 0, EventQueue::rank_max + 1), Bug);
}

TEST(EventQueue, ForgetsACancelledTimer) {
  EventQueue queue;
  const TimerId first = queue.push_timer(at(1ms), Class::timer, 0, 0, 1);
  queue.push_timer(at(2ms), Class::timer, 0, 0, 2);

  EXPECT_TRUE(queue.cancel(first));
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.next_time(), at(2ms));
  EXPECT_EQ(whats_of_all(queue), Whats{2});
}

TEST(EventQueue, DoesNotMoveTimeForACancelledTimer) {
  EventQueue queue;
  queue.cancel(queue.push_timer(at(1ms), Class::timer, 0, 0, 1));
  Event event;

  EXPECT_FALSE(queue.pop(event));
  EXPECT_EQ(queue.now(), at(0ms));
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, CancelsATimerOnceAndNeverAnother) {
  EventQueue queue;
  const TimerId cancelled = queue.push_timer(at(1ms), Class::timer, 0, 0, 1);
  const TimerId popped = queue.push_timer(at(2ms), Class::timer, 0, 0, 2);
  EXPECT_TRUE(queue.cancel(cancelled));
  EXPECT_FALSE(queue.cancel(cancelled));
  Event event;
  queue.pop(event);
  const TimerId in_a_used_slot = queue.push_timer(at(3ms), Class::timer, 0, 0, 3);
  queue.push_timer(at(3ms), Class::timer, 0, 0, 4);

  EXPECT_FALSE(queue.cancel(popped));
  EXPECT_FALSE(queue.cancel(cancelled));
  EXPECT_FALSE(queue.cancel(TimerId{}));
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_TRUE(queue.cancel(in_a_used_slot));
  EXPECT_EQ(whats_of_all(queue), Whats{4});
}

// A timeout that is always cancelled in time, as of a call that is answered: the usual life of a timer.
TEST(EventQueue, HoldsNoMoreThanTwiceWhatIsLive) {
  EventQueue queue;
  std::vector<TimerId> timers;
  for (std::uint64_t i = 0; i < 1'000; ++i) timers.push_back(queue.push_timer(at(1h), Class::timer, 0, 0, i));
  std::size_t most = 0;
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    TimerId& timer = timers[scaled(mix(i, 1), timers.size())];
    ASSERT_TRUE(queue.cancel(timer));
    timer = queue.push_timer(at(1h) + Duration{static_cast<std::int64_t>(i)}, Class::timer, 0, 0, i);
    most = std::max(most, queue.records_held());
  }
  EXPECT_LE(most, 2'001u);
  for (const TimerId timer : timers) EXPECT_TRUE(queue.cancel(timer));
  EXPECT_LT(queue.records_held(), 64u);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, DropsDeadTimersThatAreNearlyDue) {
  EventQueue queue;
  std::vector<TimerId> timers;
  for (std::uint64_t i = 0; i < 200; ++i) {
    timers.push_back(queue.push_timer(at(1h), Class::timer, 0, 0, i));
    if (i == 20) queue.next_time();  // brings the first ones near, and with them the rest of this instant
  }
  for (std::uint64_t i = 0; i < 190; ++i) queue.cancel(timers[i]);

  EXPECT_LT(queue.records_held(), 64u);
  EXPECT_EQ(whats_of_all(queue), (Whats{190, 191, 192, 193, 194, 195, 196, 197, 198, 199}));
}

TEST(EventQueue, KeepsTheOrderWhenMoreIsDueAtOnceThanARingHolds) {
  EventQueue queue;
  Whats wanted;
  for (std::uint64_t i = 0; i < 5'000; ++i) queue.push(at(0s), Class::delivery, 0, 0, i);
  Event event;
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    ASSERT_TRUE(queue.pop(event));
    ASSERT_EQ(event.what, i);
    queue.push(at(0s), Class::delivery, 0, 0, 5'000 + i);
  }
  for (std::uint64_t i = 5'000; i < 10'000; ++i) wanted.push_back(i);
  EXPECT_EQ(whats_of_all(queue), wanted);
}

// The queue as anyone would write it first, to compare with.
class NaiveQueue {
 public:
  void push(Time when, Class event_class, std::uint64_t what, std::uint32_t rank) {
    pending_.emplace(Place{when, event_class, rank, ++arrivals_}, what);
  }
  bool cancel(std::uint64_t what) {
    return std::erase_if(pending_, [&](const auto& entry) { return entry.second == what; }) > 0;
  }
  std::optional<std::pair<Time, std::uint64_t>> pop() {
    if (pending_.empty()) return std::nullopt;
    const auto first = pending_.extract(pending_.begin());
    return std::pair(std::get<0>(first.key()), first.mapped());
  }
  std::optional<Time> next_time() const {
    if (pending_.empty()) return std::nullopt;
    return std::get<0>(pending_.begin()->first);
  }
  std::size_t size() const { return pending_.size(); }

 private:
  using Place = std::tuple<Time, Class, std::uint32_t, std::uint64_t>;
  std::map<Place, std::uint64_t> pending_;
  std::uint64_t arrivals_ = 0;
};

// What one word makes a test do. The lowest bits choose, so that a shrunk counterexample has small words.
struct Act {
  explicit Act(std::uint64_t word)
      : choice(word % 8),
        event_class(static_cast<Class>(word / 8 % 4)),
        delay(static_cast<std::int64_t>(word / 32 % 4 == 0 ? word / 256 % 1'000 << word / (1 << 20) % 30
                                                           : word / 32 % 4 - 1)),
        rank(word / 128 % 2 == 0 ? 0 : static_cast<std::uint32_t>(word / 512 % 5)),
        pick(word / 4096) {}
  std::uint64_t choice;
  Class event_class;
  Duration delay;
  std::uint32_t rank;
  std::uint64_t pick;
};

// Says where the two differ; empty if they agree. `appetite` of 8 choices are pops.
std::string difference(const std::vector<std::uint64_t>& words, std::uint64_t appetite) {
  EventQueue queue;
  NaiveQueue naive;
  std::vector<std::pair<TimerId, std::uint64_t>> timers;
  std::uint64_t made = 0;
  const auto pops_agree = [&] {
    Event event;
    const bool popped = queue.pop(event);
    const auto wanted = naive.pop();
    if (popped != wanted.has_value()) return false;
    return !popped || (event.at == wanted->first && event.what == wanted->second && queue.now() == event.at);
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Act act(words[i]);
    const Time when = queue.now() + act.delay;
    if (act.choice < appetite) {
      if (!pops_agree()) return fmt::format("pop at word {}", i);
    } else if (act.choice == 7 && !timers.empty()) {
      const auto& [timer, what] = timers[act.pick % timers.size()];
      if (queue.cancel(timer) != naive.cancel(what)) return fmt::format("cancel at word {}", i);
    } else if (act.choice >= 6) {
      timers.emplace_back(queue.push_timer(when, act.event_class, 1, 2, ++made, act.rank), made);
      naive.push(when, act.event_class, made, act.rank);
    } else {
      queue.push(when, act.event_class, 1, 2, ++made, act.rank);
      naive.push(when, act.event_class, made, act.rank);
    }
    if (queue.size() != naive.size()) return fmt::format("size at word {}", i);
    if (act.pick % 4 == 0 && queue.next_time() != naive.next_time()) return fmt::format("next_time at word {}", i);
  }
  while (naive.size() != 0)
    if (!pops_agree()) return "pop at the end";
  Event event;
  return queue.pop(event) ? "an event too many" : "";
}

RC_GTEST_PROP(EventQueue, GivesTheOrderOfTheNaiveQueue, ()) {
  const auto words = *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::arbitrary<std::uint64_t>());
  const auto appetite = *rc::gen::inRange<std::uint64_t>(1, 5);
  RC_ASSERT(difference(words, appetite) == "");
}

TEST(EventQueue, GivesTheOrderOfTheNaiveQueueWhenManyArePending) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    std::vector<std::uint64_t> words;
    for (std::uint64_t i = 0; i < 4'000; ++i) words.push_back(mix(mix(seed, i), 7));
    ASSERT_EQ(difference(words, seed % 5), "") << "seed " << seed;
  }
}

// So much falls between two instants of the near future that the heap sends most of it back.
TEST(EventQueue, KeepsTheOrderWhenABurstFollowsALull) {
  for (const Duration spread : {Duration{1ns}, Duration{300ns}, Duration{1ms}, Duration{10s}}) {
    EventQueue queue;
    NaiveQueue naive;
    const auto push_both = [&](Duration when, std::uint64_t what) {
      queue.push(at(when), Class::delivery, 0, 0, what);
      naive.push(at(when), Class::delivery, what, 0);
    };
    push_both(10s, 1);
    push_both(20s, 2);
    EXPECT_EQ(queue.next_time(), at(10s));
    for (std::uint64_t i = 0; i < 3'000; ++i)
      push_both(1s + Duration{static_cast<std::int64_t>(
                         scaled(mix(i, 9), static_cast<std::uint64_t>(nanoseconds(spread))))},
                3 + i);
    push_both(Time::max() - at(0s), 4'000);
    for (std::uint64_t i = 0; i < 3'003; ++i) {
      Event event;
      ASSERT_TRUE(queue.pop(event));
      const auto wanted = naive.pop();
      ASSERT_EQ(std::pair(event.at, event.what), *wanted);
    }
    EXPECT_TRUE(queue.empty());
  }
}

TEST(Adversary, RoundsATimeUpToTheGrid) {
  EXPECT_EQ(rounded_up(at(0ms), 50ms), at(0ms));
  EXPECT_EQ(rounded_up(at(1ns), 50ms), at(50ms));
  EXPECT_EQ(rounded_up(at(50ms), 50ms), at(50ms));
  EXPECT_EQ(rounded_up(at(50ms + 1ns), 50ms), at(100ms));
  EXPECT_EQ(rounded_up(at(17ns), 1ns), at(17ns));
  EXPECT_EQ(rounded_up(Time::max(), 1h), Time::max());
  static_assert(rounded_up(Time{3us}, 2us) == Time{4us});
  EXPECT_THROW(rounded_up(at(1ms), 0ms), Bug);
}

}  // namespace
}  // namespace orrery::sim
