#include "tests/conformance/play.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/node/message.h"
#include "core/routing/packing.h"
#include "sim/world.h"
#include "tests/conformance/interpreter.h"

namespace orrery::tests::conformance {
namespace {

constexpr std::array<std::string_view, 5> lacking = {"alarms", "bookmarks", "eviction", "jurisdictions",
                                                     "stub options"};
constexpr Duration start = 1ms;

// The operations of fetches may name services that the program says nothing of.
void add_services(const Json& operations, std::map<std::string, std::int64_t, std::less<>>& delays_ms) {
  if (!operations.is_structured()) return;
  if (operations.is_array() && operations.size() > 1 && operations[0] == "fetch" && operations[1].is_string())
    delays_ms.emplace(operations[1].get<std::string>(), 0);
  for (const Json& each : operations) add_services(each, delays_ms);
}

sim::WorldPlan plan_of(const Program& program, Stage& stage, std::size_t clients) {
  sim::WorldPlan plan;
  plan.topology.cities.push_back({.name = "London", .code = "lhr", .at = std::nullopt, .region = ""});
  plan.topology.round_trips = sim::RoundTrips(1);
  plan.topology.data_centers_per_city = 1;
  plan.topology.between_data_centers = 2us;
  plan.topology.within_data_center = 2us;
  plan.link = {.access = Distribution::constant(2us), .jitter_millionths = 0};
  plan.disk.sync = Distribution::constant(1us);
  plan.costs = {.turn = 1us, .storage_operation = {}, .older_read = 10us, .spread_millionths = 0};
  plan.classes.push_back(
      {.definition = class_on(stage), .storage = program.is_kv ? StorageKind::kv : StorageKind::sqlite});
  auto delays_ms = program.delays_ms;
  for (const auto& [object_class, handlers] : program.classes)
    for (const auto& [handler, operations] : handlers) add_services(operations, delays_ms);
  for (const auto& [name, delay] : delays_ms) plan.services.push_back({name, 0, Distribution::constant(1ms * delay)});
  plan.client_cities.assign(clients, 0);
  plan.seed = 1;
  return plan;
}

// Which text each service gets when. They arrive in the order in which they leave.
class Services final : public journal::Sink {
 public:
  explicit Services(Stage& stage) : stage_(stage) {}

  journal::Interest interest() const override { return journal::Interest::in<journal::OutputLeft>(); }
  void on(const journal::Record& record) override {
    const auto& left = std::get<journal::OutputLeft>(record.event);
    if (left.kind != journal::OutputKind::fetch) return;
    auto& held_back = stage_.held_back[left.object];
    texts.emplace_back(record.at, std::move(held_back.front()));
    held_back.pop_front();
  }

  std::vector<std::pair<Time, Stage::Text>> texts;

 private:
  Stage& stage_;
};

// When what begins by itself does so.
class Instants final : public journal::Sink {
 public:
  journal::Interest interest() const override {
    return journal::Interest::in<journal::Called, journal::SleepEnded, journal::FetchEnded>();
  }
  void on(const journal::Record& record) override {
    const auto* call = std::get_if<journal::Called>(&record.event);
    if (call && call->parent != CallId{}) return;  // an object's own
    const bool is_event = call != nullptr;
    // Events of one instant are sent in one go.
    if (last_ && !(is_event && last_was_event_ && record.at == *last_)) closest = std::min(closest, record.at - *last_);
    last_ = record.at;
    if (!is_event) last_wait = record.at;
    last_was_event_ = is_event;
  }

  Duration closest = Duration::max();
  Time last_wait{};

 private:
  std::optional<Time> last_;
  bool last_was_event_ = false;
};

// Sends the events of the schedule, each by a client of its own or by the one of its stub.
class Driver final : public sim::Players {
 public:
  explicit Driver(const Program& program)
      : program_(program), stage_(program, [this] { return world_->now(); }), services_(stage_) {
    std::map<std::string, std::uint32_t> clients_of_stubs;
    for (const ScheduledEvent& event : program.schedule)
      for (std::uint64_t copy = 0; copy < event.times; ++copy) {
        std::uint32_t client = clients_;
        if (!event.stub.empty()) client = clients_of_stubs.emplace(event.stub, client).first->second;
        if (client == clients_) ++clients_;
        sendings_.push_back({&event, static_cast<double>(copy), client});
      }
    world_.emplace(plan_of(program, stage_, clients_));
    world_->recorder().add(services_);
    world_->recorder().add(instants_);
  }

  Played play() {
    // Those of one instant arrive in this order, and before anything that they lead to.
    for (std::size_t i = 0; i < sendings_.size(); ++i)
      world_->wake(ClientId{sendings_[i].client}, Time(start + 1ms * sendings_[i].event->at_ms), i);
    try {
      world_->run(*this);
    } catch (const Bug& bug) { throw std::runtime_error(bug.what()); }
    if (!stage_.bugs.empty()) throw std::runtime_error(stage_.bugs.front());
    return {transcript(), instants_.closest, instants_.last_wait};
  }

 private:
  struct Sending {
    const ScheduledEvent* event;
    double copy;
    std::uint32_t client;
    CallId call{};
  };
  struct Answer {
    Time at;
    std::size_t number;  // of the event
    Json json;
  };

  void on_wake(ClientId client, std::uint64_t number) override {
    Sending& sending = sendings_[number];
    const ScheduledEvent& event = *sending.event;
    const Cause cause = Cause::operation(client, number);
    sending.call = CallId{cause.key};
    Values args;
    for (const Json& each : event.args) args.push_back(read(each, {{"n", sending.copy}}));
    const DurableObjectId id = stage_.id_of(event.object);
    node::UserCall call;
    call.call = sending.call;
    call.object = id;
    call.method = MethodId{static_cast<std::uint16_t>(event.via_fetch ? 0 : 1)};
    call.arguments = event.via_fetch ? routing::pack(request_of(event.handler, args)) : arguments_of(event.handler, args);
    call.name = id.name();
    call.near = 0;
    world_->send(client, node::to_bytes(call), cause.child(0));
  }

  void on_answer(ClientId, const Bytes& bytes) override {
    const auto answer = node::from_bytes_as<node::UserAnswer>(bytes);
    const auto sending = std::ranges::find(sendings_, answer.call, &Sending::call);
    const auto number = static_cast<std::size_t>(sending - sendings_.begin());
    answers_.push_back({world_->now(), number, json_of(answer, sending->event->via_fetch)});
  }

  static Json json_of(const node::UserAnswer& answer, bool via_fetch) {
    if (answer.status != journal::Status::ok)
      return {{"error", shown_error(std::make_exception_ptr(routing::unpack_error(answer.payload)))}};
    if (via_fetch) {
      const Response response = Reader(std::get<std::string>(routing::first_value(answer.payload))).next<Response>();
      return {{"value", Json::parse(response.body())}};
    }
    const Value value = routing::first_value(answer.payload);
    if (std::holds_alternative<Undefined>(value)) return Json::object();
    return {{"value", shown(value)}};
  }

  // When the transcript is taken.
  Time end() const {
    if (program_.lasts_ms) return Time(start + 1ms * *program_.lasts_ms);
    return answers_.size() == sendings_.size() && !answers_.empty() ? answers_.back().at : Time::max();
  }

  Json transcript() const {
    const Time end = this->end();
    Json events = Json::array();
    for (std::size_t i = 0; i < sendings_.size(); ++i) events.push_back({{"pending", true}});
    Json ended = Json::object();
    Json objects = Json::object();
    Json services = Json::object();
    for (const Answer& each : answers_) {
      if (each.at > end) continue;
      events[each.number] = each.json;
      ended[sendings_[each.number].event->object].push_back(each.number);
    }
    for (const Stage::Note& each : stage_.notes)
      if (each.at <= end) objects[each.object].push_back(Json::array({each.label, each.value}));
    for (const auto& [at, text] : services_.texts)
      if (at <= end) services[text.service].push_back(text.text);
    return {{"events", events}, {"ended", ended}, {"objects", objects}, {"services", services}};
  }

  const Program& program_;
  std::vector<Sending> sendings_;
  std::uint32_t clients_ = 0;
  Stage stage_;
  Services services_;
  Instants instants_;
  std::optional<sim::World> world_;
  std::vector<Answer> answers_;
};

std::string shortened(const Json& json) {
  constexpr std::size_t bytes_max = 400;
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= bytes_max ? text : text.substr(0, bytes_max) + "...";
}

}  // namespace

std::optional<std::string> missing_need(const Program& program) {
  for (const std::string& need : program.needs)
    if (std::ranges::find(lacking, need) != lacking.end()) return need;
  return std::nullopt;
}

Played play_closely(const Program& program) {
  Driver driver(program);
  return driver.play();
}

Json play(const Program& program) { return play_closely(program).transcript; }

std::optional<std::string> first_difference(const Json& expected, const Json& found, const std::string& path) {
  const auto differ = [&] {
    return fmt::format("{}: expected {}, found {}", path.empty() ? "/" : path, shortened(expected), shortened(found));
  };
  if (expected.is_number() && found.is_number())
    return expected.get<double>() == found.get<double>() ? std::nullopt : std::optional(differ());
  if (expected.is_object() && found.is_object()) {
    std::set<std::string> names;
    for (const auto& [name, value] : expected.items()) names.insert(name);
    for (const auto& [name, value] : found.items()) names.insert(name);
    for (const std::string& name : names) {
      if (!expected.contains(name)) return fmt::format("{}/{}: found {}", path, name, shortened(found.at(name)));
      if (!found.contains(name)) return fmt::format("{}/{}: missing {}", path, name, shortened(expected.at(name)));
      if (auto inside = first_difference(expected.at(name), found.at(name), path + "/" + name)) return inside;
    }
    return std::nullopt;
  }
  if (expected.is_array() && found.is_array()) {
    for (std::size_t i = 0; i < std::min(expected.size(), found.size()); ++i)
      if (auto inside = first_difference(expected[i], found[i], fmt::format("{}/{}", path, i))) return inside;
    if (expected.size() > found.size())
      return fmt::format("{}/{}: missing {}", path, found.size(), shortened(expected[found.size()]));
    if (expected.size() < found.size())
      return fmt::format("{}/{}: found {}", path, expected.size(), shortened(found[expected.size()]));
    return std::nullopt;
  }
  return expected == found ? std::nullopt : std::optional(differ());
}

}  // namespace orrery::tests::conformance
