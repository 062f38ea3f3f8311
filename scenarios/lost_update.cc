#include "scenarios/lost_update.h"

#include <algorithm>

#include "core/object/durable_object.h"
#include "scenarios/world_settings.h"

namespace orrery::scenarios {
namespace {

// Keeps a balance, and has a hole in it. While `increment` awaits the audit, other calls run, and may change the
// balance that it has read: what it writes then is old, and their updates are lost. Counter (counter.cc) shows how
// it is done right.
class Wallet final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  Task<std::int64_t> increment(std::int64_t by) {
    const std::int64_t seen = balance();
    Request entry = Request::post("/entry", std::to_string(by));
    const Response noted = co_await ctx().fetch("audit", std::move(entry));
    if (noted.status() != 200) throw ObjectError("the audit refused it");
    const std::int64_t sum = seen + by;
    ctx().storage().kv().put("balance", sum);
    co_return sum;
  }

  // The same with the object to itself: right, and as slow as the audit.
  Task<std::int64_t> increment_alone(std::int64_t by) {
    std::int64_t sum = 0;
    co_await ctx().block_concurrency_while(increment_into(by, sum));
    co_return sum;
  }

  Task<std::int64_t> read() { co_return balance(); }

 private:
  Task<void> increment_into(std::int64_t by, std::int64_t& sum) {
    const std::int64_t after = co_await increment(by);
    sum = after;
  }
  std::int64_t balance() { return ctx().storage().kv().get_or("balance", std::int64_t{0}); }
};

Experiment make_lost_update(const Settings& settings) {
  Experiment experiment = experiment_in_world("lost_update", settings);
  experiment.classes = {{.name = "Wallet",
                         .model = "counter",
                         .keys = static_cast<std::uint64_t>(settings.get<std::int64_t>("objects.Wallet.key.n"))}};
  const std::vector<sim::City> cities = cities_of(experiment);
  experiment.clients = groups_in_cities(cities, 3, 2, settings.get<Rate>("clients.rate"));
  experiment.services = {{"audit", cities.front().name, settings.get<Distribution>("services.audit.latency")}};
  const Value one = std::int64_t{1};
  experiment.workload = Law{{{"Wallet", "increment", weight_of(settings, "mix.increment"), {one}},
                             {"Wallet", "increment_alone", weight_of(settings, "mix.increment_alone"), {one}},
                             {"Wallet", "read", weight_of(settings, "mix.read"), {}}}};
  experiment.faults = faults_of(experiment, settings);
  return experiment;
}

}  // namespace

Scenario lost_update() {
  const auto integer = [](std::int64_t value) { return Setting(value); };
  const Setting any_distribution = Distribution::constant(0ms);
  return {
      .name = "lost_update",
      .teaches = "A mistake to be found: what was read before an await is written after it, and updates are lost.",
      .classes = {object_class<Wallet>("Wallet")
                      .with<&Wallet::increment>("increment")
                      .with<&Wallet::read>("read")
                      .with<&Wallet::increment_alone>("increment_alone")},
      .parameters = with_world_settings(
          10s, {{"clients.rate", "calls of both clients of one city together", *parse_rate("10/s"),
                 *parse_rate("1/h"), *parse_rate("10000/s")},
                {"mix.increment", "weight of increments that may lose one", integer(1), integer(0), integer(1'000'000)},
                {"mix.increment_alone", "weight of increments that have the object to themselves", integer(0),
                 integer(0), integer(1'000'000)},
                {"mix.read", "weight of reads", integer(1), integer(0), integer(1'000'000)},
                {"objects.Wallet.key.n", "how many wallets there are", integer(5), integer(1), integer(1'000'000)},
                {"services.audit.latency", "how long the audit works on an entry",
                 Distribution::lognormal(20ms, 300'000), any_distribution, any_distribution}}),
      .make = make_lost_update};
}

}  // namespace orrery::scenarios
