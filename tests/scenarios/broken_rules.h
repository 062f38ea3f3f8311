// For each rule of scenarios/rules.h an experiment that breaks it, and the same without the cause.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "scenarios/experiment.h"
#include "tests/scenarios/built_in.h"
#include "tests/worlds.h"

namespace orrery::tests {

using namespace scenarios;

struct BrokenRule {
  std::string rule;
  Experiment broken;
  Experiment mended;
};

inline Steps cpu(Duration time) { return {Step{CpuStep{Distribution::constant(time)}}}; }
inline Step put() { return Step{StorageStep{.kind = StorageStep::Kind::kv_put}}; }
inline Step fetch(std::string service = "permits") { return Step{FetchStep{std::move(service)}}; }
inline Step call(std::string handler = "add") { return Step{CallStep{"Log", std::move(handler)}}; }
inline Arrivals rate(std::string_view text) { return poisson(*parse_rate(text)); }
inline reports::Objective objective(std::string_view name, std::string_view limit) {
  return *reports::parse_objective(name, limit);
}

// Clients in London book at a venue there, which has 20 keys. Turns take what their steps say. First calls are in the
// warm-up. No run meets its objective.
inline Experiment venue(Steps steps, std::string_view requests = "50/s") {
  Experiment experiment = london({{.name = "Venue", .keys = 20, .handlers = {{"book", std::move(steps)}}}}, {}, 1);
  experiment.scenario = "venue";
  experiment.seed = 7;
  experiment.lasts = 25s;
  experiment.warmup = 5s;
  experiment.disk.sync = Distribution::constant(200us);
  experiment.costs = {.turn = 0s, .storage_operation = 0s, .spread_millionths = 0};
  experiment.clients.front().arrivals = rate(requests);
  experiment.workload = Law{{{"Venue", "book", 1, {}}}};
  experiment.properties.clear();
  experiment.objectives = {objective("mean", "1ms")};
  return experiment;
}
inline Experiment with_one_object(Experiment experiment) {
  experiment.classes.front().shards = 1;
  return experiment;
}
inline Experiment with_keys(std::uint64_t keys, Experiment experiment) {
  experiment.classes.front().keys = keys;
  return experiment;
}
// Beside the venue a log, of which one object is called.
inline Experiment with_log(Experiment experiment) {
  experiment.classes.push_back({.name = "Log", .handlers = {{"add", {put()}}}});
  return experiment;
}
inline Experiment from(std::string city, std::string place, Experiment experiment) {
  experiment.clients.front().city = std::move(city);
  experiment.classes.front().place = std::move(place);
  return experiment;
}
inline Experiment with_retry(RetryPlan retry, Experiment experiment) {
  experiment.clients.front().retry = retry;
  return experiment;
}
inline Experiment held(object::Holding holding, Experiment experiment) {
  experiment.classes.front().holding = holding;
  return with_one_object(std::move(experiment));
}
inline Experiment with_bank(Distribution latency, Experiment experiment, std::int64_t refusals_millionths = 0) {
  experiment.services = {{"permits", "London", latency, refusals_millionths}};
  return experiment;
}
inline Experiment bursting(Experiment experiment) {
  experiment.lasts = 45s;
  experiment.clients.front().arrivals = BurstyArrivals{*parse_rate("200/s"), *parse_rate("800/s"), 5s, 17500ms};
  return experiment;
}
inline Experiment with_hot_key(std::int64_t millionths, Experiment experiment) {
  experiment.classes.front().hot_millionths = millionths;
  return experiment;
}
inline Experiment with_sync(Duration lasts, Experiment experiment) {
  experiment.disk.sync = Distribution::constant(lasts);
  return experiment;
}
inline Experiment held_to(std::vector<reports::Objective> objectives, Experiment experiment) {
  experiment.objectives = std::move(objectives);
  return experiment;
}

// What runs find out.
inline std::vector<BrokenRule> broken_in_runs() {
  const Steps six_calls(6, call());
  const auto gives_up_after = [](Duration timeout) {
    return RetryPlan{.after_timeout = true, .timeout = timeout, .max = 3, .backoff_least = 50ms, .backoff_most = 1s};
  };
  const auto booking = [](Distribution bank, std::int64_t refusals = 0) {
    return with_bank(bank, venue({fetch()}, "50/s"), refusals);
  };
  const std::vector<reports::Objective> few_errors{objective("mean", "1ms"), objective("errors", "1%")};
  return {
      {"overload", with_one_object(venue(cpu(5ms), "300/s")), venue(cpu(5ms), "300/s")},
      {"bursts", bursting(with_one_object(venue(cpu(2ms)))), with_one_object(venue(cpu(2ms), "350/s"))},
      {"hot-object", with_one_object(venue(cpu(4ms), "200/s")), venue(cpu(4ms), "200/s")},
      {"one-key", with_hot_key(900'000, venue(cpu(4ms), "200/s")), venue(cpu(4ms), "200/s")},
      {"gate-held", held(object::Holding::call, venue({fetch()}, "30/s")),
       held(object::Holding::turn, venue({fetch()}, "30/s"))},
      {"distance", from("Sydney", "Washington DC", venue(cpu(1ms))), from("Sydney", "Sydney", venue(cpu(1ms)))},
      {"slow-service", booking(Distribution::constant(200ms)), booking(Distribution::constant(1ms))},
      {"chatty-calls", with_log(venue(six_calls)), with_log(venue({call()}))},
      {"commit-wait", with_sync(50ms, venue({put()})), with_sync(200us, venue({put()}))},
      {"long-turn", with_one_object(venue(cpu(50ms), "2/s")), with_one_object(venue(cpu(1ms), "2/s"))},
      {"first-call", with_keys(100'000, venue(cpu(1ms))), venue(cpu(1ms))},
      {"retry-storm", with_retry(gives_up_after(100ms), booking(Distribution::exponential(100ms))),
       with_retry(gives_up_after(5s), booking(Distribution::exponential(100ms)))},
      {"errors", held_to(few_errors, booking(Distribution::constant(1ms), 100'000)),
       held_to(few_errors, booking(Distribution::constant(1ms)))},
  };
}

// What can be read off.
inline std::vector<BrokenRule> broken_in_text() {
  const Steps block{Step{BlockStep{{fetch()}}}};
  const Steps asks_at_once{Step{AllStep{std::vector<Steps>(7, {fetch()})}}};
  const Steps asks_in_turns{Step{AllStep{std::vector<Steps>(6, {fetch()})}}};
  const auto rows = [](std::uint32_t count) {
    return Steps{Step{StorageStep{.kind = StorageStep::Kind::sql_write, .rows = count}}};
  };
  const auto value = [](std::uint32_t bytes) {
    return Steps{Step{StorageStep{.kind = StorageStep::Kind::kv_put, .bytes = bytes}}};
  };
  const RetryPlan at_once{.after_error = true, .max = 3};
  const RetryPlan later{.after_error = true, .max = 3, .backoff_least = 100ms, .backoff_most = 2s};
  const auto everywhere = [](Experiment experiment) {
    experiment.clients.push_back({.name = "syd", .city = "Sydney", .arrivals = rate("5/s")});
    return experiment;
  };
  const auto looping = [](Experiment experiment) {
    experiment.clients.front().arrivals = ClosedLoop{Distribution::constant(1s)};
    return experiment;
  };
  Experiment short_one = held_to({objective("p99", "1s")}, venue(cpu(1ms), "10/s"));
  Experiment long_one = short_one;
  long_one.lasts = 200s;  // 1,950 requests
  return {
      {"overload", with_one_object(venue(cpu(5ms), "300/s")), venue(cpu(5ms), "300/s")},
      {"bursts", bursting(with_one_object(venue(cpu(2ms)))), with_one_object(venue(cpu(2ms), "350/s"))},
      {"hot-object", with_one_object(venue(cpu(4ms), "200/s")), venue(cpu(4ms), "200/s")},
      {"one-key", with_hot_key(900'000, venue(cpu(4ms), "200/s")), venue(cpu(4ms), "200/s")},
      {"single-object", everywhere(with_one_object(venue(cpu(1ms)))), everywhere(venue(cpu(1ms)))},
      {"gate-held", held(object::Holding::commit, venue({put()})), held(object::Holding::turn, venue({put()}))},
      {"fetch-in-block", venue(block), venue({fetch()})},
      {"distance", from("London", "Sydney", venue({fetch()})), from("London", "London", venue({fetch()}))},
      {"chatty-calls", with_log(venue(Steps(6, call()))), with_log(venue({call()}))},
      {"commit-wait", venue({put(), Step{SyncStep{}}}), venue({put(), Step{SyncStep{}}, put()})},
      {"long-turn", venue(rows(1'000)), venue(rows(999))},
      {"retry-storm", with_retry(at_once, venue(cpu(1ms))), with_retry(later, venue(cpu(1ms)))},
      {"write-before-fetch", with_retry(later, venue({fetch(), put()})),
       with_retry(later, venue({put(), fetch(), put()}))},
      {"impossible-objective", held_to({objective("p99", "200ms")}, from("Sydney", "London", venue(cpu(1ms)))),
       held_to({objective("p99", "300ms")}, from("Sydney", "London", venue(cpu(1ms))))},
      {"short-run", short_one, long_one},
      {"closed-loop", held_to({objective("p99", "1s")}, looping(venue(cpu(1ms)))), looping(venue(cpu(1ms)))},
      {"unused", with_log(venue(cpu(1ms))), with_log(venue({call()}))},
      {"limits", venue(asks_at_once), venue(asks_in_turns)},
      {"limits", venue(value(200'000)), venue(value(131'072))},
  };
}

}  // namespace orrery::tests
