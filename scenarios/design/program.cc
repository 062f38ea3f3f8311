#include "scenarios/design/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/base/config.h"
#include "core/base/lookup.h"
#include "core/base/mix.h"
#include "core/object/durable_object.h"
#include "core/routing/packing.h"

namespace orrery::scenarios {
namespace {

struct ClassOfSteps {
  std::vector<HandlerPlan> handlers;
  StorageKind storage;
};

// Runs the steps of the handler that is called. They belong to the class, which outlives every handler.
class Designed final : public DurableObject {
 public:
  explicit Designed(Context& context)
      : DurableObject(context), class_(*static_cast<const ClassOfSteps*>(context.class_data())) {}

  Task<Bytes> handle(MethodId method, std::uint32_t request_bytes) {
    const Steps& steps = class_.handlers[method.value - 1u].steps;
    const auto is_reply = [](const Step& step) { return std::holds_alternative<ReplyStep>(step.what); };
    const auto reply = std::ranges::find_if(steps, is_reply);
    const auto length = static_cast<std::size_t>(reply - steps.begin());
    co_await perform(steps, request_bytes, 0, length);
    if (reply != steps.end()) ctx().wait_until(perform(steps, request_bytes, length + 1, steps.size()));
    co_return Bytes();
  }

 private:
  Task<void> perform(const Steps& steps, std::uint32_t request_bytes, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      const Step& step = steps[i];
      if (is_done_at_once(step, request_bytes)) continue;
      co_await wait_for(step, request_bytes);
    }
  }
  Task<void> perform(const Steps& steps, std::uint32_t request_bytes) {
    return perform(steps, request_bytes, 0, steps.size());
  }

  bool is_done_at_once(const Step& step, std::uint32_t request_bytes) {
    if (const auto* cpu = std::get_if<CpuStep>(&step.what)) {
      ctx().spend(cpu->cost.sample(ctx().random_bits()));
      return true;
    }
    const auto* storage = std::get_if<StorageStep>(&step.what);
    if (!storage || class_.storage == StorageKind::kv) return false;
    use_storage(*storage, bytes_of(*storage, request_bytes));
    return true;
  }

  static std::uint32_t bytes_of(const StorageStep& step, std::uint32_t request_bytes) {
    return step.is_as_request && request_bytes > 0 ? request_bytes : step.bytes;
  }

  Task<void> wait_for(const Step& step, std::uint32_t request_bytes) {
    if (const auto* storage = std::get_if<StorageStep>(&step.what))
      return use_older_storage(*storage, bytes_of(*storage, request_bytes));
    if (const auto* wait = std::get_if<WaitStep>(&step.what))
      return ctx().sleep(wait->lasts.sample(ctx().random_bits()));
    if (std::holds_alternative<SyncStep>(step.what)) return ctx().storage().sync();
    if (const auto* fetch = std::get_if<FetchStep>(&step.what)) return ask(fetch->service);
    if (const auto* call = std::get_if<CallStep>(&step.what)) return call_other(*call);
    if (const auto* block = std::get_if<BlockStep>(&step.what))
      return ctx().block_concurrency_while(perform(block->steps, request_bytes));
    if (const auto* all = std::get_if<AllStep>(&step.what)) {
      std::vector<Task<void>> branches;
      for (const Steps& branch : all->branches) branches.push_back(perform(branch, request_bytes));
      return all_of(std::move(branches));
    }
    const auto& when = std::get<WhenStep>(step.what);
    const bool happens = scaled(ctx().random_bits(), 1'000'000) < static_cast<std::uint64_t>(when.share_millionths);
    return perform(when.then, request_bytes, 0, happens ? when.then.size() : 0);
  }

  Task<void> ask(const std::string& service) {
    const Request question = Request::get("/");
    const Response answer = co_await ctx().fetch(service, question);
    if (answer.status() != 200) throw ObjectError(service + " refused");
  }

  Task<void> call_other(const CallStep& step) {
    Binding others = ctx().binding(step.object_class);
    const std::string name = name_of_called(step);
    Stub other = others.get_by_name(name);
    Task<Bytes> answer = other.call_named(step.handler, Bytes());
    co_await std::move(answer);
  }

  std::string name_of_called(const CallStep& step) {
    const std::string key =
        step.keys == 0 ? step.key : std::to_string(scaled(ctx().random_bits(), std::uint64_t{step.keys}));
    return name_for_key(key, step.shards);
  }

  void use_storage(const StorageStep& step, std::uint32_t bytes) {
    ctx().spend_on_storage(step.cost ? step.cost->sample(ctx().random_bits()) : usual_cost(step));
    switch (step.kind) {
      case StorageStep::Kind::kv_get: ctx().storage().kv().get("state"); return;
      case StorageStep::Kind::kv_put: ctx().storage().kv().put("state", payload(bytes)); return;
      case StorageStep::Kind::sql_read: return read_rows(step);
      case StorageStep::Kind::sql_write: return write_rows(step, bytes);
    }
  }
  Task<void> use_older_storage(const StorageStep& step, std::uint32_t bytes) {
    ctx().spend_on_storage(step.cost ? step.cost->sample(ctx().random_bits()) : usual_cost(step));
    const Storage storage = ctx().storage();
    if (step.kind == StorageStep::Kind::kv_put) {
      Task<void> write = storage.put("state", payload(bytes));
      co_await std::move(write);
    } else {
      Task<std::optional<Value>> read = storage.get("state");
      co_await std::move(read);
    }
  }
  static Duration usual_cost(const StorageStep& step) {
    return step.kind == StorageStep::Kind::sql_write ? config::storage_operation_cost * step.rows
                                                     : config::storage_operation_cost;
  }

  // Another one each time: what stays as it is makes no commit.
  std::string payload(std::uint32_t bytes) {
    std::string text(bytes, 'x');
    const std::string digits = fmt::format("{:016x}", ctx().random_bits());
    text.replace(0, std::min<std::size_t>(bytes, digits.size()), digits, 0,
                 std::min<std::size_t>(bytes, digits.size()));
    return text;
  }

  Sql table() {
    Sql sql = ctx().storage().sql();
    if (!std::exchange(has_table_, true))
      sql.exec("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, data TEXT)");
    return sql;
  }
  void read_rows(const StorageStep& step) {
    auto rows = table().exec("SELECT data FROM rows LIMIT ?", static_cast<std::int64_t>(step.rows));
    while (rows.next()) continue;
  }
  void write_rows(const StorageStep& step, std::uint32_t bytes) {
    Sql sql = table();
    const std::string data = payload(bytes);
    for (std::int64_t row = 1; row <= static_cast<std::int64_t>(step.rows); ++row)
      sql.exec("INSERT OR REPLACE INTO rows (id, data) VALUES (?, ?)", row, data);
  }

  const ClassOfSteps& class_;
  bool has_table_ = false;
};

// What a call's first argument says, if it is a number of bytes; else 0. One more than an entry may have stands for
// all that are more: storage refuses them.
std::uint32_t bytes_of_request(const Bytes& arguments) {
  constexpr std::int64_t too_many = config::entry_bytes_max + 1;
  const Value first = routing::first_value(arguments);
  const auto* number = std::get_if<std::int64_t>(&first);
  return number ? static_cast<std::uint32_t>(std::clamp<std::int64_t>(*number, 0, too_many)) : 0;
}

Task<Bytes> run_steps(DurableObject& object, MethodId method, Bytes arguments) {
  return static_cast<Designed&>(object).handle(method, bytes_of_request(arguments));
}

}  // namespace

ObjectClass class_of_steps(const std::string& name, const std::vector<HandlerPlan>& handlers, StorageKind storage) {
  ObjectClass made =
      object_class<Designed>(name).made_of(std::make_shared<const ClassOfSteps>(ClassOfSteps{handlers, storage}));
  for (const HandlerPlan& each : handlers) made = std::move(made).with(each.name, run_steps);
  return made;
}

std::string name_for_key(std::string_view key, std::uint32_t shards) {
  return shards == 0 ? std::string(key) : std::to_string(scaled(avalanche(hash_of(key)), shards));
}

}  // namespace orrery::scenarios
