// Runs of a booking system with an object that everybody waits for, made by hand: 60,000 requests of ten clients in
// three groups, one in a thousand waits longest.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "reports/latency.h"
#include "reports/summary.h"

namespace orrery::reports {

inline journal::Names booking_names() {
  return {.classes = {{"Venue", {"fetch", "view", "book"}}},
          .groups = {{"eu", "Frankfurt", 0, 4}, {"us", "Ashburn", 4, 4}, {"apac", "Singapore", 8, 2}}};
}

// Request i of 60,000, one each 10 ms. Of each thousand in a row the k-th waits k times so long.
inline Breakdown booking_request(std::uint64_t i, Duration wait) {
  constexpr std::array network{50ms, 20ms, 100ms};
  Breakdown each{};
  each.client = ClientId{static_cast<std::uint32_t>(i % 10)};
  each.number = i / 10;
  each.intended = Time(i * 10ms);
  const bool books = i / 10 % 3 == 0;
  each.method = MethodId{static_cast<std::uint16_t>(books ? 2 : 1)};
  time_in(each.stages, Stage::access) = 10ms;
  time_in(each.stages, Stage::network) = network[i % 10 / 4];
  time_in(each.stages, Stage::queue) = static_cast<std::int64_t>(i * 7 % 1'000) * wait;
  time_in(each.stages, Stage::cpu) = 1ms;
  time_in(each.stages, Stage::commit) = books ? 5ms : 0ms;
  each.latency = sum_of(each.stages);
  each.work = {.turns = 1, .operations = 1, .storage = 20us, .commits = books ? 1u : 0u};
  return each;
}

inline Outcome booking_outcome(std::uint64_t seed, Duration wait) {
  Outcome outcome;
  LatencyReport latency(booking_names(), Time());
  for (std::uint64_t i = 0; i < 60'000; ++i) latency.on(booking_request(i, wait));
  latency.write_to(outcome);
  outcome.seed = seed;
  outcome.fingerprint = 0xb1f49c027e35d8a0u + seed;
  outcome.events = 480'000;
  outcome.virtual_time = 10min;
  outcome.objects = {{.object = std::string(64, 'a'),
                      .class_name = "Venue",
                      .name = "0",
                      .busy = 531'600ms,
                      .turns = 60'000,
                      .longest_queue = 1'280,
                      .waited = 60'000 * (wait * 500),
                      .calls = 60'000,
                      .mean_square_us2 = 90'000,
                      .behind = {{"view", 5'200s, 0s}, {"book", 800s, 4'000s}},
                      .busiest_calls = 900,
                      .busiest_from = Time(60s)},
                     {.object = std::string(64, 'b'), .class_name = "Venue", .busy = 600ms, .turns = 230}};
  outcome.objects_used = 2;
  outcome.keys = {{"Venue", "0", 10'920, 60'000}};
  outcome.reached = {{"retry_after_reset", 12}};
  outcome.verdicts = {
      {"global_uniqueness", {.kind = properties::Verdict::Kind::holds, .tested = 13, .violation = {}, .note = {}}},
      {"serialization", {.kind = properties::Verdict::Kind::holds, .tested = 60'000, .violation = {}, .note = {}}}};
  return outcome;
}

inline std::vector<Objective> objectives_of(const std::vector<std::pair<std::string, std::string>>& texts) {
  std::vector<Objective> objectives;
  for (const auto& [name, limit] : texts) objectives.push_back(parse_objective(name, limit).value());
  return objectives;
}

// Each further seed waits a little longer.
inline RunSummary booking_run(Duration wait, const std::vector<Objective>& objectives,
                              const std::vector<std::uint64_t>& seeds = {1}) {
  std::vector<Outcome> outcomes;
  for (const std::uint64_t seed : seeds)
    outcomes.push_back(booking_outcome(seed, wait + static_cast<std::int64_t>(seed - seeds.front()) * 100us));
  RunSummary run;
  run.scenario = "booking";
  run.duration = 10min;
  run.outcome = merged(outcomes);
  run.names = booking_names();
  run.seeds = seed_outcomes(outcomes);
  run.objectives = judge(objectives, outcomes, 10min);
  return run;
}

}  // namespace orrery::reports
