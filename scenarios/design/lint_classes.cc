// Rules about classes: how much comes to their objects, and who calls them at all.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/decimal.h"
#include "reports/text.h"
#include "scenarios/design/lint_notes.h"
#include "scenarios/design/popularity.h"
#include "scenarios/run_facts.h"

namespace orrery::scenarios {
namespace {

using Level = LintNote::Level;

constexpr std::int64_t million = 1'000'000;
constexpr std::int64_t hot_millionths = 700'000;
// What one object does of calls that do little (Cloudflare docs, "Rules of Durable Objects").
constexpr Rate many_calls{500 * 3'600 * million};

std::string percent_text(std::int64_t millionths) {
  return reports::percent_text(static_cast<std::uint64_t>(millionths), million);
}

// "Venue", or the object of several: "Venue/3".
std::string name_of(const ClassPlan& plan, const ObjectEstimate& object) {
  return plan.shards == 1 || plan.keys == 1 ? plan.name : plan.name + "/" + object.object;
}

bool is_splittable(const ClassPlan& plan, const ObjectEstimate& peak, const LintNotes& notes) {
  if (plan.shards == 0 || plan.keys == 1) return false;
  const std::int64_t key = notes.estimates.busiest_key_millionths(plan);
  // Of the object's load, as much as the key has of all requests, or all of it.
  return plan.shards > 1 || peak.busy_millionths / 1'000 * key / 1'000 < hot_millionths;
}

void lint_load(LintNotes& notes, const ClassPlan& plan) {
  const Duration when = notes.estimates.busiest_time(plan);
  const ObjectEstimate peak = notes.estimates.busiest_object_at(plan, when);
  const ObjectEstimate mean = notes.estimates.busiest_object_on_average(plan);
  const std::string path = "objects." + plan.name;
  const std::string calls = many_text(peak.calls, "calls");
  if (mean.busy_millionths >= million)
    return notes.add(
        Level::error, "overload", path,
        fmt::format("{} is offered {} of what it can do, {}: its queue grows as long as the run "
                    "lasts",
                    name_of(plan, mean), percent_text(mean.busy_millionths), many_text(mean.calls, "calls")),
        notes.evidence_of(plan));
  if (peak.busy_millionths >= million)
    return notes.add(Level::error, "bursts", path,
                     fmt::format("{} is offered {} of what it can do when most is sent, {} from {} on, and {} on "
                                 "average",
                                 name_of(plan, peak), percent_text(peak.busy_millionths), calls, to_text(when),
                                 percent_text(mean.busy_millionths)),
                     notes.evidence_of(plan));
  if (peak.busy_millionths < hot_millionths) return;
  const bool helps = is_splittable(plan, peak, notes);
  const std::string key = plan.keys == 1 ? "it has one key"
                                         : fmt::format("its busiest key gets {} of the requests",
                                                       percent_text(notes.estimates.busiest_key_millionths(plan)));
  notes.add(Level::warning, helps ? "hot-object" : "one-key", path,
            fmt::format("{} is {} busy when most is sent, {}, and {}", name_of(plan, peak),
                        percent_text(peak.busy_millionths), calls, key),
            notes.evidence_of(plan));
}

// The regions of the groups that call it.
std::set<std::string> regions_of_callers(const LintNotes& notes, const ClassPlan& plan) {
  std::set<std::string> regions;
  for (const CallShare& share : notes.mix())
    for (const ClientGroup& group : notes.experiment.clients)
      if (share.object_class == plan.name && share_of_group(notes.experiment, share, group) > 0) {
        const sim::City& city = notes.estimates.topology().cities[notes.estimates.city_named(group.city)];
        regions.insert(city.region.empty() ? city.name : city.region);
      }
  return regions;
}

void lint_single_object(LintNotes& notes, const ClassPlan& plan) {
  if (plan.shards != 1 && plan.keys != 1) return;
  const std::set<std::string> regions = regions_of_callers(notes, plan);
  const ObjectEstimate peak = notes.estimates.busiest_object_at(plan, notes.estimates.busiest_time(plan));
  if (regions.size() < 2 && peak.calls <= many_calls) return;
  std::string text = fmt::format("one {} serves all {}", plan.name, reports::counted(plan.keys, "key", "keys"));
  if (regions.size() > 1) text += fmt::format(" and clients in {} parts of the world", regions.size());
  text += fmt::format(", {} when most is sent", many_text(peak.calls, "calls"));
  notes.add(Level::warning, "single-object", "objects." + plan.name, std::move(text), notes.evidence_of(plan));
}

// ---- Who is called.

// Classes and handlers that clients call, or handlers that are called.
std::set<std::pair<std::string, std::string>> called_in(const LintNotes& notes) {
  std::set<std::pair<std::string, std::string>> called;
  std::vector<std::pair<std::string, std::string>> found;
  for (const CallShare& share : notes.mix()) found.emplace_back(share.object_class, share.call);
  if (const auto* list = std::get_if<std::vector<Operation>>(&notes.experiment.workload))
    for (const Operation& each : *list) found.emplace_back(each.object_class, each.call);
  while (!found.empty()) {
    const auto next = found.back();
    found.pop_back();
    if (!called.insert(next).second) continue;
    const ClassPlan& plan = notes.experiment.classes[class_named(notes.experiment, next.first).value];
    for (const HandlerPlan& handler : plan.handlers)
      if (handler.name == next.second)
        for_each_step(handler.steps, [&found](const Step& step, std::int64_t) {
          if (const auto* call = std::get_if<CallStep>(&step.what))
            found.emplace_back(call->object_class, call->handler);
        });
  }
  return called;
}

void lint_callers(LintNotes& notes, const ClassPlan& plan,
                  const std::set<std::pair<std::string, std::string>>& called) {
  const auto is_its = [&plan](const auto& each) { return each.first == plan.name; };
  if (std::ranges::none_of(called, is_its))
    return notes.add(Level::warning, "unused", "objects." + plan.name,
                     fmt::format("nobody calls {}: no mix names it, and no handler", plan.name));
  for (const HandlerPlan& handler : plan.handlers)
    if (!called.contains({plan.name, handler.name}))
      notes.add(Level::advice, "unused", fmt::format("objects.{}.handlers.{}", plan.name, handler.name),
                fmt::format("nobody calls {}.{}: the run says nothing about it", plan.name, handler.name));
}

}  // namespace

void lint_classes(LintNotes& notes) {
  const auto called = called_in(notes);
  for (const ClassPlan& plan : notes.experiment.classes) {
    lint_callers(notes, plan, called);
    lint_load(notes, plan);
    lint_single_object(notes, plan);
    if (plan.shards > plan.keys)
      notes.add(Level::warning, "unused", fmt::format("objects.{}.shards", plan.name),
                fmt::format("{} objects share {}: at least {} of them are never called", plan.shards,
                            reports::counted(plan.keys, "key", "keys"), plan.shards - plan.keys));
  }
}

}  // namespace orrery::scenarios
