// Rules about the steps of handlers.
#include <fmt/format.h>

#include <algorithm>

#include "reports/text.h"
#include "scenarios/design/lint_notes.h"
#include "scenarios/design/popularity.h"
#include "scenarios/run_facts.h"

namespace orrery::scenarios {
namespace {

using Level = LintNote::Level;
using Kind = StorageStep::Kind;

constexpr std::int64_t million = 1'000'000;
constexpr Duration far = 50ms;
constexpr std::uint64_t calls_max = 5;
constexpr std::uint64_t rows_max = 1'000;
constexpr std::size_t connections_max = 6;              // of one handler at one time (Cloudflare docs, "Limits")
constexpr std::size_t old_backend_bytes_max = 131'072;  // of a value, in classes on the key-value backend (as above)

struct Place {
  LintNotes& notes;
  const ClassPlan& plan;
  const HandlerPlan& handler;

  void add(Level level, std::string_view rule, std::string text) const {
    notes.add(level, rule, fmt::format("objects.{}.handlers.{}", plan.name, handler.name), std::move(text),
              notes.evidence_of(plan, handler));
  }
};

template <class Kind>
bool has(const Steps& steps) {
  bool found = false;
  for_each_step(
      steps, [&found](const Step& step, std::int64_t) { found = found || std::holds_alternative<Kind>(step.what); });
  return found;
}

bool waits_outside(const Steps& steps) {
  return has<FetchStep>(steps) || has<CallStep>(steps) || has<WaitStep>(steps);
}
bool is_write(const Step& step) {
  const auto* storage = std::get_if<StorageStep>(&step.what);
  return storage && (storage->kind == Kind::kv_put || storage->kind == Kind::sql_write);
}
bool ends_the_turn(const Step& step) {
  return std::holds_alternative<FetchStep>(step.what) || std::holds_alternative<CallStep>(step.what) ||
         std::holds_alternative<WaitStep>(step.what) || std::holds_alternative<SyncStep>(step.what);
}

bool waits_in_a_block(const Steps& steps) {
  bool found = false;
  for_each_step(steps, [&found](const Step& step, std::int64_t) {
    const auto* block = std::get_if<BlockStep>(&step.what);
    found = found || (block && waits_outside(block->steps));
  });
  return found;
}

// What is taken of the object by this handler, and by all that comes to it.
void lint_gate(const Place& place) {
  const ClassPlan& plan = place.plan;
  const HandlerEstimate takes = place.notes.estimates.of(plan, place.handler);
  if (takes.shut <= Duration::zero()) return;
  const bool is_for_commit = plan.holding == object::Holding::commit && !waits_in_a_block(place.handler.steps);
  const bool is_outside = waits_in_a_block(place.handler.steps) ||
                          (plan.holding == object::Holding::call && waits_outside(place.handler.steps));
  if (!is_for_commit && !is_outside) return;
  const ObjectEstimate peak = place.notes.estimates.busiest_object_at(plan, place.notes.estimates.busiest_time(plan));
  const std::string_view why = is_for_commit                           ? "while its writes become durable"
                               : plan.holding == object::Holding::call ? "until it has returned"
                                                                       : "while it waits in a block";
  // A commit alone is short: only a busy object minds.
  const Level mild = is_for_commit && peak.taken_millionths * 2 < million ? Level::advice : Level::warning;
  std::string text = fmt::format(
      "{} lets nobody in {}: it takes the object for {}, so {} calls a second are possible", place.handler.name, why,
      ms_text(takes.busy + takes.shut), number_per_second(1, takes.busy + takes.shut));
  if (peak.calls > Rate{}) text += fmt::format("; its busiest object gets {}", many_text(peak.calls, "calls"));
  place.add(peak.taken_millionths >= million ? Level::error : mild, is_for_commit ? "gate-held" : "fetch-in-block",
            std::move(text));
}

bool is_asked_again(const LintNotes& notes, const ClassPlan& plan, const HandlerPlan& handler) {
  for (const CallShare& share : notes.mix()) {
    if (share.object_class != plan.name || share.call != handler.name) continue;
    for (const ClientGroup& group : notes.experiment.clients)
      if (group.retry.max > 0 && share_of_group(notes.experiment, share, group) > 0) return true;
  }
  return false;
}

// Nothing is written down before it asks, something is afterwards, and clients try again.
void lint_write_before_fetch(const Place& place) {
  std::string asked;
  bool writes_before = false;
  bool writes_after = false;
  for_each_step(place.handler.steps, [&](const Step& step, std::int64_t) {
    const auto* fetch = std::get_if<FetchStep>(&step.what);
    if (fetch && asked.empty() && !writes_before) asked = fetch->service;
    if (is_write(step)) (asked.empty() ? writes_before : writes_after) = true;
  });
  if (asked.empty() || !writes_after || !is_asked_again(place.notes, place.plan, place.handler)) return;
  place.add(
      Level::advice, "write-before-fetch",
      fmt::format("{} writes nothing down before it asks {}, and its clients try again: a second run cannot know "
                  "of the first, so write an idempotency key before",
                  place.handler.name, asked));
}

void lint_services(const Place& place) {
  const auto city = place.notes.estimates.city_of(place.plan);
  if (!city) return;
  for (const ServicePlan& service : place.notes.experiment.services) {
    bool is_asked = false;
    for_each_step(place.handler.steps, [&](const Step& step, std::int64_t) {
      const auto* fetch = std::get_if<FetchStep>(&step.what);
      is_asked = is_asked || (fetch && fetch->service == service.name);
    });
    const Duration trip = place.notes.estimates.round_trip(*city, place.notes.estimates.city_named(service.city));
    if (!is_asked || trip <= far) continue;
    place.add(Level::warning, "distance",
              fmt::format("{} asks {} in {}, {} from {} and back, where {} lives", place.handler.name, service.name,
                          service.city, ms_text(trip), place.notes.estimates.topology().cities[*city].name,
                          place.plan.name));
  }
}

void lint_calls(const Place& place) {
  std::uint64_t calls = 0;
  bool is_side_by_side = false;
  std::size_t asked_at_once = 0;
  for_each_step(place.handler.steps, [&](const Step& step, std::int64_t) {
    calls += std::holds_alternative<CallStep>(step.what) ? 1 : 0;
    const auto* all = std::get_if<AllStep>(&step.what);
    if (!all) return;
    is_side_by_side = is_side_by_side || std::ranges::any_of(all->branches, has<CallStep>);
    const auto asking = std::ranges::count_if(all->branches, has<FetchStep>);
    asked_at_once = std::max(asked_at_once, static_cast<std::size_t>(asking));
  });
  if (calls > calls_max || is_side_by_side)
    place.add(Level::advice, "chatty-calls",
              fmt::format("{} makes {} to other objects for each request{}", place.handler.name,
                          reports::counted(calls, "call", "calls"),
                          is_side_by_side ? ", side by side: a list of them grows with the data" : ""));
  if (asked_at_once > connections_max)
    place.add(Level::warning, "limits",
              fmt::format("{} asks {} services at once, and the platform lets {} requests out of a handler at a time",
                          place.handler.name, asked_at_once, connections_max));
}

void lint_storage(const Place& place) {
  std::uint64_t rows = 0;  // that one turn writes
  std::uint64_t most_rows = 0;
  std::size_t most_bytes = 0;
  for_each_step(place.handler.steps, [&](const Step& step, std::int64_t) {
    if (ends_the_turn(step)) rows = 0;
    const auto* storage = std::get_if<StorageStep>(&step.what);
    if (!storage) return;
    if (storage->kind == Kind::sql_write) most_rows = std::max(most_rows, rows += storage->rows);
    if (storage->kind == Kind::kv_put) most_bytes = std::max<std::size_t>(most_bytes, storage->bytes);
  });
  if (most_rows >= rows_max)
    place.add(Level::warning, "long-turn",
              fmt::format("{} writes {} rows in one turn, in which nothing else happens in the object: it keeps it "
                          "busy for {}",
                          place.handler.name, reports::with_separators(most_rows),
                          ms_text(place.notes.estimates.of(place.plan, place.handler).busy)));
  if (most_bytes > old_backend_bytes_max)
    place.add(Level::advice, "limits",
              fmt::format("{} stores a value of {} bytes: more than {} only fit where storage is SQLite",
                          place.handler.name, reports::with_separators(most_bytes),
                          reports::with_separators(old_backend_bytes_max)));
}

void lint_sync(const Place& place) {
  const Steps& steps = place.handler.steps;
  const auto is_reply = [](const Step& step) { return std::holds_alternative<ReplyStep>(step.what); };
  const auto end = std::ranges::find_if(steps, is_reply);
  if (end == steps.begin() || !std::holds_alternative<SyncStep>(std::prev(end)->what)) return;
  place.add(
      Level::advice, "commit-wait",
      fmt::format("{} syncs before it answers: the answer waits for what was written anyway, and the sync costs "
                  "a turn more",
                  place.handler.name));
}

}  // namespace

void lint_handlers(LintNotes& notes) {
  for (const ClassPlan& plan : notes.experiment.classes)
    for (const HandlerPlan& handler : plan.handlers) {
      const Place place{notes, plan, handler};
      lint_gate(place);
      lint_services(place);
      lint_write_before_fetch(place);
      lint_calls(place);
      lint_storage(place);
      lint_sync(place);
    }
}

}  // namespace orrery::scenarios
