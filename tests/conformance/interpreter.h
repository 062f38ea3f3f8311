// The C++ twin of interpreter.js: a durable object whose handlers are operations of a program (FORMAT.md).
//
// An operation that gives a promise in JavaScript ends the current run of synchronous code here too: its awaiter goes
// on as a microtask, though nothing was waited for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/object/durable_object.h"
#include "tests/conformance/frame.h"
#include "tests/conformance/stage.h"
#include "tests/conformance/values.h"

namespace orrery::tests::conformance {

// The class of all objects of the stage's program. It has one method, "handle": the name of the handler and its
// arguments. The stage must outlive its objects.
ObjectClass class_on(Stage& stage);
// A call of "handle", and a request that asks for the same: the body of its answer is the value as shown.
Bytes arguments_of(const std::string& handler, const Values& args);
Request request_of(const std::string& handler, const Values& args);

// Operands as values. Those that are missing are undefined.
class Arguments {
 public:
  explicit Arguments(Values values) : values_(std::move(values)) {}
  std::size_t size() const { return values_.size(); }
  const Value& operator[](std::size_t place) const {
    static const Value nothing = Undefined();
    return place < values_.size() ? values_[place] : nothing;
  }
  std::string text(std::size_t place) const { return text_of((*this)[place]); }
  Values from(std::size_t place) const {
    const auto first = static_cast<std::ptrdiff_t>(std::min(place, values_.size()));
    return Values(values_.begin() + first, values_.end());
  }

 private:
  Values values_;
};

class Interpreter final : public DurableObject {
 public:
  explicit Interpreter(Context& context);

  Task<Value> handle(std::string handler, Values args);
  Task<Response> fetch(Request request) override;

 private:
  struct Result {
    Value value = Undefined();
    bool is_return = false;
  };
  // Operations that take operations, or names; those that give a value at once; and those that give a promise.
  using Form = Task<Result> (Interpreter::*)(const Json& operation, FramePtr frame);
  using Call = Value (Interpreter::*)(const Arguments& args, const Frame& frame);
  using WaitingCall = Task<Value> (Interpreter::*)(Arguments args, FramePtr frame);
  static const std::map<std::string_view, Form>& forms();
  static const std::map<std::string_view, Call>& calls();
  static const std::map<std::string_view, WaitingCall>& waiting_calls();

  Task<Value> body(const Json& operations, FramePtr frame);
  Task<Result> list(const Json& operations, FramePtr frame);
  Task<Result> perform(const Json& operation, FramePtr frame);
  Task<Result> perform_call(const Json& operation, FramePtr frame);
  // Waits for the promise, unless the constructor may not.
  Task<Value> awaited(Task<Value> promise, FramePtr frame);
  Task<Result> awaited_result(Task<Value> promise, FramePtr frame);

  std::shared_ptr<Begun> begin(Task<Value> work);
  Task<void> run(std::shared_ptr<Begun> begun, Task<Value> work);
  Task<Value> result_of(std::shared_ptr<Begun> begun);
  Task<void> into(std::shared_ptr<Value> result, Task<Value> work);
  void record(const Json& label, Json value);
  // abort() lets nothing of its turn go on.
  void go_on() const {
    if (aborted_) std::rethrow_exception(aborted_);
  }

  Task<Result> set(const Json& operation, FramePtr frame);
  Task<Result> let(const Json& operation, FramePtr frame);
  Task<Result> see(const Json& operation, FramePtr frame);
  Task<Result> give(const Json& operation, FramePtr frame);
  Task<Result> attempt(const Json& operation, FramePtr frame);
  Task<Result> rethrow(const Json& operation, FramePtr frame);
  Task<Result> repeat(const Json& operation, FramePtr frame);
  Task<Result> all(const Json& operation, FramePtr frame);
  Task<Result> start(const Json& operation, FramePtr frame);
  Task<Result> join(const Json& operation, FramePtr frame);
  Task<Result> wait_until(const Json& operation, FramePtr frame);
  Task<Result> block(const Json& operation, FramePtr frame);
  Task<Result> block_nested(const Json& operation, FramePtr frame);
  Task<Result> transaction(const Json& operation, FramePtr frame);
  Task<Result> transaction_sync(const Json& operation, FramePtr frame);
  Task<Value> gathered(std::vector<std::shared_ptr<Begun>> branches);
  Task<Value> in_sections(double depth, const Json& operations, FramePtr frame);
  Task<Value> within_sections(double depth, const Json& operations, FramePtr frame);
  Task<Value> in_transaction(const Json& operations, FramePtr frame);
  Task<void> run_transaction(Transaction transaction, std::shared_ptr<Value> result, const Json& operations,
                             FramePtr frame);

  // calls.cc
  Value note(const Arguments& args, const Frame& frame);
  Value fail(const Arguments& args, const Frame& frame);
  Value add(const Arguments& args, const Frame& frame);
  Value concat(const Arguments& args, const Frame& frame);
  Value length(const Arguments& args, const Frame& frame);
  Value equal(const Arguments& args, const Frame& frame);
  Value abort(const Arguments& args, const Frame& frame);
  Value memory_get(const Arguments& args, const Frame& frame);
  Value memory_set(const Arguments& args, const Frame& frame);
  Value id_from_name(const Arguments& args, const Frame& frame);
  Value id_from_string(const Arguments& args, const Frame& frame);
  Value id_new_unique(const Arguments& args, const Frame& frame);
  Value id_own(const Arguments& args, const Frame& frame);
  Value id_text(const Arguments& args, const Frame& frame);
  Value id_name(const Arguments& args, const Frame& frame);
  Value id_equals(const Arguments& args, const Frame& frame);
  Value id_get(const Arguments& args, const Frame& frame);
  Task<Value> sleep(Arguments args, FramePtr frame);
  Task<Value> call(Arguments args, FramePtr frame);
  Task<Value> call_on(Arguments args, FramePtr frame);
  Task<Value> id_call(Arguments args, FramePtr frame);
  Task<Value> fetch_service(Arguments args, FramePtr frame);
  Task<Value> call_stub(Stub stub, Values handler_and_args);
  Binding objects();

  // storage_calls.cc
  Value kv_get(const Arguments& args, const Frame& frame);
  Value kv_put(const Arguments& args, const Frame& frame);
  Value kv_delete(const Arguments& args, const Frame& frame);
  Value kv_list(const Arguments& args, const Frame& frame);
  Value kv_open(const Arguments& args, const Frame& frame);
  Value kv_next(const Arguments& args, const Frame& frame);
  Value txn_rollback(const Arguments& args, const Frame& frame);
  template <bool in_transaction>
  Task<Value> get(Arguments args, FramePtr frame);
  template <bool in_transaction>
  Task<Value> put(Arguments args, FramePtr frame);
  template <bool in_transaction>
  Task<Value> erase(Arguments args, FramePtr frame);
  template <bool in_transaction>
  Task<Value> list_keys(Arguments args, FramePtr frame);
  template <bool in_transaction>
  Task<Value> delete_all(Arguments args, FramePtr frame);
  template <bool in_transaction>
  Keys keys_of(const Frame& frame);
  Task<Value> sync(Arguments args, FramePtr frame);
  Task<Value> lacks_alarms(Arguments args, FramePtr frame);
  Task<Value> lacks_bookmarks(Arguments args, FramePtr frame);
  static void add_storage_calls(std::map<std::string_view, Call>& table);
  static void add_storage_calls(std::map<std::string_view, WaitingCall>& table);

  // sql_calls.cc
  Value sql(const Arguments& args, const Frame& frame);
  Value sql_open(const Arguments& args, const Frame& frame);
  Value sql_next(const Arguments& args, const Frame& frame);
  Value sql_rest(const Arguments& args, const Frame& frame);
  Value sql_one(const Arguments& args, const Frame& frame);
  Value sql_raw(const Arguments& args, const Frame& frame);
  Value sql_columns(const Arguments& args, const Frame& frame);
  Value sql_rows_read(const Arguments& args, const Frame& frame);
  Value sql_rows_written(const Arguments& args, const Frame& frame);
  Value sql_size(const Arguments& args, const Frame& frame);
  static void add_sql_calls(std::map<std::string_view, Call>& table);

  Stage& stage_;
  const Stage::Place place_;
  const Program::Handlers& handlers_;
  std::map<std::string, Value> memory_;
  std::map<std::string, Stub> stubs_;
  std::exception_ptr aborted_;
};

}  // namespace orrery::tests::conformance
