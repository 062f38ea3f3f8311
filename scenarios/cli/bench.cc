#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "scenarios/cli/chosen.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/interrupts.h"
#include "scenarios/cli/real_ladder.h"
#include "scenarios/cli/workers.h"
#include "scenarios/ladder.h"

namespace orrery::cli {
namespace {

scenarios::CallShare chosen_call(const scenarios::Experiment& experiment, const Options& options) {
  if (const auto call = scenarios::handler_named(options.handler, experiment)) return *call;
  std::vector<std::string> known;
  std::vector<std::string> in_full;
  for (const scenarios::CallShare& each : scenarios::calls_of(experiment)) {
    known.push_back(each.call);
    in_full.push_back(scenarios::handler_name(each));
  }
  known.insert(known.end(), in_full.begin(), in_full.end());
  refuse_name("handler", options.handler, known,
              fmt::format("the clients of {} call {}", experiment.scenario, fmt::join(in_full, ", ")));
}

scenarios::LadderPlan plan_of(const Chosen& chosen, const Options& options) {
  scenarios::LadderPlan plan{.clients = options.clients};
  const Duration usual = plan.warmup + plan.measured;
  const auto is_set = [&options](std::string_view path) {
    return std::ranges::any_of(options.sets, [path](const auto& set) { return set.first == path; });
  };
  if (is_set("run.warmup")) plan.warmup = chosen.experiment.warmup;
  const Duration lasts = is_set("run.duration") ? chosen.experiment.lasts : usual;
  plan.measured = lasts - plan.warmup;
  if (plan.measured <= Duration::zero())
    refuse(exit_usage,
           fmt::format("nothing is left to measure: a run lasts {}, and its warm-up {}", to_text(lasts),
                       to_text(plan.warmup)),
           "--set run.duration=11s and --set run.warmup=1s are usual");
  return plan;
}

// As many of the steps as there is time for until the tool is interrupted.
std::vector<scenarios::LadderRun> run_in_workers(const std::vector<scenarios::LadderStep>& steps, int jobs,
                                                 const std::function<scenarios::LadderRun(std::uint64_t)>& run) {
  std::vector<scenarios::LadderRun> runs;
  Workers workers(jobs, steps.size(), [&run](std::uint64_t number) { return pack(run(number)); });
  while (runs.size() < steps.size() && Interrupts::exit_code() == 0) {
    try {
      if (const auto bytes = workers.next(std::chrono::milliseconds(100)))
        runs.push_back(scenarios::unpack_ladder_run(*bytes));
    } catch (const WorkerLost& lost) {
      refuse(exit_bug,
             fmt::format("bug: {} clients could not be run: {}", steps[lost.number()].clients, lost.what()));
    }
  }
  return runs;
}

// As far as it goes until the tool is interrupted.
void add_real(reports::Ladder& ladder, const scenarios::Experiment& base, const scenarios::CallShare& call,
              const scenarios::Code& code) {
  const TemporaryDirectory directory;
  const RealPlan plan;
  ladder.real_lasts = plan.measured;
  ladder.real_directory = directory.path();
  for (reports::LadderVariant& variant : ladder.variants)
    for (const reports::LadderRung& rung : variant.rungs) {
      const std::string files = fmt::format("{}/{}", directory.path(), rung.clients);
      std::filesystem::create_directory(files);
      variant.real.push_back(run_really(base, call, code, {variant.holding, rung.clients}, plan, files));
      std::filesystem::remove_all(files);
      if (Interrupts::exit_code() == 0) continue;
      variant.real.clear();
      return;
    }
}

reports::Invocation bench_invocation(const Options& options, const Chosen& chosen, const reports::Ladder& ladder,
                                     const scenarios::LadderPlan& plan) {
  reports::Invocation invocation = invocation_of(options, chosen.argument, &chosen);
  invocation.command.insert(invocation.command.end(), {"--handler", ladder.handler, "--clients",
                                                       fmt::format("{}", fmt::join(plan.clients, ","))});
  return invocation;
}

std::uint64_t requests_of(const reports::Ladder& ladder) {
  std::uint64_t requests = 0;
  for (const reports::LadderVariant& variant : ladder.variants)
    for (const reports::LadderRung& rung : variant.rungs) requests += rung.completed;
  return requests;
}

}  // namespace

int bench_command(const Program& program, const Options& options, const Console& console) {
  if (options.names.size() > 1)
    refuse(exit_usage, "bench takes one scenario or design", "orrery list shows all of them");
  const std::string name = options.names.empty() ? program.scenarios.front().name : options.names.front();
  const Chosen chosen = choose(name, options, program);
  const scenarios::Code& code = program.code;
  const scenarios::Experiment base = chosen.with_seed(options.seed);
  const scenarios::CallShare call = chosen_call(base, options);
  const scenarios::LadderPlan plan = plan_of(chosen, options);
  if (options.seed_is_drawn) console.err << fmt::format("seed {}\n", options.seed) << std::flush;

  Output output(options, console);
  const Interrupts interrupts;
  const auto start = std::chrono::steady_clock::now();
  console.out.flush();
  reports::Ladder ladder =
      scenarios::run_ladder(base, call, code, plan, [&](const std::vector<scenarios::LadderStep>& steps) {
        return run_in_workers(steps, options.jobs, [&](std::uint64_t number) {
          return scenarios::run_step(base, call, code, plan, steps[number]);
        });
      });
  const Duration wall = std::chrono::steady_clock::now() - start;
  if (options.real && Interrupts::exit_code() == 0) add_real(ladder, base, call, code);
  const int exit_code = Interrupts::exit_code();

  if (options.format == Format::json) {
    const auto host = host_of(options, options.jobs, requests_of(ladder), wall);
    auto json = reports::ladder_json(ladder, bench_invocation(options, chosen, ladder, plan), host);
    if (exit_code != 0) json["interrupted"] = true;
    output.put(json.dump(2) + "\n");
  } else {
    output.put(as_typed(reports::ladder_text(ladder, style_of(options, console)), program));
    if (exit_code != 0) output.put("\nWarning  interrupted: the rest of the ladder is not known\n");
  }
  output.complete();
  return exit_code;
}

}  // namespace orrery::cli
