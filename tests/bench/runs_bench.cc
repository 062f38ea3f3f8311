// Whole runs: requests per second and core, half of them increments with a durable commit each, with all properties
// on, for few and for many counters (52 users hold a stub for each that they called); and the fingerprint alone.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <string>

#include "core/journal/event.h"
#include "scenarios/catalogue.h"
#include "scenarios/search/generate.h"
#include "sim/fingerprint.h"

namespace orrery::scenarios {
namespace {

void requests(benchmark::State& state) {
  const std::vector<Scenario> all = built_in_scenarios();
  const Code code = code_of(all);
  Settings settings(all.front().parameters);
  const std::string counters = std::to_string(state.range(0));
  if (!settings.set("run.duration", "600s") || !settings.set("objects.Counter.key.n", counters) ||
      !settings.set("mix.increment", "50") || !settings.set("mix.read", "50") ||
      !settings.set("mix.increment_if_permitted", "0"))
    return state.SkipWithError("no such setting");
  const Experiment experiment = experiment_of(all.front(), settings, 1);
  std::uint64_t requests = 0;
  for (auto _ : state) requests += run(experiment, code).outcome.all.completed;
  state.counters["requests"] = benchmark::Counter(static_cast<double>(requests), benchmark::Counter::kIsRate);
}
BENCHMARK(requests)->ArgName("counters")->Arg(20)->Arg(1000)->Unit(benchmark::kMillisecond);

void small_experiments(benchmark::State& state) {
  const std::vector<Scenario> all = built_in_scenarios();
  const Code code = code_of(all);
  const Settings settings(all.front().parameters);
  std::uint64_t seed = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(run(drawn_experiment(all.front(), settings, ++seed), code).outcome.fingerprint);
  state.counters["experiments"] = benchmark::Counter(static_cast<double>(seed), benchmark::Counter::kIsRate);
}
BENCHMARK(small_experiments)->Unit(benchmark::kMicrosecond);

// One put to each of so many objects in one run; and the most memory that this process ever held.
void objects_with_one_put(benchmark::State& state) {
  const std::vector<Scenario> all = built_in_scenarios();
  const Code code = code_of(all);
  Experiment experiment = experiment_of(all.front(), Settings(all.front().parameters), 1);
  const auto objects = static_cast<std::uint64_t>(state.range(0));
  const std::uint64_t clients = client_count(experiment);
  experiment.classes.front().keys = objects;
  std::vector<Operation> operations;
  for (std::uint64_t client = 0; client < clients; ++client)
    for (std::uint64_t i = client; i < objects; i += clients)
      operations.push_back({ClientId{static_cast<std::uint32_t>(client)},
                            i / clients,
                            Duration(static_cast<std::int64_t>(i) * 50'000),
                            "Counter",
                            "increment",
                            std::to_string(i),
                            {Value(std::int64_t{1})}});
  experiment.workload = std::move(operations);
  for (auto _ : state) {
    const reports::Outcome outcome = run(experiment, code).outcome;
    if (outcome.reached.at("commits") != objects) return state.SkipWithError("not every object was put to");
  }
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  state.counters["peak_GB"] = static_cast<double>(used.ru_maxrss) / 1e6;
}
BENCHMARK(objects_with_one_put)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kSecond);

// The records of one request, folded over and over.
void fold(benchmark::State& state) {
  const ObjectId object{{1, 2, 3, 4}};
  std::vector<journal::Record> records;
  const auto add = [&records](journal::Event event) { records.push_back({Time(1s), NodeId{3}, std::move(event)}); };
  add(journal::Requested{});
  add(journal::Called{.call = {},
                      .parent = {},
                      .stub = {},
                      .object = object,
                      .object_class = {},
                      .method = {},
                      .argument = std::int64_t{1}});
  add(journal::Arrived{.call = {}, .object = object, .instance = {}});
  add(journal::TurnStarted{.object = object, .instance = {}, .turn = {}, .call = {}, .stub = {}, .ends = {}});
  add(journal::TurnEnded{.object = object, .instance = {}, .turn = {}, .call = {}, .started = {}});
  add(journal::Replied{.call = {}, .object = object, .instance = {}, .turn = {}, .value = std::int64_t{1}});
  add(journal::Answered{.call = {}, .stub = {}, .value = std::int64_t{1}});
  add(journal::Completed{});
  sim::Fingerprint fingerprint;
  for (auto _ : state)
    for (const journal::Record& record : records) fingerprint.fold(record);
  benchmark::DoNotOptimize(fingerprint.value());
  state.counters["ns_per_event"] = benchmark::Counter(static_cast<double>(fingerprint.records()) * 1e-9,
                                                      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(fold);

}  // namespace
}  // namespace orrery::scenarios
