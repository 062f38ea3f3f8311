// Leases that are checked before everything, or only when an event enters or storage is used; clocks within their
// bound, and at half speed; what an owner can still tell its users after another has taken over.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "core/base/config.h"
#include "core/object/durable_object.h"
#include "tests/worlds.h"

namespace orrery::sim {
namespace {

using scenarios::FaultPlan;
using tests::Keep;
using tests::operation;

class Visits final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  // Touches storage. Its answer waits for its commit, if it counts.
  Task<std::int64_t> count() {
    const std::int64_t sum = ctx().storage().kv().get_or("count", std::int64_t{0}) + 1;
    ctx().storage().kv().put("count", sum);
    co_return sum;
  }
  Task<std::int64_t> stored() { co_return ctx().storage().kv().get_or("count", std::int64_t{0}); }
  // Touches none.
  Task<std::int64_t> remembered() { co_return ++calls_; }
  // Awaits, and then calls out.
  Task<std::int64_t> later() {
    co_await ctx().sleep(15s);
    Request notice = Request::post("/permit", "");
    const Response answer = co_await ctx().fetch("permits", std::move(notice));
    co_return answer.status();
  }

 private:
  std::int64_t calls_ = 0;
};

const scenarios::Code& code() {
  static const scenarios::Code code{{object_class<Visits>("Visits")
                                         .with<&Visits::count>("count")
                                         .with<&Visits::stored>("stored")
                                         .with<&Visits::remembered>("remembered")
                                         .with<&Visits::later>("later")}};
  return code;
}

struct Cell {
  bool is_strict = true;
  bool is_within = true;  // the bound of clocks
  std::string handler;
};

// The owner in London is cut off with its users, who go on calling, or stands still in the middle of the last turn that
// they asked for. It serves them as long as it believes that it may; users in Tokyo have another machine take over.
scenarios::Experiment experiment_of(const Cell& cell, std::uint64_t seed) {
  std::vector<scenarios::Operation> operations;
  const auto call = [&](std::uint32_t client, Duration at, const char* name) {
    const auto number = static_cast<std::uint64_t>(
        std::ranges::count(operations, ClientId{client}, &scenarios::Operation::client));
    operations.push_back(operation(client, number, at, "Visits", name));
  };
  const Duration offset = 7ms * static_cast<std::int64_t>(seed % 100);
  const Duration cut = cell.handler == "later" ? 40s : 10s;
  const bool stands_still = seed % 2 == 1;
  const std::uint64_t turns = 3 + seed % 5;
  std::uint64_t called = 1;
  call(0, 1s, "count");
  // So that the machines there have their leases.
  for (const char* key : {"1", "2", "3", "4", "5", "6", "7", "8"}) {
    call(1, 2s, "count");
    operations.back().key = key;
  }
  for (Duration at = 8s; at < cut + 10s; at += 200ms)
    if (!stands_still || called++ < turns) call(0, at + offset, cell.handler.c_str());
  for (Duration at = 10s; at < cut + 20s; at += 100ms) call(1, at + offset, "count");

  std::ranges::stable_sort(operations, {}, &scenarios::Operation::client);
  scenarios::Experiment experiment = tests::london({{.name = "Visits", .keys = 9}}, std::move(operations), 1);
  experiment.clients.push_back({.name = "nrt", .city = "Tokyo", .clients = 1});
  experiment.seed = seed;
  experiment.lasts = 100s;
  experiment.world.acceptors = 5;
  experiment.world.followers = 5;
  experiment.world.has_strict_leases = cell.is_strict;
  experiment.properties.emplace_back("no_late_effects");
  if (stands_still)
    experiment.faults.push_back({.kind = FaultKind::pause,
                                 .point = FaultPoint::in_turn,
                                 .nth = static_cast<std::uint32_t>(turns),
                                 .target = "Visits/0",
                                 .lasts = 12s});
  else
    experiment.faults.push_back(
        {.kind = FaultKind::partition, .at = cut + offset, .target = "Visits/0", .lasts = 60s, .with_users = true});
  const std::int64_t rate = cell.is_within ? -config::clock_drift_millionths_max : -500'000;
  for (const char* machine : {"lhr-1-1", "lhr-2-1", "lhr-3-1"})
    experiment.faults.push_back({.kind = FaultKind::drift, .target = machine, .rate_millionths = rate});
  return experiment;
}

// What left an instance after its machine's lease was known to be sealed.
std::uint64_t stale_outputs(const Keep& keep) {
  Lookup<NodeId, Incarnation> incarnations;
  Lookup<InstanceId, Incarnation> started_by;
  Lookup<Incarnation, bool> sealed;
  std::uint64_t stale = 0;
  for (const journal::Record& record : keep.records) {
    if (const auto* taken = std::get_if<journal::LeaseTaken>(&record.event))
      incarnations[record.node] = taken->incarnation;
    else if (const auto* started = std::get_if<journal::InstanceStarted>(&record.event))
      started_by[started->instance] = *incarnations.find(record.node);
    else if (const auto* seal = std::get_if<journal::LeaseSealed>(&record.event))
      sealed[seal->incarnation] = true;
    else if (const auto* left = std::get_if<journal::OutputLeft>(&record.event))
      stale += sealed.contains(*started_by.find(left->instance)) ? 1 : 0;
  }
  return stale;
}

// The first seed that shows something stale; nothing, if none does. No seed may lose what is durable.
std::optional<std::uint64_t> first_stale(const Cell& cell, std::uint64_t seeds) {
  std::optional<std::uint64_t> first;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const scenarios::Experiment experiment = experiment_of(cell, seed);
    const auto mistake = mistake_in(experiment, code());
    EXPECT_FALSE(mistake) << mistake->message;
    Keep keep;
    const auto made = scenarios::run(experiment, code(), {.more_sinks = {&keep}});
    for (const auto& each : made.outcome.verdicts) {
      const bool is_of_what_is_durable = each.property == "durability" || each.property == "no_internal_error";
      if (!is_of_what_is_durable) continue;
      EXPECT_FALSE(each.verdict.violation) << cell.handler << ", seed " << seed << ": " << each.verdict.violation->text;
    }
    if (!first && stale_outputs(keep) > 0) first = seed;
  }
  return first;
}

TEST(LeaseModes, AnswersAreStaleOnlyWhereTheyMayBeAndWhatIsDurableNever) {
  constexpr std::uint64_t seeds = 40;
  std::string table = fmt::format("\n{:<12}{:<14}{:<14}{}\n", "leases", "clocks", "handler", "first stale seed");
  for (const bool is_strict : {true, false})
    for (const bool is_within : {true, false})
      for (const char* handler : {"count", "stored", "remembered", "later"}) {
        const std::optional<std::uint64_t> found = first_stale({is_strict, is_within, handler}, seeds);
        table += fmt::format("{:<12}{:<14}{:<14}{}\n", is_strict ? "strict" : "production",
                             is_within ? "within" : "half speed", handler,
                             found ? fmt::to_string(*found) : fmt::format("none of {}", seeds));
        const bool waits_for_its_commit = std::string_view(handler) == "count";
        const bool may_be_stale = (!is_strict || !is_within) && !waits_for_its_commit;
        EXPECT_EQ(found.has_value(), may_be_stale) << handler << (is_strict ? ", strict" : ", production")
                                                   << (is_within ? ", within" : ", half speed");
      }
  fmt::print("{}\n", table);
}

}  // namespace
}  // namespace orrery::sim
