#include "scenarios/ladder.h"

#include <algorithm>

#include "core/base/bytes.h"
#include "core/object/namespace.h"

namespace orrery::scenarios {
namespace {

constexpr Duration think = 1us;  // the least there is
constexpr std::uint32_t few_clients = 4;
constexpr std::int64_t longer_if_few = 10;

// Watches one object and those who call it, from a time on.
class HeldTime final : public journal::Sink {
 public:
  HeldTime(const ObjectId& object, object::Holding holding, Time from, Time until)
      : object_(object), holding_(holding), from_(from), until_(until) {}

  journal::Interest interest() const override {
    return journal::Interest::in<journal::TurnStarted, journal::TurnEnded, journal::Committed, journal::Confirmed,
                                 journal::Replied, journal::Completed>();
  }
  void on(const journal::Record& record) override {
    now_ = record.at;
    if (std::holds_alternative<journal::Completed>(record.event))
      completed += from_ <= now_ && now_ < until_ ? 1 : 0;
    else if (const auto* started = std::get_if<journal::TurnStarted>(&record.event))
      see(*started);
    else if (const auto* ended = std::get_if<journal::TurnEnded>(&record.event))
      see(*ended);
    else if (const auto* committed = std::get_if<journal::Committed>(&record.event))
      see(*committed);
    else if (const auto* confirmed = std::get_if<journal::Confirmed>(&record.event))
      see(*confirmed);
    else if (const auto* replied = std::get_if<journal::Replied>(&record.event))
      see(*replied);
  }

  bool has_answered() const { return replies_ > 0; }
  Duration cost() const { return replies_ == 0 ? Duration::zero() : held_ / replies_; }

  std::uint64_t completed = 0;
  bool writes = false;
  bool awaits = false;

 private:
  void see(const journal::TurnStarted& started) {
    if (started.object != object_) return;
    if (started.kind != journal::TurnKind::call) {
      awaits = true;
    } else {
      is_counting_ = is_counting_ || now_ >= from_;
      call_started_ = now_;
    }
  }
  void see(const journal::TurnEnded& ended) {
    if (ended.object == object_ && holding_ != object::Holding::call) hold_since(ended.started);
  }
  void see(const journal::Committed& committed) {
    if (committed.object != object_) return;
    writes = writes || is_counting_;
    committed_ = now_;
  }
  void see(const journal::Confirmed& confirmed) {
    if (confirmed.object == object_ && holding_ == object::Holding::commit) hold_since(committed_);
  }
  void see(const journal::Replied& replied) {
    if (replied.object != object_) return;
    if (holding_ == object::Holding::call) hold_since(call_started_);
    replies_ += is_counting_ ? 1 : 0;
  }
  void hold_since(Time since) {
    if (is_counting_) held_ += now_ - since;
  }

  const ObjectId object_;
  const object::Holding holding_;
  const Time from_;
  const Time until_;
  Time now_{};
  Time call_started_{};
  Time committed_{};
  bool is_counting_ = false;
  Duration held_{};
  std::int64_t replies_ = 0;
};

// The group that makes the call; its city is where all clients of the ladder are.
const ClientGroup& callers_of(const CallShare& call, const Experiment& experiment) {
  const auto found = std::ranges::find(experiment.clients, call.from, &ClientGroup::name);
  return found == experiment.clients.end() ? experiment.clients.front() : *found;
}

bool is_same_call(const CallShare& a, const CallShare& b) {
  return a.object_class == b.object_class && a.call == b.call;
}

}  // namespace

std::vector<CallShare> calls_of(const Experiment& experiment) {
  std::vector<CallShare> calls;
  const auto add = [&calls](CallShare&& call) {
    if (std::ranges::none_of(calls, [&call](const CallShare& each) { return is_same_call(each, call); }))
      calls.push_back(std::move(call));
  };
  if (const auto* law = std::get_if<Law>(&experiment.workload)) {
    for (const CallShare& each : law->mix) add(CallShare(each));
    return calls;
  }
  for (const Operation& each : std::get<std::vector<Operation>>(experiment.workload))
    add({each.object_class, each.call, 1, std::vector<Argument>(each.args.begin(), each.args.end())});
  return calls;
}

std::string handler_name(const CallShare& call) { return call.object_class + "." + call.call; }

std::optional<CallShare> handler_named(const std::string& name, const Experiment& experiment) {
  for (const CallShare& each : calls_of(experiment))
    if (name.empty() || name == handler_name(each) || name == each.call) return each;
  return std::nullopt;
}

Experiment ladder_experiment(const Experiment& base, const CallShare& call, std::uint32_t clients,
                             object::Holding holding) {
  Experiment experiment = base;
  ClassPlan& called = experiment.classes[class_named(experiment, call.object_class).value];
  called.keys = 1;
  called.holding = holding;
  ClientGroup group = callers_of(call, base);
  group.clients = clients;
  group.arrivals = ClosedLoop{Distribution::constant(think)};
  experiment.clients = {std::move(group)};
  experiment.workload = Law{{{call.object_class, call.call, 1, call.args}}};
  experiment.adversary = {};
  experiment.faults.clear();
  experiment.properties.clear();
  return experiment;
}

LadderRun run_step(const Experiment& base, const CallShare& call, const Code& code, const LadderPlan& plan,
                   const LadderStep& step) {
  const bool has_few = step.clients <= few_clients || step.holding == object::Holding::call;
  const Duration measured = plan.measured * (has_few ? longer_if_few : 1);
  Experiment experiment = ladder_experiment(base, call, step.clients, step.holding);
  experiment.warmup = plan.warmup;
  experiment.lasts = plan.warmup + measured;
  const ObjectId object = Namespace(call.object_class).id_from_name("0");
  HeldTime held(object, step.holding, Time(experiment.warmup), Time(experiment.lasts));
  const Run seen = run(experiment, code, {.more_sinks = {&held}});

  const reports::Histogram& times = seen.outcome.all.histogram;
  LadderRun result;
  result.rung = {.clients = step.clients,
                 .completed = held.completed,
                 .measured = measured,
                 .p50 = times.honest_percentile({50'000}),
                 .p99 = times.honest_percentile({99'000})};
  result.answered = held.has_answered() && times.count() > 0;
  if (result.answered) {
    result.cost = held.cost();
    result.round_trip = think + times.mean();
  }
  result.writes = held.writes;
  result.awaits = held.awaits;
  result.fingerprint = seen.outcome.fingerprint;
  return result;
}

Bytes pack(const LadderRun& run) {
  Writer out;
  out.put(run.rung.clients);
  out.put(run.rung.completed);
  out.put(run.rung.measured);
  for (const std::optional<Duration>& each : {run.rung.p50, run.rung.p99}) {
    out.put(each.has_value());
    out.put(each.value_or(Duration::zero()));
  }
  out.put(run.answered);
  out.put(run.cost);
  out.put(run.round_trip);
  out.put(run.writes);
  out.put(run.awaits);
  out.put(run.fingerprint);
  return out.take();
}

LadderRun unpack_ladder_run(const Bytes& bytes) {
  Reader in(bytes);
  LadderRun run;
  in.get(run.rung.clients);
  in.get(run.rung.completed);
  in.get(run.rung.measured);
  for (std::optional<Duration>* each : {&run.rung.p50, &run.rung.p99}) {
    const bool is_honest = in.next<bool>();
    const auto value = in.next<Duration>();
    if (is_honest) *each = value;
  }
  in.get(run.answered);
  in.get(run.cost);
  in.get(run.round_trip);
  in.get(run.writes);
  in.get(run.awaits);
  in.get(run.fingerprint);
  return run;
}

std::vector<LadderStep> steps_of(const LadderPlan& plan, const LadderRun& first) {
  std::vector<object::Holding> holdings{object::Holding::turn};
  if (first.writes) holdings.push_back(object::Holding::commit);
  if (first.awaits) holdings.push_back(object::Holding::call);
  std::vector<std::uint32_t> rungs = plan.clients;
  rungs.push_back(1);
  std::ranges::sort(rungs);
  const auto doubled = std::ranges::unique(rungs);
  rungs.erase(doubled.begin(), doubled.end());

  std::vector<LadderStep> steps;
  for (const object::Holding holding : holdings)
    for (const std::uint32_t clients : rungs)
      if (holding != object::Holding::turn || clients != 1) steps.push_back({holding, clients});
  return steps;
}

reports::Ladder run_ladder(const Experiment& base, const CallShare& call, const Code& code, const LadderPlan& plan,
                           const RunSteps& run_steps) {
  const LadderRun first = run_step(base, call, code, plan, {object::Holding::turn, 1});
  std::vector<LadderStep> steps = steps_of(plan, first);
  std::vector<LadderRun> runs;
  if (run_steps)
    runs = run_steps(steps);
  else
    for (const LadderStep& each : steps) runs.push_back(run_step(base, call, code, plan, each));
  steps.resize(runs.size());
  steps.insert(steps.begin(), {object::Holding::turn, 1});
  runs.insert(runs.begin(), first);

  reports::Ladder ladder{.scenario = base.scenario,
                         .seed = base.seed,
                         .handler = handler_name(call),
                         .writes = first.writes,
                         .awaits = first.awaits,
                         .rung_lasts = plan.measured};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].clients == 1)  // of each variant the first
      ladder.variants.push_back({.holding = steps[i].holding,
                                 .answered = runs[i].answered,
                                 .cost = runs[i].cost,
                                 .round_trip = runs[i].round_trip});
    if (std::ranges::find(plan.clients, steps[i].clients) != plan.clients.end())
      ladder.variants.back().rungs.push_back(runs[i].rung);
    ladder.fingerprint = reports::fold_fingerprint(ladder.fingerprint, runs[i].fingerprint);
  }
  const std::size_t rungs = ladder.variants.front().rungs.size();
  std::erase_if(ladder.variants,
                [rungs](const reports::LadderVariant& variant) { return variant.rungs.size() < rungs; });
  return ladder;
}

}  // namespace orrery::scenarios
