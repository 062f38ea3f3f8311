#include "scenarios/counter.h"

#include "core/object/durable_object.h"
#include "scenarios/world_settings.h"

namespace orrery::scenarios {
namespace {

// Counts. It needs no lock: between two awaits nothing else runs in it. What it put is durable before anybody
// outside can see that it was put.
class Counter final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  Task<std::int64_t> increment(std::int64_t by) {
    const std::int64_t sum = count() + by;
    ctx().storage().kv().put("count", sum);
    co_return sum;
  }

  Task<std::int64_t> read() { co_return count(); }

  // Asks a service whether it may count, and other calls run meanwhile: what was read before the await may be
  // old after it. So it adds to what it finds then; putting `seen + by` would lose what others counted.
  Task<std::int64_t> increment_if_permitted(std::int64_t by) {
    const std::int64_t seen = count();
    Request question = Request::post("/permit", std::to_string(seen));
    const Response answer = co_await ctx().fetch("permits", std::move(question));
    if (answer.status() != 200) throw ObjectError("not permitted");
    const std::int64_t sum = count() + by;
    ctx().storage().kv().put("count", sum);
    co_return sum;
  }

  Task<Response> fetch(Request request) override {
    if (request.method() == "POST") ctx().storage().kv().put("count", count() + 1);
    co_return Response::ok(std::to_string(count()));
  }

 private:
  std::int64_t count() { return ctx().storage().kv().get_or("count", std::int64_t{0}); }
};

Experiment make_counter(const Settings& settings) {
  Experiment experiment = experiment_in_world("counter", settings);
  experiment.classes = {{.name = "Counter",
                         .model = "counter",
                         .keys = static_cast<std::uint64_t>(settings.get<std::int64_t>("objects.Counter.key.n")),
                         .zipf_millionths = settings.get<Decimal>("objects.Counter.key.s").millionths}};

  const std::vector<sim::City> cities = cities_of(experiment);
  const auto clients = static_cast<std::uint32_t>(settings.get<std::int64_t>("clients.count"));
  experiment.clients = groups_in_cities(cities, cities.size(), clients, settings.get<Rate>("clients.rate"));
  experiment.services = {{"permits", cities.front().name, settings.get<Distribution>("services.permits.latency"),
                          settings.get<Decimal>("services.permits.refusals").millionths}};

  experiment.workload =
      Law{{{"Counter", "increment", weight_of(settings, "mix.increment"), {Value(std::int64_t{1})}},
           {"Counter", "read", weight_of(settings, "mix.read"), {}},
           {"Counter", "increment_if_permitted", weight_of(settings, "mix.increment_if_permitted"), {Value(std::int64_t{1})}}}};
  experiment.faults = faults_of(experiment, settings);
  return experiment;
}

std::vector<Parameter> counter_settings() {
  const auto integer = [](std::int64_t value) { return Setting(value); };
  const Setting any_distribution = Distribution::constant(0ms);
  return {{"clients.count", "clients in each city", integer(4), integer(1), integer(10'000)},
          {"clients.rate", "calls of all clients of one city together", *parse_rate("50/s"), *parse_rate("1/h"),
           *parse_rate("1000000/s")},
          {"mix.increment", "weight of increments among the calls", integer(60), integer(0), integer(1'000'000)},
          {"mix.read", "weight of reads", integer(30), integer(0), integer(1'000'000)},
          {"mix.increment_if_permitted", "weight of increments that await a service between reading and writing",
           integer(10), integer(0), integer(1'000'000)},
          {"objects.Counter.key.n", "how many counters there are", integer(1000), integer(1),
           integer(static_cast<std::int64_t>(Zipf::ranks_max))},
          {"objects.Counter.key.s", "Zipf exponent of their popularity; 0 makes all alike", Decimal{990'000},
           Decimal{0}, Decimal{Zipf::s_millionths_max}},
          {"services.permits.latency", "how long the service outside works on a request",
           Distribution::lognormal(20ms, 300'000), any_distribution, any_distribution},
          {"services.permits.refusals", "share of requests that it refuses", Decimal{20'000}, Decimal{0},
           Decimal{1'000'000}}};
}

}  // namespace

Scenario counter() {
  return {
      .name = "counter",
      .teaches = "The smallest object: 13 cities count together, and each count outlives the machine it was made on.",
      .classes = {object_class<Counter>("Counter")
                      .with<&Counter::increment>("increment")
                      .with<&Counter::read>("read")
                      .with<&Counter::increment_if_permitted>("increment_if_permitted")},
      .parameters = with_world_settings(60s, counter_settings()),
      .make = make_counter};
}

}  // namespace orrery::scenarios
