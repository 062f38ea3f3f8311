// What is on its way for long: to objects that live far away, and to find out where they live.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "reports/text.h"
#include "scenarios/design/estimate.h"
#include "scenarios/design/popularity.h"
#include "scenarios/run_facts.h"

namespace orrery::scenarios {
namespace {

using reports::Finding;
using reports::Judged;
using reports::Latencies;
using reports::Stage;

__extension__ using Wide = __int128;

constexpr Duration distance_min = 50ms;
constexpr std::uint64_t first_calls_part = 50;  // one in so many is enough to be the slowest 1 %
constexpr std::int64_t million = 1'000'000;

bool is_about_time(const Judged& judged) {
  const auto metric = judged.objective.metric;
  return metric != reports::Objective::Metric::errors && metric != reports::Objective::Metric::throughput;
}

// The class that this group calls most; nothing if it makes no calls.
const ClassPlan* mostly_called_by(const RunFacts& facts, const ClientGroup& group) {
  const auto* law = std::get_if<Law>(&facts.experiment.workload);
  if (!law) return facts.experiment.classes.empty() ? nullptr : &facts.experiment.classes.front();
  std::int64_t most = 0;
  const ClassPlan* found = nullptr;
  for (const CallShare& each : law->mix)
    if (const std::int64_t share = share_of_group(facts.experiment, each, group); share > most) {
      most = share;
      found = facts.class_named(each.object_class);
    }
  return found;
}

// The objectives about time that the group, or all requests, or an operation has missed.
std::vector<const Judged*> missed_by(const RunFacts& facts, const std::string& group) {
  std::vector<const Judged*> missed;
  for (const Judged& each : facts.objectives)
    if (is_missed(each) && is_about_time(each) &&
        (each.of == group || each.of == facts.outcome.all.name || each.of.contains('.')))
      missed.push_back(&each);
  return missed;
}

bool is_slowed_on_the_way(const RunFacts& facts, const Latencies& group) {
  if (group.completed == 0 || largest_of(group.stages) != Stage::network) return false;
  const Duration network = per(in(group.stages, Stage::network), group.completed);
  if (facts.only_severe)
    return facts.objectives.empty() && network * 5 >= per(reports::sum_of(group.stages), group.completed) * 3 &&
           network >= distance_min;
  return !missed_by(facts, group.name).empty();
}

// How far the objects of a class are from a group of clients.
struct Way {
  Duration mean{};     // there and back, of all its requests
  Duration longest{};  // of those of which there are enough to be the slowest 1 %
};

// Each key has its home, or its first caller, in one group as well as in another; affinity makes it the own one.
Way way_of(const RunFacts& facts, const Estimates& estimates, const ClientGroup& group, const ClassPlan& called) {
  const std::size_t from = estimates.city_named(group.city);
  if (const auto city = estimates.city_of(called)) {
    const Duration trip = estimates.round_trip(from, *city);
    return {trip, trip};
  }
  Duration sum{};
  Duration longest{};
  std::int64_t cities = 0;
  for (const ClientGroup& other : facts.experiment.clients) {
    if (called.place != place_home && mostly_called_by(facts, other) != &called) continue;
    const Duration trip = estimates.round_trip(from, estimates.city_named(other.city));
    sum += trip;
    longest = std::max(longest, trip);
    ++cities;
  }
  if (cities == 0 || called.shards == 1 || called.keys == 1) return {longest, longest};
  const Duration own = estimates.round_trip(from, from);
  const Wide elsewhere = called.shards > 0 ? million : million - called.affinity_millionths;
  const Wide more = Wide{nanoseconds(sum / cities - own)} * elsewhere / million;
  const bool are_few = elsewhere * (cities - 1) * 100 < Wide{million} * cities;
  return {own + Duration(static_cast<std::int64_t>(more)), are_few ? own : longest};
}

// Where an object lives is asked at its first call, which may be far away: many such calls are the tail, if it is on
// the way for longer than to the objects and back.
bool is_slowed_by_first_calls(const RunFacts& facts, const Estimates& estimates) {
  const Latencies& all = facts.outcome.all;
  if (facts.only_severe || largest_of(facts.tail.stages) != Stage::network) return false;
  if (all.work.calls >= all.completed * calls_per_request_min) return false;
  Duration longest{};
  std::uint64_t fewest = all.completed;
  for (std::size_t i = 0; i < facts.experiment.clients.size() && i < facts.outcome.groups.size(); ++i) {
    const ClientGroup& group = facts.experiment.clients[i];
    if (const ClassPlan* called = mostly_called_by(facts, group))
      longest = std::max(longest, way_of(facts, estimates, group, *called).longest);
    if (!missed_by(facts, group.name).empty()) fewest = std::min(fewest, facts.outcome.groups[i].completed);
  }
  if (facts.outcome.objects_used * facts.seeds * first_calls_part < fewest) return false;
  const auto calls = static_cast<std::int64_t>((all.work.calls + all.completed - 1) / all.completed);
  return in(facts.tail.stages, Stage::network) * 2 > longest * 3 * (1 + calls);
}

struct FarGroup {
  const ClientGroup* group = nullptr;
  const ClassPlan* called = nullptr;
  Duration total{};
  Duration network{};  // both of a request, on average
};

// Else what is on its way is something else: calls from object to object, questions where an object is.
bool is_explained_by_distance(const RunFacts& facts, const FarGroup& far, const Latencies& row,
                              const Estimates& estimates) {
  const bool is_fixed = estimates.city_of(*far.called).has_value();
  if (!is_fixed && row.work.calls >= row.completed * calls_per_request_min) return false;
  if (2 * way_of(facts, estimates, *far.group, *far.called).mean < far.network) return false;
  if (!is_fixed || !is_slowed_by_first_calls(facts, estimates)) return true;
  // A way that all requests have slows the one in the middle, too.
  const Duration median = row.histogram.percentile({50'000});
  return std::ranges::any_of(missed_by(facts, row.name),
                             [median](const Judged* each) { return each->objective.time <= median + median / 4; });
}

// Of those who call one class, the ones that lose most.
std::vector<FarGroup> far_groups(const RunFacts& facts, const Estimates& estimates) {
  std::vector<FarGroup> far;
  for (std::size_t i = 0; i < facts.experiment.clients.size() && i < facts.outcome.groups.size(); ++i) {
    const Latencies& row = facts.outcome.groups[i];
    const ClientGroup& group = facts.experiment.clients[i];
    const ClassPlan* called = mostly_called_by(facts, group);
    if (!called || !is_slowed_on_the_way(facts, row)) continue;
    const FarGroup each{&group, called, per(reports::sum_of(row.stages), row.completed),
                        per(in(row.stages, Stage::network), row.completed)};
    if (!is_explained_by_distance(facts, each, row, estimates)) continue;
    const auto known = std::ranges::find(far, called, &FarGroup::called);
    if (known == far.end())
      far.push_back(each);
    else if (each.network > known->network)
      *known = each;
  }
  return far;
}

// The location hints of the cities that people are in.
std::vector<std::string> regions_of(const Experiment& experiment, const sim::Topology& topology) {
  std::vector<std::string> regions;
  for (const ClientGroup& group : experiment.clients) {
    const auto city = std::ranges::find(topology.cities, group.city, &sim::City::name);
    if (city == topology.cities.end() || city->region.empty()) continue;
    if (std::ranges::find(regions, city->region) == regions.end()) regions.push_back(city->region);
  }
  return regions;
}

// The sentence about the remedy, and the arguments of the command that tries it.
void add_remedy(Finding& finding, const RunFacts& facts, const ClassPlan& plan, const sim::Topology& topology) {
  if (plan.keys > 1 && (plan.shards != 0 || plan.place != place_home)) {
    finding.text += " Objects of their own for each key, near those who use it, spare the way.";
    finding.next = facts.command(
        "run", fmt::format("--set objects.{}.shards=per-key --set objects.{}.place=home", plan.name, plan.name));
    return;
  }
  if (plan.place == place_home) {
    finding.text += " Too many requests are for keys whose home is elsewhere.";
    return;
  }
  const std::vector<std::string> regions = regions_of(facts.experiment, topology);
  if (regions.empty()) return;
  finding.text += " Another place may be better for all.";
  finding.next = facts.command("sweep", fmt::format("--set objects.{}.place={}", plan.name, fmt::join(regions, ",")));
}

void add_distance(std::vector<Finding>& findings, const RunFacts& facts, const Estimates& estimates) {
  for (const FarGroup& far : far_groups(facts, estimates)) {
    Finding finding{.rule = "distance", .text = "", .next = "", .evidence = {}, .worth = far.network};
    finding.text = fmt::format("{} waits {} of {} for what is on its way.", far.group->name, ms_text(far.network),
                               ms_text(far.total));
    finding.evidence.emplace_back("network", ms_text(far.network));
    const bool is_placed = !far.called->place.empty() && far.called->place != place_home;
    if (const auto city = estimates.city_of(*far.called); is_placed && city) {
      const Duration trip = estimates.round_trip(estimates.city_named(far.group->city), *city);
      finding.text += fmt::format(" {} lives in {}, a round trip of {} from {}.", far.called->name,
                                  estimates.topology().cities[*city].name, ms_text(trip), far.group->city);
      finding.evidence.emplace_back("round_trip", ms_text(trip));
    } else {
      finding.text +=
          fmt::format(" Each {} lives {}.", far.called->name,
                      far.called->place == place_home ? "at the home of its key" : "near the first who called it");
    }
    add_remedy(finding, facts, *far.called, estimates.topology());
    findings.push_back(std::move(finding));
  }
}

Finding first_call(const RunFacts& facts) {
  const Duration network = in(facts.tail.stages, Stage::network);
  const std::uint64_t objects = facts.outcome.objects_used;
  Finding finding{.rule = "first-call", .text = "", .next = "", .evidence = {}, .worth = network};
  finding.text = fmt::format(
      "{} for {} that count{}: where an object lives must be found out at its first call, and {} of the slowest "
      "requests is on the way. Objects that are seldom used are slow; a longer run, or a warm-up, has fewer first "
      "calls.",
      reports::counted(objects, "object", "objects"),
      reports::counted(facts.outcome.all.completed / facts.seeds, "request", "requests"),
      facts.seeds > 1 ? ", in each seed" : "", ms_text(network));
  finding.evidence.emplace_back("objects", std::to_string(objects));
  finding.evidence.emplace_back("network", share_text(network, facts.tail.total));
  return finding;
}

}  // namespace

std::vector<Finding> findings_of_distance(const RunFacts& facts) {
  const Estimates estimates(facts.experiment);
  std::vector<Finding> findings;
  add_distance(findings, facts, estimates);
  if (is_slowed_by_first_calls(facts, estimates)) findings.push_back(first_call(facts));
  return findings;
}

}  // namespace orrery::scenarios
