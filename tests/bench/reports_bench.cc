// What it costs to read one request of a run: its eight records through the ledger, the latencies and the
// objects. The price is the difference to making the records only.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>

#include "reports/latency.h"
#include "reports/objects.h"
#include "reports/stages.h"

namespace {

using namespace orrery;
using namespace orrery::reports;

constexpr std::uint64_t objects = 1'000;
constexpr std::uint64_t requests_open = 64;  // at one time

const journal::Names names{.classes = {{"Counter", {"fetch", "increment"}}},
                           .groups = {{"london", "London", 0, 50}, {"tokyo", "Tokyo", 50, 50}}};

struct Readers {
  LatencyReport latency{names, Time()};
  StageLedger ledger{latency};
  ObjectReport report{names};
  journal::Interest of_ledger = ledger.interest();
  journal::Interest of_report = report.interest();
  bool reading = true;
};

template <class E>
void hand(E event, std::int64_t at_us, Readers& readers) {
  const journal::Record record{Time(Duration(at_us * 1'000)), NodeId{0}, std::move(event)};
  benchmark::DoNotOptimize(&record);
  if (!readers.reading) return;
  if (readers.of_ledger.includes(record.event.index())) readers.ledger.on(record);
  if (readers.of_report.includes(record.event.index())) readers.report.on(record);
}

void begin(std::uint64_t number, std::int64_t now, Readers& readers) {
  const CallId call{number};
  const ObjectId object{{mix(number % objects, 1), mix(number % objects, 2), 3, 4}};
  journal::Requested requested{};
  requested.call = call;
  requested.client = ClientId{static_cast<std::uint32_t>(number % 100)};
  requested.method = MethodId{1};
  requested.intended = Time(Duration(now * 1'000));
  hand(requested, now, readers);
  journal::Called called{};
  called.call = call;
  hand(called, now + 1, readers);
  hand(journal::Arrived{.call = call, .object = object, .instance = InstanceId{}}, now + 2, readers);
}

void finish(std::uint64_t number, std::int64_t now, Readers& readers) {
  const CallId call{number};
  const ObjectId object{{mix(number % objects, 1), mix(number % objects, 2), 3, 4}};
  const auto slow = static_cast<std::int64_t>(mix(number, 5) % 4'096);  // spreads the latencies over buckets
  journal::TurnStarted started{};
  started.call = call;
  started.object = object;
  started.ends = Time(Duration((now + 1) * 1'000));
  hand(started, now, readers);
  journal::TurnEnded ended{};
  ended.call = call;
  hand(ended, now + 1, readers);
  journal::Replied replied{};
  replied.call = call;
  hand(replied, now + 1, readers);
  journal::Answered answered{};
  answered.call = call;
  hand(answered, now + 9'000 + slow, readers);
  hand(journal::Completed{.call = call, .client = {}, .status = {}}, now + 17'000 + slow, readers);
}

void one_request(benchmark::State& state, bool reading) {
  Readers readers;
  readers.reading = reading;
  std::uint64_t number = 1;
  for (; number <= requests_open; ++number) begin(number, static_cast<std::int64_t>(number) * 10, readers);
  for (auto _ : state) {
    const auto now = static_cast<std::int64_t>(number) * 10;
    begin(number, now, readers);
    finish(number - requests_open, now + 3, readers);
    ++number;
  }
}
void read_one_request(benchmark::State& state) { one_request(state, true); }
void make_one_request(benchmark::State& state) { one_request(state, false); }
BENCHMARK(read_one_request);
BENCHMARK(make_one_request);

void record_into_histogram(benchmark::State& state) {
  Histogram histogram;
  std::uint64_t number = 0;
  for (auto _ : state) histogram.record(Duration(static_cast<std::int64_t>(mix(++number, 1) % 1'000'000'000)));
}
BENCHMARK(record_into_histogram);

}  // namespace
