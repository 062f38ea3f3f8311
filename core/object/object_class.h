// An object class as data: its name, how an instance is made, and its methods by name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/task.h"
#include "core/routing/packing.h"

namespace orrery {

class Context;
class DurableObject;

// Runs a method on packed arguments; gives the packed result. One function may run several methods: it is told which.
using RunMethod = Task<Bytes> (*)(DurableObject& object, MethodId method, Bytes arguments);

namespace detail {

template <class Method>
struct MethodParts;
template <class Class, class R, class... A>
struct MethodParts<Task<R> (Class::*)(A...)> {
  using Object = Class;
  using Result = R;
  using Arguments = std::tuple<std::decay_t<A>...>;
};

template <class... A, std::size_t... I>
std::tuple<A...> unpack_arguments(const Bytes& packed, std::type_identity<std::tuple<A...>>,
                                  std::index_sequence<I...>) {
  [[maybe_unused]] Reader reader(packed);
  return std::tuple<A...>{routing::unpack_one<A>(reader, static_cast<int>(I) + 1)...};  // braces: from left to right
}

// One function per method: its address is the method's identity.
template <auto Method>
Task<Bytes> run_method(DurableObject& object, MethodId, Bytes packed) {
  using Parts = MethodParts<decltype(Method)>;
  using Arguments = typename Parts::Arguments;
  constexpr auto places = std::make_index_sequence<std::tuple_size_v<Arguments>>();
  auto arguments = unpack_arguments(packed, std::type_identity<Arguments>(), places);
  auto& author = static_cast<typename Parts::Object&>(object);
  auto task = std::apply([&author](auto&... each) { return (author.*Method)(std::move(each)...); }, arguments);
  if constexpr (std::is_void_v<typename Parts::Result>) {
    co_await std::move(task);
    co_return Bytes();
  } else {
    auto result = co_await std::move(task);
    co_return routing::pack(result);
  }
}

template <class Member>
struct ObjectOf;
template <class Class>
struct ObjectOf<std::optional<std::string> (Class::*)()> {
  using type = Class;
};
template <class Class>
struct ObjectOf<std::optional<std::string> (Class::*)() const> {
  using type = Class;
};

}  // namespace detail

class ObjectClass {
 public:
  struct Method {
    std::string name;
    RunMethod run;
  };
  // Something that its author says of an object's state: true whenever a turn has ended.
  struct Invariant {
    std::string name;
    std::optional<std::string> (*check)(DurableObject& object);  // what is wrong, if anything
  };
  using Make = std::unique_ptr<DurableObject> (*)(Context&);
  // What a class is made from whose methods are data, and not code of their own.
  using Data = std::shared_ptr<const void>;

  ObjectClass(std::string name, Make make, RunMethod fetch)
      : name_(std::move(name)), make_(make), methods_{{"fetch", fetch}} {}

  // Adds a method that callers reach by `name`.
  template <auto Method>
  ObjectClass with(std::string name) && {
    methods_.push_back({std::move(name), &detail::run_method<Method>});
    return std::move(*this);
  }

  // For classes made of data: names a method that `run` runs, and what Context::class_data() gives.
  ObjectClass with(std::string name, RunMethod run) && {
    methods_.push_back({std::move(name), run});
    return std::move(*this);
  }
  ObjectClass made_of(Data data) && {
    data_ = std::move(data);
    return std::move(*this);
  }

  // Adds an invariant: a function without arguments, std::optional<std::string> f(), that says what is wrong. It is
  // judged after every turn of a run, by a property of this name. It costs no virtual time and may only
  // read: one that writes or sends is broken.
  template <auto Check>
  ObjectClass invariant(std::string name) && {
    invariants_.push_back({std::move(name), [](DurableObject& object) -> std::optional<std::string> {
                             using Author = typename detail::ObjectOf<decltype(Check)>::type;
                             return (static_cast<Author&>(object).*Check)();
                           }});
    return std::move(*this);
  }

  const std::string& name() const { return name_; }
  const std::vector<Method>& methods() const { return methods_; }  // by MethodId; [0] is fetch
  const std::vector<Invariant>& invariants() const { return invariants_; }
  const void* data() const { return data_.get(); }
  std::unique_ptr<DurableObject> make(Context& context) const;
  std::optional<MethodId> method_named(std::string_view name) const;
  std::optional<MethodId> method_that_runs(RunMethod run) const;

 private:
  std::string name_;
  Make make_;
  std::vector<Method> methods_;
  std::vector<Invariant> invariants_;
  Data data_;
};

template <class Author>
ObjectClass object_class(std::string name) {
  return ObjectClass(
      std::move(name),
      [](Context& context) -> std::unique_ptr<DurableObject> { return std::make_unique<Author>(context); },
      &detail::run_method<&Author::fetch>);
}

}  // namespace orrery
