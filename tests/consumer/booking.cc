// Sells the seats of a show. `book` has a hole in it, and fix.patch closes it.
#include <map>

#include "scenarios/main.h"

using namespace orrery;

class Show final : public DurableObject {
 public:
  explicit Show(Context& context) : DurableObject(context) {
    ctx().storage().sql().exec("CREATE TABLE IF NOT EXISTS tickets (seat INTEGER)");
  }

  // Whether the seat is the caller's now.
  Task<bool> book(std::int64_t seat) {
    Sql sql = ctx().storage().sql();
    const Request charge = Request::post("/charge");
    if (sql.exec("SELECT 1 FROM tickets WHERE seat = ?", seat).next()) co_return false;
    const Response payment = co_await ctx().fetch("bank", charge);
    if (payment.status() != 200) co_return false;
    sql.exec("INSERT INTO tickets (seat) VALUES (?)", seat);
    co_return true;
  }

  // What is wrong with the object, if anything. Asked after each of its turns.
  std::optional<std::string> no_seat_twice() {
    Sql sql = ctx().storage().sql();
    const auto row = sql.exec("SELECT seat FROM tickets GROUP BY seat HAVING count(*) > 1").next();
    if (!row) return std::nullopt;
    return "seat " + std::to_string(std::get<std::int64_t>(row->front())) + " has two tickets";
  }
};

// What users rely on, whatever the object believes.
class OneTicketPerSeat final : public CallProperty {
 public:
  using CallProperty::CallProperty;
  std::string_view name() const override { return "one_ticket_per_seat"; }

  void on_call(const Call& call) override {
    if (call.value != Value(true)) return;
    const auto [sold, is_new] = sold_.try_emplace({call.object, call.argument}, call.text());
    if (is_new) return held();
    violate("sold_twice", call,
            "seat " + to_text(call.argument) + " was sold to " + sold->second + " and to " + call.text());
  }

 private:
  std::map<std::pair<ObjectId, Value>, std::string> sold_;
};

// One show, its users in two cities, and a bank.
Experiment make_booking(const Settings& settings) {
  Experiment experiment = experiment_in_world("booking", settings);
  const auto rate = poisson(settings.get<Rate>("clients.rate"));
  const Between seat{1, settings.get<std::int64_t>("show.seats")};
  experiment.classes = {{.name = "Show"}};
  experiment.clients = {{"fra", "Frankfurt", 2, rate}, {"lhr", "London", 2, rate}};
  experiment.services = {{.name = "bank",
                          .city = "Frankfurt",
                          .latency = settings.get<Distribution>("bank.latency"),
                          .refusals_millionths = 20'000}};
  experiment.workload = Law{.mix = {{.object_class = "Show", .call = "book", .args = {seat}}}};
  experiment.faults = faults_of(experiment, settings);
  return experiment;
}

Scenario booking() {
  return {.name = "booking",
          .teaches = "Seats are sold, and the bank takes its time.",
          .classes = {object_class<Show>("Show").with<&Show::book>("book").invariant<&Show::no_seat_twice>(
              "no_seat_twice")},
          .parameters = with_world_settings(
              10s, {number_setting("show.seats", "how many seats there are", 100, 1, 100'000),
                    rate_setting("clients.rate", "bookings of both users of one city together", "20/s"),
                    latency_setting("bank.latency", "how long the bank works on a payment",
                                    Distribution::lognormal(50ms, 300'000))}),
          .make = make_booking,
          .properties = {own_property<OneTicketPerSeat>("No two callers are told that a seat is theirs.")}};
}

int main(int argc, char** argv) { return orrery::main(argc, argv, {booking()}); }
