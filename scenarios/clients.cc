#include "scenarios/clients.h"

#include <algorithm>

#include "core/node/message.h"
#include "core/routing/packing.h"

namespace orrery::scenarios {

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

Clients::Clients(const Experiment& experiment, const Code& code, sim::World& world)
    : experiment_(experiment), code_(code), world_(world), ranked_(experiment.classes.size()) {
  clients_.resize(client_count(experiment));

  if (const auto* law = std::get_if<Law>(&experiment.workload)) {
    law_.emplace(experiment);
    for (std::size_t i = 0; i < law->mix.size(); ++i) {
      const CallShare& share = law->mix[i];
      mix_.emplace_back(prepare(share.object_class, share.call, {}), law_->draws_arguments(i));
      if (!mix_.back().second)
        mix_.back().first.arguments = routing::pack_values(law_->arguments(ClientId{0}, {.share = i}));
    }
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
}

void Clients::on_wake(ClientId client) { resume(client); }

void Clients::resume(ClientId client) {
  clients_[client.value].waiting.resume();
  ready_.drain();
  throw_what_ended(client);
}

void Clients::throw_what_ended(ClientId client) {
  Task<void>& interpreter = clients_[client.value].interpreter;
  if (interpreter.done()) interpreter.take();
}

void Clients::on_answer(ClientId client, const Bytes& bytes) {
  const auto answer = node::from_bytes_as<node::UserAnswer>(bytes);
  journal::Record record{Time{}, world_.edge_of(client), journal::Completed{answer.call, client, answer.status}};
  world_.recorder().report(record);
  Client& its = clients_[client.value];
  if (its.open != answer.call) return;
  its.open.reset();
  if (its.waits_for_answer) resume(client);
}

Task<void> Clients::interpret(ClientId client) {
  std::optional<Next> operation = next(client);
  while (operation) {
    if (operation->after_previous) {
      Answer answer(*this, client);
      co_await answer;
      if (*operation->after_previous >= experiment_.lasts - world_.now().time_since_epoch()) break;
      operation->at = world_.now() + *operation->after_previous;
    }
    Until until(*this, client, operation->at);
    co_await until;
    send(client, *operation);
    operation = next(client);
  }
}

std::optional<Clients::Next> Clients::next(ClientId client) {
  if (law_) {
    const auto drawn = law_->next(client);
    if (!drawn) return std::nullopt;
    auto [call, is_drawn] = mix_[drawn->share];
    if (is_drawn) call.arguments = routing::pack_values(law_->arguments(client, *drawn));
    const ObjectId object = object_ranked(call.object_class, drawn->key);
    return Next{drawn->number, Time(drawn->at), drawn->after_previous, std::move(call), object};
  }
  std::span<const Operation>& remaining = clients_[client.value].remaining;
  if (remaining.empty()) return std::nullopt;
  const Operation& operation = remaining.front();
  remaining = remaining.subspan(1);
  Prepared call = prepare(operation.object_class, operation.call, operation.args);
  const ObjectId object = world_.environment().classes[call.object_class.value].names.id_from_name(operation.key);
  return Next{operation.number, Time(operation.at), operation.after_previous, std::move(call), object};
}

void Clients::send(ClientId client, const Next& operation) {
  const Cause cause = Cause::operation(client, operation.number);
  const CallId call{cause.key};
  const Prepared& prepared = operation.call;
  journal::Record record{
      Time{}, world_.edge_of(client),
      journal::Requested{call, client, operation.number, prepared.object_class, prepared.method, operation.at}};
  clients_[client.value].open = call;
  world_.recorder().report(record);
  const node::UserCall message{call, operation.object, prepared.object_class, prepared.method, prepared.arguments};
  world_.send(client, node::to_bytes(message), cause.child(0));
}

Clients::Prepared Clients::prepare(const std::string& object_class, const std::string& call,
                                   const std::vector<Value>& args) const {
  const ClassId its_class = class_named(experiment_, object_class);
  const ObjectClass& definition = world_.environment().classes[its_class.value].definition;
  return {its_class, *definition.method_named(call), routing::pack_values(args)};
}

const ObjectId& Clients::object_ranked(ClassId object_class, std::uint64_t rank) {
  auto& known = ranked_[object_class.value];
  if (const ObjectId* id = known.find(rank)) return *id;
  const Namespace& names = world_.environment().classes[object_class.value].names;
  return known[rank] = names.id_from_name(std::to_string(rank));
}

}  // namespace orrery::scenarios
