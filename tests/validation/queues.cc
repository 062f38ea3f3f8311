#include "tests/validation/queues.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/invariant.h"

namespace orrery::validation {
namespace {

constexpr double per_second = 1e9;  // nanoseconds

double seconds(Duration duration) { return static_cast<double>(nanoseconds(duration)) / per_second; }
Duration duration_of(double seconds) {
  return Duration(static_cast<std::int64_t>(std::llround(seconds * per_second)));
}

// Mean value analysis: of a closed loop with n clients, from that with n - 1.
struct Closed {
  double wait = 0;
  double throughput = 0;
  double number = 0;  // at the object, in service or before it
};
Closed closed(std::uint32_t clients, double think, double service) {
  Closed loop;
  for (std::uint32_t n = 1; n <= clients; ++n) {
    loop.wait = service * loop.number;
    loop.throughput = n / (think + loop.wait + service);
    loop.number = loop.throughput * (loop.wait + service);
  }
  return loop;
}

// How long the wait remembers, in services: exactly so for M/M/1, and about for the others.
double relaxation(const Row& row) {
  const Moments service = moments_of(row.service);
  const double spread = service.square / (service.mean * service.mean) / 2;  // 1 if exponential
  return spread / std::pow(1 - std::sqrt(row.load), 2);
}

std::uint64_t warmup_requests(const Row& row) { return requests_of(row) / 20; }

}  // namespace

Moments moments_of(const Distribution& distribution) {
  const double base = seconds(distribution.base);
  const double most = seconds(distribution.most);
  const double sigma = static_cast<double>(distribution.shape_millionths) / 1e6;
  switch (distribution.kind) {
    case Distribution::Kind::constant: return {base, base * base};
    case Distribution::Kind::uniform: return {(base + most) / 2, (base * base + base * most + most * most) / 3};
    case Distribution::Kind::exponential: return {base, 2 * base * base};
    case Distribution::Kind::lognormal:
      return {base * std::exp(sigma * sigma / 2), base * base * std::exp(2 * sigma * sigma)};
    case Distribution::Kind::pareto: break;
  }
  PRECONDITION(false, "{} is no row's", distribution.to_text());
}

double pollaczek_khinchine(double load, const Moments& service) {
  return load * service.square / (2 * service.mean * (1 - load));
}

double machine_repairman(std::uint32_t clients, double think, double service) {
  return closed(clients, think, service).wait;
}

double mean_wait(const Row& row, const Mistake& mistake) {
  const Moments service = moments_of(row.service);
  if (row.clients > 0) return machine_repairman(row.clients, think_time(row) / mistake.load, service.mean);
  return pollaczek_khinchine(row.load * mistake.load, {service.mean, service.square * mistake.square});
}

double think_time(const Row& row) {
  const double service = moments_of(row.service).mean;
  double least = 0;
  double most = service * row.clients / row.load;  // if nobody ever waited
  for (int halved = 0; halved < 100; ++halved) {
    const double middle = (least + most) / 2;
    const double load = closed(row.clients, middle, service).throughput * service;
    (load > row.load ? least : most) = middle;
  }
  return most;
}

std::uint64_t requests_of(const Row& row) {
  if (row.clients > 0) return 15'000;  // few clients: their queue forgets within a few of their rounds
  return std::max<std::uint64_t>(15'000, static_cast<std::uint64_t>(300 * relaxation(row)));
}

scenarios::Experiment experiment_of(const Row& row) {
  using namespace scenarios;
  const double per_s = row.load / moments_of(row.service).mean;

  Experiment experiment;
  experiment.scenario = row.model;
  experiment.warmup = duration_of(static_cast<double>(warmup_requests(row)) / per_s);
  experiment.lasts = experiment.warmup + duration_of(static_cast<double>(requests_of(row)) / per_s);
  experiment.link = {.access = Distribution::constant(1ms), .jitter_millionths = 0};
  experiment.costs = {.turn = 0s, .storage_operation = 0s, .spread_millionths = 0};
  experiment.classes = {{.name = "Server", .handlers = {{"serve", {Step{CpuStep{row.service}}}}}}};
  ClientGroup users{.name = "users", .city = "London"};
  if (row.clients > 0) {
    users.clients = row.clients;
    users.arrivals = ClosedLoop{Distribution::exponential(duration_of(think_time(row)) - travel)};
  } else {
    users.clients = 10;
    users.arrivals = poisson({std::llround(per_s * 3600e6)});
  }
  experiment.clients = {users};
  experiment.workload = Law{{{"Server", "serve", 1, {}}}};
  return experiment;
}

std::vector<Row> rows(bool few) {
  constexpr Duration mean = 10ms;
  const std::vector<std::pair<std::string, Distribution>> laws = {
      {"M/M/1", Distribution::exponential(mean)},
      {"M/D/1", Distribution::constant(mean)},
      {"M/G/1, lognormal", Distribution::lognormal(duration_of(seconds(mean) * std::exp(-0.125)), 500'000)},
      {"M/G/1, uniform", Distribution::uniform(0s, 2 * mean)},
  };
  std::vector<Row> all;
  for (const auto& [model, service] : laws)
    for (const double load : {0.3, 0.5, 0.7, 0.8, 0.9, 0.95})
      if (!few || load == 0.5) all.push_back({model, service, load});
  for (const std::uint32_t clients : {5u, 20u, 50u})
    for (const double load : {0.3, 0.5, 0.8, 0.95})
      if (!few || (clients == 20 && load == 0.8))
        all.push_back(
            {fmt::format("repairman, {} machines", clients), Distribution::exponential(mean), load, clients});
  return all;
}

}  // namespace orrery::validation
