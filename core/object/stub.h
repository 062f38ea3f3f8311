// What an object holds to call another object.
//
//   Stub account = ctx().binding("Account").get_by_name("alice");
//   const std::int64_t balance = co_await account.call<&Account::withdraw>(amount);
//
// Calls on one stub are delivered in the order made; a call is made when it is awaited. It throws what the other
// object's code threw (marked `remote`), or what broke the stub; a broken stub stays broken.
#pragma once

#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/base/ids.h"
#include "core/base/task.h"
#include "core/object/durable_object_id.h"
#include "core/object/object_class.h"
#include "core/routing/packing.h"

namespace orrery {

namespace object {
class Instance;
}

class Stub {
 public:
  Stub(object::Instance& holder, StubId id, const DurableObjectId& object, ClassId object_class)
      : hold_(std::make_shared<const Hold>(holder, id)), object_(object), class_(object_class) {}

  const DurableObjectId& id() const { return object_; }

  template <auto Method, class... A>
  auto call(A... arguments) -> Task<typename detail::MethodParts<decltype(Method)>::Result> {
    using Result = typename detail::MethodParts<decltype(Method)>::Result;
    return unpacked<Result>(invoke(*this, &detail::run_method<Method>, pack_for<Method>(std::move(arguments)...)));
  }
  Task<Response> fetch(Request request);
  // By the name of the method, with packed arguments; gives the packed result.
  Task<Bytes> call_named(std::string method, Bytes arguments);

 private:
  // Packs what the method takes, not what was written: an int for an int64 parameter is an int64.
  template <auto Method, class... A>
  static Bytes pack_for(A... arguments) {
    using Arguments = typename detail::MethodParts<decltype(Method)>::Arguments;
    const Arguments converted(std::move(arguments)...);
    return std::apply([](const auto&... each) { return routing::pack(each...); }, converted);
  }
  template <class Result>
  static Task<Result> unpacked(Task<Bytes> answer) {
    const Bytes packed = co_await std::move(answer);
    if constexpr (!std::is_void_v<Result>) {
      Reader reader(packed);
      co_return routing::unpack_one<Result>(reader, 1);
    }
  }
  // The stub is copied: a call outlives the temporary that it was made on.
  static Task<Bytes> invoke(Stub stub, RunMethod run, Bytes arguments);
  static Task<Bytes> invoke(Stub stub, std::optional<MethodId> method, Bytes arguments);

  // Shared by the copies of a stub and by its calls under way. When the last of them is gone, the node is told
  // that nobody can call on this stub again.
  struct Hold {
    Hold(object::Instance& instance, StubId stub) : holder(instance), id(stub) {}
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold();
    object::Instance& holder;
    StubId id;
  };

  std::shared_ptr<const Hold> hold_;
  DurableObjectId object_;
  ClassId class_;
};

}  // namespace orrery
