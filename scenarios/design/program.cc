#include "scenarios/design/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/base/config.h"
#include "core/base/mix.h"
#include "core/object/durable_object.h"

namespace orrery::scenarios {
namespace {

using Handlers = std::vector<HandlerPlan>;

// Runs the steps of the handler that is called. They belong to the class, which outlives every handler.
class Designed final : public DurableObject {
 public:
  explicit Designed(Context& context)
      : DurableObject(context), handlers_(*static_cast<const Handlers*>(context.class_data())) {}

  Task<Bytes> handle(MethodId method) {
    const Steps& steps = handlers_[method.value - 1u].steps;
    const auto is_reply = [](const Step& step) { return std::holds_alternative<ReplyStep>(step.what); };
    const auto reply = std::ranges::find_if(steps, is_reply);
    const auto length = static_cast<std::size_t>(reply - steps.begin());
    co_await perform(steps, 0, length);
    if (reply != steps.end()) ctx().wait_until(perform(steps, length + 1, steps.size()));
    co_return Bytes();
  }

 private:
  Task<void> perform(const Steps& steps, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      const Step& step = steps[i];
      if (is_done_at_once(step)) continue;
      co_await wait_for(step);
    }
  }
  Task<void> perform(const Steps& steps) { return perform(steps, 0, steps.size()); }

  bool is_done_at_once(const Step& step) {
    if (const auto* cpu = std::get_if<CpuStep>(&step.what)) {
      ctx().spend(cpu->cost.sample(ctx().random_bits()));
      return true;
    }
    if (const auto* storage = std::get_if<StorageStep>(&step.what)) {
      use_storage(*storage);
      return true;
    }
    return false;
  }

  Task<void> wait_for(const Step& step) {
    if (const auto* wait = std::get_if<WaitStep>(&step.what))
      return ctx().sleep(wait->lasts.sample(ctx().random_bits()));
    if (std::holds_alternative<SyncStep>(step.what)) return ctx().storage().sync();
    if (const auto* fetch = std::get_if<FetchStep>(&step.what)) return ask(fetch->service);
    if (const auto* call = std::get_if<CallStep>(&step.what)) return call_other(*call);
    if (const auto* block = std::get_if<BlockStep>(&step.what))
      return ctx().block_concurrency_while(perform(block->steps));
    if (const auto* all = std::get_if<AllStep>(&step.what)) {
      std::vector<Task<void>> branches;
      for (const Steps& branch : all->branches) branches.push_back(perform(branch));
      return all_of(std::move(branches));
    }
    const auto& when = std::get<WhenStep>(step.what);
    const bool happens = scaled(ctx().random_bits(), 1'000'000) < static_cast<std::uint64_t>(when.share_millionths);
    return perform(when.then, 0, happens ? when.then.size() : 0);
  }

  Task<void> ask(const std::string& service) {
    const Request question = Request::get("/");
    const Response answer = co_await ctx().fetch(service, question);
    if (answer.status() != 200) throw ObjectError(service + " refused");
  }

  Task<void> call_other(const CallStep& step) {
    Binding others = ctx().binding(step.object_class);
    Stub other = others.get_by_name(step.key);
    Task<Bytes> answer = other.call_named(step.handler, Bytes());
    co_await std::move(answer);
  }

  void use_storage(const StorageStep& step) {
    ctx().spend_on_storage(step.cost ? step.cost->sample(ctx().random_bits()) : usual_cost(step));
    switch (step.kind) {
      case StorageStep::Kind::kv_get: ctx().storage().kv().get("state"); return;
      case StorageStep::Kind::kv_put: ctx().storage().kv().put("state", payload(step.bytes)); return;
      case StorageStep::Kind::sql_read: return read_rows(step);
      case StorageStep::Kind::sql_write: return write_rows(step);
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
  void write_rows(const StorageStep& step) {
    Sql sql = table();
    const std::string data = payload(step.bytes);
    for (std::int64_t row = 1; row <= static_cast<std::int64_t>(step.rows); ++row)
      sql.exec("INSERT OR REPLACE INTO rows (id, data) VALUES (?, ?)", row, data);
  }

  const Handlers& handlers_;
  bool has_table_ = false;
};

Task<Bytes> run_steps(DurableObject& object, MethodId method, Bytes) {
  return static_cast<Designed&>(object).handle(method);
}

}  // namespace

ObjectClass class_of_steps(const std::string& name, const std::vector<HandlerPlan>& handlers) {
  ObjectClass made = object_class<Designed>(name).made_of(std::make_shared<const Handlers>(handlers));
  for (const HandlerPlan& each : handlers) made = std::move(made).with(each.name, run_steps);
  return made;
}

}  // namespace orrery::scenarios
