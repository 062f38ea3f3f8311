// What is the matter with single objects.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "reports/objects.h"
#include "reports/text.h"
#include "scenarios/design/estimate.h"
#include "scenarios/run_facts.h"

namespace orrery::scenarios {
namespace {

using reports::Finding;
using reports::ObjectUse;
using reports::Stage;

__extension__ using Wide = __int128;

// Percentages of its time that an object is busy, from which on it is the matter.
constexpr int hot = 70;
constexpr int hot_without_objectives = 80;

// One object of a class: the busiest, and what it met.
struct Busiest {
  const ObjectUse& use;
  const ClassPlan& plan;
  Duration lasted;         // of all seeds
  Duration busiest_lasts;  // of the window with most arrivals
  Duration worth;          // of the slowest 1 %, what is waiting for objects of this class

  Duration per_call() const { return per(use.busy, use.calls); }
  // What its callers brought in the fullest window, in time that it takes to do it.
  Duration busiest_work() const {
    return Duration(static_cast<std::int64_t>(Wide{nanoseconds(use.busy)} * use.busiest_calls / use.calls));
  }
  bool is_overloaded() const { return use.busy >= lasted; }
  bool is_busier_than(int percent) const { return use.busy * 100 >= lasted * percent; }
  std::string name;  // "Venue", or of several "Venue/3"
};

std::string name_of(const ClassPlan& plan, const ObjectUse& use) {
  return plan.shards == 1 || plan.keys == 1 ? plan.name : reports::name_of(use);
}

bool is_called_by_clients(const Experiment& experiment, const std::string& class_name) {
  const auto is_its = [&class_name](const auto& each) { return each.object_class == class_name; };
  if (const auto* law = std::get_if<Law>(&experiment.workload)) return std::ranges::any_of(law->mix, is_its);
  return std::ranges::any_of(std::get<std::vector<Operation>>(experiment.workload), is_its);
}

// Only then does a queue grow without bound.
bool sends_whatever_happens(const Experiment& experiment) {
  if (const auto* list = std::get_if<std::vector<Operation>>(&experiment.workload))
    return std::ranges::any_of(*list, [](const Operation& each) { return !each.after_previous; });
  return std::ranges::any_of(experiment.clients, [](const ClientGroup& group) { return !is_closed(group.arrivals); });
}

// ---- Whether its keys can be spread over more objects.

struct Splitting {
  bool helps = false;
  std::string text;  // a sentence
  std::string sets;  // for sweep
};

Splitting splitting_of(const RunFacts& facts, const Busiest& object) {
  const ClassPlan& plan = object.plan;
  if (!is_called_by_clients(facts.experiment, plan.name))
    return {false, "Other objects call it by its name: let them spread what they ask for over several.", ""};
  if (plan.keys == 1) return {false, "It has one key, so more objects do not help.", ""};
  const auto key = std::ranges::find(facts.outcome.keys, plan.name, &reports::KeyUse::class_name);
  if (key == facts.outcome.keys.end() || key->of == 0)
    return {false, "All requests are for one key, so more objects do not help.", ""};
  const std::string share = reports::percent_text(key->requests, key->of);
  // The calls of this object may be fewer than the requests, or more: several objects share the keys, clients repeat.
  const auto work_of_key = nanoseconds(object.per_call()) * static_cast<Wide>(key->requests);
  if (plan.shards == 0 || work_of_key * 100 >= Wide{nanoseconds(object.lasted)} * hot) {
    const Duration busy(static_cast<std::int64_t>(work_of_key));
    return {
        false,
        fmt::format("Splitting does not help: one key has {} of the requests, which alone keep an object {} busy.",
                    share, share_text(busy, object.lasted)),
        ""};
  }
  std::vector<std::string> values;
  for (std::uint64_t shards = plan.shards; shards < plan.keys && values.size() < 3; shards *= 2)
    values.push_back(std::to_string(shards));
  const std::string those =
      plan.shards == 1 ? fmt::format("One object serves {} keys", reports::with_separators(plan.keys))
                       : fmt::format("{} objects serve {} keys", plan.shards, reports::with_separators(plan.keys));
  return {true, fmt::format("{}; the busiest key gets {} of requests, so it can be split.", those, share),
          fmt::format("objects.{}.shards={},per-key", plan.name, fmt::join(values, ","))};
}

void add_splitting(Finding& finding, const RunFacts& facts, const Splitting& splitting) {
  finding.text += " " + splitting.text;
  if (splitting.helps) finding.next = facts.command("sweep", "--set " + splitting.sets);
}

// ---- The rules.

std::optional<Finding> overload(const RunFacts& facts, const Busiest& object) {
  if (!object.is_overloaded() || !sends_whatever_happens(facts.experiment)) return std::nullopt;
  const std::string load = share_text(object.use.busy, object.lasted);
  Finding finding{
      .rule = "overload",
      .text = fmt::format("{} is offered {} of what it can do: {} calls, and each keeps it busy for {}, so it can do "
                          "{}. The queue grows for as long as that lasts; at its longest {} calls waited.",
                          object.name, load, rate_text(object.use.calls, object.lasted), ms_text(object.per_call()),
                          rate_text(object.use.calls, object.use.busy),
                          reports::with_separators(object.use.longest_queue)),
      .next = "",
      .evidence = {{"load", load},
                   {"capacity", rate_text(object.use.calls, object.use.busy)},
                   {"longest_queue", std::to_string(object.use.longest_queue)}},
      .worth = object.worth};
  add_splitting(finding, facts, splitting_of(facts, object));
  return finding;
}

// The groups that send most when the object's arrivals are densest, as a clause.
std::string when_busiest(const Experiment& experiment, const ObjectUse& use, Duration window) {
  std::vector<std::string> bursting;
  const Duration from = use.busiest_from.time_since_epoch();
  for (const ClientGroup& group : experiment.clients)
    if (const auto* bursty = std::get_if<BurstyArrivals>(&group.arrivals)) {
      const Duration period = bursty->on + bursty->off;
      const bool is_on = from % period < bursty->on || from % period + window > period;
      if (is_on && bursty->peak > bursty->base)
        bursting.push_back(
            fmt::format("{} bursts ({} in every {})", group.name, to_text(bursty->on), to_text(period)));
    }
  if (bursting.empty())
    return fmt::format("in the busiest {}, from {} on", to_text(window), reports::instant_text(use.busiest_from));
  return fmt::format("while {}", fmt::join(bursting, " and "));
}

// More than chance brings: five standard deviations above the mean of a window.
bool is_a_burst(const Busiest& object) {
  const Wide mean = Wide{object.use.calls} * nanoseconds(object.busiest_lasts) / nanoseconds(object.lasted);
  const Wide more = static_cast<Wide>(object.use.busiest_calls) - mean;
  return more > 0 && more * more > 25 * mean;
}

// Pollaczek and Khinchine: the mean wait before a server whose arrivals are without memory.
Duration expected_wait(const Busiest& object) {
  const Wide idle_us = std::max<Wide>(1, nanoseconds(object.lasted - object.use.busy) / 1'000);
  const Wide ns = Wide{object.use.turns} * object.use.mean_square_us2 * 1'000 / (2 * idle_us);
  return Duration(static_cast<std::int64_t>(ns));
}

std::optional<Finding> bursts(const RunFacts& facts, const Busiest& object) {
  const Duration wait = per(object.use.waited, object.use.calls);
  const Duration expected = expected_wait(object);
  if (object.use.busy >= object.lasted || object.busiest_work() <= object.busiest_lasts) return std::nullopt;
  if (!is_a_burst(object) || wait <= 2 * expected) return std::nullopt;
  const std::string mean = share_text(object.use.busy, object.lasted);
  const std::string busiest = share_text(object.busiest_work(), object.busiest_lasts);
  Finding finding{
      .rule = "bursts",
      .text = fmt::format("Bursts, not the average, are the problem. The mean load of {} is {} of one object; {} it "
                          "is {}. Theory (M/G/1) would expect {} of waiting per turn, the run had {}.",
                          object.name, mean, when_busiest(facts.experiment, object.use, object.busiest_lasts),
                          busiest, ms_text(expected), ms_text(wait)),
      .next = "",
      .evidence = {{"mean_load", mean},
                   {"busiest_load", busiest},
                   {"expected_wait", ms_text(expected)},
                   {"wait", ms_text(wait)}},
      .worth = object.worth};
  add_splitting(finding, facts, splitting_of(facts, object));
  return finding;
}

std::optional<Finding> hot_object(const RunFacts& facts, const Busiest& object) {
  if (!object.is_busier_than(facts.only_severe ? hot_without_objectives : hot)) return std::nullopt;
  const auto largest = std::ranges::max_element(facts.tail.stages) - facts.tail.stages.begin();
  if (largest != static_cast<std::ptrdiff_t>(Stage::queue)) return std::nullopt;
  const Splitting splitting = splitting_of(facts, object);
  const bool by_others = !is_called_by_clients(facts.experiment, object.plan.name);
  const std::string busy = share_text(object.use.busy, object.lasted);
  const std::string capacity = rate_text(object.use.calls, object.use.busy);
  Finding finding{
      .rule = splitting.helps || by_others ? "hot-object" : "one-key",
      .text = fmt::format("{} is {} busy: a call keeps it for {}, so it can do {}, and gets {}.", object.name, busy,
                          ms_text(object.per_call()), capacity, rate_text(object.use.calls, object.lasted)),
      .next = "",
      .evidence = {{"busy", busy}, {"capacity", capacity}},
      .worth = object.worth};
  add_splitting(finding, facts, splitting);
  return finding;
}

// ---- An object that nobody may enter.

// How long a call keeps others out, if that can be known.
std::optional<Duration> taken_per_call(const RunFacts& facts, const ClassPlan& plan) {
  const Estimates estimates(facts.experiment);
  Duration taken{};
  Duration in_stages{};
  std::uint64_t calls = 0;
  for (const reports::Latencies& operation : facts.outcome.operations) {
    if (!operation.name.starts_with(plan.name + ".") || operation.completed == 0) continue;
    const std::string call = operation.name.substr(plan.name.size() + 1);
    const auto handler = std::ranges::find(plan.handlers, call, &HandlerPlan::name);
    if (handler != plan.handlers.end()) {
      const HandlerEstimate takes = estimates.of(plan, *handler);
      taken += (takes.busy + takes.shut) * static_cast<std::int64_t>(operation.completed);
    }
    reports::StageTimes stages = operation.stages;
    const Stage held = plan.holding == object::Holding::commit ? Stage::commit : Stage::fetch;
    for (const Stage stage : {Stage::cpu, Stage::storage, held})
      in_stages = reports::saturated_sum(in_stages, time_in(stages, stage));
    calls += operation.completed;
  }
  if (calls == 0) return std::nullopt;
  if (!plan.handlers.empty()) return per(taken, calls);
  return plan.holding == object::Holding::turn ? std::nullopt : std::optional(per(in_stages, calls));
}

std::string_view what_for(object::Holding holding) {
  switch (holding) {
    case object::Holding::turn: return "it waits in a block";
    case object::Holding::commit: return "its writes become durable";
    case object::Holding::call: return "the call waits";
  }
  return "";
}

std::optional<Finding> gate_held(const RunFacts& facts, const Busiest& object) {
  Duration held{};
  Duration waited{};
  const reports::Blame* worst = nullptr;
  for (const reports::Blame& each : object.use.behind) {
    held = reports::saturated_sum(held, each.held);
    waited = reports::saturated_sum(waited, reports::saturated_sum(each.running, each.held));
    if (!worst || each.held > worst->held) worst = &each;
  }
  if (!worst || held <= waited / 2) return std::nullopt;
  const ClassPlan& plan = object.plan;
  std::string text = fmt::format("{} of the waiting for {} is not for work: {} lets nobody in while {}.",
                                 share_text(held, waited), object.name, worst->method, what_for(plan.holding));
  Finding finding{.rule = "gate-held", .text = "", .next = "", .evidence = {}, .worth = object.worth};
  finding.evidence.emplace_back("held", share_text(held, waited));
  if (const auto taken = taken_per_call(facts, plan); taken && *taken > Duration::zero()) {
    text += fmt::format(" A call takes it for {}, and {} of that is work: so it can do {} at most, and gets {}.",
                        ms_text(*taken), ms_text(object.per_call()), rate_text(1, *taken),
                        rate_text(object.use.calls, object.lasted));
    finding.evidence.emplace_back("taken", ms_text(*taken));
    finding.evidence.emplace_back("capacity", rate_text(1, *taken));
  }
  finding.text = std::move(text);
  finding.next = plan.holding != object::Holding::turn
                     ? facts.command("run", fmt::format("--set objects.{}.holds=turn", plan.name))
                     : facts.command("bench", fmt::format("--handler {}.{}", plan.name, worst->method));
  return finding;
}

std::optional<Finding> finding_of(const RunFacts& facts, const Busiest& object) {
  if (auto found = overload(facts, object)) return found;
  // What few wait for need not be better.
  const Duration waiting = facts.tail.stages[static_cast<std::size_t>(Stage::queue)];
  if (waiting * 4 < facts.tail.total) return std::nullopt;
  for (const auto& rule : {gate_held, bursts, hot_object})
    if (auto found = rule(facts, object)) return found;
  return std::nullopt;
}

}  // namespace

std::vector<Finding> findings_of_objects(const RunFacts& facts) {
  std::vector<Finding> findings;
  Duration waited{};
  for (const ObjectUse& each : facts.outcome.objects) waited = reports::saturated_sum(waited, each.waited);
  for (const ClassPlan& plan : facts.experiment.classes) {
    Duration waited_for_class{};
    std::vector<const ObjectUse*> of_class;
    for (const ObjectUse& each : facts.outcome.objects)
      if (each.class_name == plan.name && each.calls > 0) {
        waited_for_class = reports::saturated_sum(waited_for_class, each.waited);
        of_class.push_back(&each);
      }
    const Wide queued = nanoseconds(facts.tail.stages[static_cast<std::size_t>(Stage::queue)]);
    const Wide worth = queued * nanoseconds(waited_for_class) / std::max<Wide>(1, nanoseconds(waited));
    // The busiest need not be the one that is waited for most.
    std::ranges::stable_sort(of_class, std::greater{}, &ObjectUse::waited);
    for (const ObjectUse* use : of_class) {
      const Busiest object{*use,
                           plan,
                           facts.lasted(),
                           std::min(facts.experiment.lasts, reports::ObjectReport::window),
                           Duration(static_cast<std::int64_t>(worth)),
                           name_of(plan, *use)};
      if (auto found = finding_of(facts, object)) {
        findings.push_back(std::move(*found));
        break;
      }
    }
  }
  return findings;
}

}  // namespace orrery::scenarios
