#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/summary.h"
#include "scenarios/cli/chosen.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/errors.h"
#include "scenarios/cli/interrupts.h"
#include "scenarios/cli/regressions.h"
#include "scenarios/cli/workers.h"
#include "scenarios/search/batch.h"
#include "scenarios/search/generate.h"

namespace orrery::cli {
namespace {

// One scenario with all that is asked of it.
struct Plan {
  Chosen chosen;
  std::vector<std::string> properties;  // that count
  scenarios::DrawnFaults faults;
};

struct Checked {
  reports::CheckSummary summary;
  std::vector<StoredFailure> stored;
  int exit_code = 0;
};

bool is_glob(const std::string& text) { return text.find_first_of("*?[") != text.npos; }

// Refuses a name that no property has, wherever it might be judged.
void refuse_unknown_properties(const Options& options, const Program& program) {
  const std::vector<std::string> known = property_names(program);
  for (const std::string& asked : options.properties)
    if (!is_glob(asked) && std::ranges::find(known, asked) == known.end())
      refuse_name("property", asked, known, "orrery list properties shows all of them");
}

bool is_selected(const Options& options, const std::string& property) {
  return options.properties.empty() || std::ranges::any_of(options.properties, [&property](const std::string& asked) {
           return fnmatch(asked.c_str(), property.c_str(), 0) == 0;
         });
}

std::vector<Plan> plans_of(const Options& options, const Program& program) {
  if (options.names.empty() && program.scenarios.size() != 1)  // of one alone nobody needs to say which
    refuse(exit_usage, "check needs the name of a scenario, or all", "orrery list shows them");
  refuse_unknown_properties(options, program);
  if (options.seed > UINT64_MAX - (options.seeds - 1))
    refuse(exit_usage,
           fmt::format("there are no {} seeds from {} on: seeds have 64 bits", options.seeds, options.seed));
  const bool all = options.names.empty() || std::ranges::find(options.names, "all") != options.names.end();
  std::vector<std::string> names;
  for (const std::string& name : all ? scenario_names(program) : options.names)
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);

  std::vector<Plan> plans;
  for (const std::string& name : names) {
    Plan plan{choose(name, options, program), {}, options.faults};
    for (const std::string& property : plan.chosen.experiment.properties)
      if (is_selected(options, property)) plan.properties.push_back(property);
    if (!plan.properties.empty()) plans.push_back(std::move(plan));
  }
  if (plans.empty())
    refuse(exit_nothing_selected,
           fmt::format("nothing to check: no property of {} is called {}", fmt::join(names, ", "),
                       fmt::join(options.properties, ", ")),
           "orrery list properties shows what can be");
  return plans;
}

scenarios::Experiment experiment_for(const Plan& plan, const scenarios::Code& code, std::uint64_t seed) {
  return scenarios::drawn_experiment(plan.chosen.experiment, code, seed, plan.faults);
}

[[noreturn]] void refuse_lost(const Plan& plan, std::uint64_t seed, const WorkerLost& lost) {
  refuse(exit_bug, fmt::format("bug: seed {} of {} could not be run: {}", seed, plan.chosen.name, lost.what()),
         fmt::format("to see it alone: orrery check {} --seed {} --seeds 1{}", plan.chosen.argument, seed,
                     plan.faults == scenarios::DrawnFaults::off ? " --faults off" : ""));
}

// Runs the seeds. Returns the fingerprints of those in which something was violated.
std::map<std::uint64_t, std::uint64_t> run_seeds(const Plan& plan, const scenarios::Code& code,
                                                 const Options& options, const Console& console,
                                                 scenarios::Batch& batch) {
  std::map<std::uint64_t, std::uint64_t> fingerprints;
  Progress progress(options, console, plan.chosen.name, options.seeds);
  const auto work = [&](std::uint64_t number) {
    return scenarios::pack(
        scenarios::result_of(scenarios::run(experiment_for(plan, code, options.seed + number), code).outcome));
  };
  console.out.flush();
  Workers workers(options.jobs, options.seeds, work);
  while (!batch.is_done() && Interrupts::exit_code() == 0) {
    const std::uint64_t seed = options.seed + workers.taken();
    try {
      if (const auto bytes = workers.next(std::chrono::milliseconds(100))) {
        const scenarios::SeedResult result = scenarios::unpack(*bytes);
        batch.take(result);
        if (std::ranges::any_of(result.verdicts, [](const auto& each) { return each.verdict.violation.has_value(); }))
          fingerprints[seed] = result.fingerprint;
      }
    } catch (const WorkerLost& lost) {
      progress.clear();
      refuse_lost(plan, seed, lost);
    }
    progress.show(batch.summary().seeds_done, batch.violated());
  }
  return fingerprints;
}

// Writes a file for each seed with a violation. Returns the exit code that this asks for.
int store_violations(const Plan& plan, const Program& program,
                     const std::map<std::uint64_t, std::uint64_t>& fingerprints, const Console& console,
                     reports::CheckSummary& summary) {
  int code_asked = exit_green;
  std::map<std::uint64_t, std::string> file_of;
  for (reports::PropertySummary& property : summary.properties)
    for (auto& found : property.violations) {
      if (!file_of.contains(found.seed)) {
        file_of[found.seed] = store_failure(experiment_for(plan, program.code, found.seed), program,
                                            property.property, fingerprints.at(found.seed));
        if (file_of[found.seed].empty()) {
          console.err << fmt::format("orrery: seed {} of {} ran differently the second time: nothing was stored\n",
                                     found.seed, summary.scenario);
          code_asked = exit_diverged;
        }
      }
      found.file = file_of[found.seed];
    }
  return code_asked;
}

Checked check_one(const Plan& plan, const Program& program, const Options& options, const Console& console) {
  const auto start = std::chrono::steady_clock::now();
  const std::string& name = plan.chosen.experiment.scenario;
  Checked checked;
  checked.stored = replay_stored(name, program.code,
                                 [&options](const std::string& property) { return is_selected(options, property); });
  scenarios::Batch batch(name, plan.properties, options.seed, options.seeds, options.keep_going);
  const auto fingerprints = run_seeds(plan, program.code, options, console, batch);

  reports::CheckSummary& summary = batch.summary();
  summary.interrupted = Interrupts::exit_code() != 0;
  checked.exit_code = store_violations(plan, program, fingerprints, console, summary);
  if (!options.no_wall) summary.wall = std::chrono::steady_clock::now() - start;
  const int answer = reports::exit_code(reports::answer_of(reports::tally_of(summary)));
  checked.exit_code = graver(graver(checked.exit_code, answer), Interrupts::exit_code());
  for (const StoredFailure& each : checked.stored)
    checked.exit_code = graver(checked.exit_code, each.is_violated ? exit_red : each.exit_code);
  checked.summary = std::move(summary);
  return checked;
}

std::string replayed_text(const StoredFailure& stored) {
  if (!stored.mistake.empty()) return "cannot be read: " + stored.mistake;
  return stored.is_violated ? "still violated: " + stored.property : "now holds";
}

std::string text_of(const Checked& checked, const Options& options, const reports::Style& style) {
  const bool has_failed = reports::answer_of(reports::tally_of(checked.summary)) == reports::Answer::fail;
  std::string stored;
  std::string still;  // below a verdict that is not red of its own
  for (const StoredFailure& each : checked.stored) {
    stored += fmt::format("  REPLAY {}  {}\n", each.file, replayed_text(each));
    const bool is_well = !each.is_violated && each.mistake.empty();
    if (!is_well && !has_failed && still.empty())
      still = fmt::format("\n{} a stored failure {}        orrery replay {}\n",
                          reports::toned(reports::glyph(reports::Glyph::fail, style), reports::Tone::bad, style),
                          each.is_violated ? "is still violated" : "cannot be read", each.file);
  }
  const std::string text =
      (stored.empty() ? "" : stored + "\n") + reports::check_text(checked.summary, style) + still;
  return options.quiet ? last_line(text) : text;
}

nlohmann::ordered_json json_of(const Checked& checked, const Plan& plan, const Options& options) {
  const auto host =
      host_of(options, options.jobs, checked.summary.requests, checked.summary.wall.value_or(Duration{}));
  auto json = reports::check_json(checked.summary, invocation_of(options, plan.chosen.argument, &plan.chosen), host);
  for (const StoredFailure& each : checked.stored) {
    if (!each.mistake.empty()) {
      json["stored"].push_back({{"file", each.file}, {"verdict", "unknown"}, {"note", each.mistake}});
      if (json["verdict"] == "pass") json["verdict"] = "unknown";
      continue;
    }
    json["stored"].push_back({{"file", each.file}, {"verdict", each.is_violated ? "violated" : "holds"}});
    if (each.is_violated) json["verdict"] = "fail";
  }
  return json;
}

}  // namespace

int check_command(const Program& program, const Options& options, const Console& console) {
  const std::vector<Plan> plans = plans_of(options, program);
  if (options.seed_is_drawn) console.err << fmt::format("seed {}\n", options.seed) << std::flush;

  const Interrupts interrupts;
  const reports::Style style = style_of(options, console);
  Output output(options, console);
  int exit_code = exit_green;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Plan& plan : plans) {
    if (&plan != &plans.front() && Interrupts::exit_code() != 0) break;
    Checked checked = check_one(plan, program, options, console);
    exit_code = graver(exit_code, checked.exit_code);
    if (&plan != &plans.front())  // what cannot be read belongs to each, and is told once
      std::erase_if(checked.stored, [](const StoredFailure& each) { return !each.mistake.empty(); });
    if (options.format == Format::json)
      all.push_back(json_of(checked, plan, options));
    else
      output.put((&plan != &plans.front() && !options.quiet ? "\n" : "") +
                 as_typed(text_of(checked, options, style), program));
  }
  if (options.format == Format::json) output.put((plans.size() == 1 ? all.front() : all).dump(2) + "\n");
  output.complete();
  return exit_code;
}

}  // namespace orrery::cli
