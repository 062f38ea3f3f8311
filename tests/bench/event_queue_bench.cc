// The event queue against std::priority_queue, in the hold model: pop one, push one later, with so many
// events pending all the time. Both sides hold the same records, compare them alike and get the same delays.
// What counts is the ratio: both sides run in turn within one benchmark, so a slow machine slows both.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <queue>
#include <vector>

#include "core/base/distributions.h"
#include "core/base/mix.h"
#include "sim/event_queue.h"

namespace {

using namespace orrery;
using namespace orrery::sim;

constexpr std::size_t delay_count = 1 << 16;

// Exponential with mean 1 ms; `zeros_in_8` of 8 are zero instead.
std::vector<Duration> delays(std::uint64_t zeros_in_8) {
  const auto exponential = Distribution::exponential(1ms);
  std::vector<Duration> result;
  for (std::uint64_t i = 0; i < delay_count; ++i)
    result.push_back(mix(i, 11) % 8 < zeros_in_8 ? 0ns : exponential.sample(mix(i, 12)) + 1ns);
  return result;
}

__extension__ using Key = unsigned __int128;

struct Later {
  static Key key(const Event& e) {
    return static_cast<Key>(static_cast<std::uint64_t>(nanoseconds(e.at))) << 64 | e.order;
  }
  bool operator()(const Event& a, const Event& b) const { return key(b) < key(a); }
};

class Standard {
 public:
  void push(Time at, Class event_class, std::uint64_t what) {
    const auto order = static_cast<std::uint64_t>(event_class) << 60 | ++arrivals_;
    queue_.push({.at = at, .order = order, .what = what});
  }
  Event pop() {
    const Event first = queue_.top();
    queue_.pop();
    return first;
  }

 private:
  std::priority_queue<Event, std::vector<Event>, Later> queue_;
  std::uint64_t arrivals_ = 0;
};

class Ours {
 public:
  void push(Time at, Class event_class, std::uint64_t what) { queue_.push(at, event_class, 0, 0, what); }
  Event pop() {
    Event first;
    queue_.pop(first);
    return first;
  }

 private:
  EventQueue queue_;
};

template <class Queue>
class Hold {
 public:
  Hold(std::size_t pending, std::uint64_t zeros_in_8) : delays_(delays(zeros_in_8)) {
    const auto spread = delays(0);
    for (std::size_t i = 0; i < pending; ++i) queue_.push(Time{spread[i % delay_count]}, Class::delivery, i);
  }
  // Returns a number that both sides must share.
  std::uint64_t run(std::size_t steps) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < steps; ++i) {
      const Event event = queue_.pop();
      sum = sum * 31 + event.what;
      queue_.push(event.at + delays_[next_++ % delay_count], Class::delivery, event.what);
    }
    return sum;
  }

 private:
  std::vector<Duration> delays_;
  std::size_t next_ = 0;
  Queue queue_;
};

double seconds_of(auto work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void against_priority_queue(benchmark::State& state) {
  constexpr std::size_t steps = 100'000;
  const auto pending = static_cast<std::size_t>(state.range(0));
  const auto zeros_in_8 = static_cast<std::uint64_t>(state.range(1));
  Hold<Standard> standard(pending, zeros_in_8);
  Hold<Ours> ours(pending, zeros_in_8);
  standard.run(4 * pending);
  ours.run(4 * pending);
  std::vector<double> ratios;
  double ours_total = 0;
  double standard_total = 0;
  for (auto _ : state) {
    std::uint64_t ours_sum = 0;
    std::uint64_t standard_sum = 0;
    const double standard_seconds = seconds_of([&] { standard_sum = standard.run(steps); });
    const double ours_seconds = seconds_of([&] { ours_sum = ours.run(steps); });
    if (ours_sum != standard_sum) state.SkipWithError("the two sides popped in different orders");
    ratios.push_back(standard_seconds / ours_seconds);
    ours_total += ours_seconds;
    standard_total += standard_seconds;
  }
  std::ranges::sort(ratios);
  const double done = static_cast<double>(steps * ratios.size()) / 1e6;
  state.counters["ratio"] = ratios[ratios.size() / 2];
  state.counters["ours_M_per_s"] = done / ours_total;
  state.counters["standard_M_per_s"] = done / standard_total;
}
BENCHMARK(against_priority_queue)
    ->ArgNames({"pending", "zero_delay_eighths"})
    ->ArgsProduct({{100, 1'000, 10'000, 100'000}, {0, 4}});

// A timeout that is set and cancelled for each event: what a call costs besides its messages.
void timer_set_and_cancelled(benchmark::State& state) {
  EventQueue queue;
  const auto spread = delays(0);
  for (std::size_t i = 0; i < 10'000; ++i) queue.push(Time{spread[i]}, Class::delivery, 0, 0, i);
  std::size_t next = 0;
  for (auto _ : state) {
    Event event;
    queue.pop(event);
    queue.push(event.at + spread[next++ % delay_count], Class::delivery, 0, 0, event.what);
    const TimerId timer = queue.push_timer(event.at + 100ms, Class::timer, 0, 0, 0);
    benchmark::DoNotOptimize(queue.cancel(timer));
  }
}
BENCHMARK(timer_set_and_cancelled);

}  // namespace
