// What the properties cost per request, in nanoseconds of one core.
//
// The stream is drawn beforehand: users call counters, three in four of them make a
// durable commit, and the records of different calls interleave. `calls_at_once` is how many
// calls of each object are open at a time. Reading alone is the cost of walking the stream.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/draws.h"
#include "properties/catalogue.h"

namespace orrery::properties {
namespace {

using journal::Record;

const std::vector<DeclaredModel> models = {{ClassId{0}, "counter", {"fetch", "increment", "read"}}};

ObjectId object_named(std::uint64_t number) { return {{mix(number, 1), mix(number, 2), mix(number, 3), number}}; }

// Each object does one call at a time, a millisecond long; its calls queue in the order they were made.
std::vector<Record> stream(std::uint64_t requests, std::uint64_t objects, std::uint64_t calls_at_once) {
  const Draws draws(1);
  std::vector<Record> records;
  std::vector<Time> free_at(objects);
  std::vector<std::int64_t> values(objects);
  std::vector<std::uint64_t> turns(objects);
  std::vector<std::uint64_t> sequences(objects * calls_at_once);
  for (std::uint64_t o = 0; o < objects; ++o) {
    records.push_back({Time(), NodeId{1}, journal::Placed{object_named(o), ClassId{0}, Epoch{1}, NodeId{1}}});
    records.push_back(
        {Time(), NodeId{1}, journal::InstanceStarted{InstanceId{o}, object_named(o), ClassId{0}, Epoch{1}}});
    records.push_back({Time(), NodeId{1}, journal::Recovered{object_named(o), InstanceId{o}, CommitIndex{}, 0, 0}});
  }
  for (std::uint64_t i = 0; i < requests; ++i) {
    const std::uint64_t o = i % objects;
    const std::uint64_t round = i / objects;
    const StubId stub{o * calls_at_once + round % calls_at_once};
    const CallId call{i + 1};
    const bool is_read = draws.below(4, Purpose::choice_of_call, Cause{i}) == 0;
    const MethodId method{static_cast<std::uint16_t>(is_read ? 2 : 1)};
    const ObjectId object = object_named(o);
    const Time called = Time(static_cast<std::int64_t>(round) * 1ms + Duration(static_cast<std::int64_t>(o)));
    const Time begins = std::max(free_at[o], called + static_cast<std::int64_t>(calls_at_once - 1) * 1ms + 100us);
    const Time ends = begins + 500us;
    free_at[o] = ends;
    if (!is_read) ++values[o];
    const Value value = values[o];
    const TurnNumber turn{++turns[o]};
    const std::uint64_t sequence = ++sequences[stub.value];
    const NodeId node{1};
    records.push_back({called, node, journal::Requested{call, ClientId{1}, i, ClassId{0}, method, called}});
    records.push_back({called, node, journal::Called{call, {}, stub, sequence, object, ClassId{0}, method, {}}});
    records.push_back({begins, node, journal::Arrived{call, object, InstanceId{o}}});
    records.push_back(
        {begins, node,
         journal::TurnStarted{object, InstanceId{o}, turn, journal::TurnKind::call, call, stub, sequence, ends}});
    records.push_back({ends, node, journal::TurnEnded{object, InstanceId{o}, turn, call, begins}});
    const CommitIndex commit{static_cast<std::uint64_t>(values[o])};
    if (!is_read)
      records.push_back(
          {ends, node,
           journal::Committed{object, InstanceId{o}, turn, Epoch{1}, commit, mix(o, commit.value), commit.value}});
    records.push_back({ends, node, journal::Replied{call, object, InstanceId{o}, turn, journal::Status::ok, value}});
    if (!is_read) records.push_back({ends + 100us, node, journal::Confirmed{object, Epoch{1}, commit}});
    records.push_back({ends + 100us, node,
                       journal::OutputLeft{object, InstanceId{o}, turn, journal::OutputKind::reply, call, commit}});
    records.push_back({ends + 200us, node, journal::Answered{call, stub, journal::Status::ok, value}});
    records.push_back({ends + 200us, node, journal::Completed{call, ClientId{1}, journal::Status::ok}});
  }
  for (std::uint64_t o = 0; o < objects; ++o) {
    const Time end = free_at[o] + 1s;
    const CommitIndex commit{static_cast<std::uint64_t>(values[o])};
    records.push_back(
        {end, NodeId{1}, journal::InstanceEnded{object_named(o), InstanceId{o}, journal::EndReason::evicted}});
    records.push_back(
        {end, NodeId{1},
         journal::Recovered{object_named(o), InstanceId{objects + o}, commit, mix(o, commit.value), commit.value}});
  }
  std::vector<std::pair<Time, std::size_t>> order;
  for (std::size_t i = 0; i < records.size(); ++i) order.emplace_back(records[i].at, i);
  std::sort(order.begin(), order.end());
  std::vector<Record> sorted;
  for (const auto& [at, place] : order) sorted.push_back(records[place]);
  return sorted;
}

void feed(benchmark::State& state, const std::vector<std::string_view>& names) {
  constexpr std::uint64_t requests = 20'000;
  const auto records =
      stream(requests, static_cast<std::uint64_t>(state.range(0)), static_cast<std::uint64_t>(state.range(1)));
  for (auto _ : state) {
    std::vector<std::unique_ptr<Property>> properties;
    for (const std::string_view name : names) properties.push_back(make_property(name, models));
    std::array<std::vector<Property*>, journal::kinds_of_event> wanted_by;
    for (const auto& property : properties)
      for (std::size_t kind = 0; kind < wanted_by.size(); ++kind)
        if (property->interest().includes(kind)) wanted_by[kind].push_back(property.get());
    for (const Record& record : records)
      for (Property* property : wanted_by[record.event.index()]) property->on(record);
    benchmark::ClobberMemory();
    for (const auto& property : properties)
      if (property->verdict().kind != Verdict::Kind::holds) state.SkipWithError("a property does not hold");
  }
  state.counters["ns_per_request"] =
      benchmark::Counter(static_cast<double>(requests) * 1e-9,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void reading_alone(benchmark::State& state) { feed(state, {}); }
void all_properties(benchmark::State& state) { feed(state, property_names()); }
void serialization(benchmark::State& state) { feed(state, {"serialization"}); }
void turns_never_overlap(benchmark::State& state) { feed(state, {"turns_never_overlap"}); }
void durability(benchmark::State& state) { feed(state, {"durability"}); }
void output_gate(benchmark::State& state) { feed(state, {"output_gate"}); }
void liveness(benchmark::State& state) { feed(state, {"liveness"}); }
void delivery_order(benchmark::State& state) { feed(state, {"delivery_order"}); }

const std::vector<std::string> arguments = {"objects", "calls_at_once"};
BENCHMARK(reading_alone)->ArgNames(arguments)->Args({100, 1});
BENCHMARK(all_properties)->ArgNames(arguments)->Args({100, 1})->Args({100, 8})->Args({2'000, 1})->Args({1, 100});
BENCHMARK(serialization)->ArgNames(arguments)->Args({100, 1})->Args({100, 8})->Args({1, 8})->Args({1, 100});
BENCHMARK(turns_never_overlap)->ArgNames(arguments)->Args({100, 1});
BENCHMARK(durability)->ArgNames(arguments)->Args({100, 1})->Args({2'000, 1});
BENCHMARK(output_gate)->ArgNames(arguments)->Args({100, 1})->Args({2'000, 1});
BENCHMARK(liveness)->ArgNames(arguments)->Args({100, 1})->Args({1, 100});
BENCHMARK(delivery_order)->ArgNames(arguments)->Args({100, 1});

}  // namespace
}  // namespace orrery::properties
