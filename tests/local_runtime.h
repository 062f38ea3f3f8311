// The runtime on local ports: one node that is edge, directory and machine at once, and callers that are plain code.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/node/message.h"
#include "core/node/node.h"
#include "core/object/durable_object.h"
#include "core/ports/local.h"
#include "core/routing/packing.h"

namespace orrery::tests {

// A count that survives, and one that does not.
class LocalCounter final : public DurableObject {
 public:
  using DurableObject::DurableObject;

  Task<std::int64_t> increment() {
    const std::int64_t count = stored() + 1;
    ctx().storage().kv().put("count", count);
    co_return count;
  }
  Task<std::int64_t> read() { co_return stored(); }
  Task<std::int64_t> increment_in_memory() { co_return ++in_memory_; }

 private:
  std::int64_t stored() { return ctx().storage().kv().get_or("count", std::int64_t{0}); }
  std::int64_t in_memory_ = 0;
};

class LocalRuntime {
 public:
  enum class Method : std::uint16_t { increment = 1, read = 2, increment_in_memory = 3 };
  // The answer to a call of that caller; nothing if it failed.
  using OnAnswer = std::function<void(std::uint32_t caller, std::optional<std::int64_t> answer)>;

  // Keeps its files in `directory`, which must exist.
  LocalRuntime(std::string directory, OnAnswer on_answer)
      : on_answer_(std::move(on_answer)),
        local_(std::move(directory), 1, [this](ClientId client, const Bytes& bytes) { answered(client, bytes); }),
        environment_(environment()),
        node_(local_.host(), environment_,
              {.city = 0, .directory = NodeId{0}, .runs_objects = true, .placed_by_city = {{{NodeId{0}}}}}) {
    node_.on_start();
  }

  void call(std::uint32_t caller, const ObjectId& object, Method method) {
    const Cause cause = Cause::operation(ClientId{caller}, ++calls_);
    node::UserCall message;
    message.call = CallId{cause.key};
    message.object = object;
    message.method = MethodId{static_cast<std::uint16_t>(method)};
    local_.send(ClientId{caller}, node::to_bytes(message), cause);
  }
  ObjectId object_named(const std::string& name) const { return environment_.classes[0].names.id_from_name(name); }
  // Until nothing is left to do, or enough was done.
  void run(const std::function<bool()>& enough = [] { return false; }) { local_.run(node_, enough); }

 private:
  static object::Environment environment() {
    object::Environment environment;
    environment.classes.push_back({object_class<LocalCounter>("LocalCounter")
                                       .with<&LocalCounter::increment>("increment")
                                       .with<&LocalCounter::read>("read")
                                       .with<&LocalCounter::increment_in_memory>("increment_in_memory"),
                                   Namespace("LocalCounter")});
    environment.costs = {.turn = Duration::zero(), .storage_operation = Duration::zero()};
    return environment;
  }
  void answered(ClientId client, const Bytes& bytes) {
    const auto answer = node::from_bytes_as<node::UserAnswer>(bytes);
    if (answer.status != Status::ok) return on_answer_(client.value, std::nullopt);
    on_answer_(client.value, std::get<std::int64_t>(routing::first_value(answer.payload)));
  }

  OnAnswer on_answer_;
  ports::Local local_;
  const object::Environment environment_;
  node::Node node_;
  std::uint64_t calls_ = 0;
};

}  // namespace orrery::tests
