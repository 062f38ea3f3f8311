// The same experiment gives the same run, to the bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "core/base/bytes.h"
#include "core/object/namespace.h"
#include "scenarios/catalogue.h"
#include "scenarios/search/generate.h"
#include "sim/fingerprint.h"
#include "tests/scenarios/built_in.h"
#include "tests/worlds.h"

namespace orrery::scenarios {
namespace {

const std::vector<Scenario>& scenarios() { return tests::built_in(); }
const Code& code() { return tests::built_in_code(); }
Experiment short_run(const Scenario& scenario, std::uint64_t seed) {
  Settings settings(scenario.parameters);
  EXPECT_TRUE(settings.set("run.duration", "2s"));
  return experiment_of(scenario, settings, seed);
}
std::uint64_t fingerprint_of(const Experiment& experiment) { return run(experiment, code()).outcome.fingerprint; }

// The fingerprints of one list hold for every compiler, optimisation, sanitizer and processor. After a change of
// what the simulation does, ORRERY_WRITE_GOLDEN=1 writes the list anew.
TEST(Determinism, FingerprintsAreThoseOfTheGoldenList) {
  std::ostringstream now;
  for (const Scenario& scenario : scenarios())
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const auto line = [&](const char* kind, const Experiment& experiment) {
        now << fmt::format("{} {} {} {:016x}\n", scenario.name, kind, seed, fingerprint_of(experiment));
      };
      line("run", short_run(scenario, seed));
      line("check", drawn_experiment(scenario, Settings(scenario.parameters), seed));
    }
  if (std::getenv("ORRERY_WRITE_GOLDEN")) std::ofstream(ORRERY_GOLDEN) << now.str();

  std::ostringstream golden;
  golden << std::ifstream(ORRERY_GOLDEN).rdbuf();
  EXPECT_EQ(now.str(), golden.str());
}

TEST(Determinism, TheTenthRunInAProcessIsLikeTheFirst) {
  const Experiment experiment = short_run(scenarios().front(), 3);
  const std::uint64_t first = fingerprint_of(experiment);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(fingerprint_of(experiment), first);
}

TEST(Determinism, SeedsDiffer) {
  EXPECT_NE(fingerprint_of(short_run(scenarios().front(), 1)), fingerprint_of(short_run(scenarios().front(), 2)));
}

TEST(Explicit, LeavesTheRunAsItIs) {
  for (const Scenario& scenario : scenarios())
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const Experiment law = drawn_experiment(scenario, Settings(scenario.parameters), seed);
      const Experiment list = explicit_form(law, code());

      EXPECT_TRUE(std::holds_alternative<std::vector<Operation>>(list.workload));
      EXPECT_EQ(fingerprint_of(list), fingerprint_of(law)) << scenario.name << " " << seed;
    }
}

TEST(Law, HasClientsWhoSendLessThanOnceAYear) {
  const Scenario& counter = scenarios().front();
  Settings settings(counter.parameters);
  ASSERT_TRUE(settings.set("clients.count", "10000") && settings.set("clients.rate", "1/h") &&
              settings.set("run.duration", "24h"));
  const Experiment experiment = experiment_of(counter, settings, 1);
  ASSERT_FALSE(mistake_in(experiment, code()));

  const Experiment listed = explicit_form(experiment, code());

  // 13 cities, once an hour each: 312 on average.
  const std::size_t sent = std::get<std::vector<Operation>>(listed.workload).size();
  EXPECT_GT(sent, 220u);
  EXPECT_LT(sent, 410u);
}
TEST(Law, NeverSendsAtTheLeastOfRates) {
  Experiment experiment = short_run(scenarios().front(), 1);
  for (ClientGroup& group : experiment.clients) {
    group.arrivals = poisson(Rate{.millionths_per_hour = 1});
    group.clients = 1000;
  }
  EXPECT_TRUE(std::get<std::vector<Operation>>(explicit_form(experiment, code()).workload).empty());
}

// What is wrong with the short run after this change, or nothing.
template <class Change>
std::string mistake_after(Change change) {
  Experiment experiment = short_run(scenarios().front(), 1);
  change(experiment);
  const auto mistake = mistake_in(experiment, code());
  return mistake ? mistake->message : "";
}
TEST(Mistake, IsAnOperationAfterTheEnd) {
  const auto with_operation_at = [](Duration at) {
    return mistake_after([at](Experiment& experiment) {
      experiment.workload = std::vector{tests::operation(0, 3, at, "Counter", "read")};
    });
  };
  EXPECT_EQ(with_operation_at(2s - 1ns), "");
  EXPECT_EQ(with_operation_at(2s), "operation 3 of client 0: the time must be from 0s to before the end, 2s");
}
TEST(Mistake, IsAPostponementBeyondAllTime) {
  EXPECT_NE(mistake_after([](Experiment& experiment) {
              experiment.adversary.postponed = {{ClientId{0}, 0, 0, Duration::max()}};
            }),
            "");
  EXPECT_NE(mistake_after([](Experiment& experiment) { experiment.adversary.grid = Duration::max(); }), "");
}
TEST(Mistake, IsAFetchOfWhatIsNoRequest) {
  const auto with_argument = [](std::string text) {
    return mistake_after([&text](Experiment& experiment) {
      experiment.workload = Law{{{"Counter", "fetch", 1, {Value(text)}}}};
    });
  };
  EXPECT_EQ(with_argument(to_bytes_of(Request::get("/"))), "");
  EXPECT_EQ(with_argument("GET /"), "the argument of fetch of Counter is not a packed request");
}
TEST(Mistake, IsATableOfCitiesThatCannotBeReadAlsoWithoutAMatrix) {
  EXPECT_NE(mistake_after([](Experiment& experiment) { experiment.world.cities_csv = "Oslo\n"; }), "");
}
TEST(World, MayBeOneCityOfTheUsersOwn) {
  Settings settings(scenarios().front().parameters);
  settings.set_file("network.cities", {"oslo.csv", "city,latitude_deg,longitude_deg\nOslo,59.91,10.75\n"});
  ASSERT_TRUE(settings.set("run.duration", "2s"));
  const Experiment experiment = experiment_of(scenarios().front(), settings, 1);

  ASSERT_FALSE(mistake_in(experiment, code()));
  ASSERT_EQ(experiment.clients.size(), 1u);
  EXPECT_EQ(experiment.clients.front().city, "Oslo");
  EXPECT_GT(run(experiment, code()).outcome.all.completed, 50u);
}

TEST(Witness, SwitchedOffLeavesTheVerdictsOfAThousandRunsAsTheyAre) {
  const Scenario& scenario = scenarios().front();
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    Experiment experiment = drawn_experiment(scenario, Settings(scenario.parameters), seed);
    experiment.lasts = std::min(experiment.lasts, Duration(250ms));
    const auto with = run(experiment, code(), {.witness = true, .more_sinks = {}}).outcome.verdicts;
    const auto without = run(experiment, code(), {.witness = false, .more_sinks = {}}).outcome.verdicts;
    ASSERT_EQ(with.size(), without.size());
    for (std::size_t i = 0; i < with.size(); ++i)
      ASSERT_EQ(with[i].verdict.kind, without[i].verdict.kind) << with[i].property << ", seed " << seed;
  }
}

// Folds the records about each object, so that one object's doings can be compared alone; but for what is read back
// when the run is over, whenever that is.
class ObjectFingerprints final : public journal::Sink {
 public:
  journal::Interest interest() const override { return journal::Interest::everything(); }
  void on(const journal::Record& record) override {
    std::visit(
        [&](const auto& event) {
          using Event = std::decay_t<decltype(event)>;
          if constexpr (requires { event.object; } && !std::is_same_v<Event, journal::ReadBack>) {
            by_object[event.object] = mix(by_object[event.object], sim::hash_of(record));
          }
        },
        record.event);
  }
  std::map<ObjectId, std::uint64_t> by_object;
};

std::map<ObjectId, std::uint64_t> object_fingerprints(const Experiment& experiment) {
  ObjectFingerprints sink;
  run(experiment, code(), {.witness = true, .more_sinks = {&sink}});
  return sink.by_object;
}

TEST(Causes, RemovingAnOperationLeavesEveryOtherObjectAsItWas) {
  Experiment experiment = short_run(scenarios().front(), 5);
  experiment.lasts = 500ms;
  experiment.classes[0].keys = 20;
  experiment.world.machines_per_data_center = 100;  // objects on one machine share its disk
  experiment = explicit_form(experiment, code());
  const auto before = object_fingerprints(experiment);
  const auto operations = std::get<std::vector<Operation>>(experiment.workload);
  ASSERT_GT(operations.size(), 100u);
  const Namespace names("Counter");

  for (std::size_t removed = 0; removed < operations.size(); removed += 7) {
    auto fewer = operations;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(removed));
    experiment.workload = std::move(fewer);
    const ObjectId touched = names.id_from_name(operations[removed].key);
    const auto after = object_fingerprints(experiment);

    for (const auto& [object, fingerprint] : before) {
      if (object == touched) continue;
      const auto found = after.find(object);
      ASSERT_NE(found, after.end());
      EXPECT_EQ(found->second, fingerprint) << "operation " << removed;
    }
    EXPECT_TRUE(!after.contains(touched) || after.at(touched) != before.at(touched));
  }
}

// Keeps a hash of each record.
class Hashes final : public journal::Sink {
 public:
  journal::Interest interest() const override { return journal::Interest::everything(); }
  void on(const journal::Record& record) override { all.push_back(sim::hash_of(record)); }
  std::vector<std::uint64_t> all;
};

// By this `replay` says where a run left the one that was stored.
TEST(Checkpoints, OfTwoRunsNameTheWindowOfTheFirstDifferentRecord) {
  const Experiment one = explicit_form(short_run(scenarios().front(), 1), code());
  Experiment other = one;
  auto& operations = std::get<std::vector<Operation>>(other.workload);
  operations[operations.size() / 2].at += 1ns;
  Hashes first;
  Hashes second;
  const sim::Checkpoints of_one = run(one, code(), {.witness = true, .more_sinks = {&first}}).checkpoints;
  const sim::Checkpoints of_other = run(other, code(), {.witness = true, .more_sinks = {&second}}).checkpoints;

  const auto window = sim::window_of_first_difference(of_one, of_other);

  ASSERT_TRUE(window);
  const auto place = static_cast<std::uint64_t>(std::ranges::mismatch(first.all, second.all).in1 - first.all.begin());
  ASSERT_LT(place, first.all.size());
  EXPECT_LE(window->first, place);
  EXPECT_LT(place, window->second);
  EXPECT_FALSE(sim::window_of_first_difference(of_one, of_one));
}

}  // namespace
}  // namespace orrery::scenarios
