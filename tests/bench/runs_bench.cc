// Whole runs: requests per second and core, with all properties on, for few and for many counters (52 users hold a
// stub for each that they called); and the fingerprint alone.
#include <benchmark/benchmark.h>

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
  if (!settings.set("run.duration", "600s") || !settings.set("objects.Counter.key.n", counters))
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
