// What authors write against: one header.
//
//   class Counter final : public orrery::DurableObject {
//    public:
//     using DurableObject::DurableObject;
//     Task<std::int64_t> increment(std::int64_t by) {
//       const std::int64_t count = ctx().storage().kv().get_or("count", std::int64_t{0}) + by;
//       ctx().storage().kv().put("count", count);
//       co_return count;  // leaves when the put is durable
//     }
//   };
//
//   const ObjectClass counter = object_class<Counter>("Counter").with<&Counter::increment>("increment");
//
// An object is single-threaded: between two awaits nothing else runs in it. While a handler awaits something
// outside (a fetch, a call to another object), other events of the object may run.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/object_error.h"
#include "core/base/task.h"
#include "core/base/time.h"
#include "core/object/durable_object_id.h"
#include "core/object/object_class.h"
#include "core/object/stub.h"
#include "core/routing/request.h"
#include "core/storage/storage.h"

namespace orrery {

class Namespace;
namespace object {
class Instance;
}

// The ids and stubs of one class, as seen from inside an object.
class Binding {
 public:
  Binding(object::Instance& instance, ClassId object_class) : instance_(&instance), class_(object_class) {}

  DurableObjectId id_from_name(std::string_view name) const;
  DurableObjectId id_from_string(std::string_view hex) const;  // throws a TypeError
  DurableObjectId new_unique_id() const;
  // A new stub each time: calls on one stub keep their order, calls on two do not. get throws a TypeError if the
  // id is one of another class.
  Stub get(const DurableObjectId& id) const;
  Stub get_by_name(std::string_view name) const { return stub_of(id_from_name(name)); }

 private:
  const Namespace& names() const;
  Stub stub_of(const DurableObjectId& id) const;

  object::Instance* instance_;
  ClassId class_;
};

// What the runtime gives to an object. Lives as long as the instance.
class Context {
 public:
  explicit Context(object::Instance& instance) : instance_(&instance) {}

  // With its name, if the call that woke this instance was made by it.
  const DurableObjectId& id() const;
  // Of a class made of data (object_class.h), else nothing.
  const void* class_data() const;
  // The node's time at the start of this turn: it stands still while the code runs.
  LocalTime now() const;
  // Declares that this turn costs so much more time than its base cost. No turn takes longer than an hour.
  void spend(Duration cost);
  // The same, charged to the storage operations of this turn.
  void spend_on_storage(Duration cost);
  // The object's private database. No call on it waits; what a turn writes is durable before anybody outside sees it.
  Storage storage();
  // Resets this object: what the turn wrote is undone, this instance ends with it, and its callers get an error. The
  // next call starts a new one. Throws what no handler should catch.
  [[noreturn]] void abort(std::string reason = "Application called abort() to reset Durable Object.");
  // Waits so long. Other events of this object may run meanwhile.
  Task<void> sleep(Duration lasts);
  // Runs the section with the object to itself. It begins when the turn is over, before any event that waits, and until
  // it ends only what was begun inside it enters. An exception that leaves it resets the object, and so does a section
  // of more than 30 s: such as one that awaits what was begun outside it. Sections may lie in each other, 64 deep.
  Task<void> block_concurrency_while(Task<void> section);
  // Goes on with this when the handler has returned and its caller has the answer. What it throws is lost. In a
  // constructor: begins what must be ready before the first event enters, as
  //   ctx.wait_until(ctx.block_concurrency_while(load()));
  void wait_until(Task<void> background);
  // 64 random bits: others each time, the same in every run of the experiment.
  std::uint64_t random_bits();
  // Asks a service outside by its name in the experiment. Other events of this object may run meanwhile.
  // Throws ObjectError if there is no such service.
  Task<Response> fetch(std::string service, Request request);
  // The objects of a class. Throws ObjectError if the experiment has no class of this name.
  Binding binding(std::string_view class_name);

 private:
  object::Instance* instance_;
};

class DurableObject {
 public:
  explicit DurableObject(Context& context) : ctx_(&context) {}
  virtual ~DurableObject() = default;
  DurableObject(const DurableObject&) = delete;
  DurableObject& operator=(const DurableObject&) = delete;

  virtual Task<Response> fetch(Request request);

 protected:
  Context& ctx() { return *ctx_; }

 private:
  Context* ctx_;
};

}  // namespace orrery
