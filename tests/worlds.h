// Small experiments for tests: a few object classes, operations written out, all records kept.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/object/durable_object.h"
#include "properties/catalogue.h"
#include "scenarios/experiment.h"

namespace orrery::tests {

class Keep final : public journal::Sink {
 public:
  journal::Interest interest() const override { return journal::Interest::everything(); }
  void on(const journal::Record& record) override { records.push_back(record); }

  // All events of one kind, with their times.
  template <class E>
  std::vector<std::pair<Time, E>> all() const {
    std::vector<std::pair<Time, E>> found;
    for (const journal::Record& record : records)
      if (const auto* event = std::get_if<E>(&record.event)) found.emplace_back(record.at, *event);
    return found;
  }
  // What the call of this operation was answered, as text.
  std::string answer(ClientId client, std::uint64_t number) const {
    const CallId call{Cause::operation(client, number).key};
    for (const auto& [at, answered] : all<journal::Answered>())
      if (answered.call == call) return to_text(answered.value);
    return "none";
  }

  std::vector<journal::Record> records;
};

// One group of clients in London, nothing drawn but the costs of turns: no jitter, access of 8 ms, and a service
// "permits" in London that takes 20 ms.
inline scenarios::Experiment london(std::vector<scenarios::ClassPlan> classes,
                                    std::vector<scenarios::Operation> operations, std::uint32_t clients = 4) {
  scenarios::Experiment experiment;
  experiment.scenario = "test";
  experiment.link = {.access = Distribution::constant(8ms), .jitter_millionths = 0};
  experiment.classes = std::move(classes);
  experiment.services = {{"permits", "London", Distribution::constant(20ms)}};
  experiment.clients = {{.name = "lhr", .city = "London", .clients = clients}};
  experiment.workload = std::move(operations);
  for (const std::string_view name : properties::usual_property_names()) experiment.properties.emplace_back(name);
  return experiment;
}

// Plays it, and keeps all records. There may be no mistake in it, and no property may be violated.
inline Keep play(const scenarios::Experiment& experiment, const scenarios::Code& code) {
  const auto mistake = mistake_in(experiment, code);
  EXPECT_FALSE(mistake) << mistake->message;
  Keep keep;
  const auto made = scenarios::run(experiment, code, {.more_sinks = {&keep}});
  for (const auto& each : made.outcome.verdicts)
    EXPECT_FALSE(each.verdict.violation) << each.property << ": " << each.verdict.violation->text;
  return keep;
}

inline scenarios::Operation operation(std::uint32_t client, std::uint64_t number, Duration at,
                                      std::string object_class, std::string call, std::vector<Value> args = {},
                                      std::string key = "0") {
  return {ClientId{client}, number, at, std::move(object_class), std::move(call), std::move(key), std::move(args)};
}

}  // namespace orrery::tests
