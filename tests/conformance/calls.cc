// The operations on values, memory, ids, other objects and services.
#include <chrono>

#include "core/routing/packing.h"
#include "tests/conformance/interpreter.h"

namespace orrery::tests::conformance {
namespace {

// An id as a variable holds it.
Value value_of(const DurableObjectId& id) {
  return Object{{{"$id", id.to_string()}, {"name", id.name() ? Value(*id.name()) : Value(Undefined())}}};
}

std::string text_of_id(const Value& value) {
  const Value* text = field_of(value, "$id");
  if (!text) throw ObjectError::type_error(text_of(value) + " is no id");
  return std::get<std::string>(*text);
}

std::optional<std::string> name_of_id(const Value& value) {
  const auto* name = std::get_if<std::string>(field_of(value, "name"));
  return name ? std::optional(*name) : std::nullopt;
}

ObjectError error_of(const std::string& object_class, std::string message) {
  if (object_class == "TypeError") return ObjectError::type_error(std::move(message));
  if (object_class == "RangeError") return ObjectError::range_error(std::move(message));
  return ObjectError(std::move(message));
}

}  // namespace

const std::map<std::string_view, Interpreter::Call>& Interpreter::calls() {
  static const std::map<std::string_view, Call> table = [] {
    std::map<std::string_view, Call> made = {
        {"record", &Interpreter::note},
        {"throw", &Interpreter::fail},
        {"add", &Interpreter::add},
        {"concat", &Interpreter::concat},
        {"length", &Interpreter::length},
        {"equal", &Interpreter::equal},
        {"abort", &Interpreter::abort},
        {"memory.get", &Interpreter::memory_get},
        {"memory.set", &Interpreter::memory_set},
        {"id.from_name", &Interpreter::id_from_name},
        {"id.from_string", &Interpreter::id_from_string},
        {"id.new_unique", &Interpreter::id_new_unique},
        {"id.own", &Interpreter::id_own},
        {"id.text", &Interpreter::id_text},
        {"id.name", &Interpreter::id_name},
        {"id.equals", &Interpreter::id_equals},
        {"id.get", &Interpreter::id_get},
    };
    add_storage_calls(made);
    add_sql_calls(made);
    return made;
  }();
  return table;
}

const std::map<std::string_view, Interpreter::WaitingCall>& Interpreter::waiting_calls() {
  static const std::map<std::string_view, WaitingCall> table = [] {
    std::map<std::string_view, WaitingCall> made = {
        {"sleep", &Interpreter::sleep},         {"call", &Interpreter::call},
        {"call_on", &Interpreter::call_on},     {"id.call", &Interpreter::id_call},
        {"fetch", &Interpreter::fetch_service},
    };
    add_storage_calls(made);
    return made;
  }();
  return table;
}

Value Interpreter::note(const Arguments& args, const Frame&) {
  stage_.record(place_.object, args.text(0), shown(args[1]));
  return Undefined();
}

Value Interpreter::fail(const Arguments& args, const Frame&) { throw error_of(args.text(0), args.text(1)); }

Value Interpreter::add(const Arguments& args, const Frame&) {
  const bool is_nothing =
      std::holds_alternative<Undefined>(args[0]) || std::holds_alternative<std::monostate>(args[0]);
  if (std::holds_alternative<std::string>(args[0])) return args.text(0) + args.text(1);
  return (is_nothing ? 0 : number_of(args[0])) + number_of(args[1]);
}

Value Interpreter::concat(const Arguments& args, const Frame&) {
  std::string text;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const bool is_nothing =
        std::holds_alternative<Undefined>(args[i]) || std::holds_alternative<std::monostate>(args[i]);
    if (!is_nothing) text += args.text(i);
  }
  return text;
}

Value Interpreter::length(const Arguments& args, const Frame&) {
  const auto number = [](std::size_t count) { return Value(static_cast<double>(count)); };
  if (const auto* text = std::get_if<std::string>(&args[0])) return number(length_of_text(*text));
  if (const auto* list = std::get_if<List>(&args[0])) return number(list->items.size());
  if (const auto* blob = std::get_if<Blob>(&args[0])) return number(blob->bytes.size());
  if (const List* pairs = pairs_of_map(args[0])) return number(pairs->items.size());
  return Undefined();
}

Value Interpreter::equal(const Arguments& args, const Frame&) { return shown(args[0]) == shown(args[1]); }

Value Interpreter::abort(const Arguments& args, const Frame&) {
  try {
    if (args.size() == 0) ctx().abort();
    ctx().abort(args.text(0));
  } catch (...) {
    aborted_ = std::current_exception();
    throw;
  }
}

Value Interpreter::memory_get(const Arguments& args, const Frame&) {
  const auto found = memory_.find(args.text(0));
  return found == memory_.end() ? Value(Undefined()) : found->second;
}

Value Interpreter::memory_set(const Arguments& args, const Frame&) {
  memory_[args.text(0)] = args[1];
  return Undefined();
}

// ---- Ids.

Binding Interpreter::objects() { return ctx().binding(unique_key(stage_.program.is_kv)); }

Value Interpreter::id_from_name(const Arguments& args, const Frame&) {
  return value_of(objects().id_from_name(args.text(0)));
}
Value Interpreter::id_from_string(const Arguments& args, const Frame&) {
  return value_of(objects().id_from_string(args.text(0)));
}
Value Interpreter::id_new_unique(const Arguments& args, const Frame&) {
  if (args.size() > 0) throw ObjectError("this runtime has no jurisdictions");
  return value_of(objects().new_unique_id());
}
Value Interpreter::id_own(const Arguments&, const Frame&) { return value_of(ctx().id()); }
Value Interpreter::id_text(const Arguments& args, const Frame&) { return text_of_id(args[0]); }
Value Interpreter::id_name(const Arguments& args, const Frame&) {
  const std::optional<std::string> name = name_of_id(args[0]);
  return name ? Value(*name) : Value(Undefined());
}
Value Interpreter::id_equals(const Arguments& args, const Frame&) {
  return text_of_id(args[0]) == text_of_id(args[1]);
}
Value Interpreter::id_get(const Arguments& args, const Frame&) {
  if (args.size() > 1) throw ObjectError("stubs of this runtime have no options");
  Binding all = objects();
  [[maybe_unused]] const Stub stub = all.get(all.id_from_string(text_of_id(args[0])));
  return Undefined();
}

// ---- What waits for something outside.

Task<Value> Interpreter::sleep(Arguments args, FramePtr) {
  const Duration lasts = std::chrono::microseconds(static_cast<std::int64_t>(number_of(args[0]) * 1000));
  Task<void> sleeping = ctx().sleep(lasts);
  co_await std::move(sleeping);
  co_return Undefined();
}

Task<Value> Interpreter::call(Arguments args, FramePtr) {
  const DurableObjectId id = stage_.id_of(args.text(0));
  return call_stub(objects().get(id), args.from(1));
}

Task<Value> Interpreter::call_on(Arguments args, FramePtr) {
  const std::string name = args.text(0);
  auto found = stubs_.find(name);
  if (found == stubs_.end()) found = stubs_.emplace(name, objects().get(stage_.id_of(args.text(1)))).first;
  return call_stub(found->second, args.from(2));
}

Task<Value> Interpreter::id_call(Arguments args, FramePtr) {
  Binding all = objects();
  const DurableObjectId id(all.id_from_string(text_of_id(args[0])), name_of_id(args[0]));
  stage_.add(id, {args.text(1), stage_.program.classes.front().first});
  return call_stub(all.get(id), args.from(2));
}

Task<Value> Interpreter::call_stub(Stub stub, Values handler_and_args) {
  Bytes arguments = routing::pack_values(handler_and_args);
  Task<Bytes> answer = stub.call_named("handle", std::move(arguments));
  const Bytes packed = co_await std::move(answer);
  co_return routing::first_value(packed);
}

// A simulated service answers without a body: what it got is known here.
Task<Value> Interpreter::fetch_service(Arguments args, FramePtr) {
  const std::string service = args.text(0);
  const std::string text = args.text(1);
  stage_.held_back[ctx().id()].push_back({service, text});
  const Request question = Request::post("/", text);
  Task<Response> answer = ctx().fetch(service, question);
  co_await std::move(answer);
  co_return text;
}

}  // namespace orrery::tests::conformance
