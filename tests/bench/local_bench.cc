// The runtime on local ports: one contended object and 64 callers, in memory and with a durable commit for each call;
// and commits alone.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

#include "tests/local_runtime.h"

namespace orrery {
namespace {

constexpr std::uint32_t callers = 64;

// Each caller calls again when it has its answer.
void contended(benchmark::State& state, tests::LocalRuntime::Method method) {
  const auto directory = std::filesystem::current_path() / ("orrery-bench-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  std::int64_t answers = 0;
  std::int64_t wanted = 0;
  {
    tests::LocalRuntime* runtime = nullptr;
    ObjectId object;
    tests::LocalRuntime here(directory.string(), [&](std::uint32_t caller, std::optional<std::int64_t>) {
      ++answers;
      runtime->call(caller, object, method);
    });
    runtime = &here;
    object = here.object_named("hot");
    here.run();
    for (std::uint32_t i = 0; i < callers; ++i) here.call(i, object, method);
    for (auto _ : state) {
      wanted = answers + 10'000;
      here.run([&] { return answers >= wanted; });
    }
  }
  std::filesystem::remove_all(directory);
  state.counters["calls"] = benchmark::Counter(static_cast<double>(answers), benchmark::Counter::kIsRate);
}
void contended_in_memory(benchmark::State& state) {
  contended(state, tests::LocalRuntime::Method::increment_in_memory);
}
BENCHMARK(contended_in_memory)->Unit(benchmark::kMillisecond)->UseRealTime();
void contended_durable(benchmark::State& state) { contended(state, tests::LocalRuntime::Method::increment); }
BENCHMARK(contended_durable)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace orrery
