#include "core/object/durable_object.h"

#include <algorithm>

#include "core/base/config.h"
#include "core/object/instance.h"
#include "core/object/io.h"
#include "core/routing/packing.h"

namespace orrery {
namespace {

// The payload of what went well; else throws the error that it carries.
Bytes payload_or_throw(object::IoResult result) {
  if (result.status != Status::ok) throw routing::unpack_error(result.payload);
  return std::move(result.payload);
}

// The name that goes with a call.
std::optional<std::string> name_on_the_way(const DurableObjectId& id) {
  return id.name() && id.name()->size() <= config::id_name_bytes_max ? id.name() : std::nullopt;
}

}  // namespace

Task<Response> DurableObject::fetch(Request) {
  throw ObjectError::type_error("Handler does not export a fetch() function.");
  co_return Response();
}

const DurableObjectId& Context::id() const { return instance_->object_; }
const void* Context::class_data() const {
  return instance_->around_.environment.classes[instance_->class_.value].definition.data();
}
LocalTime Context::now() const { return instance_->turn_.started; }

void Context::spend(Duration cost) {
  PRECONDITION(cost >= Duration::zero(), "a cost of {} ns", cost.count());
  instance_->declared_cost_ += cost;
}

void Context::spend_on_storage(Duration cost) {
  PRECONDITION(cost >= Duration::zero(), "a cost of {} ns", cost.count());
  instance_->declared_storage_cost_ += cost;
}

Storage Context::storage() { return Storage(instance_->store_, *instance_); }

void Context::abort(std::string reason) {
  instance_->break_by(ObjectError::instance_reset(std::move(reason)), journal::EndReason::aborted);
  throw object::Instance::Aborted{};
}

std::uint64_t Context::random_bits() {
  const Cause cause = instance_->lineage_.next_child();
  return instance_->around_.draws.bits(Purpose::authors_own, cause);
}

Task<void> Context::sleep(Duration lasts) {
  PRECONDITION(lasts >= Duration::zero(), "a sleep of {} ns", lasts.count());
  const Cause cause = instance_->lineage_.next_child();
  const CallId timer{cause.key};
  instance_->result_.timers.push_back(
      {object::Timer::Kind::sleep, instance_->turn_.call, timer, lasts, cause.child(0)});
  object::Instance::Io io(*instance_, timer);
  co_await io;
}

Task<void> Context::block_concurrency_while(Task<void> section) {
  return instance_->in_section(std::move(section), true);
}

void Context::wait_until(Task<void> background) { instance_->add_background(std::move(background)); }

Task<Response> Context::fetch(std::string service, Request request) {
  const auto& services = instance_->around_.environment.services;
  const auto found = std::ranges::find(services, service, &object::Environment::Service::name);
  if (found == services.end()) throw ObjectError("no service is called " + service);

  const Cause cause = instance_->lineage_.next_child();
  const CallId fetch{cause.key};
  instance_->emit(object::SendFetch{instance_->turn_.call, fetch, found->node, std::move(request), cause});
  object::Instance::Io io(*instance_, fetch);
  object::IoResult result = co_await io;
  const Bytes payload = payload_or_throw(std::move(result));
  Reader reader(payload);
  co_return reader.next<Response>();
}

Binding Context::binding(std::string_view class_name) {
  const auto& classes = instance_->around_.environment.classes;
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i].definition.name() == class_name)
      return Binding(*instance_, ClassId{static_cast<std::uint16_t>(i)});
  throw ObjectError("no object class is called " + std::string(class_name));
}

DurableObjectId Binding::id_from_name(std::string_view name) const {
  return DurableObjectId(names().id_from_name(name), std::string(name));
}
DurableObjectId Binding::id_from_string(std::string_view hex) const {
  return DurableObjectId(names().id_from_string(hex));
}
DurableObjectId Binding::new_unique_id() const {
  const Cause cause = instance_->lineage_.next_child();
  return DurableObjectId(names().new_unique_id(instance_->around_.draws, cause));
}
Stub Binding::get(const DurableObjectId& id) const {
  names().check_own(id);
  return stub_of(id);
}
const Namespace& Binding::names() const { return instance_->around_.environment.classes[class_.value].names; }
Stub Binding::stub_of(const DurableObjectId& id) const {
  return Stub(*instance_, StubId{instance_->lineage_.next_child().key}, id, class_);
}

Stub::Hold::~Hold() { holder.emit(object::DropStub{id}); }

Task<Bytes> Stub::invoke(Stub stub, RunMethod run, Bytes arguments) {
  const auto& definition = stub.hold_->holder.around_.environment.classes[stub.class_.value].definition;
  return invoke(stub, definition.method_that_runs(run), std::move(arguments));
}

Task<Bytes> Stub::call_named(std::string method, Bytes arguments) {
  const auto& definition = hold_->holder.around_.environment.classes[class_.value].definition;
  return invoke(*this, definition.method_named(method), std::move(arguments));
}

Task<Bytes> Stub::invoke(Stub stub, std::optional<MethodId> method, Bytes arguments) {
  object::Instance& holder = stub.hold_->holder;
  if (!method) throw ObjectError::type_error("The RPC receiver does not implement this method.");

  const Cause cause = holder.lineage_.next_child();
  const CallId call{cause.key};
  holder.emit(object::SendCall{
      holder.turn_.call,
      {call, stub.hold_->id, 0, stub.object_, stub.class_, Epoch{}, *method, std::move(arguments),
       name_on_the_way(stub.object_), cause}});
  object::Instance::Io io(holder, call);
  object::IoResult result = co_await io;
  co_return payload_or_throw(std::move(result));
}

Task<Response> Stub::fetch(Request request) {
  // fetch is virtual: every class keeps it in the first place.
  const RunMethod run = hold_->holder.around_.environment.classes[class_.value].definition.methods().front().run;
  return unpacked<Response>(invoke(*this, run, routing::pack(request)));
}

}  // namespace orrery
