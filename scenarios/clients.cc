#include "scenarios/clients.h"

#include <algorithm>

#include "core/node/message.h"
#include "core/routing/packing.h"

namespace orrery::scenarios {
namespace {

// What a wake is for; any other token is the call of an attempt.
constexpr std::uint64_t interpreter_goes_on = 0;
constexpr std::uint64_t recorded_is_due = 1;

// Attempt n of an operation. The first one's call is the operation's own.
Cause cause_of(ClientId client, std::uint64_t operation, std::uint32_t attempt) {
  const Cause cause = Cause::operation(client, operation);
  return attempt == 0 ? cause : cause.child(attempt);
}

// Before attempt n >= 1.
Duration backoff(const RetryPlan& retry, std::uint32_t attempt, std::uint64_t bits) {
  Duration whole = retry.backoff_least;
  for (std::uint32_t i = 1; i < attempt && whole < retry.backoff_most; ++i) whole = whole * 2;
  whole = std::min(whole, retry.backoff_most);
  return whole / 2 +
         Duration(static_cast<std::int64_t>(scaled(bits, static_cast<std::uint64_t>((whole / 2).count()) + 1)));
}

std::vector<std::uint32_t> cities_of_groups(const Experiment& experiment) {
  const auto topology = topology_of(experiment.world);
  std::vector<std::uint32_t> cities;
  for (const ClientGroup& group : experiment.clients)
    cities.push_back(static_cast<std::uint32_t>(std::ranges::find(topology->cities, group.city, &sim::City::name) -
                                                topology->cities.begin()));
  return cities;
}

}  // namespace

// A client's wait for the time of its next operation.
class Clients::Until {
 public:
  Until(Clients& clients, ClientId client, Time at) : clients_(clients), client_(client), at_(at) {}
  bool await_ready() const { return false; }  // also what is due now comes in its turn, by the queue
  void await_suspend(std::coroutine_handle<> coroutine) {
    clients_.clients_[client_.value].waiting = coroutine;
    clients_.world_.wake(client_, at_);
  }
  void await_resume() {}

 private:
  Clients& clients_;
  ClientId client_;
  Time at_;
};

// A client's wait for the answer to the call that it sent last.
class Clients::Answer {
 public:
  Answer(Clients& clients, ClientId client) : client_(clients.clients_[client.value]) {}
  bool await_ready() const { return !client_.open; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    client_.waiting = coroutine;
    client_.waits_for_answer = true;
  }
  void await_resume() { client_.waits_for_answer = false; }

 private:
  Client& client_;
};

Clients::Clients(const Experiment& experiment, sim::World& world)
    : experiment_(experiment),
      world_(world),
      cities_(cities_of_groups(experiment)),
      ranked_(experiment.classes.size()),
      keys_(experiment.classes.size()) {
  for (std::uint32_t group = 0; group < experiment.clients.size(); ++group)
    for (std::uint32_t i = 0; i < experiment.clients[group].clients; ++i) clients_.emplace_back().group = group;

  if (const auto* law = std::get_if<Law>(&experiment.workload)) {
    law_.emplace(experiment);
    for (std::size_t i = 0; i < law->mix.size(); ++i) {
      const CallShare& share = law->mix[i];
      mix_.emplace_back(prepare(share.object_class, share.call, {}), law_->draws_arguments(i));
      if (!mix_.back().second) mix_.back().first.arguments = routing::pack_values(law_->arguments({}, i));
    }
    if (law->trace) feed_.emplace(experiment, *law_);
    return;
  }
  const std::span<const Operation> all = std::get<std::vector<Operation>>(experiment.workload);
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin;
    while (end < all.size() && all[end].client == all[begin].client) ++end;
    clients_[all[begin].client.value].remaining = all.subspan(begin, end - begin);
    begin = end;
  }
}

void Clients::start() {
  for (std::uint32_t i = 0; i < clients_.size(); ++i) {
    clients_[i].interpreter = interpret(ClientId{i});
    clients_[i].interpreter.start(ready_);
    throw_what_ended(ClientId{i});
  }
  if (feed_) await_recorded();
}

void Clients::on_wake(ClientId client, std::uint64_t token) {
  if (token == interpreter_goes_on) return resume(client);
  if (token == recorded_is_due) return send_recorded();
  on_time(CallId{token});
}

void Clients::resume(ClientId client) {
  clients_[client.value].waiting.resume();
  ready_.drain();
  throw_what_ended(client);
}

void Clients::throw_what_ended(ClientId client) {
  Task<void>& interpreter = clients_[client.value].interpreter;
  if (interpreter.done()) interpreter.take();
}

Task<void> Clients::interpret(ClientId client) {
  std::optional<Coming> coming = next(client);
  while (coming) {
    Next& operation = coming->operation;
    if (coming->after_previous) {
      Answer answer(*this, client);
      co_await answer;
      if (*coming->after_previous >= experiment_.lasts - world_.now().time_since_epoch()) break;
      operation.at = world_.now() + *coming->after_previous;
    }
    Until until(*this, client, operation.at);
    co_await until;
    std::visit([&](auto key) { keys_.count(operation.call.object_class, key); }, coming->key);
    send(client, operation);
    coming = next(client);
  }
}

std::optional<Clients::Coming> Clients::next(ClientId client) {
  if (law_) {
    const auto drawn = law_->next(client);
    if (!drawn) return std::nullopt;
    auto [call, is_drawn] = mix_[drawn->share];
    if (is_drawn)
      call.arguments = routing::pack_values(law_->arguments(Cause::operation(client, drawn->number), drawn->share));
    const Target target = target_ranked(call.object_class, drawn->key);
    return Coming{{drawn->number, Time(drawn->at), std::move(call), target}, drawn->after_previous, drawn->key};
  }
  std::span<const Operation>& remaining = clients_[client.value].remaining;
  if (remaining.empty()) return std::nullopt;
  const Operation& operation = remaining.front();
  remaining = remaining.subspan(1);
  Prepared call = prepare(operation.object_class, operation.call, operation.args);
  const Target target = target_named(call.object_class, operation.key);
  return Coming{{operation.number, Time(operation.at), std::move(call), target},
                operation.after_previous,
                std::string_view(operation.key)};
}

void Clients::await_recorded() {
  recorded_ = feed_->next();
  if (recorded_) world_.wake(recorded_->client, Time(recorded_->at), recorded_is_due);
}

void Clients::send_recorded() {
  Prepared call = mix_[recorded_->share].first;
  call.arguments = routing::pack_values(recorded_->args);
  keys_.count(call.object_class, recorded_->key);
  const Target target = target_named(call.object_class, recorded_->key);
  send(recorded_->client, {recorded_->number, Time(recorded_->at), std::move(call), target});
  await_recorded();
}

// ---- One operation: its calls, until one is answered or there is no other attempt.

void Clients::send(ClientId client, const Next& operation) {
  clients_[client.value].open = operation.number;
  send(client, operation, 0);
}

void Clients::send(ClientId client, const Next& operation, std::uint32_t attempt) {
  const Cause cause = cause_of(client, operation.number, attempt);
  const CallId call{cause.key};
  const Prepared& prepared = operation.call;
  const RetryPlan& retry = retry_of(client);
  journal::Record record{Time{}, world_.edge_of(client),
                         journal::Requested{call, client, operation.number, prepared.object_class, prepared.method,
                                            operation.at, attempt}};
  world_.recorder().report(record);
  if (retry != RetryPlan{}) attempts_[call] = {client, operation, attempt, true};
  if (retry.timeout > Duration::zero()) world_.wake(client, world_.now() + retry.timeout, call.value);
  node::UserCall message;
  message.call = call;
  message.object = operation.target.object;
  message.object_class = prepared.object_class;
  message.method = prepared.method;
  message.arguments = prepared.arguments;
  message.name = operation.target.name;
  message.near = operation.target.near;
  world_.send(client, node::to_bytes(message), cause.child(0));
}

void Clients::on_answer(ClientId client, const Bytes& bytes) {
  const auto answer = node::from_bytes_as<node::UserAnswer>(bytes);
  const RetryPlan& retry = retry_of(client);
  if (retry == RetryPlan{}) return complete(client, std::nullopt, answer.call, answer.status);
  if (attempts_.contains(answer.call))
    end_attempt(answer.call, answer.status, retry.after_error && answer.status != Status::ok);
}

void Clients::on_time(CallId call) {
  Attempt* attempt = attempts_.find(call);
  if (!attempt) return;  // it was answered in time
  if (attempt->is_sent) return end_attempt(call, Status::unknown, retry_of(attempt->client).after_timeout);
  const Attempt due = std::move(*attempt);
  attempts_.erase(call);
  send(due.client, due.operation, due.number);
}

void Clients::end_attempt(CallId call, Status status, bool may_retry) {
  Attempt ended = *attempts_.take(call);
  const RetryPlan& retry = retry_of(ended.client);
  const std::uint64_t number = ended.operation.number;
  if (!may_retry || ended.number >= retry.max) return complete(ended.client, number, call, status);

  journal::Record record{Time{}, world_.edge_of(ended.client), journal::Completed{call, ended.client, status, false}};
  world_.recorder().report(record);
  ++ended.number;
  ended.is_sent = false;
  const ClientId client = ended.client;
  const Cause cause = cause_of(client, number, ended.number);
  const Duration pause = backoff(retry, ended.number, world_.draws().bits(Purpose::backoff, cause));
  attempts_[CallId{cause.key}] = std::move(ended);
  world_.wake(client, world_.now() + pause, cause.key);
}

void Clients::complete(ClientId client, std::optional<std::uint64_t> number, CallId call, Status status) {
  journal::Record record{Time{}, world_.edge_of(client), journal::Completed{call, client, status}};
  world_.recorder().report(record);
  Client& its = clients_[client.value];
  if (!its.open) return;
  if (!number && call.value != Cause::operation(client, *its.open).key) return;
  if (number && number != its.open) return;
  its.open.reset();
  if (its.waits_for_answer) resume(client);
}

Clients::Prepared Clients::prepare(const std::string& object_class, const std::string& call,
                                   const std::vector<Value>& args) const {
  const ClassId its_class = class_named(experiment_, object_class);
  const ObjectClass& definition = world_.environment().classes[its_class.value].definition;
  return {its_class, *definition.method_named(call), routing::pack_values(args)};
}

Clients::Target Clients::target_named(ClassId object_class, std::string_view key) const {
  const ClassPlan& plan = experiment_.classes[object_class.value];
  std::string name = object_of(plan, key);
  const bool lives_at_home = plan.place == place_home;
  const ObjectId id = world_.environment().classes[object_class.value].names.id_from_name(name);
  const std::uint32_t near = lives_at_home ? cities_[home_of(experiment_, name)] : routing::Call::anywhere;
  return {id, std::move(name), near};
}

const Clients::Target& Clients::target_ranked(ClassId object_class, std::uint64_t rank) {
  auto& known = ranked_[object_class.value];
  if (const Target* target = known.find(rank)) return *target;
  return known[rank] = target_named(object_class, std::to_string(rank));
}

}  // namespace orrery::scenarios
