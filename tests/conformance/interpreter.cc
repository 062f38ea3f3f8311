#include "tests/conformance/interpreter.h"

#include <functional>

#include "core/base/invariant.h"
#include "core/routing/packing.h"

namespace orrery::tests::conformance {
namespace {

constexpr std::string_view constructor_name = "constructor";

struct OnStage {
  Stage* stage;
};

Task<Bytes> run_handle(DurableObject& object, MethodId, Bytes packed) {
  Values values;
  for (Reader reader(packed); !reader.at_end();) values.push_back(reader.next<Value>());
  std::string handler = text_of(values.at(0));
  values.erase(values.begin());
  Task<Value> work = static_cast<Interpreter&>(object).handle(std::move(handler), std::move(values));
  const Value result = co_await std::move(work);
  co_return routing::pack(result);
}

// A closure of this frame: it may wait.
FramePtr closure_in(const FramePtr& frame) {
  auto inner = std::make_shared<Frame>(*frame);
  inner->is_constructor = false;
  return inner;
}

}  // namespace

ObjectClass class_on(Stage& stage) {
  auto data = std::make_shared<const OnStage>(&stage);
  return object_class<Interpreter>(std::string(unique_key(stage.program.is_kv)))
      .made_of(std::move(data))
      .with("handle", run_handle);
}

Bytes arguments_of(const std::string& handler, const Values& args) {
  Values values{Value(handler)};
  values.insert(values.end(), args.begin(), args.end());
  return routing::pack_values(values);
}

Request request_of(const std::string& handler, const Values& args) {
  const Json body = {{"handler", handler}, {"args", shown(List(args))}};
  return Request::post("/", body.dump());
}

Interpreter::Interpreter(Context& context)
    : DurableObject(context),
      stage_(*static_cast<const OnStage*>(context.class_data())->stage),
      place_(stage_.place_of(context.id())),
      handlers_(stage_.program.handlers_of(place_.object_class)) {
  stage_.held_back[context.id()].clear();
  const auto found = handlers_.find(constructor_name);
  if (found == handlers_.end()) return;
  auto frame = std::make_shared<Frame>();
  frame->is_constructor = true;
  const std::shared_ptr<Begun> begun = begin(body(found->second, frame));
  INVARIANT(begun->has_ended, "the constructor of {} waits", place_.object);
  if (begun->thrown) std::rethrow_exception(begun->thrown);
}

Task<Value> Interpreter::handle(std::string handler, Values args) {
  const auto found = handlers_.find(handler);
  if (found == handlers_.end()) throw ObjectError::type_error("there is no handler " + handler);
  auto frame = std::make_shared<Frame>();
  for (std::size_t i = 0; i < args.size(); ++i) frame->shared->variables[std::to_string(i)] = args[i];
  return body(found->second, std::move(frame));
}

Task<Response> Interpreter::fetch(Request request) {
  const Json asked = Json::parse(request.body());
  Values args;
  for (const Json& each : asked.at("args")) args.push_back(read(each, {}));
  Task<Value> work = handle(asked.at("handler").get<std::string>(), std::move(args));
  const Value result = co_await std::move(work);
  co_return Response::ok(shown(result).dump());
}

// ---- Running operations.

Task<Value> Interpreter::body(const Json& operations, FramePtr frame) {
  Task<Result> work = list(operations, std::move(frame));
  Result result = co_await std::move(work);
  co_return std::move(result.value);
}

Task<Interpreter::Result> Interpreter::list(const Json& operations, FramePtr frame) {
  for (const Json& operation : operations) {
    Task<Result> work = perform(operation, frame);
    Result result = co_await std::move(work);
    if (result.is_return) co_return std::move(result);
  }
  co_return Result();
}

Task<Interpreter::Result> Interpreter::perform(const Json& operation, FramePtr frame) {
  go_on();
  const auto form = forms().find(operation.at(0).get_ref<const std::string&>());
  return form != forms().end() ? (this->*form->second)(operation, std::move(frame))
                               : perform_call(operation, std::move(frame));
}

Task<Interpreter::Result> Interpreter::perform_call(const Json& operation, FramePtr frame) {
  const auto& name = operation.at(0).get_ref<const std::string&>();
  Values values;
  for (std::size_t i = 1; i < operation.size(); ++i) values.push_back(read(operation[i], frame->shared->variables));
  Arguments args(std::move(values));
  const auto call = calls().find(name);
  Result result;
  if (call != calls().end()) {
    result.value = (this->*call->second)(args, *frame);
    co_return std::move(result);
  }
  const auto waiting = waiting_calls().find(name);
  if (waiting == waiting_calls().end()) throw ObjectError("no such operation: " + name);
  Task<Value> promise = awaited((this->*waiting->second)(std::move(args), frame), frame);
  Value value = co_await std::move(promise);
  result.value = std::move(value);
  co_return std::move(result);
}

Task<Value> Interpreter::awaited(Task<Value> promise, FramePtr frame) {
  if (frame->is_constructor) {
    begin(std::move(promise));
    co_return Undefined();
  }
  Value value = Undefined();
  std::exception_ptr thrown;
  try {
    Value got = co_await std::move(promise);
    value = std::move(got);
  } catch (const std::exception&) { thrown = std::current_exception(); }
  Microtask microtask;
  co_await microtask;
  go_on();
  if (thrown) std::rethrow_exception(thrown);
  co_return std::move(value);
}

Task<Interpreter::Result> Interpreter::awaited_result(Task<Value> promise, FramePtr frame) {
  Task<Value> work = awaited(std::move(promise), std::move(frame));
  Value value = co_await std::move(work);
  Result result;
  result.value = std::move(value);
  co_return std::move(result);
}

std::shared_ptr<Begun> Interpreter::begin(Task<Value> work) {
  auto begun = std::make_shared<Begun>();
  ctx().wait_until(run(begun, std::move(work)));
  go_on();
  return begun;
}

Task<void> Interpreter::run(std::shared_ptr<Begun> begun, Task<Value> work) {
  try {
    Value value = co_await std::move(work);
    begun->value = std::move(value);
  } catch (const Bug& bug) {
    stage_.bugs.emplace_back(bug.what());  // nobody else may ever look at it
    throw;
  } catch (const std::exception&) { begun->thrown = std::current_exception(); }
  begun->end();
}

Task<Value> Interpreter::result_of(std::shared_ptr<Begun> begun) {
  const auto latch = std::make_shared<Latch>(1);
  begun->tell(latch);
  Opened opened(latch);
  co_await opened;
  co_return begun->value;
}

Task<void> Interpreter::into(std::shared_ptr<Value> result, Task<Value> work) {
  Value value = co_await std::move(work);
  *result = std::move(value);
}

void Interpreter::record(const Json& label, Json value) {
  stage_.record(place_.object, label.get<std::string>(), std::move(value));
}

// ---- Forms.

const std::map<std::string_view, Interpreter::Form>& Interpreter::forms() {
  static const std::map<std::string_view, Form> table = {
      {"set", &Interpreter::set},
      {"let", &Interpreter::let},
      {"see", &Interpreter::see},
      {"return", &Interpreter::give},
      {"try", &Interpreter::attempt},
      {"rethrow", &Interpreter::rethrow},
      {"repeat", &Interpreter::repeat},
      {"all", &Interpreter::all},
      {"start", &Interpreter::start},
      {"join", &Interpreter::join},
      {"wait_until", &Interpreter::wait_until},
      {"block", &Interpreter::block},
      {"block_nested", &Interpreter::block_nested},
      {"storage.transaction", &Interpreter::transaction},
      {"storage.transaction_sync", &Interpreter::transaction_sync},
  };
  return table;
}

Task<Interpreter::Result> Interpreter::set(const Json& operation, FramePtr frame) {
  Variables& variables = frame->shared->variables;
  variables[operation.at(1).get<std::string>()] = read(operation.at(2), variables);
  co_return Result();
}

Task<Interpreter::Result> Interpreter::let(const Json& operation, FramePtr frame) {
  Task<Result> work = perform(operation.at(2), frame);
  Result result = co_await std::move(work);
  frame->shared->variables[operation.at(1).get<std::string>()] = std::move(result.value);
  co_return Result();
}

Task<Interpreter::Result> Interpreter::see(const Json& operation, FramePtr frame) {
  std::exception_ptr thrown;
  try {
    Task<Result> work = perform(operation.at(2), frame);
    const Result result = co_await std::move(work);
    record(operation.at(1), shown(result.value));
  } catch (const Bug&) { throw; } catch (const std::exception&) {
    thrown = std::current_exception();
  }
  if (thrown) record(operation.at(1), {{"error", shown_error(thrown)}});
  co_return Result();
}

Task<Interpreter::Result> Interpreter::give(const Json& operation, FramePtr frame) {
  Result result;
  result.value = read(operation.at(1), frame->shared->variables);
  result.is_return = true;
  co_return std::move(result);
}

Task<Interpreter::Result> Interpreter::attempt(const Json& operation, FramePtr frame) {
  std::exception_ptr thrown;
  Result result;
  try {
    Task<Result> work = list(operation.at(1), frame);
    Result got = co_await std::move(work);
    result = std::move(got);
  } catch (const Bug&) { throw; } catch (const std::exception&) {
    thrown = std::current_exception();
  }
  if (!thrown) co_return std::move(result);

  record(operation.at(2), {{"error", shown_error(thrown)}});
  if (operation.size() < 4) co_return Result();
  auto handler = std::make_shared<Frame>(*frame);
  handler->caught = thrown;
  Task<Result> handling = list(operation.at(3), std::move(handler));
  Result handled = co_await std::move(handling);
  co_return std::move(handled);
}

Task<Interpreter::Result> Interpreter::rethrow(const Json&, FramePtr frame) { std::rethrow_exception(frame->caught); }

Task<Interpreter::Result> Interpreter::repeat(const Json& operation, FramePtr frame) {
  const auto count = operation.at(1).get<std::uint64_t>();
  for (std::uint64_t done = 0; done < count; ++done) {
    Task<Result> work = list(operation.at(2), frame);
    Result result = co_await std::move(work);
    if (result.is_return) co_return std::move(result);
  }
  co_return Result();
}

Task<Interpreter::Result> Interpreter::all(const Json& operation, FramePtr frame) {
  std::vector<std::shared_ptr<Begun>> branches;
  for (const Json& branch : operation.at(1)) branches.push_back(begin(body(branch, closure_in(frame))));
  return awaited_result(gathered(std::move(branches)), std::move(frame));
}

Task<Value> Interpreter::gathered(std::vector<std::shared_ptr<Begun>> branches) {
  if (branches.empty()) co_return List();
  const auto latch = std::make_shared<Latch>(branches.size());
  for (const auto& branch : branches) branch->tell(latch);
  Opened opened(latch);
  co_await opened;
  List results;
  for (const auto& branch : branches) results.items.push_back(branch->value);
  co_return std::move(results);
}

Task<Interpreter::Result> Interpreter::start(const Json& operation, FramePtr frame) {
  frame->shared->tasks[operation.at(1).get<std::string>()] = begin(body(operation.at(2), closure_in(frame)));
  co_return Result();
}

Task<Interpreter::Result> Interpreter::join(const Json& operation, FramePtr frame) {
  const auto found = frame->shared->tasks.find(operation.at(1).get<std::string>());
  if (found == frame->shared->tasks.end()) throw ObjectError("there is no such task");
  Task<Value> promise = result_of(found->second);
  return awaited_result(std::move(promise), std::move(frame));
}

Task<Interpreter::Result> Interpreter::wait_until(const Json& operation, FramePtr frame) {
  begin(body(operation.at(1), closure_in(frame)));
  co_return Result();
}

Task<Interpreter::Result> Interpreter::block(const Json& operation, FramePtr frame) {
  Task<Value> promise = in_sections(1, operation.at(1), closure_in(frame));
  return awaited_result(std::move(promise), std::move(frame));
}

Task<Interpreter::Result> Interpreter::block_nested(const Json& operation, FramePtr frame) {
  Task<Value> promise = in_sections(operation.at(1).get<double>(), operation.at(2), closure_in(frame));
  return awaited_result(std::move(promise), std::move(frame));
}

// So many sections, one in the other. Only a single one gives a value.
Task<Value> Interpreter::in_sections(double depth, const Json& operations, FramePtr frame) {
  const auto result = std::make_shared<Value>(Undefined());
  Task<Value> inner = depth > 1 ? within_sections(depth, operations, frame) : body(operations, frame);
  Task<void> blocked = ctx().block_concurrency_while(into(result, std::move(inner)));
  co_await std::move(blocked);
  co_return *result;
}

Task<Value> Interpreter::within_sections(double depth, const Json& operations, FramePtr frame) {
  Task<Value> nested = awaited(in_sections(depth - 1, operations, frame), frame);
  co_await std::move(nested);
  co_return Undefined();
}

Task<Interpreter::Result> Interpreter::transaction(const Json& operation, FramePtr frame) {
  Task<Value> promise = in_transaction(operation.at(1), closure_in(frame));
  return awaited_result(std::move(promise), std::move(frame));
}

Task<Value> Interpreter::in_transaction(const Json& operations, FramePtr frame) {
  const auto result = std::make_shared<Value>(Undefined());
  const std::function<Task<void>(Transaction)> closure = [&](Transaction transaction) {
    return run_transaction(std::move(transaction), result, operations, frame);
  };
  const Storage storage = ctx().storage();
  Task<void> work = storage.transaction(closure);
  co_await std::move(work);
  co_return *result;
}

Task<void> Interpreter::run_transaction(Transaction transaction, std::shared_ptr<Value> result,
                                        const Json& operations, FramePtr frame) {
  frame->shared->last_transaction = transaction;
  auto inner = std::make_shared<Frame>(*frame);
  inner->transaction = std::move(transaction);
  Task<void> work = into(std::move(result), body(operations, std::move(inner)));
  co_await std::move(work);
}

Task<Interpreter::Result> Interpreter::transaction_sync(const Json& operation, FramePtr frame) {
  std::shared_ptr<Begun> begun;
  const std::function<void()> closure = [&] {
    begun = begin(body(operation.at(1), closure_in(frame)));
    if (begun->has_ended && begun->thrown) std::rethrow_exception(begun->thrown);
  };
  ctx().storage().transaction_sync(closure);
  Result result;
  if (begun->has_ended) {
    result.value = begun->value;
    co_return std::move(result);
  }
  Task<Result> work = awaited_result(result_of(begun), std::move(frame));
  Result got = co_await std::move(work);
  co_return std::move(got);
}

}  // namespace orrery::tests::conformance
