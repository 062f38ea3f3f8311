// Contention, measured: one object of a scenario, one of the calls that its clients make, and N of them in a closed
// loop (reports/ladder.h says what for).
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "reports/ladder.h"
#include "scenarios/experiment.h"

namespace orrery::scenarios {

// The calls that the experiment's clients make, each once, with what they pass.
std::vector<CallShare> calls_of(const Experiment& experiment);

// "Counter.increment"
std::string handler_name(const CallShare& call);
// The one that is written so, or its call alone; the first that is made, if nothing is. Nothing if there is none.
std::optional<CallShare> handler_named(const std::string& name, const Experiment& experiment);

struct LadderPlan {
  std::vector<std::uint32_t> clients{1, 2, 4, 8, 16, 32, 64};
  Duration warmup = 1s;
  Duration measured = 10s;
};

// One run of the ladder: so many clients, in the city of those who make the call, all on object "0", for whom
// nothing else happens and nothing fails.
Experiment ladder_experiment(const Experiment& base, const CallShare& call, std::uint32_t clients,
                             object::Holding holding);

struct LadderStep {
  object::Holding holding{};
  std::uint32_t clients = 1;
};

// What is seen of one run.
struct LadderRun {
  reports::LadderRung rung;
  bool answered = false;  // a request that began in the measured time was; if not, what follows is unknown
  Duration cost{};        // mean time that the object was held for a request
  Duration round_trip{};  // mean of a request and what its client thinks before
  bool writes = false;
  bool awaits = false;
  std::uint64_t fingerprint = 0;
};

// A pure function of these. Where few requests are served, because clients are few or whole calls hold the object, it
// is measured ten times as long: percentiles need them, and so do the ceiling and the knee, which are computed from
// what a single client sees.
LadderRun run_step(const Experiment& base, const CallShare& call, const Code& code, const LadderPlan& plan,
                   const LadderStep& step);

Bytes pack(const LadderRun& run);
LadderRun unpack_ladder_run(const Bytes& bytes);

// The steps that are to be run, when it is known what a single client of the first variant saw.
std::vector<LadderStep> steps_of(const LadderPlan& plan, const LadderRun& first);

// Does all steps, or as many as it comes to, and gives what each saw, in order. What is left out is the end of the
// first variant and all behind it, or all of any other variant.
using RunSteps = std::function<std::vector<LadderRun>(const std::vector<LadderStep>& steps)>;

// The whole ladder; the steps are run one after the other, unless somebody does it better.
reports::Ladder run_ladder(const Experiment& base, const CallShare& call, const Code& code, const LadderPlan& plan,
                           const RunSteps& run_steps = {});

}  // namespace orrery::scenarios
