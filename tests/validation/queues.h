// Queues of which mathematics knows the mean wait, each as an experiment on the real runtime.
//
// The queue is the input gate of one object, whose handler is one step of cpu; turns cost nothing beside it. All that
// lies between a client and the object takes the same time for every request, so what the clients send without memory
// arrives without memory.
//
//   M/M/1, M/D/1, M/G/1   arrivals without memory; the turn is exponential, constant, or of another law.
//                         W = load * E[S^2] / (2 E[S] (1 - load))                         (Pollaczek, Khinchine)
//   machine repairman     so many clients, each of which thinks, asks, and thinks again when it has the answer.
//                         W(n) = E[S] * the mean number at the object when one client less is about
//                                                                                          (mean value analysis)
//
// A repairman's queue depends on how long clients think by the mean alone, so the constant time that their requests
// are under way is part of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/distributions.h"
#include "scenarios/experiment.h"

namespace orrery::validation {

// A queue of one model at one load: a row of the table.
struct Row {
  std::string model;
  Distribution service;
  double load = 0;            // the share of its time for which the object is busy
  std::uint32_t clients = 0;  // that wait for their answers; 0: arrivals do not depend on answers
};

// What theory may be told wrong, as factors.
struct Mistake {
  double load = 1;    // of arrivals; or of a client's readiness to ask again
  double square = 1;  // of E[S^2]
};

// The first two moments, in seconds.
struct Moments {
  double mean = 0;
  double square = 0;
};
// PRECONDITION: no Pareto, which may have none.
Moments moments_of(const Distribution& distribution);

// The mean wait before service, in seconds.
double pollaczek_khinchine(double load, const Moments& service);
double machine_repairman(std::uint32_t clients, double think, double service);
double mean_wait(const Row& row, const Mistake& mistake = {});

// From one answer to the next request's arrival: so that the object is as busy as the row says. For rows with clients.
double think_time(const Row& row);

// On the way from a client to the object and back.
inline constexpr Duration travel = 1'600us;

// How many requests a run of this row measures, about. An interval is only as good as its batches are independent. The
// wait forgets its past as exp(-t / relaxation), and to have something like 150 independent looks at it takes so many
// times two of those; what is added to them in front is the warm-up.
std::uint64_t requests_of(const Row& row);

// But for its seed.
scenarios::Experiment experiment_of(const Row& row);

// The whole table. `few`: one row of each model.
std::vector<Row> rows(bool few);

}  // namespace orrery::validation
